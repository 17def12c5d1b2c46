"""What queries return: plain tuples with names, whose fields are the columns of a SELECT in that order."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, FromClause

from gateway.db.tables import device, device_event, device_group, device_group_link, network_adapter
from gateway.domain.history import FieldChange
from gateway.domain.identifiers import urn
from gateway.domain.instants import Instant
from gateway.domain.kinds import DeviceEventType, DeviceStatus, NetworkAdapterType
from gateway.domain.uuids import Uuid


class DeviceRow(NamedTuple):
    id: Uuid
    name: str
    status: DeviceStatus
    barcode: str | None
    description: str | None
    client_id: Uuid
    project_id: Uuid
    device_specification_id: Uuid
    created_at: Instant
    created_by: str
    modified_at: Instant
    modified_by: str
    version: int

    @property
    def barcode_order(self) -> str:
        """As the database computes it (tables.Device)."""
        return "1" if self.barcode is None else f"0{self.barcode}"


class NetworkAdapterRow(NamedTuple):
    id: Uuid
    device_id: Uuid
    type: NetworkAdapterType
    identifier: str
    created_at: Instant
    created_by: str
    modified_at: Instant
    modified_by: str

    @property
    def urn(self) -> str:
        return urn(self.type, self.identifier)

    # The identifier under the name that it has in an adapter of each type.

    @property
    def imei(self) -> str:
        return self.identifier

    @property
    def dev_eui(self) -> str:
        return self.identifier

    @property
    def dvn_uuid(self) -> str:
        return self.identifier


class DeviceGroupRow(NamedTuple):
    id: Uuid
    name: str
    description: str | None
    client_id: Uuid
    project_id: Uuid
    created_at: Instant
    created_by: str
    modified_at: Instant
    modified_by: str
    version: int


class DeviceEventRow(NamedTuple):
    type: DeviceEventType
    device_id: Uuid
    version: int
    occurred_at: Instant
    occurred_by: str
    changes: list[FieldChange]


def event_row(values: Sequence[Any]) -> DeviceEventRow:
    *rest, changes, _device_id = values
    return DeviceEventRow._make([*rest, [FieldChange(*change) for change in json.loads(changes or "[]")]])


class DeviceGroupMembership(NamedTuple):
    """A link between a device and a group, with both its ends."""

    device: DeviceRow
    device_group: DeviceGroupRow
    created_at: Instant
    created_by: str


class _Linked:
    """What a row has after its own values where it is one end of a link between a device and a group."""

    __slots__ = ()

    linked_at: property = property(itemgetter(-3))
    linked_by: property = property(itemgetter(-2))
    # The last value is the other end.


class LinkedDeviceRow(_Linked, DeviceRow):
    """A device in a group."""


class LinkedGroupRow(_Linked, DeviceGroupRow):
    """A group that a device is in."""


def membership(device: DeviceRow, group: LinkedGroupRow) -> DeviceGroupMembership:
    return DeviceGroupMembership(device, group, group.linked_at, group.linked_by)


Made = TypeVar("Made", bound=tuple[Any, ...])


def row_of(row: type[Made]) -> Callable[[Iterable[Any]], Made]:
    """Makes a `row` of its columns and what comes after them, in half the time that its `_make` takes."""
    return partial(tuple.__new__, row)


def columns_of(table: FromClause, row: type[tuple[Any, ...]]) -> Sequence[ColumnElement[Any]]:
    """The columns that make a `row`."""
    return [table.c[name] for name in row._fields]  # type: ignore[attr-defined]  # every NamedTuple has it


DEVICE_COLUMNS = columns_of(device, DeviceRow)
ADAPTER_COLUMNS = columns_of(network_adapter, NetworkAdapterRow)
GROUP_COLUMNS = columns_of(device_group, DeviceGroupRow)
LINK_COLUMNS = [
    device_group_link.c.created_at.label("linked_at"),
    device_group_link.c.created_by.label("linked_by"),
]
SHOWN_AS = {"linked_at": "created_at", "linked_by": "created_by"}
"""What the columns of a link are called in it."""
EVENT_COLUMNS = columns_of(device_event, DeviceEventRow)
