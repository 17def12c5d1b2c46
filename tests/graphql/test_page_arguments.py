"""Which part of a list is asked for, and in which order: what is accepted, and what is refused."""

import pytest

from gateway.domain.cursors import encode_cursor
from tests.client import GatewayClient
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

MALFORMED = "BAD_USER_INPUT"
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
    gateway: GatewayClient, factory: RowFactory, query: str, order: str, values: tuple[str | int, ...]
) -> None:
    await factory.device()
    answer = await gateway.ask(f"query ($after: String) {query}", {"after": encode_cursor(order, values)})
    assert answer.codes == [MALFORMED]
    assert "is a damaged cursor; expected one that the gateway returned, unchanged." in answer.errors[0]["message"]


async def test_a_cursor_of_another_order_or_list_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.link(await factory.device(), await factory.group())
    data = await gateway.data("{ devices { edges { cursor } } deviceGroups { edges { cursor } } }")
    [cursor] = [edge["cursor"] for edge in data["devices"]["edges"]]
    query = "query ($after: String) { devices(after: $after, orderBy: [{ field: NAME }]) { nodes { id } } }"
    answer = await gateway.ask(query, {"after": cursor})
    assert answer.codes == [MALFORMED]
    assert answer.errors[0]["message"].endswith(
        "is a cursor of another list or order; expected one that was made for name,id."
    )


@pytest.mark.parametrize("again", ["ASC", "DESC"])
@pytest.mark.parametrize(
    ("order", "query", "field", "path"),
    [
        ("DeviceOrder", "{ devices(orderBy: $by) { nodes { id } } }", "NAME", ["devices"]),
        ("DeviceOrder", "{ devices(orderBy: $by) { nodes { id } } }", "ID", ["devices"]),
        (
            "DeviceOrder",
            "{ deviceGroups { nodes { devices(orderBy: $by) { nodes { id } } } } }",
            "BARCODE",
            ["deviceGroups", "nodes", 0, "devices"],
        ),
        ("DeviceGroupOrder", "{ deviceGroups(orderBy: $by) { nodes { id } } }", "MODIFIED_AT", ["deviceGroups"]),
        (
            "DeviceGroupLinkOrder",
            "{ devices { nodes { deviceGroups(orderBy: $by) { nodes { id } } } } }",
            "CREATED_AT",
            ["devices", "nodes", 0, "deviceGroups"],
        ),
    ],
)
async def test_the_same_field_twice_in_an_order_is_refused(
    gateway: GatewayClient,
    factory: RowFactory,
    order: str,
    query: str,
    field: str,
    *,
    path: list[str | int],
    again: str,
) -> None:
    await factory.link(await factory.device(), await factory.group())
    by = [{"field": field}, {"field": field, "direction": again}]
    answer = await gateway.ask(f"query ($by: [{order}!]) {query}", {"by": by})
    assert [(error["message"], error["path"]) for error in answer.errors] == [
        (f"orderBy[1]: {field} comes twice; expected each field once.", path)
    ]
    assert answer.codes == [MALFORMED]


async def test_the_place_of_the_field_that_comes_again_is_named(gateway: GatewayClient) -> None:
    query = (
        "{ devices(orderBy: [{ field: NAME }, { field: STATUS }, { field: ID }, { field: STATUS }]) { totalCount } }"
    )
    answer = await gateway.ask(query)
    assert answer.data == {"devices": None}
    assert [error["message"] for error in answer.errors] == [
        "orderBy[3]: STATUS comes twice; expected each field once."
    ]


@pytest.mark.parametrize(
    "query",
    [
        "{ devices(first: 50, last: 1) { totalCount } }",
        "{ devices(last: 1, first: 50) { totalCount } }",
        "query ($first: Int = 50) { devices(first: $first, last: 1) { totalCount } }",
        "{ deviceGroups { nodes { devices(first: 50, last: 1) { totalCount } } } }",
    ],
)
async def test_the_number_of_the_default_is_refused_beside_last_where_the_caller_gives_it(
    gateway: GatewayClient, factory: RowFactory, query: str
) -> None:
    await factory.group()
    answer = await gateway.ask(query)
    assert [error["message"] for error in answer.errors] == [
        "first: 50 and last: 1 were both given; expected at most one of them."
    ]


async def test_a_default_does_not_count_beside_last(gateway: GatewayClient, factory: RowFactory) -> None:
    for day in (1, 2, 3):
        await factory.device(name=str(day), created_at=f"2025-03-0{day}T00:00:00.000Z")
    query = "query ($first: Int, $last: Int) { devices(first: $first, last: $last) { nodes { name } } }"
    for variables in ({"last": 2}, {"last": 2, "first": None}):
        data = await gateway.data(query, variables)
        assert [node["name"] for node in data["devices"]["nodes"]] == ["2", "3"]


async def test_an_empty_page_tells_whether_there_are_rows(gateway: GatewayClient, factory: RowFactory) -> None:
    query = "{ devices(first: 0) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    nothing = {"hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert (await gateway.data(query))["devices"] == {"nodes": [], "pageInfo": {"hasNextPage": False, **nothing}}
    await factory.device()
    assert (await gateway.data(query))["devices"] == {"nodes": [], "pageInfo": {"hasNextPage": True, **nothing}}


async def test_a_page_has_fifty_rows_where_nothing_else_is_said(gateway: GatewayClient, factory: RowFactory) -> None:
    for _ in range(51):
        await factory.device()
    data = await gateway.data("{ devices { nodes { id } pageInfo { hasNextPage } } }")
    assert len(data["devices"]["nodes"]) == 50
    assert data["devices"]["pageInfo"]["hasNextPage"]
