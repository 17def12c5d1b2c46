"""What queries return: tuples with names, whose fields are the columns of a SELECT in that order."""

import json
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, NoReturn, TypeVar

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
    changes_json: str

    @property
    def changes(self) -> list[FieldChange]:
        return [FieldChange(*change) for change in json.loads(self.changes_json)]


class DeviceGroupMembership(NamedTuple):
    """A link between a device and a group, with both its ends."""

    device: DeviceRow
    device_group: DeviceGroupRow
    created_at: Instant
    created_by: str


class LinkedDeviceRow(DeviceRow):
    """A device in a group."""

    linked_at: Instant
    linked_by: str


class LinkedGroupRow(DeviceGroupRow):
    """A group that a device is in."""

    linked_at: Instant
    linked_by: str
    device_id: Uuid
    """Read only where the links of several devices to one group are."""


def membership(device: DeviceRow, group: LinkedGroupRow) -> DeviceGroupMembership:
    return DeviceGroupMembership(device, group, group.linked_at, group.linked_by)


Row = TypeVar("Row", bound=tuple[Any, ...])
Columns = Mapping[str, ColumnElement[Any]]
"""By the names of the attributes that rows have them as."""


_SAME: Mapping[str, str] = dict.fromkeys(("imei", "dev_eui", "dvn_uuid"), "identifier")
"""Properties that are a column, which is read in half the time past them."""


def row_of(row: type[Row], names: Iterable[str] | None = None) -> Callable[[Sequence[Any]], Row]:
    """Makes a `row` of the values of its columns as the database has them.

    With `names`, of the values of these, which may be fewer or more: other attributes must not be asked for.
    """
    names = list(row._fields if names is None else names)  # type: ignore[attr-defined]  # a NamedTuple's
    places: Any = namedtuple("places", names)  # type: ignore[misc]  # noqa: PYI024  # its fields are known only now
    namespace = {
        "__slots__": (),
        "__repr__": tuple.__repr__,
        "_fields": tuple(names),
        **dict.fromkeys(row._fields, property(_not_read)),  # type: ignore[attr-defined]  # see above
        **{name: vars(places)[name] for name in names},
        **{name: vars(places)[same] for name, same in _SAME.items() if same in names},
    }
    # Takes half the time that `_make` takes.
    return partial(tuple.__new__, type(row.__name__, (row,), namespace))


def _not_read(_: object) -> NoReturn:
    raise AttributeError("The value was not wanted, so it was not read.")


DERIVED: Mapping[str, Collection[str]] = {
    "barcode_order": ["barcode"],
    "urn": ["type", "identifier"],
    **{name: [same] for name, same in _SAME.items()},
    "changes": ["changes_json"],
    # What an edge shows of itself, or a node beside it.
    "created_at": ["created_at", "linked_at"],
    "created_by": ["created_by", "linked_by"],
}
"""What attributes are made of that are no columns of the same name."""


def wanted_columns(columns: Columns, wanted: Iterable[str]) -> Columns:
    """Those of `columns` that the attributes called `wanted` are made of, in the order in which they are given."""
    names = set(chain.from_iterable(DERIVED.get(name, (name,)) for name in wanted))
    return {name: column for name, column in columns.items() if name in names}


def _columns_of(table: FromClause, row: type[tuple[Any, ...]]) -> Columns:
    return {name: table.c[name] for name in row._fields if name in table.c}  # type: ignore[attr-defined]  # see above


DEVICE_COLUMNS = _columns_of(device, DeviceRow)
ADAPTER_COLUMNS = _columns_of(network_adapter, NetworkAdapterRow)
GROUP_COLUMNS = _columns_of(device_group, DeviceGroupRow)
LINK_COLUMNS: Columns = {
    "linked_at": device_group_link.c.created_at,
    "linked_by": device_group_link.c.created_by,
}
EVENT_COLUMNS: Columns = {**_columns_of(device_event, DeviceEventRow), "changes_json": device_event.c.changes}
