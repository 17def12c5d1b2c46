"""What happened to devices."""

from functools import lru_cache

from gateway.db import orders
from gateway.db.conditions import within_reach
from gateway.db.listing import KEPT_LISTINGS, NestedListing
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow
from gateway.db.tables import device_event
from gateway.domain.principal import Reach


@lru_cache(KEPT_LISTINGS)
def events_of_devices(reach: Reach) -> NestedListing[DeviceEventRow]:
    """The parent is the device's id."""
    return NestedListing(
        columns=EVENT_COLUMNS,
        row=DeviceEventRow,
        source=device_event,
        conditions=[within_reach(device_event.c.client_id, reach)],
        order=orders.EVENTS,
        parent=device_event.c.device_id,
    )
