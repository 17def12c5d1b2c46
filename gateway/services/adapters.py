"""To add, update and delete network adapters."""

from collections.abc import Iterable, Sequence

from gateway.db.changes import delete_adapter, insert_adapter, update_device
from gateway.db.engine import Transaction
from gateway.db.queries.adapters import adapters_by_id, taken_identifiers
from gateway.db.queries.devices import device_to_change, devices_by_id, devices_by_identifier
from gateway.db.rows import DeviceRow, NetworkAdapterRow
from gateway.domain.commands import AddNetworkAdapter, DeleteNetworkAdapter, NewAdapter, UpdateNetworkAdapter
from gateway.domain.faults import Fault, FaultCode, Refused
from gateway.domain.history import ADAPTERS, FieldChange
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import DeviceEventType
from gateway.domain.rules import (
    adapter_faults,
    identity_faults,
    key_faults,
    missing_device_fault,
    missing_fault,
    taken_fault,
)
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.services.changing import refuse
from gateway.services.idempotency import gone, made_before

AdapterOfDevice = tuple[NetworkAdapterRow, DeviceRow]


async def add_network_adapter(transaction: Transaction, command: AddNetworkAdapter) -> AdapterOfDevice:
    id_ = new_uuid()
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    faults = [*key_faults(command.idempotency_key), *adapter_faults([command.network_adapter])]
    device = await device_to_change(transaction, command.device)
    if device is None:
        faults.append(missing_device_fault(command.device))
    if device is None or faults:
        raise Refused(*faults, *await taken_faults(transaction, [command.network_adapter], faults))
    [adapter] = await attach(transaction, device, [command.network_adapter], [id_])
    change = FieldChange(ADAPTERS, None, adapter.urn)
    return adapter, await update_device(transaction, device, DeviceEventType.NETWORK_ADAPTER_ADDED, [change])


async def update_network_adapter(transaction: Transaction, command: UpdateNetworkAdapter) -> AdapterOfDevice:
    """Nothing about an adapter can change, so this never writes."""
    adapter, device = await _load(transaction, command, adapter_faults([command.network_adapter]))
    refuse(identity_faults(adapter.type, adapter.identifier, command.network_adapter))
    return adapter, device


async def delete_network_adapter(transaction: Transaction, command: DeleteNetworkAdapter) -> AdapterOfDevice:
    adapter, device = await _load(transaction, command)
    await delete_adapter(transaction, adapter.id)
    change = FieldChange(ADAPTERS, adapter.urn, None)
    return adapter, await update_device(transaction, device, DeviceEventType.NETWORK_ADAPTER_DELETED, [change])


async def attach(
    transaction: Transaction, device: DeviceRow, wanted: Sequence[NewAdapter], ids: Sequence[Uuid]
) -> list[NetworkAdapterRow]:
    """Inserts adapters whose identifiers are well-formed; raises Refused where others have these."""
    recorded = (transaction.instant, transaction.principal.name) * 2
    rows = [
        NetworkAdapterRow(id_, device.id, adapter.type, adapter.canonical_identifier, *recorded)
        for id_, adapter in zip(ids, wanted, strict=True)
    ]
    inserted = [await insert_adapter(transaction, device.client_id, row) for row in rows]
    if not all(inserted):
        raise Refused(*await taken_faults(transaction, [a for a, ok in zip(wanted, inserted, strict=True) if not ok]))
    return rows


async def taken_faults(
    transaction: Transaction, wanted: Sequence[NewAdapter], known: Sequence[Fault] = ()
) -> list[Fault]:
    """Of identifiers that adapters have already, except where a fault is known of them."""
    faulty = {fault.field for fault in known}
    identifiers = {
        DeviceIdentifier(value=adapter.canonical_identifier, adapter_type=adapter.type): adapter
        for adapter in wanted
        if adapter.field not in faulty
    }
    taken = await taken_identifiers(transaction, list(identifiers))
    holders = await devices_by_identifier(transaction, transaction.principal, list(taken))
    return [taken_fault(adapter, holders.get(each)) for each, adapter in identifiers.items() if each in taken]


async def _load(
    transaction: Transaction,
    command: UpdateNetworkAdapter | DeleteNetworkAdapter,
    other_faults: Iterable[Fault] = (),
) -> AdapterOfDevice:
    """Raises Refused, with what else is wrong, where the device has no such adapter."""
    device = await device_to_change(transaction, command.device)
    id_ = uuid_or_none(command.network_adapter_id)
    found = await adapters_by_id(transaction, transaction.principal, [id_] if id_ else [])
    adapter = found.get(id_) if id_ else None
    if device is not None and adapter is not None and adapter.device_id == device.id:
        return adapter, device
    missing = missing_fault("network adapter", command.network_adapter_id, ("networkAdapterId",))
    if device is not None:
        raise Refused(missing, *other_faults)
    malformed = [missing] if missing.code is FaultCode.INVALID_FORMAT else []
    raise Refused(missing_device_fault(command.device), *malformed, *other_faults)


async def _reload(transaction: Transaction, id_: Uuid) -> AdapterOfDevice:
    """By its own id: what named its device in the first request may name none now, or another."""
    adapter = (await adapters_by_id(transaction, transaction.principal, [id_])).get(id_)
    if adapter is None:
        raise gone(id_)
    devices = await devices_by_id(transaction, transaction.principal, [adapter.device_id])
    return adapter, devices[adapter.device_id]
