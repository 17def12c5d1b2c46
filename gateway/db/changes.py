"""Every INSERT, UPDATE and DELETE, each within the reach of its caller."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, insert, literal, select, update

from gateway.db.conditions import reach_of, reached_by, within_reach
from gateway.db.conflicts import insert_unless_taken
from gateway.db.engine import Transaction
from gateway.db.rows import DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.db.search import folded_columns
from gateway.db.tables import device, device_event, device_group, device_group_link, idempotency_key, network_adapter
from gateway.domain.history import FieldChange
from gateway.domain.instants import shifted
from gateway.domain.kinds import DeviceEventType
from gateway.domain.uuids import Uuid


class ChangedMeanwhile(Exception):
    """A row is not any more what the decision was made on. The whole change can be tried again."""


async def insert_device(transaction: Transaction, row: DeviceRow) -> None:
    await transaction.execute(insert(device).values(**row._asdict(), **folded_columns(row._asdict())))


async def update_device(
    transaction: Transaction,
    row: DeviceRow,
    type_: DeviceEventType,
    changes: Sequence[FieldChange],
    values: Mapping[str, Any] | None = None,
) -> DeviceRow:
    """Makes the next version of a device, with its event; raises ChangedMeanwhile unless `row` is the present one."""
    changed = _changed(transaction, row, values)
    statement = update(device).where(*_present(transaction, device, row))
    if not await _changes_one(transaction, statement.values(**changed, **folded_columns(changed))):
        raise ChangedMeanwhile
    after = row._replace(**changed)
    await insert_event(transaction, after, type_, changes)
    if after.client_id != row.client_id:
        of_device = update(network_adapter).where(network_adapter.c.device_id == row.id)
        await transaction.execute(of_device.values(client_id=after.client_id))
    return after


async def delete_device(transaction: Transaction, row: DeviceRow, changes: Sequence[FieldChange]) -> None:
    """With its adapters and links; raises ChangedMeanwhile where `row` is not the present one."""
    if not await _changes_one(transaction, delete(device).where(*_present(transaction, device, row))):
        raise ChangedMeanwhile
    gone = row._replace(version=row.version + 1)
    await insert_event(transaction, gone, DeviceEventType.DEVICE_DELETED, changes)


async def insert_event(
    transaction: Transaction, row: DeviceRow, type_: DeviceEventType, changes: Sequence[FieldChange]
) -> None:
    """That a device has become `row`."""
    statement = insert(device_event).values(
        device_id=row.id,
        version=row.version,
        client_id=row.client_id,
        type=type_,
        occurred_at=transaction.instant,
        occurred_by=transaction.principal.name,
        changes=changes,
    )
    await transaction.execute(statement)


async def insert_adapter(transaction: Transaction, client_id: Uuid, row: NetworkAdapterRow) -> bool:
    """False where another adapter has the identifier."""
    values = {**row._asdict(), "client_id": client_id}
    return await insert_unless_taken(transaction, network_adapter, ["type", "identifier"], values)


async def delete_adapter(transaction: Transaction, id_: Uuid) -> None:
    reached = within_reach(network_adapter.c.client_id, reach_of(transaction.principal))
    await _changes_one(transaction, delete(network_adapter).where(network_adapter.c.id == id_, reached))


async def insert_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    await transaction.execute(insert(device_group).values(**row._asdict(), **folded_columns(row._asdict())))


async def update_group(transaction: Transaction, row: DeviceGroupRow, values: Mapping[str, Any]) -> DeviceGroupRow:
    """Makes the next version of a group; raises ChangedMeanwhile where `row` is not the present one."""
    changed = _changed(transaction, row, values)
    statement = update(device_group).where(*_present(transaction, device_group, row))
    if not await _changes_one(transaction, statement.values(**changed, **folded_columns(changed))):
        raise ChangedMeanwhile
    return row._replace(**changed)


async def delete_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    """With its links; raises ChangedMeanwhile where `row` is not the present one."""
    if not await _changes_one(transaction, delete(device_group).where(*_present(transaction, device_group, row))):
        raise ChangedMeanwhile


async def remove_all_from_group(transaction: Transaction, group_id: Uuid, changes: Sequence[FieldChange]) -> None:
    """Makes the next version of every device in a group, with its event, in two statements however many there are.

    Also of devices that the caller does not reach: they leave the group too, and their history says so.
    """
    members = device.c.id.in_(
        select(device_group_link.c.device_id).where(device_group_link.c.device_group_id == group_id)
    )
    await transaction.execute(
        update(device)
        .where(members)
        .values(
            version=device.c.version + 1,
            modified_at=transaction.instant,
            modified_by=transaction.principal.name,
        )
    )
    events = {
        device_event.c.device_id: device.c.id,
        device_event.c.version: device.c.version,
        device_event.c.client_id: device.c.client_id,
        device_event.c.type: literal(DeviceEventType.REMOVED_FROM_GROUP),
        device_event.c.occurred_at: literal(transaction.instant),
        device_event.c.occurred_by: literal(transaction.principal.name),
        device_event.c.changes: literal(changes, device_event.c.changes.type),
    }
    await transaction.execute(insert(device_event).from_select(list(events), select(*events.values()).where(members)))


async def insert_link(transaction: Transaction, device_id: Uuid, group_id: Uuid) -> bool:
    """False where the device is in the group already."""
    values = {
        "device_id": device_id,
        "device_group_id": group_id,
        "created_at": transaction.instant,
        "created_by": transaction.principal.name,
    }
    return await insert_unless_taken(transaction, device_group_link, ["device_id", "device_group_id"], values)


async def delete_link(transaction: Transaction, device_id: Uuid, group_id: Uuid) -> bool:
    """False where the device is not in the group."""
    link = device_group_link.c
    statement = delete(device_group_link).where(link.device_id == device_id, link.device_group_id == group_id)
    return await transaction.execute(statement) == 1


async def claim_key(transaction: Transaction, key: str, request: str, made_id: Uuid, remembered: timedelta) -> bool:
    """False where the caller has used the key already, unless that is longer ago than keys are remembered.

    Such keys, of any caller, are removed on the way.
    """
    forgotten = idempotency_key.c.created_at < shifted(transaction.instant, -remembered)
    await transaction.execute(delete(idempotency_key).where(forgotten))
    values = {
        "caller": transaction.principal.name,
        "key": key,
        "request": request,
        "made_id": made_id,
        "created_at": transaction.instant,
    }
    return await insert_unless_taken(transaction, idempotency_key, ["caller", "key"], values)


async def _changes_one(transaction: Transaction, statement: Update | Delete) -> bool:
    """Whether there is the row that the statement is to change, within the caller's reach."""
    return await transaction.execute(statement, reached_by(transaction.principal)) == 1


def _present(
    transaction: Transaction, table: Table, row: DeviceRow | DeviceGroupRow
) -> tuple[ColumnElement[bool], ...]:
    """Where the row is as it was loaded, and still within the caller's reach."""
    reached = within_reach(table.c.client_id, reach_of(transaction.principal))
    return table.c.id == row.id, table.c.version == row.version, reached


def _changed(
    transaction: Transaction, row: DeviceRow | DeviceGroupRow, values: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        **(values or {}),
        "version": row.version + 1,
        "modified_at": transaction.instant,
        "modified_by": transaction.principal.name,
    }
