"""Changes of devices. Each but the creation writes its event."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from gateway.db.changes.events import insert_event
from gateway.db.changes.rows import delete_version, insert, update_version
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter
from gateway.db.statements.search import folded_columns
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device, network_adapter
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange


async def insert_device(transaction: Transaction, row: DeviceRow) -> None:
    await insert(transaction, device, {**row._asdict(), **folded_columns(row._asdict())})


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
    if after.client_id != row.client_id:
        await transaction.execute(_MOVE_ADAPTERS, {"of_device": row.id, "client_id": after.client_id})
    return after


async def delete_device(transaction: Transaction, row: DeviceRow, changes: Sequence[FieldChange]) -> None:
    """Delete a device with its adapters and links. Raise ChangedMeanwhile unless `row` is the present version."""
    await delete_version(transaction, device, row)
    gone = row._replace(version=row.version + 1)
    await insert_event(transaction, gone, DeviceEventType.DEVICE_DELETED, changes)


_MOVE_ADAPTERS: Statement[Any] = Statement(
    update(network_adapter)
    .where(equals_parameter(network_adapter.c.device_id, "of_device"))
    .values(client_id=parameter(network_adapter.c.client_id))
)
