"""Importing devices: what a file has is created, and where there is such a device already, it may be updated.

A batch is one transaction, with how far the import has come. So one that is killed goes on where it was, and nothing is
imported twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from gateway.db.changes.savepoints import savepoint
from gateway.db.import_progress import ImportProgress, locked_progress, save_progress
from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import devices_by_id
from gateway.db.queries.directory import owners_of_identifiers
from gateway.db.queries.groups import group_ids_of_devices
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.stores.store import ChangedMeanwhile
from gateway.domain.commands import (
    AddNetworkAdapter,
    ChangeMembership,
    CreateDevice,
    CreateDevices,
    NewAdapter,
    UpdateDevice,
)
from gateway.domain.enums import BulkMode
from gateway.domain.fields import MOST_CREATED
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.user_errors import Refused, UserError, UserErrorCode
from gateway.domain.uuids import Uuid, uuid_or_none
from gateway.services.adapters import add_network_adapter, identifiers_of
from gateway.services.device_batches import create_devices
from gateway.services.devices import update_device
from gateway.services.memberships import add_device_to_group


class OnConflict(StrEnum):
    """What becomes of a record that has the identifier of an adapter that is there already."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    """It was there already, and stays as it was."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportedDevice:
    device: CreateDevice
    given: frozenset[str]
    """The names of those `DEVICE_FIELDS` that change where the device is there already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    outcome: Outcome
    user_errors: Sequence[UserError] = ()
    device_id: Uuid | None = None
    """The id of the device, where it was there already and is the only one."""


@dataclass(frozen=True, slots=True)
class ImportDevices:
    devices: tuple[ImportedDevice, ...]
    on_conflict: OnConflict
    save: "SaveProgress | None" = None
    """None for a dry run, which is undone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveProgress:
    before: ImportProgress
    """How far the import has come before."""
    after: Callable[[Sequence[ImportResult]], ImportProgress]
    """Returns how far it has come then, by the results."""


