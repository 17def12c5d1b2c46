"""Events: those of devices, and the log of all of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import exists, or_, select

from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow
from gateway.db.statements import orders
from gateway.db.statements.filters import EVENT_PREDICATES, event_condition
from gateway.db.statements.listing import Listing, Page, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.predicates import all_of
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_event, event_log
from gateway.domain.cursors import encode_cursor
from gateway.domain.errors import BadUserInput, EventsGone
from gateway.domain.filters import DeviceEventFilter
from gateway.domain.history import is_beginning
from gateway.domain.pages import PageArguments
from gateway.domain.principal import Principal

events_by_id = rows_by_id(DeviceEventRow, EVENT_COLUMNS, device_event)


class LogState(NamedTuple):
    """How far the log of all events has come."""

    head: int
    """The last position up to which all events can be read."""
    gone: int
    """The last one whose event has been removed; 0 where none has."""
    has_more: bool
    """Whether there are events that come after them."""


async def log_state(reader: Reader) -> LogState:
    [state] = await reader.fetch(_LOG_STATE)
    return LogState(*state)


_LOG_STATE: Statement[Any] = Statement(
    select(
        event_log.c.head,
        event_log.c.gone,
        or_(event_log.c.numbered > event_log.c.head, exists().where(device_event.c.position.is_(None))),
    )
)


def events_cursor(position: int) -> str:
    """Return the cursor of the event that has a position, or had it."""
    return encode_cursor(orders.EVENTS.name, (position,))


def position_of(cursor: str, state: LogState, argument: str = "after") -> int:
    """Return the position that a cursor of the log names.

    Raise EventsGone where what follows it has been removed, and BadUserInput, naming the argument, for what was never a
    cursor of this log.
    """
    [position] = orders.EVENTS.cursor_parameters(argument, cursor).values()
    if not isinstance(position, int) or position > state.head:
        raise BadUserInput(
            f"{argument}: the cursor names the position {position}, but the log ends at {state.head}; "
            "expected one that the gateway returned."
        )
    if position < state.gone:
        raise EventsGone(argument)
    return position


def all_events(principal: Principal, filter_: DeviceEventFilter, until: int) -> Listing[DeviceEventRow]:
    """Return the list of all events up to a position, in the order of the log."""
    return listing(_EVENTS, principal, event_condition(filter_, until), orders.EVENTS)


async def events_between(
    reader: Reader, principal: Principal, filter_: DeviceEventFilter, *, after: int, until: int, most: int
) -> Page[DeviceEventRow]:
    """Return the first events after a position, and up to another one."""
    page = PageArguments(size=most, after=events_cursor(after))
    return await all_events(principal, filter_, until).page(reader, page)


def events_of_devices(principal: Principal) -> Listing[DeviceEventRow]:
    """Return the lists of the events of devices that exist; the parent is the device's id."""
    return listing(_EVENTS_OF_DEVICES, principal, all_of(), orders.EVENTS_OF_DEVICE)


def events_of_any_device(principal: Principal) -> Listing[DeviceEventRow]:
    """Return the lists of the events of devices that may never have existed; the parent is the device's id."""
    return listing(_EVENTS_OF_ANY_DEVICE, principal, all_of(), orders.EVENTS_OF_DEVICE)


def _begins_with(events: Sequence[DeviceEventRow]) -> bool:
    """Tell whether a device's events begin with the first of these. They do with none only once all are removed."""
    return bool(events) and is_beginning(events[0].version, events[0].changes)


def _is_all(events: Sequence[DeviceEventRow]) -> bool:
    return not events or _begins_with(events)


_EVENTS: ListDefinition[DeviceEventRow] = ListDefinition(
    columns=EVENT_COLUMNS,
    row=DeviceEventRow,
    from_clause=device_event,
    client_id=device_event.c.client_id,
    predicates=EVENT_PREDICATES,
)
_EVENTS_OF_DEVICES: ListDefinition[DeviceEventRow] = ListDefinition(
    columns=EVENT_COLUMNS,
    row=DeviceEventRow,
    from_clause=device_event,
    client_id=device_event.c.client_id,
    predicates={},
    parent=device_event.c.device_id,
    begins_with=_begins_with,
    begins_reads=("changes",),
)
_EVENTS_OF_ANY_DEVICE = replace(_EVENTS_OF_DEVICES, begins_with=_is_all)
