"""What a caller gets wrong in variables: an error that names the variable, the place inside, and what is accepted."""

from typing import Any

import pytest
from graphql import build_schema

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.identifiers import ACCEPTED
from gateway.domain.principal import Principal
from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver, ColumnSchema
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from tests.client import SUBJECT, GatewayClient
from tests.graphql.test_bad_input import INSTANT_RULE, ORDER_SHAPE, UUID_RULE

pytestmark = pytest.mark.anyio

A_UUID = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
DEVICES = "devices(filter: $v) { totalCount }"
ORDERED = "devices(orderBy: $v) { totalCount }"
ORDER_FIELDS = (
    "expected CREATED_AT, MODIFIED_AT, NAME, STATUS, BARCODE, CLIENT_ID, PROJECT_ID, DEVICE_SPECIFICATION_ID or ID"
)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        (
            ("DeviceIdentifier!", "device(identifier: $v) { id }"),
            "imei:1",
            f': "imei:1" is not a device identifier; expected {ACCEPTED}.',
        ),
        (("UUID!", "devices(filter: { clientId: $v }) { totalCount }"), "1", f': "1" {UUID_RULE}'),
        (("DateTime!", "devices(filter: { createdSince: $v }) { totalCount }"), "1", f': "1" {INSTANT_RULE}'),
        (("DeviceFilter!", DEVICES), None, ": null was given, but DeviceFilter! is required."),
        (("DeviceFilter", DEVICES), {"and": [{}, {"projectId": 3}]}, f" at v.and[1].projectId: 3 {UUID_RULE}"),
        (
            ("DeviceFilter", DEVICES),
            {"statuses": ["ACTIVE", None]},
            " at v.statuses[1]: null was given, but DeviceStatus! is required.",
        ),
        (
            ("[DeviceOrder!]", ORDERED),
            {"field": "createdAt"},
            f' at v.field: "createdAt" is not a value of DeviceOrderField; {ORDER_FIELDS}. Did you mean CREATED_AT?',
        ),
        (
            ("[DeviceOrder!]", ORDERED),
            "-createdAt,name",
            (
                f': "-createdAt,name" is not an object; {ORDER_SHAPE}. '
                "Did you mean [{ field: CREATED_AT, direction: DESC }, { field: NAME, direction: ASC }]?"
            ),
        ),
        # The lower case of İ has two characters, which graphql-core's suggestions fail at.
        (
            ("[DeviceOrder!]", ORDERED),
            [{"field": "NAMEİ"}],
            f' at v[0].field: "NAMEİ" is not a value of DeviceOrderField; {ORDER_FIELDS}.',
        ),
    ],
)
async def test_a_variable_is_refused_with_the_place_the_value_and_the_rule(
    gateway: GatewayClient, variable: tuple[str, str], value: object, rule: str
) -> None:
    type_, selection = variable
    answer = await gateway.ask(f"query ($v: {type_}) {{ {selection} }}", {"v": value})
    assert answer.data is None
    assert [error["message"] for error in answer.errors] == [f'Variable "$v" has invalid value{rule}']
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_field_in_any_letters_is_unknown_at_most(gateway: GatewayClient) -> None:
    answer = await gateway.ask(f"query ($v: DeviceFilter) {{ {DEVICES} }}", {"v": {"İ": 1}})
    known = 'it has "search", "barcodeContains"'
    start = f'Variable "$v" has invalid value: DeviceFilter has no field "İ"; {known}'
    assert answer.errors[0]["message"].startswith(start)
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_variable_that_was_left_out_is_named(gateway: GatewayClient) -> None:
    answer = await gateway.ask("query ($v: DeviceIdentifier!) { device(identifier: $v) { id } }")
    assert [error["message"] for error in answer.errors] == [
        'Variable "$v" has invalid value: nothing was given, but DeviceIdentifier! is required.'
    ]


async def test_no_more_than_fifty_errors_are_told(gateway: GatewayClient) -> None:
    answer = await gateway.ask(f"query ($v: DeviceFilter) {{ {DEVICES} }}", {"v": {"statuses": ["x"] * 51}})
    assert len(answer.errors) == 51
    assert answer.errors[49]["message"].startswith('Variable "$v" has invalid value at v.statuses[49]: "x" is not')
    assert answer.errors[50]["message"] == "There are more errors in the variables; these are the first 50."
    answer = await gateway.ask(f"query ($v: DeviceFilter) {{ {DEVICES} }}", {"v": {"statuses": ["x"] * 50}})
    assert len(answer.errors) == 50


SCHEMA = build_schema("""
input Size { width: Int! = 1 height: Int }
type Query { list(numbers: [Int!]): Int size(size: Size): Int works(n: Int! = 1): Int }
""")
assert SCHEMA.query_type
SEVEN = ColumnResolver(resolve=lambda parents, *_: [7] * len(parents), reads=NO_ATTRIBUTES)
EXECUTABLE = ExecutableSchema(
    schema=SCHEMA,
    columns=ColumnSchema(
        resolvers={("Query", name): SEVEN for name in SCHEMA.query_type.fields},
        type_names={},
        trusted_types=frozenset(),
    ),
)
LIST = 'Argument "numbers" has invalid value at numbers[1]: $n is null, but Int! is required.'
SIZE = 'Argument "size" has invalid value at size.width: $n is null, but Int! is required.'
SKIP = 'Argument "if" has invalid value: $b is null, but Boolean! is required.'


@pytest.mark.parametrize("in_columns", [True, False], ids=["in columns", "field by field"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("query ($n: Int = 1) { __typename list(numbers: [1, $n, $n]) }", [(["list"], LIST)]),
        ("query ($n: Int = 1) { __typename a: size(size: { width: $n, height: $n }) }", [(["a"], SIZE)]),
        (
            "query ($n: Int = 1) { works(n: $n) again: works(n: $n) }",
            [
                (["works"], 'Argument "n" has invalid value: $n is null, but Int! is required.'),
                (["again"], 'Argument "n" has invalid value: $n is null, but Int! is required.'),
            ],
        ),
        ("query ($b: Boolean = true) { __typename @skip(if: $b) }", [(None, SKIP)]),
        ("query ($n: [Int!]) { list(numbers: $n) }", []),
    ],
)
async def test_null_where_only_execution_finds_it(query: str, told: list[Any], *, in_columns: bool) -> None:
    executor = RequestExecutor(EXECUTABLE, Limits(), in_columns=in_columns)
    nobody = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
    context = Context(nobody, Session(Database("sqlite+aiosqlite:///nowhere/gateway.db")))
    answer = await executor.execute(Request(query=query, variables={"n": None, "b": None}), context)
    errors = answer.get("errors", [])
    assert [(error.get("path"), error["message"]) for error in errors] == told
    assert {error["extensions"]["code"] for error in errors} <= {"BAD_USER_INPUT"}
    assert all(error["locations"] for error in errors)
