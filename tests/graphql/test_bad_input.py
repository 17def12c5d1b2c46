"""What a caller gets wrong in a query: an error that names the value and what is accepted."""

import pytest

from gateway.domain.pagination import encode_cursor
from tests.client import GatewayClient
from tests.factories import World

pytestmark = pytest.mark.anyio

MALFORMED = "BAD_USER_INPUT"
INVALID = "GRAPHQL_VALIDATION_FAILED"
FORMATS = (
    "expected <uuid>, imei:<15-16 digits>, deveui:<16 hex digits>, dvnuuid:<uuid>, urn:dev:imei:<15-16 digits>, "
    "urn:dev:deveui:<16 hex digits> or urn:dev:dvnuuid:<uuid>."
)
UUID_RULE = "is not a UUID; expected 32 hexadecimal digits with hyphens, such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
INSTANT_RULE = (
    "is not a date-time; expected RFC 3339 with an offset, such as 2024-12-31T23:00:00.000Z or "
    "2025-01-01T00:00:00+01:00."
)


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ('{ device(identifier: "imei:123") { id } }', MALFORMED, f"'imei:123' is not a device identifier; {FORMATS}"),
        ("{ device(identifier: 5) { id } }", MALFORMED, f"5 is not a device identifier; {FORMATS}"),
        ('{ devicesByIdentifier(identifiers: [""]) { id } }', MALFORMED, f"'' is not a device identifier; {FORMATS}"),
        ('{ node(id: "x") { id } }', MALFORMED, f"'x' {UUID_RULE}"),
        ('{ nodes(ids: ["x"]) { id } }', MALFORMED, f"'x' {UUID_RULE}"),
        ('{ deviceGroup(id: "{x}") { id } }', MALFORMED, f"'{{x}}' {UUID_RULE}"),
        ('{ devices(filter: { clientId: "x" }) { totalCount } }', MALFORMED, f"'x' {UUID_RULE}"),
        ('{ devices(filter: { deviceGroupIds: ["x"] }) { totalCount } }', MALFORMED, f"'x' {UUID_RULE}"),
        (
            '{ devices(filter: { createdSince: "2025-01-01T00:00:00" }) { totalCount } }',
            MALFORMED,
            f"'2025-01-01T00:00:00' {INSTANT_RULE}",
        ),
        (
            '{ devices(filter: { search: "" }) { totalCount } }',
            MALFORMED,
            "search: '' has to have at least one character, and no NUL.",
        ),
        (
            '{ devices(filter: { not: { barcodeContains: "" } }) { totalCount } }',
            MALFORMED,
            "barcodeContains: '' has to have at least one character, and no NUL.",
        ),
        (
            '{ deviceGroups(filter: { search: "a\\u0000b" }) { totalCount } }',
            MALFORMED,
            "search: 'a\\x00b' has to have at least one character, and no NUL.",
        ),
        ("{ devices(first: -1) { totalCount } }", MALFORMED, "first: -1 is out of bounds; expected 0 to 250."),
        ("{ deviceGroups(last: 251) { totalCount } }", MALFORMED, "last: 251 is out of bounds; expected 0 to 250."),
        (
            "{ devices(first: 1, last: 1) { totalCount } }",
            MALFORMED,
            "first: 1 and last: 1 were both given; expected at most one of them.",
        ),
        (
            '{ devices(after: "nonsense") { totalCount } }',
            MALFORMED,
            "'nonsense' is not a cursor; expected one that the gateway returned, unchanged.",
        ),
        (
            "{ devices(filter: { colour: RED }) { totalCount } }",
            INVALID,
            "Expected value of type 'DeviceFilter' not to include unknown field 'colour', found: { colour: RED }.",
        ),
        (
            "{ devices(filter: { statuses: [BROKEN] }) { totalCount } }",
            INVALID,
            "Value 'BROKEN' does not exist in 'DeviceStatus' enum.",
        ),
        ("{ devices(first: 1.5) { totalCount } }", INVALID, "Int cannot represent non-integer value: 1.5"),
        (
            "{ devices(first: 99999999999) { totalCount } }",
            INVALID,
            "Int cannot represent non 32-bit signed integer value: 99999999999",
        ),
        ("{ colour }", INVALID, "Cannot query field 'colour' on type 'Query'."),
    ],
)
async def test_it_is_refused_with_the_value_and_the_rule(
    gateway: GatewayClient, query: str, code: str, message: str
) -> None:
    answer = await gateway.ask(query)
    assert answer.codes == [code]
    assert answer.errors[0]["message"].endswith(message)
    assert answer.errors[0]["locations"]


@pytest.mark.parametrize(
    ("type_", "argument", "value", "rule"),
    [
        ("DeviceIdentifier!", "device(identifier: $value) { id }", "imei:1", FORMATS),
        ("UUID!", "devices(filter: { clientId: $value }) { totalCount }", "1", UUID_RULE),
        ("DateTime!", "devices(filter: { createdSince: $value }) { totalCount }", "2025-01-01", INSTANT_RULE),
        ("DeviceFilter!", "devices(filter: $value) { totalCount }", {"projectId": 3}, UUID_RULE),
    ],
)
async def test_a_variable_is_refused_with_the_value_and_the_rule(
    gateway: GatewayClient, type_: str, argument: str, value: object, rule: str
) -> None:
    answer = await gateway.ask(f"query ($value: {type_}) {{ {argument} }}", {"value": value})
    assert answer.data is None
    assert answer.codes == [MALFORMED]
    assert answer.errors[0]["message"].endswith(rule)


