"""The use cases of device groups."""

import asyncio
from typing import Any

from gateway.db.changes import groups as changes
from gateway.db.queries.groups import first_members, group_to_change, groups_by_id
from gateway.db.rows import DeviceGroupRow
from gateway.db.session import Session, Transaction
from gateway.domain.commands import CreateDeviceGroup, DeleteDeviceGroup, UpdateDeviceGroup
from gateway.domain.fields import DEVICE_GROUP_FIELDS
from gateway.domain.history import GROUPS, FieldChange
from gateway.domain.principal import Principal
from gateway.domain.user_errors import Refused
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.domain.validation import client_errors, idempotency_key_errors, missing_error, value_errors, version_errors
from gateway.services.idempotency import gone, made_before
from gateway.services.use_case import change, refuse

# So many devices leave a group in one transaction, for which others wait: on SQLite, all who change anything.
MOST_AT_ONCE = 500
# What has waited meanwhile is made in this time, and shares no transaction with the next ones.
SECONDS_BETWEEN_STEPS = 0.01


async def create_device_group(transaction: Transaction, command: CreateDeviceGroup) -> DeviceGroupRow:
    id_ = new_uuid()
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    refuse(
        [
            *value_errors(command.values, DEVICE_GROUP_FIELDS),
            *client_errors(command.values["client_id"], transaction.principal),
            *idempotency_key_errors(command.idempotency_key),
        ]
    )
    by, at = transaction.principal.name, transaction.instant
    recorded: Any = {"created_at": at, "created_by": by, "modified_at": at, "modified_by": by}
    group = DeviceGroupRow(id=id_, version=1, **recorded, **command.values)
    await changes.insert_group(transaction, group)
    return group


async def update_device_group(transaction: Transaction, command: UpdateDeviceGroup) -> DeviceGroupRow:
    """Change the fields that were given. An update that changes nothing writes nothing."""
    user_errors = list(value_errors(command.changes, DEVICE_GROUP_FIELDS))
    id_ = uuid_or_none(command.id)
    group = await group_to_change(transaction, id_) if id_ else None
    if group is None:
        raise Refused(*user_errors, missing_error("device group", command.id, ("id",)))
    refuse([*user_errors, *version_errors(command.expected_version, group)])
    before = group._asdict()
    changed = {name: value for name, value in command.changes.items() if value != before[name]}
    return await changes.update_group(transaction, group, changed) if changed else group


async def delete_device_group(session: Session, principal: Principal, command: DeleteDeviceGroup) -> DeviceGroupRow:
    """Remove the devices from a group, each with an event, and then delete it.

    Those of a large group leave it in several transactions, so that nobody else waits for long, and the group is
    deleted in the last one. The version is looked at in the first. Where this is cut short, a smaller group is left,
    and the same command goes on. Raise as `change` does.
    """
    group, is_deleted = await change(session, principal, _begin_to_delete, command)
    while not is_deleted:
        await asyncio.sleep(SECONDS_BETWEEN_STEPS)
        is_deleted = await change(session, principal, _go_on_deleting, group.id)
    return group


async def _begin_to_delete(transaction: Transaction, command: DeleteDeviceGroup) -> tuple[DeviceGroupRow, bool]:
    id_ = uuid_or_none(command.id)
    group = await group_to_change(transaction, id_) if id_ else None
    if group is None:
        raise Refused(missing_error("device group", command.id, ("id",)))
    refuse(version_errors(command.expected_version, group))
    return group, await _delete_or_make_smaller(transaction, group)


async def _go_on_deleting(transaction: Transaction, id_: Uuid) -> bool:
    """Return whether a group is deleted now, by whomever: devices have left it, so nothing can be refused any more."""
    group = await group_to_change(transaction, id_)
    return group is None or await _delete_or_make_smaller(transaction, group)


async def _delete_or_make_smaller(transaction: Transaction, group: DeviceGroupRow) -> bool:
    """Remove devices from a group, and delete it where these are the last. Return whether it is deleted."""
    members = await first_members(transaction, group, MOST_AT_ONCE + 1)
    await changes.remove_from_group(transaction, group, members[:MOST_AT_ONCE], [FieldChange(GROUPS, group.id, None)])
    are_last = len(members) <= MOST_AT_ONCE
    if are_last:
        await changes.delete_group(transaction, group)
    return are_last


async def _reload(transaction: Transaction, id_: Uuid) -> DeviceGroupRow:
    found = await groups_by_id(transaction, transaction.principal, [id_])
    if id_ not in found:
        raise gone(id_)
    return found[id_]
