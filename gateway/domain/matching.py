"""Whether a device matches a filter, found without a database, as its search condition finds it there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.filters import DeviceFilter, Period
from gateway.domain.instants import Instant
from gateway.domain.text import folded
from gateway.domain.uuids import Uuid


class Device(Protocol):
    @property
    def id(self) -> Uuid: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def barcode(self) -> str | None: ...
    @property
    def status(self) -> DeviceStatus: ...
    @property
    def client_id(self) -> Uuid: ...
    @property
    def project_id(self) -> Uuid: ...
    @property
    def device_specification_id(self) -> Uuid: ...
    @property
    def created_at(self) -> Instant: ...
    @property
    def modified_at(self) -> Instant: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceNow:
    """A device with all that filters ask for."""

    device: Device
    adapter_types: Collection[NetworkAdapterType]
    group_ids: Collection[Uuid]


def matches(filter_: DeviceFilter, now: DeviceNow) -> bool:
    """Tell whether a device matches. Each condition of a filter has to hold."""
    device = now.device
    return (
        _has(filter_.search, device.name, device.description)
        and _has(filter_.barcode_contains, device.barcode)
        and filter_.client_id in {None, device.client_id}
        and filter_.project_id in {None, device.project_id}
        and _among(filter_.ids, device.id)
        and _among(filter_.client_ids, device.client_id)
        and _among(filter_.project_ids, device.project_id)
        and _among(filter_.device_specification_ids, device.device_specification_id)
        and _among(filter_.statuses, device.status)
        and _within(filter_.created, device.created_at)
        and _within(filter_.modified, device.modified_at)
        and _among(filter_.device_group_ids, *now.group_ids)
        and _among(filter_.network_adapter_types, *now.adapter_types)
        and all(matches(each, now) for each in filter_.all_of)
        and (filter_.any_of is None or any(matches(each, now) for each in filter_.any_of))
        and not any(matches(each, now) for each in filter_.none_of)
    )


def _has(term: str | None, *texts: str | None) -> bool:
    return term is None or any(text is not None and term in folded(text) for text in texts)


def _among(values: Collection[str] | None, *present: str) -> bool:
    return values is None or any(each in values for each in present)


def _within(period: Period, instant: Instant) -> bool:
    """Compare instants as text, in which they sort in the order of time."""
    return (period.since is None or instant >= period.since) and (period.before is None or instant < period.before)
