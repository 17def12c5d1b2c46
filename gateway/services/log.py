"""The log of all events: giving them their places in it, reading how far it has come, and letting old ones go."""

from gateway.db.changes import old_events
from gateway.db.changes.events import MOST_AT_ONCE, Numbered, number_events, publish_positions
from gateway.db.queries.events import LogState, is_any_left, log_state, oldest_event, position_of
from gateway.db.session import Session, Transaction
from gateway.domain.errors import BadUserInput, Contended, Unavailable
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.principal import THE_GATEWAY, Principal
from gateway.services.use_case import change


async def give_positions(session: Session, principal: Principal = THE_GATEWAY) -> LogState:
    """Give their positions to events that have none, and return how far the log has come then. Raise Unavailable.

    It does nothing where there are none within the caller's reach. Where there are very many of them, the last ones
    are left to the next time.
    """
    state = await log_state(session, principal)
    if not state.has_more:
        return state
    numbered = await change(session, THE_GATEWAY, _number, None)
    if not await session.is_on_cluster():
        return state._replace(head=numbered.head, has_more=numbered.events == MOST_AT_ONCE)
    await change(session, THE_GATEWAY, _publish, None)
    return await log_state(session, principal)


async def log_of_page(session: Session, principal: Principal, page: PageArguments) -> LogState:
    """Return how far the log has come, for a page of it, with all that was committed before.

    Raise BadUserInput and EventsGone for cursors from where nobody can go on, and Unavailable.
    """
    try:
        state = await give_positions(session, principal)
    except (Unavailable, Contended):
        state = await log_state(session, principal)  # What is there can be read all the same.
    try:
        _check_cursors(page, state)
    except BadUserInput:
        session.read_from_primary()  # A replica may not have come so far.
        state = await log_state(session, principal)
        _check_cursors(page, state)
    return state


def _check_cursors(page: PageArguments, state: LogState) -> None:
    for argument, cursor in (("after", page.after), ("before", page.before)):
        if cursor is not None:
            position_of(cursor, state, argument)


async def let_go(session: Session, before: Instant) -> bool:
    """Let the log begin after its next events that are older than an instant; return False where there are none."""
    oldest = await oldest_event(session)
    if oldest is None or oldest >= before:
        return False
    return await change(session, THE_GATEWAY, old_events.let_go, before) > 0


async def remove_gone(session: Session, until: int) -> bool:
    """Remove the next events that the log has let go, up to a position; return False where there are none."""
    if not await is_any_left(session, until):
        return False
    return await change(session, THE_GATEWAY, old_events.remove_gone, until) > 0


async def _number(transaction: Transaction, _: None) -> Numbered:
    return await number_events(transaction)


async def _publish(transaction: Transaction, _: None) -> None:
    await publish_positions(transaction)
