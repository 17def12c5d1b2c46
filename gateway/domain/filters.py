"""Filters of devices, groups and events. Each condition of a filter has to hold; None stands for no condition."""

from dataclasses import dataclass
from typing import Self

from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The time from `since` on, and strictly before `before`."""

    since: Instant | None = None
    before: Instant | None = None


ALWAYS = Period()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceFilter:
    """`search` and `barcode_contains` are folded. A tuple holds for any of its values, and never where it is empty."""

    search: str | None = None
    barcode_contains: str | None = None
    client_id: Uuid | None = None
    project_id: Uuid | None = None
    ids: tuple[Uuid, ...] | None = None
    client_ids: tuple[Uuid, ...] | None = None
    project_ids: tuple[Uuid, ...] | None = None
    device_specification_ids: tuple[Uuid, ...] | None = None
    statuses: tuple[DeviceStatus, ...] | None = None
    created: Period = ALWAYS
    modified: Period = ALWAYS
    device_group_ids: tuple[Uuid, ...] | None = None
    network_adapter_types: tuple[NetworkAdapterType, ...] | None = None
    all_of: tuple[Self, ...] = ()
    any_of: tuple[Self, ...] | None = None
    none_of: tuple[Self, ...] = ()

    @property
    def size(self) -> int:
        """The number of filters that this one is made of, itself included."""
        return 1 + sum(each.size for each in (*self.all_of, *(self.any_of or ()), *self.none_of))


EVERY_DEVICE = DeviceFilter()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceGroupFilter:
    """`search` is folded (`domain.text.folded`)."""

    search: str | None = None
    client_id: Uuid | None = None
    project_id: Uuid | None = None
    created: Period = ALWAYS
    modified: Period = ALWAYS


EVERY_GROUP = DeviceGroupFilter()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceEventFilter:
    """`device` is about the device as it is now, and holds for each deletion."""

    types: tuple[DeviceEventType, ...] | None = None
    device_ids: tuple[Uuid, ...] | None = None
    client_ids: tuple[Uuid, ...] | None = None
    device: DeviceFilter | None = None


EVERY_EVENT = DeviceEventFilter()
