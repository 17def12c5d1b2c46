"""Changes of devices. Each but the creation writes its event."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from gateway.db.changes.adapters import insert_adapter
from gateway.db.changes.directory import delete_entries, move_entries
from gateway.db.changes.events import NewEvent, insert_event, insert_events
from gateway.db.changes.rows import (
    delete_version,
    delete_versions,
    insert,
    insert_many,
    next_version,
    update_version,
    update_versions,
)
from gateway.db.rows import DeviceRow, NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.db.statements.search import folded_columns
from gateway.db.tables import device
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange

GoneWith = tuple[Iterable[NetworkAdapterRow], Sequence[FieldChange]]
"""What a device that is deleted has had: its adapters, and all its values."""


async def insert_device(transaction: Transaction, row: DeviceRow) -> None:
    """Insert a device, for which its id and the identifiers of its adapters have been claimed."""
    await insert(transaction, device, _values(row))


async def insert_devices(transaction: Transaction, rows: Sequence[DeviceRow]) -> None:
    """Insert devices, by the rule of `insert_device`."""
    await insert_many(transaction, device, list(map(_values, rows)))


async def update_device(
    transaction: Transaction,
    row: DeviceRow,
    type_: DeviceEventType,
    changes: Sequence[FieldChange],
    values: Mapping[str, Any] | None = None,
) -> DeviceRow:
    """Return the next version of a device. Raise ChangedMeanwhile unless `row` is the present one."""
    after = await update_version(transaction, device, row, values or {})
    await insert_event(transaction, after, type_, changes)
    return after


async def update_devices(
    transaction: Transaction, events: Mapping[DeviceRow, Sequence[NewEvent]], values: Mapping[str, Any]
) -> None:
    """Give devices, each of which has an event at least, new values. Raise ChangedMeanwhile as above."""
    await update_versions(transaction, device, list(events), list(map(len, events.values())), values)
    await insert_events(transaction, list(chain.from_iterable(events.values())))


async def move_device(
    transaction: Transaction,
    row: DeviceRow,
    adapters: Sequence[NetworkAdapterRow],
    changes: Sequence[FieldChange],
    values: Mapping[str, Any],
) -> DeviceRow:
    """Return the next version of a device, which is another client's. Raise ChangedMeanwhile unless `row` is present.

    It is deleted and inserted, since in a cluster clients are on servers of their own.
    """
    await delete_version(transaction, device, row)
    moved = row._replace(**next_version(transaction, row, values))
    await insert_device(transaction, moved)
    for adapter in adapters:
        await insert_adapter(transaction, adapter._replace(client_id=moved.client_id))
    await move_entries(transaction, _identifiers(row, adapters), moved.client_id)
    await insert_event(transaction, moved, DeviceEventType.DEVICE_UPDATED, changes)
    return moved


async def delete_device(
    transaction: Transaction, row: DeviceRow, adapters: Iterable[NetworkAdapterRow], changes: Sequence[FieldChange]
) -> None:
    """Delete a device with its adapters and links. Raise ChangedMeanwhile unless `row` is the present version."""
    await delete_version(transaction, device, row)
    await delete_entries(transaction, _identifiers(row, adapters))
    await insert_event(transaction, *_deletion(row, changes))


async def delete_devices(transaction: Transaction, gone: Mapping[DeviceRow, GoneWith]) -> None:
    """Delete devices, by the rule of `delete_device`."""
    await delete_versions(transaction, device, gone)
    names = chain.from_iterable(_identifiers(row, adapters) for row, (adapters, _) in gone.items())
    await delete_entries(transaction, list(names))
    await insert_events(transaction, [_deletion(row, changes) for row, (_, changes) in gone.items()])


def _deletion(row: DeviceRow, changes: Sequence[FieldChange]) -> NewEvent:
    return NewEvent(row._replace(version=row.version + 1), DeviceEventType.DEVICE_DELETED, changes)


def _values(row: DeviceRow) -> dict[str, Any]:
    values = row._asdict()
    return {**values, **folded_columns(values)}


def _identifiers(row: DeviceRow, adapters: Iterable[NetworkAdapterRow]) -> list[str]:
    return [row.id, *(adapter.urn for adapter in adapters)]
