"""Changing or deleting all devices that a filter matches: as if one after the other were, but in sets."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.db.changes import devices as changes
from gateway.db.changes.events import NewEvent
from gateway.db.changes.links import delete_links, insert_links
from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.groups import group_ids_of_devices, groups_by_id, groups_to_keep
from gateway.db.queries.matching_devices import count_parts, lock_devices, matching_devices
from gateway.db.rows import DeviceGroupRow, DeviceRow
from gateway.db.session import Session, Transaction
from gateway.db.statements.reader import Reader
from gateway.domain.bulk_validation import count_errors, events_errors, full_groups_error, parts_errors, update_errors
from gateway.domain.commands import DeleteDevices, UpdateDevices
from gateway.domain.enums import DeviceEventType
from gateway.domain.fields import MOST_GROUPS, MOST_MATCHED
from gateway.domain.filters import DeviceFilter
from gateway.domain.history import GROUPS, FieldChange, creation, field_changes, reverse
from gateway.domain.principal import Principal
from gateway.domain.user_errors import UserError
from gateway.domain.uuids import Uuid, uuid_or_none
from gateway.services.use_case import change

CHANGES = "changes"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedDevices:
    matched: int
    """How many devices the filter matches."""
    changed: int = 0
    """How many of them are other than before, or are no more; or would be after a run that is not dry."""
    user_errors: Sequence[UserError] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Update:
    """What becomes of one device."""

    fields: Sequence[FieldChange]
    """What changes of it, but for its groups."""
    left: Sequence[Uuid]
    """The groups that it leaves."""
    joined: Sequence[Uuid]
    """The groups that it joins."""
    is_full: bool
    """Whether it would be in more groups than a device may."""

    @property
    def size(self) -> int:
        """How many events come of it; none where the device is already as it is to be."""
        return bool(self.fields) + len(self.left) + len(self.joined)

    def events(self, device: DeviceRow) -> list[NewEvent]:
        """Return what happens to the device, in this order."""
        happened = [(DeviceEventType.DEVICE_UPDATED, self.fields)] if self.fields else []
        happened += [(DeviceEventType.REMOVED_FROM_GROUP, [FieldChange(GROUPS, id_, None)]) for id_ in self.left]
        happened += [(DeviceEventType.ADDED_TO_GROUP, [FieldChange(GROUPS, None, id_)]) for id_ in self.joined]
        versions = enumerate(happened, device.version + 1)
        return [NewEvent(device._replace(version=version), *what) for version, what in versions]


async def update_matching(session: Session, principal: Principal, command: UpdateDevices) -> ChangedDevices:
    """Look for the devices that match, and then change them if they still do."""
    matched, found = await _found(session, principal, command)
    if matched > MOST_MATCHED:
        groups = await groups_by_id(session, principal, _group_ids(command))
        return ChangedDevices(matched=matched, user_errors=_update_errors(command, matched, groups, ()))
    return await change(session, principal, update_devices, replace(command, filter=found))


async def delete_matching(session: Session, principal: Principal, command: DeleteDevices) -> ChangedDevices:
    """Look for the devices that match, and then delete them if they still do."""
    matched, found = await _found(session, principal, command)
    if matched > MOST_MATCHED:
        return ChangedDevices(matched=matched, user_errors=tuple(count_errors(command.expected_count, matched)))
    return await change(session, principal, delete_devices, replace(command, filter=found))


async def _found(
    session: Session, principal: Principal, command: UpdateDevices | DeleteDevices
) -> tuple[int, DeviceFilter]:
    """Return how many devices match, and a filter that only these can match, by their ids.

    To look for them may take long, which nobody else has to wait for, as they would for a transaction.
    """
    session.read_from_primary()
    matched, devices = await _matching(session, principal, command)
    return matched, DeviceFilter(ids=tuple(device.id for device in devices), all_of=(command.filter,))


async def _matching(
    reader: Reader, principal: Principal, command: UpdateDevices | DeleteDevices
) -> tuple[int, list[DeviceRow]]:
    return await matching_devices(reader, principal, command.filter, MOST_MATCHED)


async def update_devices(transaction: Transaction, command: UpdateDevices) -> ChangedDevices:
    """Change the fields and the groups of all devices that match, or of none."""
    # First the groups, as those do who delete one with all that is in it: nobody then waits for each other.
    groups = await groups_to_keep(transaction, _group_ids(command))
    matched, devices = await _matching(transaction, transaction.principal, command)
    user_errors = _update_errors(command, matched, groups, devices)
    if user_errors or not devices:
        return ChangedDevices(matched=matched, user_errors=user_errors)
    await lock_devices(transaction, devices)
    are_in = await group_ids_of_devices(transaction, [device.id for device in devices]) if groups else {}
    added, removed = _uuids(command.add_to_group_ids), _uuids(command.remove_from_group_ids)
    updates = {
        device: _update(device, command.changes, are_in.get(device.id, set()), added, removed) for device in devices
    }
    if full := [device for device, update in updates.items() if update.is_full]:
        user_errors.append(full_groups_error(len(full), full[0]).beneath(CHANGES))
    user_errors += events_errors(sum(update.size for update in updates.values()))
    if user_errors:
        return ChangedDevices(matched=matched, user_errors=user_errors)
    changed = {device: update for device, update in updates.items() if update.size}
    await _save(transaction, changed, command)
    if command.dry_run:
        transaction.undo()
    return ChangedDevices(matched=matched, changed=len(changed))


async def delete_devices(transaction: Transaction, command: DeleteDevices) -> ChangedDevices:
    """Delete all devices that match, with their adapters and links, or none."""
    matched, devices = await _matching(transaction, transaction.principal, command)
    user_errors = tuple(count_errors(command.expected_count, matched))
    if user_errors or not devices:
        return ChangedDevices(matched=matched, user_errors=user_errors)
    await lock_devices(transaction, devices)
    if user_errors := tuple(parts_errors(await count_parts(transaction, devices))):
        return ChangedDevices(matched=matched, user_errors=user_errors)
    adapters = await adapters_of_devices(transaction, transaction.principal, devices)
    group_ids = await group_ids_of_devices(transaction, adapters)
    gone = {}
    for device in devices:
        own = adapters[device.id]
        had = creation(device._asdict(), (adapter.urn for adapter in own), group_ids[device.id])
        gone[device] = own, reverse(had)
    await changes.delete_devices(transaction, gone)
    if command.dry_run:
        transaction.undo()
    return ChangedDevices(matched=matched, changed=len(gone))


def _update_errors(
    command: UpdateDevices, matched: int, groups: Mapping[Uuid, DeviceGroupRow], devices: Iterable[DeviceRow]
) -> list[UserError]:
    of_changes = (error.beneath(CHANGES) for error in update_errors(command, groups, devices))
    return [*count_errors(command.expected_count, matched), *of_changes]


def _group_ids(command: UpdateDevices) -> list[Uuid]:
    return _uuids([*command.add_to_group_ids, *command.remove_from_group_ids])


def _uuids(ids: Iterable[str]) -> list[Uuid]:
    """Return each once; what is no UUID is no group's id either."""
    return list(dict.fromkeys(filter(None, map(uuid_or_none, ids))))


def _update(
    device: DeviceRow,
    values: Mapping[str, Any],
    is_in: Collection[Uuid],
    added: Sequence[Uuid],
    removed: Sequence[Uuid],
) -> _Update:
    left = [id_ for id_ in removed if id_ in is_in]
    joined = [id_ for id_ in added if id_ not in is_in]
    before = device._asdict()
    return _Update(
        fields=field_changes(before, {**before, **values}),
        left=left,
        joined=joined,
        is_full=bool(joined) and len(is_in) - len(left) + len(joined) > MOST_GROUPS,
    )


async def _save(transaction: Transaction, updates: Mapping[DeviceRow, _Update], command: UpdateDevices) -> None:
    if not updates:
        return
    events = {device: update.events(device) for device, update in updates.items()}
    await changes.update_devices(transaction, events, command.changes)
    if left := {id_ for update in updates.values() for id_ in update.left}:
        await delete_links(transaction, updates, left)
    await insert_links(transaction, ((device, id_) for device, update in updates.items() for id_ in update.joined))
