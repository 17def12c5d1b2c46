"""A change leaves rows alone that its caller does not reach, whatever it was handed."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from gateway.db.changes.adapters import delete_adapter
from gateway.db.changes.devices import delete_device, update_device
from gateway.db.changes.groups import delete_group, remove_from_group, update_group
from gateway.db.queries.adapters import adapters_by_id
from gateway.db.queries.devices import devices_by_id
from gateway.db.queries.groups import groups_by_id
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import device, device_event, device_group, directory, network_adapter
from gateway.domain.enums import DeviceEventType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from tests.client import SUBJECT
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory

pytestmark = pytest.mark.anyio

EVERYONE = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
INSIDE = Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset({CLIENT}))
NAMES: Statement[Any] = Statement(select(device.c.name).union_all(select(device_group.c.name)))
VERSIONS: Statement[Any] = Statement(select(device.c.version))
NAMED: Statement[Any] = Statement(select(directory.c.identifier))
ADAPTERS: Statement[Any] = Statement(select(network_adapter.c.type))
EVENTS: Statement[Any] = Statement(select(device_event.c.version))

each_outsider = pytest.mark.parametrize(
    "outside",
    [
        Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset({OTHER_CLIENT})),
        Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset()),
    ],
    ids=["of another client", "of no client"],
)
Change = Callable[[Transaction], Awaitable[Any]]


async def make(transaction: Transaction, change: Change) -> None:
    """Make a change that needs nothing but the transaction, as a use case does."""
    await change(transaction)


@each_outsider
async def test_devices_and_groups_beyond_reach_stay_as_they_are(
    session: Session, factory: RowFactory, outside: Principal
) -> None:
    device_id, group_id = (await factory.device(name="Pump"))["id"], (await factory.group(name="North"))["id"]
    pump = (await devices_by_id(session, EVERYONE, [device_id]))[device_id]
    north = (await groups_by_id(session, EVERYONE, [group_id]))[group_id]
    renamed, updated = {"name": "Valve"}, DeviceEventType.DEVICE_UPDATED
    refused: list[Change] = [
        lambda transaction: update_device(transaction, pump, updated, [], renamed),
        lambda transaction: delete_device(transaction, pump, [], []),
        lambda transaction: update_group(transaction, north, renamed),
        lambda transaction: delete_group(transaction, north),
    ]
    for change in refused:
        with pytest.raises(ChangedMeanwhile):
            await session.change(outside, make, change)
    assert (sorted(await session.fetch(NAMES), reverse=True), await session.fetch(EVENTS)) == (
        [("Pump",), ("North",)],
        [],
    )


@each_outsider
async def test_adapters_beyond_reach_stay_as_they_are(
    session: Session, factory: RowFactory, outside: Principal
) -> None:
    adapter_id: Uuid = (await factory.adapter(await factory.device()))["id"]
    adapter = (await adapters_by_id(session, EVERYONE, [adapter_id]))[adapter_id]
    await session.change(outside, delete_adapter, adapter)
    assert (await session.fetch(ADAPTERS), len(await session.fetch(NAMED))) == ([("CELLULAR",)], 2)
    await session.change(INSIDE, delete_adapter, adapter)
    assert (await session.fetch(ADAPTERS), len(await session.fetch(NAMED))) == ([], 1)


@each_outsider
async def test_the_devices_of_a_group_beyond_reach_stay_as_they_are(
    session: Session, factory: RowFactory, outside: Principal
) -> None:
    row = await factory.group()
    device = await factory.device()
    await factory.link(device, row)
    group = (await groups_by_id(session, EVERYONE, [row["id"]]))[row["id"]]

    def remove_all(transaction: Transaction) -> Awaitable[None]:
        return remove_from_group(transaction, group, [device["id"]], [])

    await session.change(outside, make, remove_all)
    assert (await session.fetch(VERSIONS), await session.fetch(EVENTS)) == ([(1,)], [])
    await session.change(INSIDE, make, remove_all)
    assert (await session.fetch(VERSIONS), await session.fetch(EVENTS)) == ([(2,)], [(2,)])
