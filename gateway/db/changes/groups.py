"""Changes of device groups."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, update

from gateway.db.changes import rows
from gateway.db.changes.events import insert_selected_events, selected_events
from gateway.db.rows import DeviceGroupRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.search import folded_columns
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device, device_group, device_group_link
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


async def insert_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    await rows.insert(transaction, device_group, {**row._asdict(), **folded_columns(row._asdict())})


async def update_group(transaction: Transaction, row: DeviceGroupRow, values: Mapping[str, Any]) -> DeviceGroupRow:
    """Return the next version of a group. Raise ChangedMeanwhile where `row` is not the present one."""
    return await rows.update_version(transaction, device_group, row, values)


async def delete_group(transaction: Transaction, row: DeviceGroupRow) -> None:
    """Delete a group with its links. Raise ChangedMeanwhile where `row` is not the present version."""
    await rows.delete_version(transaction, device_group, row)


async def remove_from_group(
    transaction: Transaction, group: DeviceGroupRow, device_ids: Collection[Uuid], changes: Sequence[FieldChange]
) -> None:
    """Take members out of a group, and make the next version of each, with its event.

    The statements are as many as for one.
    """
    principal = transaction.principal
    members: dict[str, Any] = {
        "group_id": group.id,
        "owner_id": group.client_id,
        "device_ids": device_ids,
        "reached": principal.reached,
    }
    recorded = {"modified_at": transaction.instant, "modified_by": principal.name}
    await transaction.execute(_next_version_of_members(principal.reach), {**members, **recorded})
    event = {"type": DeviceEventType.REMOVED_FROM_GROUP, "changes": changes}
    await insert_selected_events(transaction, _events_of_members(principal.reach), {**members, **event})
    await transaction.execute(_delete_links(principal.reach), members)


@lru_cache
def _next_version_of_members(reach: Reach) -> Statement[Any]:
    recorded = {name: parameter(device.c[name]) for name in ("modified_at", "modified_by")}
    return Statement(update(device).where(_is_member(reach)).values({"version": device.c.version + 1, **recorded}))


@lru_cache
def _events_of_members(reach: Reach) -> Statement[Any]:
    return selected_events(_is_member(reach))


@lru_cache
def _delete_links(reach: Reach) -> Statement[Any]:
    return Statement(delete(device_group_link).where(_IS_LINK, within_reach(device_group_link.c.client_id, reach)))


def _is_member(reach: Reach) -> ColumnElement[bool]:
    # By their ids: where statistics are old, PostgreSQL would read all devices of the client to find a group's.
    is_same_client = equals_parameter(device.c.client_id, "owner_id")
    return and_(in_parameter(device.c.id, "device_ids"), is_same_client, within_reach(device.c.client_id, reach))


_IS_LINK = and_(
    equals_parameter(device_group_link.c.device_group_id, "group_id"),
    equals_parameter(device_group_link.c.client_id, "owner_id"),
    in_parameter(device_group_link.c.device_id, "device_ids"),
)
