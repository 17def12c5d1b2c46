"""The use cases of devices in groups."""

from gateway.db.changes.devices import update_device
from gateway.db.changes.links import delete_link, insert_link
from gateway.db.queries.devices import device_to_change
from gateway.db.queries.groups import group_ids_of_device, group_to_keep, links_to_group
from gateway.db.rows import DeviceGroupLinkRow, DeviceGroupRow, DeviceRow, link_to
from gateway.db.session import Transaction
from gateway.domain.commands import ChangeMembership
from gateway.domain.enums import DeviceEventType
from gateway.domain.fields import MOST_GROUPS
from gateway.domain.history import GROUPS, FieldChange
from gateway.domain.user_errors import Refused
from gateway.domain.uuids import uuid_or_none
from gateway.domain.validation import full_error, membership_errors, missing_device_error, missing_error
from gateway.services.use_case import refuse

FIELD = ("deviceGroupId",)


async def add_device_to_group(transaction: Transaction, command: ChangeMembership) -> DeviceGroupLinkRow:
    """Put a device into a group. A device that is in it already stays as it is."""
    device, group = await _load(transaction, command)
    owner = {"client_id": device.client_id, "project_id": device.project_id}
    refuse(membership_errors([(FIELD, group.id)], {group.id: group}, **owner))
    if not await insert_link(transaction, device, group.id):
        links = await links_to_group(transaction, transaction.principal, [device], group.id)
        return link_to(device, links[device.id])
    if len(await group_ids_of_device(transaction, device)) > MOST_GROUPS:
        raise Refused(full_error("device groups", MOST_GROUPS, *FIELD))
    change = FieldChange(GROUPS, None, group.id)
    device = await update_device(transaction, device, DeviceEventType.ADDED_TO_GROUP, [change])
    return DeviceGroupLinkRow(device, group, transaction.instant, transaction.principal.name)


async def remove_device_from_group(
    transaction: Transaction, command: ChangeMembership
) -> tuple[DeviceRow, DeviceGroupRow]:
    """Take a device out of a group. A device that is not in it stays as it is."""
    device, group = await _load(transaction, command)
    if await delete_link(transaction, device, group.id):
        change = FieldChange(GROUPS, group.id, None)
        device = await update_device(transaction, device, DeviceEventType.REMOVED_FROM_GROUP, [change])
    return device, group


async def _load(transaction: Transaction, command: ChangeMembership) -> tuple[DeviceRow, DeviceGroupRow]:
    # First the group, as those do who delete one with all that is in it: nobody then waits for each other.
    group_id = uuid_or_none(command.device_group_id)
    group = await group_to_keep(transaction, group_id) if group_id else None
    device = await device_to_change(transaction, command.device)
    user_errors = []
    if device is None:
        user_errors.append(missing_device_error(command.device))
    if group is None:
        user_errors.append(missing_error("device group", command.device_group_id, FIELD))
    if device is None or group is None:
        raise Refused(*user_errors)
    return device, group
