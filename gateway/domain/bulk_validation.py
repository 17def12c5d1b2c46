"""The rules that the input of a change of many devices keeps. Each function yields every user error that it finds."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from gateway.domain.commands import UpdateDevices
from gateway.domain.fields import (
    DEVICE_FIELDS,
    MOST_CHANGES_OF_MATCHED,
    MOST_CREATED,
    MOST_GROUPS,
    MOST_MATCHED,
    MOST_PARTS_OF_MATCHED,
)
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.domain.uuids import Uuid, uuid_or_none
from gateway.domain.validation import Owned, length_errors, missing_error, value_errors

ADDED, REMOVED = "addToGroupIds", "removeFromGroupIds"


def number_errors(count: int) -> Iterator[UserError]:
    """Yield the error of more devices than one request may create."""
    if count > MOST_CREATED:
        message = f"devices has {count} items; expected at most {MOST_CREATED}."
        yield UserError(code=UserErrorCode.TOO_MANY, message=message, field=("devices",))


def count_errors(expected: int, matched: int) -> Iterator[UserError]:
    """Yield the errors of a filter that matches other devices than were expected, or more than may be changed."""
    yield from _too_many(matched, "devices match", MOST_MATCHED)
    if matched != expected:
        message = f"expectedCount: {expected} was expected, but the number of devices that match is {matched}."
        yield UserError(code=UserErrorCode.COUNT_MISMATCH, message=message, field=("expectedCount",))


def events_errors(count: int) -> Iterator[UserError]:
    """Yield the error of more events than may come of the change of the devices that match."""
    yield from _too_many(count, "events would come of the change of these devices", MOST_CHANGES_OF_MATCHED)


def parts_errors(count: int) -> Iterator[UserError]:
    """Yield the error of more adapters and links than the devices that match may have when they are deleted."""
    yield from _too_many(count, "network adapters and links are of these devices", MOST_PARTS_OF_MATCHED)


def _too_many(count: int, what: str, most: int) -> Iterator[UserError]:
    if count > most:
        message = f"filter: {count} {what}; expected at most {most}."
        yield UserError(code=UserErrorCode.TOO_MANY, message=message, field=("filter",))


def update_errors(
    command: UpdateDevices, groups: Mapping[Uuid, Owned], devices: Iterable[Owned]
) -> Iterator[UserError]:
    """Yield what is wrong with the changes of the devices that match."""
    added, removed = command.add_to_group_ids, command.remove_from_group_ids
    yield from value_errors(command.changes, DEVICE_FIELDS)
    yield from length_errors(add_to_group_ids=added, remove_from_group_ids=removed)
    for name, ids in ((ADDED, added), (REMOVED, removed)):
        for index, id_ in enumerate(ids):
            if uuid_or_none(id_) not in groups:
                yield missing_error("device group", id_, (name, str(index)))
    yield from _contradictions(added, removed)
    yield from _mismatch_errors(added, groups, devices)


def full_groups_error(count: int, first: object) -> UserError:
    """Return the error of devices, so many and this one the first, that would be in more groups than a device may."""
    message = f"{ADDED}: {count} of the devices that match would be in more than {MOST_GROUPS} device groups."
    return UserError(code=UserErrorCode.TOO_MANY, message=message, field=(ADDED,), conflicting_node=first)


def _contradictions(added: Iterable[str], removed: Collection[str]) -> Iterator[UserError]:
    to_leave = {id_.lower() for id_ in removed}
    for index, id_ in enumerate(added):
        if id_.lower() in to_leave:
            message = f"{ADDED}: the device group {id_} is in {REMOVED} too; expected it in one of the two."
            yield UserError(code=UserErrorCode.INVALID_FORMAT, message=message, field=(ADDED, str(index)))


def _mismatch_errors(
    added: Iterable[str], groups: Mapping[Uuid, Owned], devices: Iterable[Owned]
) -> Iterator[UserError]:
    """Yield the errors of groups that hold devices of other owners only: one for all of these, naming the first."""
    first: dict[tuple[Uuid, Uuid], Owned] = {}
    counts: Counter[tuple[Uuid, Uuid]] = Counter()
    for device in devices:
        owners = device.client_id, device.project_id
        first.setdefault(owners, device)
        counts[owners] += 1
    for index, id_ in enumerate(added):
        group = groups.get(Uuid(id_.lower()))
        if group is None:
            continue
        for owner, code, place, own in (
            ("client", UserErrorCode.CLIENT_MISMATCH, 0, group.client_id),
            ("project", UserErrorCode.PROJECT_MISMATCH, 1, group.project_id),
        ):
            if others := [owners for owners in first if owners[place] != own]:
                message = (
                    f"{ADDED}: the device group {group.id} holds devices of the {owner} {own} only; "
                    f"{sum(counts[each] for each in others)} of the devices that match are of another."
                )
                path = (ADDED, str(index))
                yield UserError(code=code, message=message, field=path, conflicting_node=first[others[0]])
