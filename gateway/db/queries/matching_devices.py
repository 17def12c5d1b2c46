"""All devices that a filter matches, to be changed together."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, func, select

from gateway.db.queries.devices import devices
from gateway.db.rows import DEVICE_COLUMNS, DeviceRow, row_maker
from gateway.db.session import Transaction
from gateway.db.statements.conditions import in_parameter, within_reach
from gateway.db.statements.kept import kept
from gateway.db.statements.page_statements import SIZE, ListShape
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import device, device_group_link, network_adapter
from gateway.domain.filters import DeviceFilter
from gateway.domain.principal import Principal, Reach


async def matching_devices(
    reader: Reader, principal: Principal, filter_: DeviceFilter, most: int
) -> tuple[int, list[DeviceRow]]:
    """Return how many devices a filter matches, and these in the order of their ids; or none, of more than `most`."""
    listing = devices(principal, filter_, ())
    statement = kept(reader.dialect, _rows_of, listing.shape)
    found = await reader.fetch(statement, {**listing.condition, "size": most + 1})
    if len(found) <= most:
        return len(found), sorted(found)
    counts = await listing.counts(reader, [None])
    return counts[None], []


def _rows_of(shape: ListShape[DeviceRow]) -> Statement[DeviceRow]:
    return Statement(shape.select(*DEVICE_COLUMNS.values()).limit(SIZE), row_maker(DeviceRow))


async def lock_devices(transaction: Transaction, devices: Collection[DeviceRow]) -> None:
    """Let others who want to change devices wait for the transaction. Raise ChangedMeanwhile where one has changed.

    Those of several clients are not locked on a cluster (see `groups_to_keep`). On SQLite, changes wait anyway.
    """
    principal = transaction.principal
    if not devices or transaction.dialect.name == "sqlite":
        return
    if await transaction.is_on_cluster():
        principal = transaction.narrowed(principal, devices)
        if principal.reach is not Reach.ONE_CLIENT:
            return
    parameters = {"ids": [row.id for row in devices], "reached": principal.reached}
    locked = await transaction.fetch(_versions_to_change(principal.reach), parameters)
    if {tuple(row) for row in locked} != {(row.id, row.version) for row in devices}:
        raise ChangedMeanwhile


@lru_cache
def _versions_to_change(reach: Reach) -> Statement[Any]:
    is_one = (in_parameter(device.c.id, "ids"), within_reach(device.c.client_id, reach, by_id=True))
    # In one order, so that of two who want the same ones none waits for the other.
    return Statement(select(device.c.id, device.c.version).where(*is_one).order_by(device.c.id).with_for_update())


async def count_parts(transaction: Transaction, devices: Collection[DeviceRow]) -> int:
    """Return how many adapters and links devices have."""
    principal = transaction.narrowed(transaction.principal, devices)
    parameters = {"ids": [row.id for row in devices], "reached": principal.reached}
    counts = [await transaction.fetch(_parts(table, principal.reach), parameters) for table in _PARTS]
    return sum(count for [(count,)] in counts)


_PARTS = (network_adapter, device_group_link)


@lru_cache
def _parts(table: Table, reach: Reach) -> Statement[Any]:
    are_of_devices = (in_parameter(table.c.device_id, "ids"), within_reach(table.c.client_id, reach, by_id=True))
    return Statement(select(func.count()).select_from(table).where(*are_of_devices))
