"""Lists of devices: filters and orders against the oracle in `fleet`, and walks from page to page."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.domain.kinds import DeviceStatus, NetworkAdapterType
from tests.client import GatewayClient
from tests.factories import World
from tests.graphql.fleet import (
    BARCODES,
    CLIENTS,
    DESCRIPTIONS,
    GROUPS,
    INSTANTS,
    NAMES,
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


def _parts(texts: tuple[str | None, ...]) -> st.SearchStrategy[str]:
    """Parts of the texts in other letter cases, and what is in none of them."""
    parts = [text[start:end] for text in texts if text for start in range(3) for end in range(start + 1, 9)]
    cased = st.sampled_from(sorted(set(filter(None, parts)))).flatmap(
        lambda part: st.sampled_from([part, part.upper(), part.lower()])
    )
    return cased | st.sampled_from(["%", "_", "\\", '"', "*", "zzz", "ss", "SS", "pumpe größe", 'a "b" c', '""" OR'])


def _some(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), max_size=2)


def _filters() -> st.SearchStrategy[Filter]:
    conditions: dict[str, st.SearchStrategy[Any]] = {
        "search": _parts(NAMES + DESCRIPTIONS),
        "barcodeContains": _parts(BARCODES),
        "clientId": st.sampled_from(CLIENTS),
        "projectId": st.sampled_from(PROJECTS),
        "deviceSpecificationIds": _some(SPECIFICATIONS),
        "statuses": _some(DeviceStatus),
        "networkAdapterTypes": _some(NetworkAdapterType),
        "deviceGroupIds": _some(GROUPS),
        **dict.fromkeys(
            ["createdSince", "createdBefore", "modifiedSince", "modifiedBefore"], st.sampled_from(INSTANTS)
        ),
    }
    one = st.sampled_from(sorted(conditions)).flatmap(lambda name: st.builds(lambda v: {name: v}, conditions[name]))
    return st.recursive(
        one | st.just({}) | st.builds(lambda a, b: {**a, **b}, one, one),
        lambda inner: (
            st.builds(
                lambda name, several: {name: several[0] if name == "not" else several},
                st.sampled_from(["and", "or", "not"]),
                st.lists(inner, min_size=1, max_size=3),
            )
            | st.just({"or": []})
            | st.just({"and": []})
        ),
        max_leaves=6,
    )


many_examples = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@many_examples
@given(wanted=_filters(), order_by=ORDERS)
async def test_a_filter_keeps_what_the_oracle_keeps(
    listed: tuple[GatewayClient, Fleet], wanted: Filter, order_by: OrderBy
) -> None:
    gateway, fleet = listed

    page = await page_of(gateway, filter=wanted, orderBy=order_by, first=250)

    expected = fleet.listed(wanted, order_by)
    assert ids_of(page) == expected
    assert page["totalCount"] == len(expected)


@many_examples
@given(
    wanted=st.sampled_from([{}, {"clientId": CLIENTS[0]}, {"not": {"search": "pum"}}]),
    order_by=ORDERS,
    size=st.integers(1, 25),
)
async def test_walks_in_both_directions_see_every_row_once(
    listed: tuple[GatewayClient, Fleet], wanted: Filter, order_by: OrderBy, size: int
) -> None:
    gateway, fleet = listed
    expected = fleet.listed(wanted, order_by)

    forward: list[str] = []
    after = None
    while True:
        page = await page_of(gateway, filter=wanted, orderBy=order_by, first=size, after=after)
        forward += ids_of(page)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        assert len(page["edges"]) == size

    backward: list[str] = []
    before = None
    while True:
        page = await page_of(gateway, filter=wanted, orderBy=order_by, last=size, before=before)
        backward = ids_of(page) + backward
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        assert len(page["edges"]) == size

    assert forward == backward == expected


@many_examples
@given(order_by=ORDERS, start=st.integers(0, 59), end=st.integers(0, 59))
async def test_two_cursors_bound_a_page_on_both_sides(
    listed: tuple[GatewayClient, Fleet], order_by: OrderBy, start: int, end: int
) -> None:
    gateway, fleet = listed
    everything = await page_of(gateway, orderBy=order_by, first=250)
    after, before = everything["edges"][start]["cursor"], everything["edges"][end]["cursor"]

    expected = fleet.listed({}, order_by)[start + 1 : end]

    assert ids_of(await page_of(gateway, orderBy=order_by, first=250, after=after, before=before)) == expected
    assert ids_of(await page_of(gateway, orderBy=order_by, last=250, after=after, before=before)) == expected
    assert ids_of(await page_of(gateway, orderBy=order_by, first=3, after=after, before=before)) == expected[:3]
    assert ids_of(await page_of(gateway, orderBy=order_by, last=3, after=after, before=before)) == expected[-3:]


async def test_a_field_that_is_given_twice_in_an_order_counts_once_and_first(
    gateway: GatewayClient, world: World
) -> None:
    for name in ("b", "a", "c"):
        await world.device(name=name)
    fields = [{"field": "NAME", "direction": "DESC"}, {"field": "NAME", "direction": "ASC"}]
    page = await page_of(gateway, orderBy=fields, first=250)
    assert ids_of(page) == ids_of(await page_of(gateway, orderBy=fields[:1], first=250))
    assert ids_of(page) != ids_of(await page_of(gateway, orderBy=fields[1:], first=250))
