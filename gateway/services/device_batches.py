"""Creating many devices at once: as if one after the other were created, but in sets.

What is free is claimed without a look before, since an index decides (`db.changes`). Only where something turns out to
be taken is it looked up, and all is judged again with what is known then.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from gateway.db.changes.adapters import insert_adapters
from gateway.db.changes.devices import insert_devices
from gateway.db.changes.directory import claim_for_devices, release_identifiers
from gateway.db.changes.events import NewEvent, insert_events
from gateway.db.changes.idempotency import claim_keys, forget_keys, release_keys
from gateway.db.changes.links import insert_links
from gateway.db.queries.devices import devices_by_id, devices_by_identifier
from gateway.db.queries.directory import LOOKS, owners_of_identifiers
from gateway.db.queries.groups import groups_by_id
from gateway.db.queries.idempotency import made_under_keys
from gateway.db.rows import DeviceRow, Made, NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.db.stores.store import ChangedMeanwhile
from gateway.domain.bulk_validation import number_errors
from gateway.domain.commands import CreateDevice, CreateDevices, NewAdapter
from gateway.domain.enums import BulkMode, DeviceEventType
from gateway.domain.history import creation
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.user_errors import UserError
from gateway.domain.uuids import Uuid, new_uuids
from gateway.domain.validation import rival_error, taken_error
from gateway.services.adapters import adapter_rows, identifiers_of
from gateway.services.devices import creation_errors, group_ids_of, new_device
from gateway.services.idempotency import REMEMBERED, digest, gone, reused_error, usable_key


@dataclass(frozen=True, kw_only=True, slots=True)
class CreationResult:
    """What became of one device of the input."""

    device: DeviceRow | None = None
    """The device that was made, now or before under the same idempotency key; None where nothing is kept."""
    user_errors: Sequence[UserError] = ()
    """What is wrong with it. The paths are within its own input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedDevices:
    results: Sequence[CreationResult] = ()
    """One for each device of the input, in its order."""
    created: int = 0
    """How many there are of those devices now, or would be after a run that is not dry."""
    failed: int = 0
    user_errors: Sequence[UserError] = ()
    """What is wrong with the whole input."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Draft:
    """A device of the input as it would be made."""

    command: CreateDevice
    row: DeviceRow
    adapter_ids: Sequence[Uuid]
    group_ids: Sequence[Uuid]
    user_errors: Sequence[UserError]
    """What is wrong with it whatever others have, or are to get."""
    identifiers: Mapping[DeviceIdentifier, NewAdapter]
    """The adapters by their identifiers, where nothing is wrong with these by themselves."""
    key: str | None
    made: Made
    """What is remembered under the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """What others have already."""

    made: Mapping[str, Made]
    """What was made under the caller's keys."""
    holders: Mapping[DeviceIdentifier, DeviceRow | None]
    """The devices that have identifiers; None where the caller does not see the device."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Verdict:
    made_id: Uuid | None = None
    """The id of the device that is the answer, which is that of the draft or of what was made before."""
    user_errors: Sequence[UserError] = ()


async def create_devices(transaction: Transaction, command: CreateDevices) -> CreatedDevices:
    """Create devices, each or all of them; a dry run is undone at its end."""
    if user_errors := list(number_errors(len(command.devices))):
        return CreatedDevices(user_errors=user_errors)
    drafts = await _drafts(transaction, command.devices)
    verdicts = await _claimed(transaction, drafts)
    results = await _results(transaction, drafts, verdicts)
    failed = sum(bool(result.user_errors) for result in results)
    if failed and command.mode is BulkMode.ALL_OR_NOTHING:
        transaction.undo()
        return CreatedDevices(results=_without_devices(results, drafts), failed=failed)
    await _save(transaction, _accepted(drafts, verdicts))
    if command.dry_run:
        transaction.undo()
        results = _without_devices(results, drafts)
    return CreatedDevices(results=results, created=len(drafts) - failed, failed=failed)


async def _drafts(transaction: Transaction, commands: Sequence[CreateDevice]) -> list[_Draft]:
    group_ids = {id_ for command in commands for id_ in group_ids_of(command)}
    groups = await groups_by_id(transaction, transaction.principal, group_ids)
    # In the order of the input, and of the adapters in it: ids decide which of the same instant comes first.
    ids = iter(new_uuids(sum(1 + len(command.network_adapters) for command in commands)))
    drafts = []
    for command in commands:
        user_errors = creation_errors(command, groups, transaction.principal)
        row = new_device(transaction, command, next(ids))
        drafts.append(
            _Draft(
                command=command,
                row=row,
                adapter_ids=list(islice(ids, len(command.network_adapters))),
                group_ids=group_ids_of(command),
                user_errors=user_errors,
                identifiers=identifiers_of(command.network_adapters, user_errors),
                key=usable_key(command),
                made=Made(digest(command) if command.idempotency_key else "", row.id),
            )
        )
    return drafts


async def _claimed(transaction: Transaction, drafts: Sequence[_Draft]) -> list[_Verdict]:
    """Claim the keys and identifiers of those devices that can be made, and tell which these are."""
    if any(draft.key for draft in drafts):
        await forget_keys(transaction, REMEMBERED)
    # What is wrong by itself, or has a rival, may claim nothing, but all faults are told at once.
    named = Counter(identifier for draft in drafts for identifier in draft.identifiers)
    rivals = {identifier for identifier, count in named.items() if count > 1}
    in_doubt = [draft for draft in drafts if draft.user_errors or not rivals.isdisjoint(draft.identifiers)]
    taken = await _taken(transaction, drafts, in_doubt)
    for _ in range(LOOKS):
        verdicts = _judged(drafts, taken)
        accepted = _accepted(drafts, verdicts)
        if await _claim(transaction, accepted):
            return verdicts
        await _release(transaction, accepted)
        taken = await _taken(transaction, drafts, drafts)
    raise ChangedMeanwhile


async def _taken(transaction: Transaction, drafts: Sequence[_Draft], looked_up: Iterable[_Draft]) -> _Taken:
    """Return what was made under the keys of drafts, and who has the identifiers of those that are looked up."""
    made = await made_under_keys(transaction, {draft.key for draft in drafts if draft.key})
    identifiers = {identifier for draft in looked_up for identifier in draft.identifiers}
    owners = await owners_of_identifiers(transaction, identifiers)
    seen = await devices_by_identifier(transaction, transaction.principal, owners)
    return _Taken(made=made, holders={identifier: seen.get(identifier) for identifier in owners})


def _judged(drafts: Iterable[_Draft], taken: _Taken) -> list[_Verdict]:
    """Judge one device after the other, as each finds what those before it have left."""
    made = dict(taken.made)
    rivals: dict[DeviceIdentifier, DeviceRow] = {}
    verdicts = []
    for draft in drafts:
        earlier = made.get(draft.key) if draft.key else None
        if earlier:
            verdict = _repeated(draft, earlier)
        elif user_errors := [*draft.user_errors, *_taken_errors(draft, taken, rivals)]:
            verdict = _Verdict(user_errors=user_errors)
        else:
            verdict = _Verdict(made_id=draft.row.id)
            rivals |= dict.fromkeys(draft.identifiers, draft.row)
            if draft.key:
                made[draft.key] = draft.made
        verdicts.append(verdict)
    return verdicts


def _repeated(draft: _Draft, earlier: Made) -> _Verdict:
    """Judge a request whose key has been used."""
    if draft.key and draft.made.request != earlier.request:
        return _Verdict(user_errors=[reused_error(draft.key)])
    return _Verdict(made_id=earlier.made_id)


def _taken_errors(draft: _Draft, taken: _Taken, rivals: Mapping[DeviceIdentifier, DeviceRow]) -> Iterable[UserError]:
    for identifier, adapter in draft.identifiers.items():
        if identifier in taken.holders:
            yield taken_error(adapter, taken.holders[identifier])
        elif identifier in rivals:
            yield rival_error(adapter, rivals[identifier])


def _accepted(drafts: Iterable[_Draft], verdicts: Iterable[_Verdict]) -> list[_Draft]:
    return [draft for draft, verdict in zip(drafts, verdicts, strict=True) if verdict.made_id == draft.row.id]


async def _claim(transaction: Transaction, accepted: Sequence[_Draft]) -> bool:
    keys = {draft.key: draft.made for draft in accepted if draft.key}
    return await claim_keys(transaction, keys) and await claim_for_devices(transaction, _names(accepted))


async def _release(transaction: Transaction, claimed: Sequence[_Draft]) -> None:
    ids = [draft.row.id for draft in claimed]
    if keys := [draft.key for draft in claimed if draft.key]:
        await release_keys(transaction, keys, ids)
    await release_identifiers(transaction, _names(claimed), ids)


def _names(drafts: Iterable[_Draft]) -> dict[str, DeviceRow]:
    """Return the devices by all that is to name them."""
    return {name: draft.row for draft in drafts for name in (draft.row.id, *map(str, draft.identifiers))}


async def _results(
    transaction: Transaction, drafts: Sequence[_Draft], verdicts: Sequence[_Verdict]
) -> list[CreationResult]:
    rows = {draft.row.id: draft.row for draft in _accepted(drafts, verdicts)}
    made_before = {verdict.made_id for verdict in verdicts if verdict.made_id} - rows.keys()
    rows |= await devices_by_id(transaction, transaction.principal, made_before)
    return [_result(verdict, rows) for verdict in verdicts]


def _result(verdict: _Verdict, rows: Mapping[Uuid, DeviceRow]) -> CreationResult:
    if verdict.made_id is None:
        return CreationResult(user_errors=verdict.user_errors)
    if verdict.made_id not in rows:
        return CreationResult(user_errors=gone(verdict.made_id).user_errors)
    return CreationResult(device=rows[verdict.made_id])


def _without_devices(results: Iterable[CreationResult], drafts: Iterable[_Draft]) -> list[CreationResult]:
    """Return results that name no device, and none as conflicting that is not to be."""
    not_to_be = {draft.row.id for draft in drafts}
    return [
        CreationResult(user_errors=[_without(error, not_to_be) for error in result.user_errors]) for result in results
    ]


def _without(error: UserError, not_to_be: set[Uuid]) -> UserError:
    node = error.conflicting_node
    return replace(error, conflicting_node=None) if isinstance(node, DeviceRow) and node.id in not_to_be else error


async def _save(transaction: Transaction, accepted: Sequence[_Draft]) -> None:
    adapters: list[NetworkAdapterRow] = []
    events = []
    for draft in accepted:
        own = adapter_rows(transaction, draft.row, draft.command.network_adapters, draft.adapter_ids)
        adapters += own
        created = creation(draft.command.values, (adapter.urn for adapter in own), draft.group_ids)
        events.append(NewEvent(draft.row, DeviceEventType.DEVICE_CREATED, created))
    await insert_devices(transaction, [draft.row for draft in accepted])
    await insert_adapters(transaction, adapters)
    await insert_links(transaction, ((draft.row, id_) for draft in accepted for id_ in draft.group_ids))
    await insert_events(transaction, events)
