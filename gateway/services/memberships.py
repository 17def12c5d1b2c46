"""To add devices to groups, and to remove them."""

from gateway.db import changes
from gateway.db.engine import Transaction
from gateway.db.queries.devices import device_to_change
from gateway.db.queries.groups import group_to_keep, links_to_group
from gateway.db.rows import DeviceGroupMembership, DeviceGroupRow, DeviceRow, membership
from gateway.domain.commands import ChangeMembership
from gateway.domain.faults import Refused
from gateway.domain.history import GROUPS, FieldChange
from gateway.domain.kinds import DeviceEventType
from gateway.domain.rules import membership_faults, missing_device_fault, missing_fault
from gateway.domain.uuids import uuid_or_none
from gateway.services.changing import refuse

FIELD = ("deviceGroupId",)


async def add_device_to_group(transaction: Transaction, command: ChangeMembership) -> DeviceGroupMembership:
    """A device that is in the group already stays in it as it is."""
    device, group = await _load(transaction, command)
    refuse(membership_faults([(FIELD, group.id)], {group.id: group}, device.project_id))
    if not await changes.insert_link(transaction, device.id, group.id):
        links = await links_to_group(transaction, transaction.principal, [device.id], group.id)
        return membership(device, links[device.id])
    change = FieldChange(GROUPS, None, group.id)
    device = await changes.update_device(transaction, device, DeviceEventType.ADDED_TO_GROUP, [change])
    return DeviceGroupMembership(device, group, transaction.instant, transaction.principal.name)


async def remove_device_from_group(
    transaction: Transaction, command: ChangeMembership
) -> tuple[DeviceRow, DeviceGroupRow]:
    """A device that is not in the group stays as it is."""
    device, group = await _load(transaction, command)
    if await changes.delete_link(transaction, device.id, group.id):
        change = FieldChange(GROUPS, group.id, None)
        device = await changes.update_device(transaction, device, DeviceEventType.REMOVED_FROM_GROUP, [change])
    return device, group


async def _load(transaction: Transaction, command: ChangeMembership) -> tuple[DeviceRow, DeviceGroupRow]:
    # First the group, as those do who delete one with all that is in it: nobody then waits for each other.
    group_id = uuid_or_none(command.device_group_id)
    group = await group_to_keep(transaction, group_id) if group_id else None
    device = await device_to_change(transaction, command.device)
    faults = []
    if device is None:
        faults.append(missing_device_fault(command.device))
    if group is None:
        faults.append(missing_fault("device group", command.device_group_id, FIELD))
    if device is None or group is None:
        raise Refused(*faults)
    return device, group
