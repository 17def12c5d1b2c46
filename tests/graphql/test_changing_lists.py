"""Rows that come and go between the pages of a walk never make another row appear twice or vanish."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.graphql.fleet import ORDERS, Fleet, OrderBy, ids_of, page_of

pytestmark = pytest.mark.anyio


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    order_by=ORDERS,
    size=st.integers(3, 20),
    backward=st.booleans(),
    seed=st.integers(0, 2**32),
    changes=st.lists(st.sampled_from(["insert", "delete", "delete the last row seen", "nothing"]), max_size=12),
)
async def test_a_walk_sees_each_lasting_row_once(
    listed: tuple[GatewayClient, Fleet],
    order_by: OrderBy,
    size: int,
    *,
    backward: bool,
    seed: int,
    changes: list[str],
) -> None:
    gateway, fleet = listed
    factory, random = RowFactory(gateway.database), Random(seed)
    while len(fleet.devices) < 60:
        await fleet.add(factory, random)
    lasting = {device["id"] for device in fleet.devices}
    pending = list(changes)

    seen: list[str] = []
    cursor = None
    more = True
    while more:
        if backward:
            page = await page_of(gateway, orderBy=order_by, last=size, before=cursor)
            seen = ids_of(page) + seen
            cursor, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
        else:
            page = await page_of(gateway, orderBy=order_by, first=size, after=cursor)
            seen += ids_of(page)
            cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        match pending.pop() if pending else "nothing":
            case "insert":
                await fleet.add(factory, random)
            case "delete":
                lasting.discard(await fleet.remove(factory, random.choice(fleet.devices)["id"]))
            case "delete the last row seen" if page["edges"]:
                lasting.discard(await fleet.remove(factory, ids_of(page)[0 if backward else -1]))

    assert len(seen) == len(set(seen))
    assert lasting <= set(seen)
    positions = {id_: place for place, id_ in enumerate(fleet.listed({}, order_by))}
    still_there = [positions[id_] for id_ in seen if id_ in positions]
    assert still_there == sorted(still_there)
