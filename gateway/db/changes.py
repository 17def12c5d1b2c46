"""Every INSERT, UPDATE and DELETE, each within the reach of its caller."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql

from gateway.db.compiling import KEPT_STATEMENTS, Statement, given
from gateway.db.conditions import is_given, within_reach
from gateway.db.conflicts import ChangedMeanwhile
from gateway.db.engine import Transaction
from gateway.db.rows import DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.db.search import folded_columns
from gateway.db.tables import device, device_event, device_group, device_group_link, idempotency_key, network_adapter
from gateway.domain.history import FieldChange
from gateway.domain.instants import shifted
from gateway.domain.kinds import DeviceEventType
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


async def insert_device(transaction: Transaction, row: DeviceRow) -> None:
    await _insert(transaction, device, {**row._asdict(), **folded_columns(row._asdict())})


async def update_device(
    transaction: Transaction,
    row: DeviceRow,
    type_: DeviceEventType,
    changes: Sequence[FieldChange],
    values: Mapping[str, Any] | None = None,
) -> DeviceRow:
    """Makes the next version of a device, with its event; raises ChangedMeanwhile unless `row` is the present one."""
    after = await _update(transaction, device, row, values or {})
    await insert_event(transaction, after, type_, changes)
    if after.client_id != row.client_id:
        await transaction.execute(_MOVE_ADAPTERS, {"of_device": row.id, "client_id": after.client_id})
    return after


async def delete_device(transaction: Transaction, row: DeviceRow, changes: Sequence[FieldChange]) -> None:
    """With its adapters and links; raises ChangedMeanwhile where `row` is not the present one."""
    await _delete(transaction, device, row)
    gone = row._replace(version=row.version + 1)
    await insert_event(transaction, gone, DeviceEventType.DEVICE_DELETED, changes)


async def insert_event(
    transaction: Transaction, row: DeviceRow, type_: DeviceEventType, changes: Sequence[FieldChange]
) -> None:
    """That a device has become `row`."""
    values = {
        "device_id": row.id,
        "version": row.version,
        "client_id": row.client_id,
        "type": type_,
        "occurred_at": transaction.instant,
        "occurred_by": transaction.principal.name,
        "changes": changes,
    }
    await _insert(transaction, device_event, values)


async def insert_adapter(transaction: Transaction, client_id: Uuid, row: NetworkAdapterRow) -> bool:
    """False where another adapter has the identifier."""
    values = {**row._asdict(), "client_id": client_id}
    return await _insert(transaction, network_adapter, values, unique=("type", "identifier"))


async def delete_adapter(transaction: Transaction, id_: Uuid) -> None:
    parameters = {"present_id": id_, "reached": transaction.principal.reached}
    await transaction.execute(_delete_adapter(transaction.principal.reach), parameters)


async def insert_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    await _insert(transaction, device_group, {**row._asdict(), **folded_columns(row._asdict())})


async def update_group(transaction: Transaction, row: DeviceGroupRow, values: Mapping[str, Any]) -> DeviceGroupRow:
    """Makes the next version of a group; raises ChangedMeanwhile where `row` is not the present one."""
    return await _update(transaction, device_group, row, values)


async def delete_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    """With its links; raises ChangedMeanwhile where `row` is not the present one."""
    await _delete(transaction, device_group, row)


async def remove_all_from_group(transaction: Transaction, group_id: Uuid, changes: Sequence[FieldChange]) -> None:
    """Makes the next version of every device in a group, with its event, in two statements however many there are.

    Also of devices that the caller does not reach: they leave the group too, and their history says so.
    """
    parameters = {
        "group_id": group_id,
        "now": transaction.instant,
        "caller": transaction.principal.name,
        "event_type": DeviceEventType.REMOVED_FROM_GROUP,
        "event_changes": changes,
    }
    await transaction.execute(_NEXT_VERSION_OF_MEMBERS, parameters)
    await transaction.execute(_EVENTS_OF_MEMBERS, parameters)


async def insert_link(transaction: Transaction, device_id: Uuid, group_id: Uuid) -> bool:
    """False where the device is in the group already."""
    values = {
        "device_id": device_id,
        "device_group_id": group_id,
        "created_at": transaction.instant,
        "created_by": transaction.principal.name,
    }
    return await _insert(transaction, device_group_link, values, unique=("device_id", "device_group_id"))


async def delete_link(transaction: Transaction, device_id: Uuid, group_id: Uuid) -> bool:
    """False where the device is not in the group."""
    return await transaction.execute(_DELETE_LINK, {"of_device": device_id, "of_group": group_id}) == 1


async def claim_key(transaction: Transaction, key: str, request: str, made_id: Uuid, remembered: timedelta) -> bool:
    """False where the caller has used the key already, unless that is longer ago than keys are remembered.

    Such keys, of any caller, are removed on the way.
    """
    await transaction.execute(_FORGET_KEYS, {"oldest": shifted(transaction.instant, -remembered)})
    values = {
        "caller": transaction.principal.name,
        "key": key,
        "request": request,
        "made_id": made_id,
        "created_at": transaction.instant,
    }
    return await _insert(transaction, idempotency_key, values, unique=("caller", "key"))


Versioned = TypeVar("Versioned", DeviceRow, DeviceGroupRow)


async def _update(transaction: Transaction, table: Table, row: Versioned, values: Mapping[str, Any]) -> Versioned:
    """Makes the next version of a row; raises ChangedMeanwhile where `row` is not the present one."""
    changed = {
        **values,
        "version": row.version + 1,
        "modified_at": transaction.instant,
        "modified_by": transaction.principal.name,
    }
    columns = {**changed, **folded_columns(changed)}
    statement = _update_present(table, tuple(columns), transaction.principal.reach)
    if await transaction.execute(statement, {**columns, **_present_parameters(transaction, row)}) != 1:
        raise ChangedMeanwhile
    return row._replace(**changed)


async def _delete(transaction: Transaction, table: Table, row: DeviceRow | DeviceGroupRow) -> None:
    """Raises ChangedMeanwhile where `row` is not the present one."""
    statement = _delete_present(table, transaction.principal.reach)
    if await transaction.execute(statement, _present_parameters(transaction, row)) != 1:
        raise ChangedMeanwhile


async def _insert(
    transaction: Transaction, table: Table, values: Mapping[str, Any], unique: tuple[str, ...] = ()
) -> bool:
    """False where another row has the same values in the `unique` columns, and nothing was inserted.

    The index decides, and not a look before the insert, which another transaction could overtake. That it refused is
    an answer and not an error, so that the transaction goes on and can find out who holds the value.
    """
    return await transaction.execute(_insert_into(table, tuple(values), unique), values) == 1


# The statements, made once for each shape.


@lru_cache(KEPT_STATEMENTS)
def _insert_into(table: Table, names: tuple[str, ...], unique: tuple[str, ...]) -> Statement[Any]:
    statement = postgresql.insert(table).values({name: given(table.c[name]) for name in names})
    return Statement(statement.on_conflict_do_nothing(index_elements=unique) if unique else statement)


@lru_cache(KEPT_STATEMENTS)
def _update_present(table: Table, names: tuple[str, ...], reach: Reach) -> Statement[Any]:
    statement = update(table).where(*_present(table, reach))
    return Statement(statement.values({name: given(table.c[name]) for name in names}))


@lru_cache(KEPT_STATEMENTS)
def _delete_present(table: Table, reach: Reach) -> Statement[Any]:
    return Statement(delete(table).where(*_present(table, reach)))


def _present(table: Table, reach: Reach) -> list[ColumnElement[bool]]:
    """Where a row is as it was loaded, and still within the caller's reach."""
    same = [is_given(table.c[name], f"present_{name}") for name in ("id", "version")]
    return [*same, within_reach(table.c.client_id, reach)]


