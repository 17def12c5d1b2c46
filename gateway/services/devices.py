"""To create, update and delete devices."""

from gateway.db import changes
from gateway.db.engine import Transaction
from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import device_to_change, devices_by_id
from gateway.db.queries.groups import group_ids_of_device, groups_by_id
from gateway.db.rows import DeviceRow
from gateway.domain.commands import CreateDevice, DeleteDevice, UpdateDevice
from gateway.domain.faults import Fault, Refused
from gateway.domain.history import FIELDS, all_of_device, field_changes, undone
from gateway.domain.kinds import DeviceEventType
from gateway.domain.rules import (
    adapter_faults,
    client_faults,
    key_faults,
    length_faults,
    membership_faults,
    missing_device_fault,
    project_move_faults,
    value_faults,
    version_faults,
)
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.services.adapters import attach, taken_faults
from gateway.services.changing import refuse
from gateway.services.idempotency import gone, made_before


async def create_device(transaction: Transaction, command: CreateDevice) -> DeviceRow:
    """With its adapters and links, or not at all."""
    # In the order of their adapters, whose ids decide which of the same instant comes first.
    id_, *adapter_ids = sorted(new_uuid() for _ in range(1 + len(command.network_adapters)))
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    # What is no UUID is no group's id either.
    group_ids = list(dict.fromkeys(filter(None, map(uuid_or_none, command.device_group_ids))))
    groups = await groups_by_id(transaction, transaction.principal, group_ids)
    values = {name: getattr(command, name) for name in FIELDS}
    group_fields = [(("deviceGroupIds", str(place)), each) for place, each in enumerate(command.device_group_ids)]
    faults: list[Fault] = [
        *value_faults(values),
        *client_faults(command.client_id, transaction.principal),
        *length_faults(network_adapters=command.network_adapters, device_group_ids=command.device_group_ids),
        *adapter_faults(command.network_adapters),
        *membership_faults(group_fields, groups, command.project_id),
        *key_faults(command.idempotency_key),
    ]
    if faults:
        raise Refused(*faults, *await taken_faults(transaction, command.network_adapters, faults))
    by, at = transaction.principal.name, transaction.instant
    device = DeviceRow(id=id_, version=1, created_at=at, created_by=by, modified_at=at, modified_by=by, **values)
    await changes.insert_device(transaction, device)
    adapters = await attach(transaction, device, command.network_adapters, adapter_ids)
    for group_id in group_ids:
        await changes.insert_link(transaction, device.id, group_id)
    created = all_of_device(values, (adapter.urn for adapter in adapters), group_ids)
    await changes.insert_event(transaction, device, DeviceEventType.DEVICE_CREATED, created)
    return device


async def update_device(transaction: Transaction, command: UpdateDevice) -> DeviceRow:
    """An update that changes nothing is a no-op."""
    faults = list(value_faults(command.changes))
    if command.changes.get("client_id"):
        faults += client_faults(command.changes["client_id"], transaction.principal)
    device = await device_to_change(transaction, command.device)
    if device is None:
        raise Refused(*faults, missing_device_fault(command.device))
    before = device._asdict()
    changed = {name: value for name, value in command.changes.items() if value != before[name]}
    faults += version_faults(command.expected_version, device)
    if changed.get("project_id"):
        group_ids = await group_ids_of_device(transaction, device.id)
        groups = await groups_by_id(transaction, transaction.principal, group_ids)
        faults += project_move_faults(groups.values(), in_groups=bool(group_ids))
    refuse(faults)
    if not changed:
        return device
    event = field_changes(before, {**before, **changed})
    return await changes.update_device(transaction, device, DeviceEventType.DEVICE_UPDATED, event, changed)


async def delete_device(transaction: Transaction, command: DeleteDevice) -> DeviceRow:
    """Takes the device's adapters and links with it."""
    device = await device_to_change(transaction, command.device)
    if device is None:
        raise Refused(missing_device_fault(command.device))
    refuse(version_faults(command.expected_version, device))
    adapters = await adapters_of_devices(transaction, transaction.principal, [device.id])
    group_ids = await group_ids_of_device(transaction, device.id)
    had = all_of_device(device._asdict(), (adapter.urn for adapter in adapters[device.id]), group_ids)
    await changes.delete_device(transaction, device, undone(had))
    return device


async def _reload(transaction: Transaction, id_: Uuid) -> DeviceRow:
    found = await devices_by_id(transaction, transaction.principal, [id_])
    if id_ not in found:
        raise gone(id_)
    return found[id_]
