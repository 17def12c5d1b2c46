"""Errors in answers: what the caller learns, and what only the log does."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput, Forbidden, MissingScope, Unauthenticated
from gateway.domain.identifiers import ACCEPTED
from gateway.domain.principal import Principal
from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import ColumnSchema
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from tests.client import SUBJECT, GatewayClient

pytestmark = pytest.mark.anyio

INT = "is not an Int; expected a whole number of 32 bits, from -2147483648 to 2147483647."
Ask = Callable[..., Awaitable[dict[str, Any]]]

MASKED = "An internal error occurred."
SECRET = "the password is swordfish"  # noqa: S105  # what must not be shown


def raising(error: Exception) -> Callable[..., Any]:
    def resolve(*_: Any) -> Any:
        raise error

    return resolve


async def fails_later(*_: Any) -> Any:
    raise ValueError(SECRET)


def returning(value: Any) -> Callable[..., Any]:
    return lambda *_: value


ITEM = GraphQLObjectType("Item", {"name": GraphQLField(GraphQLString)}, is_type_of=lambda value, _: value == "an item")
COLOUR = GraphQLEnumType("Colour", {"RED": "red"})
THING = GraphQLUnionType("Thing", [ITEM])
NAMELESS = GraphQLUnionType("Nameless", [ITEM], resolve_type=returning(SECRET))

FIELDS = {
    "fails": GraphQLField(GraphQLInt, resolve=raising(ValueError(SECRET))),
    "failsLater": GraphQLField(GraphQLInt, resolve=fails_later),
    "isText": GraphQLField(GraphQLInt, resolve=returning(SECRET)),
    "isTooLarge": GraphQLField(GraphQLInt, resolve=returning(2**31)),
    "isNoColour": GraphQLField(COLOUR, resolve=returning(SECRET)),
    "isNoList": GraphQLField(GraphQLList(GraphQLInt), resolve=returning(7)),
    "isNoItem": GraphQLField(ITEM, resolve=returning(SECRET)),
    "isNoThing": GraphQLField(THING, resolve=returning(SECRET)),
    "isNameless": GraphQLField(NAMELESS, resolve=returning("an item")),
    "isNull": GraphQLField(GraphQLNonNull(GraphQLInt), resolve=returning(None)),
    "works": GraphQLField(GraphQLInt, args={"number": GraphQLArgument(GraphQLInt)}, resolve=returning(7)),
    "needs": GraphQLField(GraphQLInt, {"n": GraphQLArgument(GraphQLNonNull(GraphQLInt))}, resolve=returning(7)),
    "badInput": GraphQLField(GraphQLInt, resolve=raising(BadUserInput("That is no number."))),
    "missingScope": GraphQLField(GraphQLInt, resolve=raising(MissingScope(Scope.DEVICE_READ))),
    "forbidden": GraphQLField(GraphQLInt, resolve=raising(Forbidden("Not on a Sunday."))),
    "unauthenticated": GraphQLField(GraphQLInt, resolve=raising(Unauthenticated("Who are you?"))),
}


@pytest.fixture
def ask() -> Ask:
    schema = GraphQLSchema(GraphQLObjectType("Query", FIELDS))
    columns = ColumnSchema(resolvers={}, type_names={}, trusted_types=frozenset())
    executor = RequestExecutor(ExecutableSchema(schema=schema, columns=columns), Limits())
    # None of the fields reads anything.
    database = Database("sqlite+aiosqlite:///nowhere/gateway.db")
    nobody = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
    context = Context(nobody, Session(database))

    def execute(query: str, variables: Any = None, operation_name: str | None = None) -> Awaitable[dict[str, Any]]:
        return executor.execute(Request(query=query, variables=variables or {}, operation_name=operation_name), context)

    return execute


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("{fails}", ["fails"]),
        ("{failsLater}", ["failsLater"]),
        ("{isText}", ["isText"]),
        ("{isTooLarge}", ["isTooLarge"]),
        ("{isNoColour}", ["isNoColour"]),
        ("{isNoList}", ["isNoList"]),
        ("{isNoItem {name}}", ["isNoItem"]),
        ("{isNoThing {__typename}}", ["isNoThing"]),
        ("{isNameless {__typename}}", ["isNameless"]),
        ("{isNull}", ["isNull"]),
    ],
)
async def test_an_error_of_the_gateway_itself_is_masked_and_logged_in_full(
    ask: Ask, caplog: pytest.LogCaptureFixture, query: str, path: list[str]
) -> None:
    answer = await ask(query)
    assert [error["message"] for error in answer["errors"]] == [MASKED]
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert (error["path"], error["locations"]) == (path, [{"line": 1, "column": 2}])
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert error["extensions"]["id"] in record.getMessage()
    assert record.exc_info is not None


async def test_the_log_has_the_traceback_to_where_the_error_arose(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    await ask("{failsLater}")
    assert "in fails_later" in caplog.text
    assert f"ValueError: {SECRET}" in caplog.text


async def test_each_masked_error_has_an_id_of_its_own(ask: Ask) -> None:
    answer = await ask("{fails failsLater again: fails}")
    assert len({error["extensions"]["id"] for error in answer["errors"]}) == 3


async def test_what_did_not_fail_is_answered_beside_what_did(ask: Ask) -> None:
    answer = await ask("{works fails}")
    assert answer["data"] == {"works": 7, "fails": None}


async def test_a_missing_value_that_had_to_be_there_leaves_no_data(ask: Ask) -> None:
    assert (await ask("{works isNull}"))["data"] is None


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{badInput}", "That is no number.", "BAD_USER_INPUT"),
        ("{missingScope}", "The token lacks the scope device.read.", "FORBIDDEN"),
        ("{forbidden}", "Not on a Sunday.", "FORBIDDEN"),
        ("{unauthenticated}", "Who are you?", "UNAUTHENTICATED"),
    ],
)
async def test_a_mistake_of_the_caller_is_told_with_its_code_and_place(
    ask: Ask, caplog: pytest.LogCaptureFixture, query: str, message: str, code: str
) -> None:
    assert await ask(query) == {
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 2}],
                "path": [query[1:-1]],
                "extensions": {"code": code},
            }
        ],
        "data": {query[1:-1]: None},
    }
    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("", "Syntax Error: Unexpected <EOF>.", "GRAPHQL_PARSE_FAILED"),
        ("{works", "Syntax Error: Expected Name, found <EOF>.", "GRAPHQL_PARSE_FAILED"),
        ('{works(number: "', "Syntax Error: Unterminated string.", "GRAPHQL_PARSE_FAILED"),
        ("{\ud800}", "Syntax Error: Invalid character: U+D800.", "GRAPHQL_PARSE_FAILED"),
        ("{other}", 'Cannot query field "other" on type "Query".', "GRAPHQL_VALIDATION_FAILED"),
        ('{works(number: "7")}', f'Argument "number" has invalid value: "7" {INT}', "GRAPHQL_VALIDATION_FAILED"),
        ("mutation {works}", "The mutation operation is not supported by the schema.", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_document_that_cannot_be_executed_is_told_why_and_has_no_data(
    ask: Ask, caplog: pytest.LogCaptureFixture, query: str, message: str, code: str
) -> None:
    answer = await ask(query)
    assert list(answer) == ["errors"]
    assert [(error["message"], error["extensions"]) for error in answer["errors"]] == [(message, {"code": code})]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        (
            "query ($n: Int) {works(number: $n)}",
            {"n": "7"},
            f'Variable "$n" has invalid value: "7" {INT}',
        ),
        (
            "query ($n: Int!) {works(number: $n)}",
            {},
            'Variable "$n" has invalid value: nothing was given, but Int! is required.',
        ),
        (
            "query ($n: Int = 1) {needs(n: $n)}",
            {"n": None},
            'Argument "n" has invalid value: $n is null, but Int! is required.',
        ),
    ],
)
async def test_variables_that_do_not_fit_the_document_are_bad_input(
    ask: Ask, caplog: pytest.LogCaptureFixture, query: str, variables: Any, message: str
) -> None:
    (error,) = (await ask(query, variables))["errors"]
    assert (error["message"], error["extensions"]) == (message, {"code": "BAD_USER_INPUT"})
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("C", 'There is no operation named "C"; the document has "A" and "B".'),
        pytest.param(
            "C" * 10**6, f'There is no operation named "{"C" * 97}…"; the document has "A" and "B".', id="long"
        ),
        (None, 'operationName is missing, but the document has more than one operation: "A" and "B".'),
    ],
)
async def test_an_operation_that_is_not_named_rightly_is_bad_input(ask: Ask, name: str | None, message: str) -> None:
    answer = await ask("query A {works} query B {works}", operation_name=name)
    assert answer == {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{device(identifier: "pump-7") {id}}', None),
        ("query ($which: DeviceIdentifier!) {device(identifier: $which) {id}}", {"which": "pump-7"}),
        ('query ($which: DeviceIdentifier! = "pump-7") {device(identifier: $which) {id}}', None),
        ('{devicesByIdentifier(identifiers: ["pump-7"]) {id}}', None),
    ],
)
async def test_a_malformed_identifier_is_told_the_formats(gateway: GatewayClient, query: str, variables: Any) -> None:
    answer = await gateway.ask(query, variables)
    assert answer.data is None
    assert answer.codes == ["BAD_USER_INPUT"]
    assert f'"pump-7" is not a device identifier; expected {ACCEPTED}.' in answer.errors[0]["message"]