class ImportedMeanwhile(Exception):
    """Another process has gone on with the import."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Present:
    """What is there of the devices whose adapters have the identifiers of records."""

    owners: Mapping[DeviceIdentifier, Uuid]
    devices: Mapping[Uuid, DeviceRow]
    """Those that the caller reaches."""
    adapters: Mapping[Uuid, frozenset[DeviceIdentifier]]
    groups: Mapping[Uuid, set[Uuid]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Differences:
    """What a record has that its device has not."""

    values: Mapping[str, Any]
    adapters: Sequence[NewAdapter]
    groups: Mapping[str, str]
    """The ids of groups, by their indexes in the record."""

    @property
    def is_any(self) -> bool:
        return bool(self.values or self.adapters or self.groups)


async def import_devices(transaction: Transaction, command: ImportDevices) -> list[ImportResult]:
    """Import a batch of devices, each by itself. Raise ImportedMeanwhile."""
    if command.save and await locked_progress(transaction) != command.save.before:
        raise ImportedMeanwhile
    results = await _created(transaction, [each.device for each in command.devices])
    if command.on_conflict is not OnConflict.FAIL:
        conflicts = {
            index: imported
            for index, (imported, result) in enumerate(zip(command.devices, results, strict=True))
            if _is_conflict(imported, result)
        }
        if command.on_conflict is OnConflict.UPDATE:
            await _update_all(transaction, conflicts, results)
        else:
            for index in conflicts:
                results[index] = ImportResult(outcome=Outcome.SKIPPED)
    if command.save:
        await save_progress(transaction, command.save.after(results))
    else:
        transaction.undo()
    return results


async def _created(transaction: Transaction, devices: Sequence[CreateDevice]) -> list[ImportResult]:
    """Create those devices that can be, and return what became of each."""
    results: list[ImportResult] = []
    for first in range(0, len(devices), MOST_CREATED):
        part = tuple(devices[first : first + MOST_CREATED])
        created = await create_devices(transaction, CreateDevices(devices=part, mode=BulkMode.EACH, dry_run=False))
        results += (
            ImportResult(outcome=Outcome.FAILED, user_errors=result.user_errors)
            if result.user_errors
            else ImportResult(outcome=Outcome.CREATED)
            for result in created.results
        )
    return results


def _is_conflict(imported: ImportedDevice, result: ImportResult) -> bool:
    """Tell whether nothing is wrong with a device but that others have its identifiers."""
    adapters = imported.device.network_adapters
    return (
        result.outcome is Outcome.FAILED
        and all(error.code is UserErrorCode.IDENTIFIER_TAKEN for error in result.user_errors)
        and len(identifiers_of(adapters)) == len(adapters)
    )


async def _update_all(
    transaction: Transaction, conflicts: Mapping[int, ImportedDevice], results: list[ImportResult]
) -> None:
    """Update the devices that are there already, and replace the results of those that have been in conflict."""
    present = await _present(transaction, conflicts.values())
    changed: set[Uuid] = set()
    for index, imported in conflicts.items():
        owners = _owners(imported, present)
        now = await _present(transaction, [imported]) if changed & owners else present
        results[index] = await _updated(transaction, imported, now, results[index])
        changed |= owners


async def _present(transaction: Transaction, devices: Iterable[ImportedDevice]) -> _Present:
    identifiers = {each for imported in devices for each in identifiers_of(imported.device.network_adapters)}
    owners = await owners_of_identifiers(transaction, identifiers)
    reached = await devices_by_id(transaction, transaction.principal, set(owners.values()))
    adapters = await adapters_of_devices(transaction, transaction.principal, list(reached.values())) if reached else {}
    return _Present(
        owners=owners,
        devices=reached,
        adapters={
            id_: frozenset(DeviceIdentifier(each.identifier, each.type) for each in own)
            for id_, own in adapters.items()
        },
        groups=await group_ids_of_devices(transaction, reached),
    )


def _owners(imported: ImportedDevice, present: _Present) -> set[Uuid]:
    identifiers = identifiers_of(imported.device.network_adapters)
    return {present.owners[each] for each in identifiers if each in present.owners}


async def _updated(
    transaction: Transaction, imported: ImportedDevice, present: _Present, conflict: ImportResult
) -> ImportResult:
    """Let a device become what a record says, as `updateDevice` and the other mutations would one after the other."""
    owners = _owners(imported, present)
    if not owners:
        raise ChangedMeanwhile  # Who had the identifiers has been deleted.
    if len(owners) > 1:
        return _failed(several_error(imported))
    [id_] = owners
    device = present.devices.get(id_)
    if device is None:
        return conflict  # The caller does not see it.
    update = _differences(imported, device, present)
    if not update.is_any:
        return ImportResult(outcome=Outcome.SKIPPED, device_id=id_)
    try:
        async with savepoint(transaction):
            await _update(transaction, device, update)
    except Refused as refused:
        return _failed(*refused.user_errors)
    return ImportResult(outcome=Outcome.UPDATED, device_id=id_)


def _differences(imported: ImportedDevice, device: DeviceRow, present: _Present) -> _Differences:
    new, before = imported.device, device._asdict()
    adapters, groups = present.adapters[device.id], present.groups[device.id]
    return _Differences(
        values={name: new.values[name] for name in imported.given if new.values[name] != before[name]},
        adapters=[each for name, each in identifiers_of(new.network_adapters).items() if name not in adapters],
        groups={str(index): id_ for index, id_ in enumerate(new.device_group_ids) if uuid_or_none(id_) not in groups},
    )


async def _update(transaction: Transaction, device: DeviceRow, differences: _Differences) -> None:
    """Raise Refused."""
    itself = DeviceIdentifier(device.id)
    if differences.values:
        command = UpdateDevice(device=itself, changes=differences.values, expected_version=None)
        await update_device(transaction, command)
    for adapter in differences.adapters:
        add = AddNetworkAdapter(device=itself, network_adapter=adapter, idempotency_key=None)
        await add_network_adapter(transaction, add)
    for index, id_ in differences.groups.items():
        try:
            await add_device_to_group(transaction, ChangeMembership(device=itself, device_group_id=id_))
        except Refused as refused:
            field = ("deviceGroupIds", index)
            raise Refused(*(replace(error, field=field) for error in refused.user_errors)) from refused


def _failed(*user_errors: UserError) -> ImportResult:
    return ImportResult(outcome=Outcome.FAILED, user_errors=user_errors)


def several_error(imported: ImportedDevice) -> UserError:
    """Return the error of a record that is to update devices and not one."""
    message = "networkAdapters: they belong to several devices; expected those of one to update."
    field = imported.device.network_adapters[0].field
    return UserError(code=UserErrorCode.IDENTIFIER_TAKEN, message=message, field=field)


def counted(results: Iterable[ImportResult]) -> Counter[Outcome]:
    return Counter(result.outcome for result in results)
