"""What a change to a device is recorded as (DESIGN, section 2, "History")."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class FieldChange(NamedTuple):
    """A field by its name in the schema, and its values as text; None where there was none."""

    field: str
    before: str | None
    after: str | None


FIELDS: Mapping[str, str] = {
    "name": "name",
    "status": "status",
    "barcode": "barcode",
    "description": "description",
    "client_id": "clientId",
    "project_id": "projectId",
    "device_specification_id": "deviceSpecificationId",
}
"""A device's own fields that can change, and their names in the schema."""

ADAPTERS = "networkAdapters"
"""Where the value is the adapter's URN."""
GROUPS = "deviceGroups"
"""Where the value is the group's id."""


def field_changes(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[FieldChange]:
    """The fields of a device that differ; an empty mapping stands for a device that does not exist."""
    return [
        FieldChange(shown, before.get(name), after.get(name))
        for name, shown in FIELDS.items()
        if before.get(name) != after.get(name)
    ]


def all_of_device(values: Mapping[str, str | None], urns: Iterable[str], group_ids: Iterable[str]) -> list[FieldChange]:
    """How a device comes to be, with its adapters and groups."""
    return [
        *field_changes({}, values),
        *(FieldChange(ADAPTERS, None, urn) for urn in urns),
        *(FieldChange(GROUPS, None, group_id) for group_id in group_ids),
    ]


def undone(changes: Iterable[FieldChange]) -> list[FieldChange]:
    return [FieldChange(change.field, before=change.after, after=change.before) for change in changes]
