"""What a caller gets wrong in a query: an error that names the value and what is accepted."""

import pytest

from tests.client import GatewayClient

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


UNKNOWN_ID = 'Cannot query field "id" on type "DeviceConnection".'
FIRST = 'Argument "first" has invalid value:'
INT_RULE = "is not an Int; expected a whole number of 32 bits, from -2147483648 to 2147483647."
ORDER_SHAPE = "expected { field: DeviceOrderField!, direction: OrderDirection! }"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            '{ device(identifier: "imei:123") { id } }',
            MALFORMED,
            f'Argument "identifier" has invalid value: "imei:123" is not a device identifier; {FORMATS}',
        ),
        (
            "{ device(identifier: 356938030010178) { id } }",
            MALFORMED,
            (
                'Argument "identifier" has invalid value: 356938030010178 is not a device identifier; '
                f"{FORMATS} Did you mean imei:356938030010178?"
            ),
        ),
        (
            '{ devicesByIdentifier(identifiers: ["imei:356938030010178", ""]) { id } }',
            MALFORMED,
            'Argument "identifiers" has invalid value at identifiers[1]: "" is not a device identifier; ' + FORMATS,
        ),
        ('{ node(id: "x") { id } }', MALFORMED, f'id: "x" {UUID_RULE}'),
        ('{ nodes(ids: ["x"]) { id } }', MALFORMED, f'ids[0]: "x" {UUID_RULE}'),
        ('{ deviceGroup(id: "{x}") { id } }', MALFORMED, f'id: "{{x}}" {UUID_RULE}'),
        (
            '{ devices(filter: { clientId: "x" }) { totalCount } }',
            MALFORMED,
            f'Argument "filter" has invalid value at filter.clientId: "x" {UUID_RULE}',
        ),
        (
            '{ devices(filter: { deviceGroupIds: ["x"] }) { totalCount } }',
            MALFORMED,
            f'deviceGroupIds[0]: "x" {UUID_RULE}',
        ),
        (
            '{ devices(filter: { createdSince: "2025-01-01T00:00:00" }) { totalCount } }',
            MALFORMED,
            f'Argument "filter" has invalid value at filter.createdSince: "2025-01-01T00:00:00" {INSTANT_RULE}',
        ),
        (
            '{ devices(filter: { search: "" }) { totalCount } }',
            MALFORMED,
            'search: "" has to have at least one character, and no NUL.',
        ),
        (
            '{ devices(filter: { not: { barcodeContains: "" } }) { totalCount } }',
            MALFORMED,
            'barcodeContains: "" has to have at least one character, and no NUL.',
        ),
        (
            '{ deviceGroups(filter: { search: "a\\u0000b" }) { totalCount } }',
            MALFORMED,
            r'search: "a\u0000b" has to have at least one character, and no NUL.',
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
            'after: "nonsense" is not a cursor; expected one that the gateway returned, unchanged.',
        ),
        (
            '{ deviceGroups(last: 1, before: "nonsense") { totalCount } }',
            MALFORMED,
            'before: "nonsense" is not a cursor; expected one that the gateway returned, unchanged.',
        ),
        (
            "{ devices(orderBy: [{ field: NAME }, { field: ID }, { field: NAME, direction: DESC }]) { totalCount } }",
            MALFORMED,
            "orderBy[2]: NAME comes twice; expected each field once.",
        ),
        (
            "{ devices(filter: { clientld: RED }) { totalCount } }",
            INVALID,
            (
                'Argument "filter" has invalid value: DeviceFilter has no field "clientld". '
                'Did you mean "clientId" or "clientIds"?'
            ),
        ),
        (
            '{ devices(filter: { q: "pump" }) { totalCount } }',
            INVALID,
            'Argument "filter" has invalid value: DeviceFilter has no field "q". Did you mean "search"?',
        ),
        (
            "{ devices(filter: { not: { statuses: [active] } }) { totalCount } }",
            INVALID,
            (
                'Argument "filter" has invalid value at filter.not.statuses[0]: active is not a value of DeviceStatus; '
                "expected ACTIVE or INACTIVE. Did you mean ACTIVE?"
            ),
        ),
        (
            '{ devices(orderBy: "-createdAt") { totalCount } }',
            INVALID,
            (
                f'Argument "orderBy" has invalid value: "-createdAt" is not an object; {ORDER_SHAPE}. '
                "Did you mean [{ field: CREATED_AT, direction: DESC }]?"
            ),
        ),
        ("{ devices(first: 1.5) { totalCount } }", INVALID, f"{FIRST} 1.5 {INT_RULE}"),
        ("{ devices(first: 99999999999) { totalCount } }", INVALID, f"{FIRST} 99999999999 {INT_RULE}"),
        ("{ devices { id } }", INVALID, f"{UNKNOWN_ID} Ask for it inside nodes {{ … }}."),
        (
            "{ devices(limit: 5) { totalCount } }",
            INVALID,
            'Unknown argument "limit" on field "Query.devices". Did you mean "first"?',
        ),
        (
            '{ devices(barcode: "7") { totalCount } }',
            INVALID,
            'Unknown argument "barcode" on field "Query.devices". Did you mean filter: { barcodeContains: "…" }?',
        ),
        ("{ colour }", INVALID, 'Cannot query field "colour" on type "Query".'),
    ],
)
async def test_it_is_refused_with_the_place_the_value_and_the_rule(
    gateway: GatewayClient, query: str, code: str, message: str
) -> None:
    answer = await gateway.ask(query)
    assert answer.codes == [code]
    assert answer.errors[0]["message"] == message
    assert answer.errors[0]["locations"]


@pytest.mark.parametrize(("field", "argument"), [("nodes", "ids"), ("devicesByIdentifier", "identifiers")])
async def test_more_than_a_hundred_at_once_are_refused(gateway: GatewayClient, field: str, argument: str) -> None:
    id_ = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
    type_ = {"ids": "[ID!]!", "identifiers": "[DeviceIdentifier!]!"}[argument]
    query = f"query ($all: {type_}) {{ {field}({argument}: $all) {{ id }} }}"
    assert await gateway.data(query, {"all": [id_] * 100}) == {field: [None] * 100}
    answer = await gateway.ask(query, {"all": [id_] * 101})
    assert [error["message"] for error in answer.errors] == [f"{argument}: 101 were given; expected at most 100."]
    assert answer.codes == [MALFORMED]


INSTANT, SOME_ID = "2025-01-01T00:00:00.000Z", "36e75427-4c6e-438c-89b5-0cbdb0d4068c"


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
