"""To create, update and delete device groups."""

from gateway.db import changes
from gateway.db.engine import Transaction
from gateway.db.queries.groups import group_to_change, groups_by_id
from gateway.db.rows import DeviceGroupRow
from gateway.domain.commands import CreateDeviceGroup, DeleteDeviceGroup, UpdateDeviceGroup
from gateway.domain.faults import Refused
from gateway.domain.history import GROUPS, FieldChange
from gateway.domain.rules import client_faults, key_faults, missing_fault, value_faults, version_faults
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.services.changing import refuse
from gateway.services.idempotency import gone, made_before

FIELDS = ("name", "description", "client_id", "project_id")


async def create_device_group(transaction: Transaction, command: CreateDeviceGroup) -> DeviceGroupRow:
    id_ = new_uuid()
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    values = {name: getattr(command, name) for name in FIELDS}
    refuse(
        [
            *value_faults(values),
            *client_faults(command.client_id, transaction.principal),
            *key_faults(command.idempotency_key),
        ]
    )
    by, at = transaction.principal.name, transaction.instant
    group = DeviceGroupRow(id=id_, version=1, created_at=at, created_by=by, modified_at=at, modified_by=by, **values)
    await changes.insert_group(transaction, group)
    return group


async def update_device_group(transaction: Transaction, command: UpdateDeviceGroup) -> DeviceGroupRow:
    """An update that changes nothing is a no-op."""
    faults = list(value_faults(command.changes))
    id_ = uuid_or_none(command.id)
    group = await group_to_change(transaction, id_) if id_ else None
    if group is None:
        raise Refused(*faults, missing_fault("device group", command.id, ("id",)))
    refuse([*faults, *version_faults(command.expected_version, group)])
    before = group._asdict()
    changed = {name: value for name, value in command.changes.items() if value != before[name]}
    return await changes.update_group(transaction, group, changed) if changed else group


async def delete_device_group(transaction: Transaction, command: DeleteDeviceGroup) -> DeviceGroupRow:
    """Removes its devices from it first, each with an event."""
    id_ = uuid_or_none(command.id)
    group = await group_to_change(transaction, id_) if id_ else None
    if group is None:
        raise Refused(missing_fault("device group", command.id, ("id",)))
    refuse(version_faults(command.expected_version, group))
    await changes.remove_all_from_group(transaction, group.id, [FieldChange(GROUPS, group.id, None)])
    await changes.delete_group(transaction, group)
    return group


async def _reload(transaction: Transaction, id_: Uuid) -> DeviceGroupRow:
    found = await groups_by_id(transaction, transaction.principal, [id_])
    if id_ not in found:
        raise gone(id_)
    return found[id_]
