"""Lists of devices: filters and orders against the oracle in `fleet`, and walks from page to page."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.client import GatewayClient
from tests.factories import CLIENT, PROJECT, RowFactory, new_uuid
from tests.graphql.fleet import (
    CLIENTS,
    FILTERS,
    ORDERS,
    PROJECTS,
    SPECIFICATIONS,
    Filter,
    Fleet,
    OrderBy,
    ids_of,
    page_of,
)

pytestmark = pytest.mark.anyio


many_examples = hypothesis_settings(
    max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@many_examples
@given(filter_=FILTERS, order_by=ORDERS)
async def test_a_filter_keeps_what_the_oracle_keeps(
    listed: tuple[GatewayClient, Fleet], filter_: Filter, order_by: OrderBy
) -> None:
    gateway, fleet = listed

    page = await page_of(gateway, filter=filter_, orderBy=order_by, first=250)

    expected = fleet.listed(filter_, order_by)
    assert ids_of(page) == expected
    assert page["totalCount"] == len(expected)


WALKED: list[Filter] = [
    {},
    {"clientId": CLIENTS[0]},
    {"clientIds": [CLIENTS[0], new_uuid(), CLIENTS[2], CLIENTS[0]]},
    {"projectIds": PROJECTS[:2]},
    {"deviceSpecificationIds": SPECIFICATIONS[1:]},
    {"not": {"search": "pum"}},
]


@many_examples
@given(
    filter_=st.sampled_from(WALKED),
    order_by=ORDERS,
    size=st.integers(1, 25),
)
async def test_walks_in_both_directions_see_every_row_once(
    listed: tuple[GatewayClient, Fleet], filter_: Filter, order_by: OrderBy, size: int
) -> None:
    gateway, fleet = listed
    expected = fleet.listed(filter_, order_by)

    forward: list[str] = []
    after = None
    while True:
        page = await page_of(gateway, filter=filter_, orderBy=order_by, first=size, after=after)
        forward += ids_of(page)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == size

    backward: list[str] = []
    before = None
    while True:
        page = await page_of(gateway, filter=filter_, orderBy=order_by, last=size, before=before)
        backward = ids_of(page) + backward
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        assert len(page["edges"]) == size

    assert forward == backward == expected


@many_examples
@given(filter_=st.sampled_from(WALKED), order_by=ORDERS, start=st.integers(0, 59), end=st.integers(0, 59))
async def test_two_cursors_bound_a_page_on_both_sides(
    listed: tuple[GatewayClient, Fleet], filter_: Filter, order_by: OrderBy, start: int, end: int
) -> None:
    gateway, fleet = listed
    whole = await page_of(gateway, orderBy=order_by, first=250)
    after, before = whole["edges"][start], whole["edges"][end]
    listed_ids = set(fleet.listed(filter_, order_by))

    between = fleet.listed({}, order_by)[start + 1 : end]
    expected = [id_ for id_ in between if id_ in listed_ids]

    page = partial(page_of, gateway, filter=filter_, orderBy=order_by, after=after["cursor"], before=before["cursor"])
    assert ids_of(await page(first=250)) == expected
    assert ids_of(await page(last=250)) == expected
    assert ids_of(await page(first=3)) == expected[:3]
    assert ids_of(await page(last=3)) == expected[-3:]


@pytest.mark.parametrize("condition", ["ids", "clientIds", "projectIds", "deviceSpecificationIds", "statuses"])
async def test_an_empty_list_in_a_filter_matches_nothing(
    gateway: GatewayClient, factory: RowFactory, condition: str
) -> None:
    device = await factory.device()
    nothing = await page_of(gateway, filter={condition: []})
    assert (nothing["totalCount"], nothing["edges"]) == (0, [])
    rest = await page_of(gateway, filter={"not": {condition: []}})
    assert ids_of(rest) == [device["id"]]


async def test_a_null_list_in_a_filter_is_no_condition(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    page = await page_of(gateway, filter={"ids": None, "clientIds": None, "projectIds": None})
    assert ids_of(page) == [device["id"]]


async def test_ids_in_a_filter_are_in_any_letter_case_and_any_number(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    first, second = await factory.device(), await factory.device()
    await factory.device()
    ids = [first["id"].upper(), second["id"], first["id"], *(new_uuid() for _ in range(900))]
    page = await page_of(gateway, filter={"ids": ids})
    assert sorted(ids_of(page)) == sorted([first["id"], second["id"]])


async def test_a_group_lists_those_of_its_devices_for_which_a_filter_holds(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group, one, other = await factory.group(), await factory.device(), await factory.device()
    for device in (one, other):
        await factory.link(device, group)
    query = """query ($group: ID!, $filter: DeviceFilter!) { deviceGroup(id: $group) {
      some: devices(filter: $filter) { totalCount nodes { id } }
      none: devices(filter: { clientIds: [] }) { totalCount nodes { id } }
    } }"""
    filter_ = {"ids": [other["id"], new_uuid()], "clientIds": [CLIENT], "projectIds": [PROJECT]}
    assert await gateway.data(query, {"group": group["id"], "filter": filter_}) == {
        "deviceGroup": {
            "some": {"totalCount": 1, "nodes": [{"id": other["id"]}]},
            "none": {"totalCount": 0, "nodes": []},
        }
    }
