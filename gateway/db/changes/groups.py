"""Changes of device groups."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, tuple_, update

from gateway.db.changes import rows
from gateway.db.changes.events import events_written, random_uuid
from gateway.db.rows import DeviceGroupRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.search import folded_columns
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device, device_event, device_group, device_group_link
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange
from gateway.domain.principal import Reach


async def insert_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    await rows.insert(transaction, device_group, {**row._asdict(), **folded_columns(row._asdict())})


async def update_group(transaction: Transaction, row: DeviceGroupRow, values: Mapping[str, Any]) -> DeviceGroupRow:
    """Return the next version of a group. Raise ChangedMeanwhile where `row` is not the present one."""
    return await rows.update_version(transaction, device_group, row, values)


async def delete_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    """Delete a group with its links. Raise ChangedMeanwhile where `row` is not the present version."""
    await rows.delete_version(transaction, device_group, row)


async def remove_all_from_group(
    transaction: Transaction, group: DeviceGroupRow, changes: Sequence[FieldChange]
) -> None:
    """Make the next version of every device in a group, with its event, in two statements however many there are."""
    parameters = {
        "group_id": group.id,
        "owner_id": group.client_id,
        "now": transaction.instant,
        "caller": transaction.principal.name,
        "event_type": DeviceEventType.REMOVED_FROM_GROUP,
        "event_changes": changes,
        "reached": transaction.principal.reached,
    }
    await transaction.execute(_next_version_of_members(transaction.principal.reach), parameters)
    if await transaction.execute(_events_of_members(transaction.principal.reach), parameters):
        await events_written(transaction)


@lru_cache
def _next_version_of_members(reach: Reach) -> Statement[Any]:
    values = {
        "version": device.c.version + 1,
        "modified_at": parameter(device.c.modified_at, "now"),
        "modified_by": parameter(device.c.modified_by, "caller"),
    }
    return Statement(update(device).where(_is_member(reach)).values(values))


@lru_cache
def _events_of_members(reach: Reach) -> Statement[Any]:
    values: Mapping[str, ColumnElement[Any]] = {
        "id": random_uuid(),
        "device_id": device.c.id,
        "version": device.c.version,
        "client_id": device.c.client_id,
        "type": parameter(device_event.c.type, "event_type"),
        "occurred_at": parameter(device_event.c.occurred_at, "now"),
        "occurred_by": parameter(device_event.c.occurred_by, "caller"),
        "changes": parameter(device_event.c.changes, "event_changes"),
    }
    events = select(*values.values()).where(_is_member(reach))
    return Statement(insert(device_event).from_select(list(values), events))


def _is_member(reach: Reach) -> ColumnElement[bool]:
    link = device_group_link.c
    members = select(link.client_id, link.device_id).where(
        equals_parameter(link.device_group_id, "group_id"), equals_parameter(link.client_id, "owner_id")
    )
    # With the client in it: where a row gets a value of a sequence, a cluster joins by that column alone.
    is_linked = tuple_(device.c.client_id, device.c.id).in_(members)
    is_same_client = equals_parameter(device.c.client_id, "owner_id")
    return and_(is_linked, is_same_client, within_reach(device.c.client_id, reach))
