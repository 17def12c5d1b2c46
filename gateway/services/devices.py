"""The use cases of devices."""

from collections.abc import Mapping
from typing import Any

from gateway.db.changes import devices as changes
from gateway.db.changes.events import insert_event
from gateway.db.changes.links import insert_link
from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import device_to_change, devices_by_id
from gateway.db.queries.groups import group_ids_of_device, groups_by_id
from gateway.db.rows import DeviceGroupRow, DeviceRow
from gateway.db.session import Transaction
from gateway.domain.commands import CreateDevice, DeleteDevice, UpdateDevice
from gateway.domain.enums import DeviceEventType
from gateway.domain.fields import DEVICE_FIELDS
from gateway.domain.history import creation, field_changes, reverse
from gateway.domain.principal import Principal
from gateway.domain.user_errors import Refused, UserError
from gateway.domain.uuids import Uuid, new_uuids, uuid_or_none
from gateway.domain.validation import (
    adapter_errors,
    client_errors,
    idempotency_key_errors,
    length_errors,
    membership_errors,
    missing_device_error,
    move_errors,
    value_errors,
    version_errors,
)
from gateway.services.adapters import attach, taken_errors
from gateway.services.idempotency import gone, made_before
from gateway.services.use_case import refuse


async def create_device(transaction: Transaction, command: CreateDevice) -> DeviceRow:
    """Create a device with its adapters and links, or nothing at all."""
    # In the order of their adapters, whose ids decide which of the same instant comes first.
    id_, *adapter_ids = new_uuids(1 + len(command.network_adapters))
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    group_ids = group_ids_of(command)
    groups = await groups_by_id(transaction, transaction.principal, group_ids)
    if user_errors := creation_errors(command, groups, transaction.principal):
        raise Refused(*user_errors, *await taken_errors(transaction, command.network_adapters, user_errors))
    device = new_device(transaction, command, id_)
    await changes.insert_device(transaction, device)
    adapters = await attach(transaction, device, command.network_adapters, adapter_ids, is_new=True)
    for group_id in group_ids:
        await insert_link(transaction, device, group_id)
    created = creation(command.values, (adapter.urn for adapter in adapters), group_ids)
    await insert_event(transaction, device, DeviceEventType.DEVICE_CREATED, created)
    return device


def group_ids_of(command: CreateDevice) -> list[Uuid]:
    """Return the ids of the groups that a new device is put into; what is no UUID is no group's id either."""
    return list(dict.fromkeys(filter(None, map(uuid_or_none, command.device_group_ids))))


def new_device(transaction: Transaction, command: CreateDevice, id_: Uuid) -> DeviceRow:
    by, at = transaction.principal.name, transaction.instant
    recorded: Any = {"created_at": at, "created_by": by, "modified_at": at, "modified_by": by}
    return DeviceRow(id=id_, version=1, **recorded, **command.values)


def creation_errors(
    command: CreateDevice, groups: Mapping[Uuid, DeviceGroupRow], principal: Principal
) -> list[UserError]:
    """Return what is wrong with the input, but for identifiers that adapters have already."""
    client_id, project_id = command.values["client_id"], command.values["project_id"]
    group_paths = [(("deviceGroupIds", str(index)), id_) for index, id_ in enumerate(command.device_group_ids)]
    return [
        *value_errors(command.values, DEVICE_FIELDS),
        *client_errors(client_id, principal),
        *length_errors(network_adapters=command.network_adapters, device_group_ids=command.device_group_ids),
        *adapter_errors(command.network_adapters),
        *membership_errors(group_paths, groups, client_id=client_id, project_id=project_id),
        *idempotency_key_errors(command.idempotency_key),
    ]


async def update_device(transaction: Transaction, command: UpdateDevice) -> DeviceRow:
    """Change the fields that were given. An update that changes nothing writes nothing."""
    user_errors = list(value_errors(command.changes, DEVICE_FIELDS))
    if command.changes.get("client_id"):
        user_errors += client_errors(command.changes["client_id"], transaction.principal)
    device = await device_to_change(transaction, command.device)
    if device is None:
        raise Refused(*user_errors, missing_device_error(command.device))
    before = device._asdict()
    changed = {name: value for name, value in command.changes.items() if value != before[name]}
    user_errors += version_errors(command.expected_version, device)
    if changed.get("client_id") or changed.get("project_id"):
        group_ids = await group_ids_of_device(transaction, device)
        groups = await groups_by_id(transaction, transaction.principal, group_ids)
        user_errors += move_errors(changed, groups.values())
    refuse(user_errors)
    if not changed:
        return device
    event = field_changes(before, {**before, **changed})
    if "client_id" in changed:
        adapters = (await adapters_of_devices(transaction, transaction.principal, [device]))[device.id]
        return await changes.move_device(transaction, device, adapters, event, changed)
    return await changes.update_device(transaction, device, DeviceEventType.DEVICE_UPDATED, event, changed)


async def delete_device(transaction: Transaction, command: DeleteDevice) -> DeviceRow:
    """Delete a device with its adapters and links."""
    device = await device_to_change(transaction, command.device)
    if device is None:
        raise Refused(missing_device_error(command.device))
    refuse(version_errors(command.expected_version, device))
    adapters = (await adapters_of_devices(transaction, transaction.principal, [device]))[device.id]
    group_ids = await group_ids_of_device(transaction, device)
    had = creation(device._asdict(), (adapter.urn for adapter in adapters), group_ids)
    await changes.delete_device(transaction, device, adapters, reverse(had))
    return device


async def _reload(transaction: Transaction, id_: Uuid) -> DeviceRow:
    found = await devices_by_id(transaction, transaction.principal, [id_])
    if id_ not in found:
        raise gone(id_)
    return found[id_]
