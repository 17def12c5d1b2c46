"""What a caller is told while the schema is hidden (`GATEWAY_INTROSPECTION=false`)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query

from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.user_errors import UserErrorCode
from gateway.graphql.hidden_schema import USER_ERRORS, Discretion, names_of
from gateway.graphql.request import Request
from gateway.graphql.schema import graphql_schema
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, RowFactory, new_uuid
from tests.graphql.hidden_names import unsent
from tests.mutations.support import DEV_EUI, IMEI, NO_SUCH_ID

pytestmark = pytest.mark.anyio

NAMES = frozenset(names_of(graphql_schema))
REFUSED = 'The schema is hidden: "{}" is refused by this gateway.'
NOT_ACCEPTED = "A value is not accepted at this place; why is hidden, as the schema is."
INT = "expected a whole number of 32 bits, from -2147483648 to 2147483647"


@pytest.fixture(params=["columns", "graphql-core"])
async def hiding(
    sqlite: SQLiteDatabases, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[GatewayClient]:
    """A gateway whose schema is hidden, with each of the two executors."""
    with sqlite.copy() as url:
        settings = Settings(database_url=url, key_file=tmp_path / "key", introspection=False, executor=request.param)
        gateway = GatewayClient(settings)
        yield gateway
        await gateway.close()


async def told(gateway: GatewayClient, query: str, variables: dict[str, Any] | None = None) -> list[str]:
    """Return the messages of an answer, which tell no name that was not sent."""
    answer = await gateway.ask(query, variables)
    messages = [error["message"] for error in answer.errors]
    assert [unsent(message, NAMES, query, variables) for message in messages] == [set()] * len(messages)
    return messages


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (get_introspection_query(), "__schema"),
        ("{ a: __schema { queryType { name } } }", "__schema"),
        ('{ __type(name: "Device") { name fields { name } } }', "__type"),
        ("{ ...A } fragment A on Query { __schema { types { name } } }", "__schema"),
        ('{ ... on Query { __type(name: "Device") @include(if: false) { name } } }', "__type"),
    ],
)
async def test_introspection_is_refused(hiding: GatewayClient, query: str, name: str) -> None:
    answer = await hiding.ask(query)
    assert answer.data is None
    assert [(error["message"], error["extensions"]) for error in answer.errors] == [
        (REFUSED.format(name), {"code": "GRAPHQL_VALIDATION_FAILED"})
    ]


async def test_an_object_still_tells_its_type(hiding: GatewayClient) -> None:
    data = await hiding.data("{ __typename viewer { __typename } }")
    assert data == {"__typename": "Query", "viewer": {"__typename": "Viewer"}}


DOCUMENTS = {
    "{ devices { nodes { nmae } } }": 'Cannot query field "nmae" here.',
    '{ node(id: "1") { name } }': 'Cannot query field "name" here.',
    "{ devices { name } }": 'Cannot query field "name" here.',
    "{ devices(limit: 5) { totalCount } }": 'Unknown argument "limit" on field "devices".',
    "{ __typename @include(when: true, if: true) }": 'Unknown argument "when" on directive "@include".',
    "{ __typename @incldue(if: true) }": 'Unknown directive "@incldue".',
    "{ viewer { ... on Veiwer { scopes } } }": 'Unknown type "Veiwer".',
    "query ($v: Strng) { __typename @include(if: $v) }": 'Unknown type "Strng".',
    "{ device { id } }": "An argument of \"device\" is required, but it was not provided.",
    "{ __typename @skip }": 'An argument of "@skip" is required, but it was not provided.',
    "{ devices }": 'Field "devices" must have a selection of subfields.',
    "{ devices { totalCount { x } } }": 'Field "totalCount" must not have a selection, as it has no subfields.',
    "{ viewer { ... on Device { id } } }": "Fragment cannot be spread here, as it could never apply.",
    "{ viewer { ...F } } fragment F on Device { id }": 'Fragment "F" cannot be spread here, as it could never apply.',
    '{ node(id: "1") { ... on Device { a: name } ... on DeviceGroup { a: __typename } ... on DeviceEvent { a: version '
    "} } }": 'Fields "a" conflict because what they return conflicts. Use different aliases on the fields to fetch '
    "both if this was intentional.",
    "query ($v: String) { devices(first: $v) { totalCount } }": 'Variable "$v" of type "String" used in position '
    "expecting another type.",
    "mutation ($v: CellularNetworkAdapterInput) { addNetworkAdapter(input: { device: \"imei:490154203237518\", "
    "networkAdapter: { cellular: $v } }) { device { id } } }": 'Variable "$v" is of type "CellularNetworkAdapterInput" '
    "but must be non-nullable here.",
    '{ devices(first: "1") { totalCount } }': f'Argument "first" has invalid value: "1" is not accepted here; {INT}.',
    "{ devices(filter: { statuses: [active] }) { totalCount } }": 'Argument "filter" has invalid value at '
    "filter.statuses[0]: active is not a value of this enum.",
    "{ devices(filter: { client: 1 }) { totalCount } }": 'Argument "filter" has invalid value: this object has no '
    'field "client".',
    '{ devices(orderBy: "-name") { totalCount } }': 'Argument "orderBy" has invalid value: "-name" is not an object.',
    "{ devices(orderBy: [{ direction: DESC }]) { totalCount } }": 'Argument "orderBy" has invalid value at orderBy[0]: '
    "a field that is required was not given.",
    '{ devices(filter: { clientId: "me" }) { totalCount } }': 'Argument "filter" has invalid value at '
    'filter.clientId: "me" is not accepted here.',
    '{ device(identifier: "490154203237518") { id } }': 'Argument "identifier" has invalid value: "490154203237518" is '
    "not accepted here.",
    "{ device(identifier: null) { id } }": 'Argument "identifier" has invalid value: null was given, but a value is '
    "required.",
    'mutation { addNetworkAdapter(input: { device: "imei:490154203237518", networkAdapter: {} }) { device { id } } }': (
        'Argument "input" has invalid value at input.networkAdapter: nothing was given; expected exactly one field, '
        "not null."
    ),
    "subscription { devices }": 'Cannot query field "devices" here.',
    "{ devices { nodes { name } }": "Syntax Error: Expected Name, found <EOF>.",
}  # fmt: skip


@pytest.mark.parametrize("query", DOCUMENTS)
async def test_what_is_wrong_with_a_document_is_told_in_its_own_words(hiding: GatewayClient, query: str) -> None:
    assert set(await told(hiding, query)) == {DOCUMENTS[query]}


CREATE = "mutation ($i: CreateDeviceInput!) { createDevice(input: $i) { userErrors { code message field } } }"


@pytest.mark.parametrize(
    ("query", "variables", "messages"),
    [
        (
            "query ($n: Int!) { devices(first: $n) { totalCount } }",
            {},
            ['Variable "$n" has invalid value: nothing was given, but a value is required.'],
        ),
        (
            CREATE,
            {"i": {"name": 7, "clientid": CLIENT, "networkAdapters": [{"lora": {}}]}},
            [
                'Variable "$i" has invalid value at i.name: 7 is not accepted here; expected text in double quotes.',
                *['Variable "$i" has invalid value: a field that is required was not given.'] * 3,
                ('Variable "$i" has invalid value at i.networkAdapters[0].lora: a field that is required was not '
                "given."),
                'Variable "$i" has invalid value: this object has no field "clientid".',
            ],
        ),
        ("{ devices(first: 251) { totalCount } }", {}, ["first: 251 is out of bounds; expected 0 to 250."]),
        # The words of these would have names: of a scalar, and of a field.
        ('{ devices(after: "x") { totalCount } }', {}, [NOT_ACCEPTED]),
        ('{ node(id: "x") { id } }', {}, [NOT_ACCEPTED]),
        ('{ devices(filter: { ids: ["x"] }) { totalCount } }', {}, [NOT_ACCEPTED]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_value(
    hiding: GatewayClient, query: str, variables: dict[str, Any], messages: list[str]
) -> None:
    assert await told(hiding, query, variables) == messages


async def test_a_cursor_of_another_order_tells_of_neither(hiding: GatewayClient) -> None:
    await RowFactory(hiding.database).device()
    data = await hiding.data("{ devices { pageInfo { endCursor } } }")
    cursor = data["devices"]["pageInfo"]["endCursor"]
    query = f'{{ devices(after: "{cursor}", orderBy: [{{ field: NAME }}]) {{ totalCount }} }}'
    assert await told(hiding, query) == [NOT_ACCEPTED]


async def test_a_missing_scope_is_named_though_it_is_spelt_like_a_field(hiding: GatewayClient) -> None:
    answer = await hiding.ask("{ devices { totalCount } }", token=hiding.token(scopes=[Scope.DEVICE_WRITE]))
    assert [error["message"] for error in answer.errors] == ["The token lacks the scope device.read."]


async def user_errors(gateway: GatewayClient, mutation: str, input_: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the code and the message of each user error, which tells no name that was not sent."""
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation ($i: {type_}) {{ {mutation}(input: $i) {{ userErrors {{ code message field }} }} }}"
    data = await gateway.data(query, {"i": input_})
    errors = data[mutation]["userErrors"]
    for error in errors:
        assert unsent(error["message"], NAMES, query, input_) == set()
        assert unsent(" ".join(error["field"] or []), NAMES, query, input_) == set()
    return [(error["code"], error["message"]) for error in errors]


