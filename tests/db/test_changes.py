"""What keeps a change from rows that its caller does not reach, whatever it was handed (DESIGN, section 2)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gateway.db import changes
from gateway.db.compiling import Statement
from gateway.db.conflicts import ChangedMeanwhile
from gateway.db.engine import Database, Transaction
from gateway.db.queries.devices import devices_by_id
from gateway.db.queries.groups import groups_by_id
from gateway.db.tables import device, device_group, network_adapter
from gateway.domain.kinds import DeviceEventType
from gateway.domain.principal import Principal
from tests.client import SUBJECT
from tests.factories import CLIENT, OTHER_CLIENT, World

pytestmark = pytest.mark.anyio

EVERYONE = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
THERE: Statement[Any] = Statement(select(device.c.name, device_group.c.name, network_adapter.c.type))


@pytest.mark.parametrize("clients", [frozenset({OTHER_CLIENT}), frozenset()])
async def test_rows_beyond_reach_stay_as_they_are(database: Database, world: World, clients: frozenset[Any]) -> None:
    row, group = await world.device(name="Pump"), await world.group(name="North")
    adapter = await world.adapter(row)
    pump = (await devices_by_id(database, EVERYONE, [row["id"]]))[row["id"]]
    north = (await groups_by_id(database, EVERYONE, [group["id"]]))[group["id"]]
    renamed, updated = {"name": "Valve"}, DeviceEventType.DEVICE_UPDATED
    refused: list[Callable[[Transaction], Awaitable[Any]]] = [
        lambda transaction: changes.update_device(transaction, pump, updated, [], renamed),
        lambda transaction: changes.delete_device(transaction, pump, []),
        lambda transaction: changes.update_group(transaction, north, renamed),
        lambda transaction: changes.delete_group(transaction, north),
    ]
    outside = Principal(subject=SUBJECT, scopes=frozenset(), clients=clients)
    for change in refused:
        with pytest.raises(ChangedMeanwhile):
            await database.change(outside, change)  # type: ignore[arg-type]  # a lambda is no coroutine function
    await database.change(outside, lambda transaction: changes.delete_adapter(transaction, adapter["id"]))
    assert await database.fetch(THERE) == [("Pump", "North", "CELLULAR")]
    inside = Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset({CLIENT}))
    await database.change(inside, lambda transaction: changes.delete_adapter(transaction, adapter["id"]))
    assert await database.fetch(THERE) == []


async def test_errors_of_tasks_beside_the_requests_hold_no_values(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(
                text("SELECT nothing FROM nowhere WHERE imei = :imei"), {"imei": "356938030010178"}
            )
    assert "356938030010178" not in str(raised.value)
