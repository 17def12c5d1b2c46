"""Events: those of devices, and the log of all of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, or_, select

from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow
from gateway.db.statements import orders
from gateway.db.statements.conditions import unsought, within_reach
from gateway.db.statements.filters import EVENT_PREDICATES, FINDABLE_EVENTS, event_condition
from gateway.db.statements.listing import Listing, Page, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.predicates import all_of
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device_event, event_log
from gateway.domain.cursors import encode_cursor
from gateway.domain.errors import BadUserInput, EventsGone
from gateway.domain.filters import DeviceEventFilter
from gateway.domain.history import is_beginning
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.principal import THE_GATEWAY, Principal, Reach

events_by_id = rows_by_id(DeviceEventRow, EVENT_COLUMNS, device_event)


class LogState(NamedTuple):
    """How far the log of all events has come."""

    head: int
    """The last position up to which all events can be read."""
    gone: int
    """The last one whose event has been removed; 0 where none has."""
    has_more: bool
    """Whether there are events that come after them."""


async def log_state(reader: Reader, principal: Principal = THE_GATEWAY) -> LogState:
    """Return how far the log has come, and whether there is more of it within a caller's reach."""
    [state] = await reader.fetch(_log_state(principal.reach), {"reached": principal.reached})
    return LogState(*state)


@lru_cache
def _log_state(reach: Reach) -> Statement[Any]:
    # What one client has without a position is looked for on its own shard of a cluster alone.
    is_without = and_(device_event.c.position.is_(None), within_reach(device_event.c.client_id, reach))
    has_more = or_(event_log.c.numbered > event_log.c.head, exists().where(is_without))
    return Statement(select(event_log.c.head, event_log.c.gone, has_more))


async def oldest_event(reader: Reader) -> Instant | None:
    """Return when the first event of the log occurred; None where there is none."""
    found = await reader.fetch(_OLDEST)
    return found[0][0] if found else None


async def is_any_left(reader: Reader, until: int) -> bool:
    """Tell whether events up to a position are there."""
    [(is_any,)] = await reader.fetch(_IS_ANY_LEFT, {"until": until})
    return bool(is_any)


_NEXT = select(event_log.c.gone + 1).scalar_subquery()
_OLDEST: Statement[Any] = Statement(select(device_event.c.occurred_at).where(device_event.c.position == _NEXT))
_IS_ANY_LEFT: Statement[Any] = Statement(
    select(exists().where(device_event.c.position <= parameter(device_event.c.position, "until")))
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
    definition = _EVENTS if filter_.device_ids is None else _EVENTS_OF_FEW_DEVICES
    return listing(definition, principal, event_condition(filter_, until), orders.EVENTS)


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


def _begins_with(events: Sequence[DeviceEventRow], principal: Principal) -> bool:
    """Tell whether a device's events begin with the first of these. They do with none only once all are removed."""
    return bool(events) and is_beginning(events[0].version, events[0].changes, principal)


def _is_all(events: Sequence[DeviceEventRow], principal: Principal) -> bool:
    return not events or _begins_with(events, principal)


_EVENTS: ListDefinition[DeviceEventRow] = ListDefinition(
    columns=EVENT_COLUMNS,
    row=DeviceEventRow,
    from_clause=device_event,
    client_id=device_event.c.client_id,
    predicates=EVENT_PREDICATES,
    findable=FINDABLE_EVENTS,
)
# By their devices, and not all those of a client in their order.
_EVENTS_OF_FEW_DEVICES = replace(_EVENTS, client_id=unsought(device_event.c.client_id), findable=None)
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
