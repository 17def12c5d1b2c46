"""The use cases of network adapters."""

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.db.changes.adapters import delete_adapter, insert_adapter
from gateway.db.changes.devices import update_device
from gateway.db.changes.directory import claim_identifiers
from gateway.db.queries.adapters import adapters_by_id, adapters_of_devices
from gateway.db.queries.devices import device_to_change, devices_by_id, devices_by_identifier
from gateway.db.queries.directory import owners_of_identifiers
from gateway.db.rows import DeviceRow, NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.domain.commands import AddNetworkAdapter, DeleteNetworkAdapter, NewAdapter, UpdateNetworkAdapter
from gateway.domain.enums import DeviceEventType
from gateway.domain.fields import MOST_ADAPTERS
from gateway.domain.history import ADAPTERS, FieldChange
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.user_errors import Refused, UserError, UserErrorCode
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.domain.validation import (
    adapter_errors,
    full_error,
    idempotency_key_errors,
    immutability_errors,
    missing_device_error,
    missing_error,
    taken_error,
)
from gateway.services.idempotency import gone, made_before
from gateway.services.use_case import refuse

AdapterOfDevice = tuple[NetworkAdapterRow, DeviceRow]


async def add_network_adapter(transaction: Transaction, command: AddNetworkAdapter) -> AdapterOfDevice:
    id_ = new_uuid()
    if earlier := await made_before(transaction, command, id_):
        return await _reload(transaction, earlier)
    user_errors = [*idempotency_key_errors(command.idempotency_key), *adapter_errors([command.network_adapter])]
    device = await device_to_change(transaction, command.device)
    if device is None:
        user_errors.append(missing_device_error(command.device))
    if device is None or user_errors:
        raise Refused(*user_errors, *await taken_errors(transaction, [command.network_adapter], user_errors))
    [adapter] = await attach(transaction, device, [command.network_adapter], [id_])
    has = await adapters_of_devices(transaction, transaction.principal, [device], selected=frozenset({"id"}))
    if len(has[device.id]) > MOST_ADAPTERS:
        raise Refused(full_error("network adapters", MOST_ADAPTERS, "networkAdapter"))
    change = FieldChange(ADAPTERS, None, adapter.urn)
    return adapter, await update_device(transaction, device, DeviceEventType.NETWORK_ADAPTER_ADDED, [change])


async def update_network_adapter(transaction: Transaction, command: UpdateNetworkAdapter) -> AdapterOfDevice:
    """Return the adapter as it is. Nothing about an adapter can change, so this never writes."""
    adapter, device = await _load(transaction, command, adapter_errors([command.network_adapter]))
    refuse(immutability_errors(adapter.type, adapter.identifier, command.network_adapter))
    return adapter, device


async def delete_network_adapter(transaction: Transaction, command: DeleteNetworkAdapter) -> AdapterOfDevice:
    adapter, device = await _load(transaction, command)
    await delete_adapter(transaction, adapter)
    change = FieldChange(ADAPTERS, adapter.urn, None)
    return adapter, await update_device(transaction, device, DeviceEventType.NETWORK_ADAPTER_DELETED, [change])


async def attach(
    transaction: Transaction,
    device: DeviceRow,
    new_adapters: Sequence[NewAdapter],
    ids: Sequence[Uuid],
    *,
    is_new: bool = False,
) -> list[NetworkAdapterRow]:
    """Insert adapters whose identifiers are well-formed. Raise Refused where other adapters have these.

    Of a device that is new, its id is claimed along with them.
    """
    rows = adapter_rows(transaction, device, new_adapters, ids)
    identifiers = [row.urn for row in rows]
    if is_new:
        identifiers.append(device.id)
    if not await claim_identifiers(transaction, device, identifiers):
        raise Refused(*await taken_errors(transaction, new_adapters, claimed_for=device.id if is_new else None))
    for row in rows:
        await insert_adapter(transaction, row)
    return rows


def adapter_rows(
    transaction: Transaction, device: DeviceRow, new_adapters: Sequence[NewAdapter], ids: Sequence[Uuid]
) -> list[NetworkAdapterRow]:
    """Return new adapters of a device, whose identifiers are well-formed."""
    recorded: Any = (transaction.instant, transaction.principal.name) * 2
    return [
        NetworkAdapterRow(id_, device.id, device.client_id, adapter.type, adapter.canonical_identifier, *recorded)
        for id_, adapter in zip(ids, new_adapters, strict=True)
    ]


def identifiers_of(
    new_adapters: Sequence[NewAdapter], known: Sequence[UserError] = ()
) -> dict[DeviceIdentifier, NewAdapter]:
    """Return the adapters by their identifiers, except where an error is `known` of these."""
    faulty = {error.field for error in known}
    return {
        DeviceIdentifier(value=adapter.canonical_identifier, adapter_type=adapter.type): adapter
        for adapter in new_adapters
        if adapter.field not in faulty
    }


async def taken_errors(
    transaction: Transaction,
    new_adapters: Sequence[NewAdapter],
    known: Sequence[UserError] = (),
    claimed_for: Uuid | None = None,
) -> list[UserError]:
    """Return the errors of identifiers that adapters have already, except where an error is `known` of them.

    Those that were free have just been claimed for the device of the id `claimed_for`, where that is given.
    """
    identifiers = identifiers_of(new_adapters, known)
    owners = await owners_of_identifiers(transaction, identifiers)
    taken = [each for each, device_id in owners.items() if device_id != claimed_for]
    holders = await devices_by_identifier(transaction, transaction.principal, taken)
    return [taken_error(adapter, holders.get(each)) for each, adapter in identifiers.items() if each in taken]


async def _load(
    transaction: Transaction,
    command: UpdateNetworkAdapter | DeleteNetworkAdapter,
    other_errors: Iterable[UserError] = (),
) -> AdapterOfDevice:
    """Return the adapter and the device. Raise Refused, with what else is wrong, where there is no such adapter."""
    device = await device_to_change(transaction, command.device)
    missing = missing_error("network adapter", command.network_adapter_id, ("networkAdapterId",))
    if device is None:
        malformed = [missing] if missing.code is UserErrorCode.INVALID_FORMAT else []
        raise Refused(missing_device_error(command.device), *malformed, *other_errors)
    adapters = (await adapters_of_devices(transaction, transaction.principal, [device]))[device.id]
    id_ = uuid_or_none(command.network_adapter_id)
    adapter = next((each for each in adapters if each.id == id_), None)
    if adapter is None:
        raise Refused(missing, *other_errors)
    return adapter, device


async def _reload(transaction: Transaction, id_: Uuid) -> AdapterOfDevice:
    """Load an adapter by its own id: what named its device in the first request may name none now, or another."""
    adapter = (await adapters_by_id(transaction, transaction.principal, [id_])).get(id_)
    if adapter is None:
        raise gone(id_)
    devices = await devices_by_id(transaction, transaction.principal, [adapter.device_id])
    return adapter, devices[adapter.device_id]
