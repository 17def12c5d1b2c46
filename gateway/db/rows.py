"""The rows that queries return: named tuples, whose fields are the columns of a SELECT in that order."""

import json
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from inspect import getmembers_static
from typing import Any, NamedTuple, NoReturn, TypeVar

from sqlalchemy import ColumnElement, FromClause

from gateway.db.tables import device, device_event, device_group, device_group_link, network_adapter, webhook
from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, WebhookStatus
from gateway.domain.history import FieldChange
from gateway.domain.identifiers import urn
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid


class Computed(property):
    """A property of a row that is made of other attributes, which it names."""

    def __init__(self, compute: Callable[[Any], Any], reads: Collection[str]) -> None:
        super().__init__(compute)
        self.reads = reads


def computed(*reads: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Make a property of what a method computes from the attributes that `reads` names.

    Where a client asks for the property alone, only these are read from the database.
    """
    return lambda compute: Computed(compute, reads)


class Alias(Computed):
    """A property that is another attribute, which is read in half the time past the property."""

    def __init__(self, get: Callable[[Any], Any], name: str) -> None:
        super().__init__(get, (name,))
        self.name = name


def alias(name: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Make a property of a method that returns the attribute `name`."""
    return lambda get: Alias(get, name)


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

    @computed("barcode")
    def barcode_order(self) -> str:
        """Return the value by which barcodes are sorted, as the database computes it too (`tables.Device`)."""
        return "1" if self.barcode is None else f"0{self.barcode}"


class NetworkAdapterRow(NamedTuple):
    id: Uuid
    device_id: Uuid
    client_id: Uuid
    type: NetworkAdapterType
    identifier: str
    created_at: Instant
    created_by: str
    modified_at: Instant
    modified_by: str

    @computed("type", "identifier")
    def urn(self) -> str:
        return urn(self.type, self.identifier)

    # The identifier has a name of its own in an adapter of each type.

    @alias("identifier")
    def imei(self) -> str:
        return self.identifier

    @alias("identifier")
    def dev_eui(self) -> str:
        return self.identifier

    @alias("identifier")
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
    id: Uuid
    type: DeviceEventType
    device_id: Uuid
    client_id: Uuid
    version: int
    occurred_at: Instant
    occurred_by: str
    changes_json: str
    position: int
    """Its place in the log of all events; read from there, every event has one."""

    @computed("changes_json")
    def changes(self) -> list[FieldChange]:
        return [FieldChange(*change) for change in json.loads(self.changes_json)]


class WebhookRow(NamedTuple):
    """A webhook as callers see it, without its secrets."""

    id: Uuid
    client_id: Uuid
    url: str
    types_json: str
    status: WebhookStatus
    delivered_position: int
    failing_since: Instant | None
    last_error: str | None
    created_at: Instant
    created_by: str
    modified_at: Instant
    modified_by: str
    version: int

    @computed("types_json")
    def types(self) -> list[DeviceEventType]:
        return [DeviceEventType(type_) for type_ in json.loads(self.types_json)]


class Made(NamedTuple):
    """What a caller has made under an idempotency key."""

    request: str
    """A digest of what was asked for."""
    made_id: Uuid


class LinkedDeviceRow(DeviceRow):
    """A device in a group, with when and by whom it was put there."""

    linked_at: Instant
    linked_by: str


class LinkedGroupRow(DeviceGroupRow):
    """A group that a device is in, with when and by whom the device was put there."""

    linked_at: Instant
    linked_by: str
    device_id: Uuid
    """Read only where the links of several devices to one group are."""


class DeviceGroupLinkRow(NamedTuple):
    """A link between a device and a group, with both its ends."""

    device: DeviceRow
    device_group: DeviceGroupRow
    created_at: Instant
    created_by: str


Row = TypeVar("Row", bound=tuple[Any, ...])
Columns = Mapping[str, ColumnElement[Any]]
"""The columns of a SELECT, by the names of the attributes that rows have them as."""


def row_maker(row: type[Row], names: Iterable[str] | None = None) -> Callable[[Sequence[Any]], Row]:
    """Return what makes a `row` of the values of its columns as the database has them.

    With `names`, the values are of these attributes, which may be fewer or more. An attribute that was not read raises
    NotRead.
    """
    names = list(row._fields if names is None else names)  # type: ignore[attr-defined]  # a NamedTuple's
    places: Any = namedtuple("places", names)  # type: ignore[misc]  # noqa: PYI024  # its fields are known only now
    namespace = {
        "__slots__": (),
        "__repr__": tuple.__repr__,
        "_fields": tuple(names),
        **{name: property(partial(_not_read, row.__name__, name)) for name in row._fields},  # type: ignore[attr-defined]  # see above
        **{name: vars(places)[name] for name in names},
        **{name: vars(places)[each.name] for name, each in _aliases(row).items() if each.name in names},
    }
    # Takes half the time that `_make` takes.
    return partial(tuple.__new__, type(row.__name__, (row,), namespace))


class NotRead(AttributeError):
    """An attribute was not read from the database, since nobody said that it would be needed."""


def _not_read(row: str, name: str, _: object) -> NoReturn:
    raise NotRead(f"{row}.{name} was not read; name it in the reads= of the relation or property that needs it.")


def _computed(row: type[Any]) -> Mapping[str, Computed]:
    return {name: value for name, value in getmembers_static(row) if isinstance(value, Computed)}


def _aliases(row: type[Any]) -> Mapping[str, Alias]:
    return {name: value for name, value in _computed(row).items() if isinstance(value, Alias)}


_LINK_ATTRIBUTES: Mapping[str, str] = {"created_at": "linked_at", "created_by": "linked_by"}
"""What an edge of a list of links shows of the link, under the name of an attribute of the node."""


def columns_read(row: type[Any], columns: Columns, attributes: Iterable[str]) -> Columns:
    """Return those of `columns` that the `attributes` of a row are made of, in the order of `columns`."""
    computed_attributes = _computed(row)
    names: set[str] = set()
    for name in attributes:
        names |= set(computed_attributes[name].reads) if name in computed_attributes else {name}
        names |= {_LINK_ATTRIBUTES[name]} if name in _LINK_ATTRIBUTES else set()
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
EVENT_COLUMNS: Columns = {
    name: device_event.c["changes" if name == "changes_json" else name] for name in DeviceEventRow._fields
}
WEBHOOK_COLUMNS: Columns = {name: webhook.c[name.removesuffix("_json")] for name in WebhookRow._fields}

_LINKED_DEVICE = row_maker(LinkedDeviceRow, [*DeviceRow._fields, *LINK_COLUMNS])
_LINKED_GROUP = row_maker(LinkedGroupRow, [*DeviceGroupRow._fields, *LINK_COLUMNS])


def linked_device(link: DeviceGroupLinkRow) -> LinkedDeviceRow:
    """Return the device of a link as a row of the list of its group's devices."""
    return _LINKED_DEVICE((*link.device, link.created_at, link.created_by))


def linked_group(link: DeviceGroupLinkRow) -> LinkedGroupRow:
    """Return the group of a link as a row of the list of its device's groups."""
    return _LINKED_GROUP((*link.device_group, link.created_at, link.created_by))


def link_to(device: DeviceRow, group: LinkedGroupRow) -> DeviceGroupLinkRow:
    """Return the link between a device and a group that was read with it."""
    return DeviceGroupLinkRow(
        device, DeviceGroupRow._make(group[: len(DeviceGroupRow._fields)]), group.linked_at, group.linked_by
    )
