"""Which events somebody wants to be told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gateway.db.rows import DeviceEventRow
from gateway.domain.enums import DeviceEventType
from gateway.domain.filters import DeviceEventFilter
from gateway.domain.matching import DeviceNow, matches
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


@dataclass(frozen=True, kw_only=True)
class Interest:
    principal: Principal
    filter: DeviceEventFilter

    @cached_property
    def clients(self) -> frozenset[Uuid] | None:
        """The clients of whose events some may be wanted; None for every client."""
        reached, filtered = self.principal.clients, self.filter.client_ids
        if filtered is None:
            return reached
        return frozenset(filtered) if reached is None else reached.intersection(filtered)

    @cached_property
    def devices(self) -> frozenset[Uuid] | None:
        """The devices of whose events some may be wanted; None for every device."""
        ids = self.filter.device_ids
        return None if ids is None else frozenset(ids)

    def wants(self, event: DeviceEventRow, devices: Mapping[Uuid, DeviceNow]) -> bool:
        """Tell whether an event of one of the clients is wanted. `devices` are those of events, as they are now."""
        filter_ = self.filter
        if filter_.types is not None and event.type not in filter_.types:
            return False
        if self.devices is not None and event.device_id not in self.devices:
            return False
        if filter_.device is None or event.type == DeviceEventType.DEVICE_DELETED:
            return True
        now = devices.get(event.device_id)
        return now is not None and self.principal.reaches(now.device.client_id) and matches(filter_.device, now)