async def test_user_errors_that_tell_no_name_are_as_ever(hiding: GatewayClient) -> None:
    new = {"name": " ", "clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
    assert await user_errors(hiding, "createDevice", {**new, "networkAdapters": [{"cellular": {"imei": "12"}}]}) == [
        ("BLANK", 'name: " " is blank; expected a character that is not white space.'),
        ("INVALID_FORMAT", 'imei: "12" is not an IMEI of 15 digits or an IMEISV of 16.'),
    ]


async def test_user_errors_that_tell_names_have_other_words(hiding: GatewayClient) -> None:
    factory = RowFactory(hiding.database)
    device, group = await factory.device(), await factory.group()
    await factory.link(device, group)
    adapter = await factory.adapter(device, type=NetworkAdapterType.CELLULAR, identifier=IMEI)
    other = await factory.group(client_id=OTHER_CLIENT)
    id_ = device["id"]
    lora = {"device": id_, "networkAdapterId": adapter["id"], "networkAdapter": {"lora": {"devEui": DEV_EUI}}}
    assert [
        await user_errors(hiding, "updateDeviceGroup", {"id": NO_SUCH_ID, "name": "North"}),
        await user_errors(hiding, "updateDeviceGroup", {"id": group["id"], "expectedVersion": 9}),
        await user_errors(hiding, "updateNetworkAdapter", lora),
        await user_errors(hiding, "addDeviceToGroup", {"device": id_, "deviceGroupId": other["id"]}),
        await user_errors(hiding, "updateDevice", {"device": id_, "projectId": new_uuid()}),
    ] == [
        [("NOT_FOUND", "id: there is nothing of this kind that answers to the value.")],
        [("VERSION_MISMATCH", "expectedVersion: the present one is another than was expected.")],
        [("IMMUTABLE", "networkAdapter.lora.devEui: the value is fixed, and this is another one.")],
        [("CLIENT_MISMATCH", "deviceGroupId: this would join what belongs to different clients.")],
        [("PROJECT_MISMATCH", "projectId: the device is in groups of its project; remove it from them first.")],
    ]


def test_each_user_error_has_a_sentence_without_names() -> None:
    assert USER_ERRORS.keys() == set(UserErrorCode)
    assert [unsent(sentence, NAMES, "", None) for sentence in USER_ERRORS.values()] == [set()] * len(UserErrorCode)


@pytest.mark.parametrize("code", ["GRAPHQL_PARSE_FAILED", "SERVICE_UNAVAILABLE", "TRY_AGAIN"])
def test_what_knows_no_schema_says_what_it_says(code: str) -> None:
    error = {"message": "Look at the description before you try again.", "extensions": {"code": code}}
    assert Discretion(NAMES, Request("{ a }")).error(error) == error


@pytest.mark.parametrize(
    "message",
    [
        "The cost of the operation is 600000, were all its lists full; expected at most 500000.",
        "The limit on the depth of fields is 20, but the request has 21.",
    ],
)
def test_words_of_a_limit_that_are_names_too_are_no_secret(message: str) -> None:
    error = {"message": message, "extensions": {"code": "TOO_EXPENSIVE"}}
    assert Discretion(NAMES, Request("{ a }")).error(error) == error


async def test_a_browser_gets_no_page_of_what_is_hidden(hiding: GatewayClient) -> None:
    paths = ["/", "/graphiql/assets/graphiql.js", "/graphql"]
    answers = [await hiding.http.get(path, headers={"Accept": "text/html"}) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 406]
