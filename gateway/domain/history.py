"""What a change to a device is recorded as."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gateway.domain.fields import DEVICE_FIELDS, MOST_ADAPTERS, MOST_GROUPS, graphql_name
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


class FieldChange(NamedTuple):
    """A field by its name in the schema, and its values as text; None where there was none."""

    field: str
    before: str | None
    after: str | None


ADAPTERS = "networkAdapters"
"""The field of a change whose values are URNs of adapters."""
GROUPS = "deviceGroups"
"""The field of a change whose values are ids of groups."""
MOST_CHANGES = len(DEVICE_FIELDS) + MOST_ADAPTERS + MOST_GROUPS
"""How many fields one event may change: at most it is all that a device has."""
_CLIENT = graphql_name("client_id")


def field_changes(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[FieldChange]:
    """Return the fields of a device that differ; an empty mapping stands for a device that does not exist."""
    return [
        FieldChange(field.graphql_name, before.get(name), after.get(name))
        for name, field in DEVICE_FIELDS.items()
        if before.get(name) != after.get(name)
    ]


def creation(values: Mapping[str, str | None], urns: Iterable[str], group_ids: Iterable[str]) -> list[FieldChange]:
    """Return the changes by which a device comes to be, with its adapters and groups."""
    return [
        *field_changes({}, values),
        *(FieldChange(ADAPTERS, None, urn) for urn in urns),
        *(FieldChange(GROUPS, None, group_id) for group_id in group_ids),
    ]


def reverse(changes: Iterable[FieldChange]) -> list[FieldChange]:
    """Return the changes that undo `changes`."""
    return [FieldChange(change.field, before=change.after, after=change.before) for change in changes]


def is_beginning(version: int, changes: Iterable[FieldChange], principal: Principal) -> bool:
    """Tell whether an event is the first that a caller sees of a device: it was made, or came from out of reach."""
    former_client = _former_client(changes)
    return version == 1 or (former_client is not None and not principal.reaches(former_client))


def visible_changes(changes: Sequence[FieldChange], principal: Principal) -> Sequence[FieldChange]:
    """Return an event's changes as the caller may see them.

    The values that a device had at a client out of the caller's reach are that client's affair, so the event that
    brings the device from there shows only what it became.
    """
    former_client = _former_client(changes)
    if former_client is None or principal.reaches(former_client):
        return changes
    return [change._replace(before=None) for change in changes if change.after is not None]


def _former_client(changes: Iterable[FieldChange]) -> Uuid | None:
    """Return the client that a device belonged to before a change of it."""
    found = next((change.before for change in changes if change.field == _CLIENT), None)
    return None if found is None else Uuid(found)
