"""What happened to devices."""

from gateway.db import orders
from gateway.db.conditions import within_reach
from gateway.db.listing import NestedListing
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow, event_row
from gateway.db.tables import device_event
from gateway.domain.principal import Principal


def events_of_devices(principal: Principal) -> NestedListing[DeviceEventRow]:
    """The parent is the device's id."""
    return NestedListing(
        columns=EVENT_COLUMNS,
        row=event_row,
        source=device_event,
        conditions=[within_reach(device_event.c.client_id, principal)],
        order=orders.EVENTS,
        parent=device_event.c.device_id,
    )