def _present_parameters(transaction: Transaction, row: DeviceRow | DeviceGroupRow) -> dict[str, Any]:
    return {"present_id": row.id, "present_version": row.version, "reached": transaction.principal.reached}


@lru_cache(KEPT_STATEMENTS)
def _delete_adapter(reach: Reach) -> Statement[Any]:
    adapter = network_adapter.c
    reached = within_reach(adapter.client_id, reach)
    return Statement(delete(network_adapter).where(is_given(adapter.id, "present_id"), reached))


_MOVE_ADAPTERS: Statement[Any] = Statement(
    update(network_adapter)
    .where(is_given(network_adapter.c.device_id, "of_device"))
    .values(client_id=given(network_adapter.c.client_id))
)
_DELETE_LINK: Statement[Any] = Statement(
    delete(device_group_link).where(
        is_given(device_group_link.c.device_id, "of_device"),
        is_given(device_group_link.c.device_group_id, "of_group"),
    )
)
_FORGET_KEYS: Statement[Any] = Statement(
    delete(idempotency_key).where(idempotency_key.c.created_at < given(idempotency_key.c.created_at, "oldest"))
)
_MEMBERS = device.c.id.in_(
    select(device_group_link.c.device_id).where(is_given(device_group_link.c.device_group_id, "group_id"))
)
_NEXT_VERSION_OF_MEMBERS: Statement[Any] = Statement(
    update(device)
    .where(_MEMBERS)
    .values(
        version=device.c.version + 1,
        modified_at=given(device.c.modified_at, "now"),
        modified_by=given(device.c.modified_by, "caller"),
    )
)
_EVENT_VALUES: Mapping[str, ColumnElement[Any]] = {
    "device_id": device.c.id,
    "version": device.c.version,
    "client_id": device.c.client_id,
    "type": given(device_event.c.type, "event_type"),
    "occurred_at": given(device_event.c.occurred_at, "now"),
    "occurred_by": given(device_event.c.occurred_by, "caller"),
    "changes": given(device_event.c.changes, "event_changes"),
}
_EVENTS_OF_MEMBERS: Statement[Any] = Statement(
    insert(device_event).from_select(list(_EVENT_VALUES), select(*_EVENT_VALUES.values()).where(_MEMBERS))
)
