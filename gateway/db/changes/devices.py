"""Changes of devices. Each but the creation writes its event."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.db.changes.adapters import insert_adapter
from gateway.db.changes.directory import delete_entries, move_entries
from gateway.db.changes.events import insert_event
from gateway.db.changes.rows import delete_version, insert, insert_many, next_version, update_version
from gateway.db.rows import DeviceRow, NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.db.statements.search import folded_columns
from gateway.db.tables import device
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange


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
    gone = row._replace(version=row.version + 1)
    await insert_event(transaction, gone, DeviceEventType.DEVICE_DELETED, changes)


def _values(row: DeviceRow) -> dict[str, Any]:
    values = row._asdict()
    return {**values, **folded_columns(values)}


def _identifiers(row: DeviceRow, adapters: Iterable[NetworkAdapterRow]) -> list[str]:
    return [row.id, *(adapter.urn for adapter in adapters)]