@pytest.mark.parametrize(("field", "argument"), [("nodes", "ids"), ("devicesByIdentifier", "identifiers")])
async def test_more_than_a_hundred_at_once_are_refused(gateway: GatewayClient, field: str, argument: str) -> None:
    id_ = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
    kind = {"ids": "[ID!]!", "identifiers": "[DeviceIdentifier!]!"}[argument]
    query = f"query ($all: {kind}) {{ {field}({argument}: $all) {{ id }} }}"
    assert await gateway.data(query, {"all": [id_] * 100}) == {field: [None] * 100}
    answer = await gateway.ask(query, {"all": [id_] * 101})
    assert [error["message"] for error in answer.errors] == [f"{argument}: 101 were given; expected at most 100."]
    assert answer.codes == [MALFORMED]


async def test_a_cursor_of_another_order_or_list_is_refused(gateway: GatewayClient, world: World) -> None:
    await world.link(await world.device(), await world.group())
    data = await gateway.data("{ devices { edges { cursor } } deviceGroups { edges { cursor } } }")
    [cursor] = [edge["cursor"] for edge in data["devices"]["edges"]]
    query = "query ($after: String) { devices(after: $after, orderBy: [{ field: NAME }]) { nodes { id } } }"
    answer = await gateway.ask(query, {"after": cursor})
    assert answer.codes == [MALFORMED]
    assert answer.errors[0]["message"].endswith("was made for another list or order; expected one made for name,id.")


async def test_an_empty_page_tells_whether_there_are_rows(gateway: GatewayClient, world: World) -> None:
    query = "{ devices(first: 0) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    nothing = {"hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert (await gateway.data(query))["devices"] == {"nodes": [], "pageInfo": {"hasNextPage": False, **nothing}}
    await world.device()
    assert (await gateway.data(query))["devices"] == {"nodes": [], "pageInfo": {"hasNextPage": True, **nothing}}


async def test_a_page_has_fifty_rows_where_nothing_else_is_said(gateway: GatewayClient, world: World) -> None:
    for _ in range(51):
        await world.device()
    data = await gateway.data("{ devices { nodes { id } pageInfo { hasNextPage } } }")
    assert len(data["devices"]["nodes"]) == 50
    assert data["devices"]["pageInfo"]["hasNextPage"]


INSTANT, SOME_ID = "2025-01-01T00:00:00.000Z", "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
AFTER_A_DEVICE = "{ devices(after: $after) { nodes { id } } }"


@pytest.mark.parametrize(
    ("query", "order", "values"),
    [
        (AFTER_A_DEVICE, "created_at,id", ("x", SOME_ID)),
        (AFTER_A_DEVICE, "created_at,id", ("infinity", SOME_ID)),
        (AFTER_A_DEVICE, "created_at,id", ("2025-02-30T00:00:00.000Z", SOME_ID)),
        (AFTER_A_DEVICE, "created_at,id", (INSTANT, "imei:356938030010178")),
        (AFTER_A_DEVICE, "created_at,id", (INSTANT, SOME_ID.upper())),
        ("{ deviceGroups(after: $after) { nodes { id } } }", "created_at,id", (INSTANT, "x")),
        ("{ devices { nodes { deviceGroups(after: $after) { nodes { id } } } } }", "linked_at,id", ("x", SOME_ID)),
        (f'{{ deviceHistory(deviceId: "{SOME_ID}", after: $after) {{ nodes {{ type }} }} }}', "version", (2**31,)),
    ],
)
async def test_a_forged_cursor_never_reaches_a_database(
    gateway: GatewayClient, world: World, query: str, order: str, values: tuple[str | int, ...]
) -> None:
    await world.device()
    answer = await gateway.ask(f"query ($after: String) {query}", {"after": encode_cursor(order, values)})
    assert answer.codes == [MALFORMED]
    assert "is damaged; expected one that the gateway returned." in answer.errors[0]["message"]


@pytest.mark.parametrize(
    "adapter",
    ["{}", "{ lora: null }", '{ lora: { devEui: "1" }, cellular: { imei: "1" } }', "{ lora: $lora }"],
)
async def test_one_of_several_is_asked_for(gateway: GatewayClient, adapter: str) -> None:
    answer = await gateway.ask(
        "mutation ($lora: LoraNetworkAdapterInput) { addNetworkAdapter(input: "
        f'{{ device: "{SOME_ID}", networkAdapter: {adapter} }}) {{ userErrors {{ code }} }} }}'
    )
    assert set(answer.codes) <= {MALFORMED, INVALID}
    assert answer.codes


async def test_as_many_filters_may_be_joined_as_any_database_takes(gateway: GatewayClient) -> None:
    query = "query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }"
    most = [{"not": {"search": "ab"}}] * 99 + [{"clientId": SOME_ID, "barcodeContains": "7", "createdSince": INSTANT}]
    assert (await gateway.data(query, {"filter": {"or": most}}))["devices"] == {"totalCount": 0}
    assert (await gateway.data(query, {"filter": {"and": most}}))["devices"] == {"totalCount": 0}
    answer = await gateway.ask(query, {"filter": {"or": [*most, {}]}})
    assert answer.codes == [MALFORMED]
    assert answer.errors[0]["message"] == "filter: 201 filters are joined; expected at most 200."
