"""The log of all events: giving them their places in it, and reading how far it has come."""

from contextlib import suppress

from gateway.db.changes.events import number_events, publish_positions
from gateway.db.queries.events import LogState, log_state, position_of
from gateway.db.session import Session, Transaction
from gateway.domain.errors import BadUserInput, Contended, Unavailable
from gateway.domain.pages import PageArguments
from gateway.domain.principal import THE_GATEWAY
from gateway.services.use_case import change


async def advance(session: Session) -> LogState:
    """Give their positions to events that have none, and return how far the log has come then. Raise Unavailable.

    Where there are very many of them, the last ones are left to the next time.
    """
    state = await log_state(session)
    if not state.has_more:
        return state
    await change(session, THE_GATEWAY, _number, None)
    if await session.is_on_cluster():
        await change(session, THE_GATEWAY, _publish, None)
    return await log_state(session)


async def log_of_page(session: Session, page: PageArguments) -> LogState:
    """Return how far the log has come, for a page of it, with all that was committed before.

    Raise BadUserInput and EventsGone for cursors from where nobody can go on, and Unavailable.
    """
    with suppress(Unavailable, Contended):  # What is there can be read all the same.
        await advance(session)
    state = await log_state(session)
    try:
        _check_cursors(page, state)
    except BadUserInput:
        session.read_from_primary()  # A replica may not have come so far.
        state = await log_state(session)
        _check_cursors(page, state)
    return state


def _check_cursors(page: PageArguments, state: LogState) -> None:
    for argument, cursor in (("after", page.after), ("before", page.before)):
        if cursor is not None:
            position_of(cursor, state, argument)


async def _number(transaction: Transaction, _: None) -> None:
    await number_events(transaction)


async def _publish(transaction: Transaction, _: None) -> None:
    await publish_positions(transaction)
