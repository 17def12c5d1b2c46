"""Events of devices."""

from functools import lru_cache

from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow
from gateway.db.statements import orders
from gateway.db.statements.conditions import within_reach
from gateway.db.statements.listing import KEPT_LISTINGS, NestedListing
from gateway.db.tables import device_event
from gateway.domain.principal import Reach

events_by_id = rows_by_id(DeviceEventRow, EVENT_COLUMNS, device_event)


@lru_cache(KEPT_LISTINGS)
def events_of_devices(reach: Reach) -> NestedListing[DeviceEventRow]:
    """Return the lists of devices' events; the parent is the device's id."""
    return NestedListing(
        columns=EVENT_COLUMNS,
        row=DeviceEventRow,
        from_clause=device_event,
        conditions=[within_reach(device_event.c.client_id, reach)],
        order=orders.EVENTS,
        parent=device_event.c.device_id,
    )
