"""Old events, which are let go in the order of the log, and removed once nobody reads them any more.

Who has learned how far the log goes back may read a page just then. So its beginning is moved first, and what lies
before it is removed later.
"""

from typing import Any

from sqlalchemy import delete, func, select, update

from gateway.db.changes.events import LOCKED_LOG
from gateway.db.session import Transaction
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device_event, event_log
from gateway.domain.instants import Instant

# Others wait for so many at most. Each lies elsewhere in an embedded database, which takes 10 ms for so many.
MOST_AT_ONCE = 100


async def let_go(transaction: Transaction, before: Instant) -> int:
    """Let the log begin after the next events that are older than an instant. Return how many these are.

    They are followed by one that is younger, by one that cannot be read yet, or by more.
    """
    [(_, head, gone)] = await transaction.fetch(LOCKED_LOG)
    last = min(gone + MOST_AT_ONCE, head)
    [(younger,)] = await transaction.fetch(_FIRST_SINCE, {"gone": gone, "last": last, "before": before})
    if younger is not None:
        last = younger - 1
    count: int = last - gone
    if count:
        await transaction.execute(_BEGIN_AFTER, {"gone": last})
    return count


async def remove_gone(transaction: Transaction, until: int) -> int:
    """Remove the first events that there are, up to a position. Return how many these are."""
    [(_, _, gone)] = await transaction.fetch(LOCKED_LOG)
    [(first,)] = await transaction.fetch(_FIRST)
    last = min(until, gone)
    if first is None or first > last:
        return 0
    return await transaction.execute(_REMOVED, {"first": first, "last": min(last, first + MOST_AT_ONCE - 1)})


position = device_event.c.position
_FIRST: Statement[Any] = Statement(select(func.min(position)))
_FIRST_SINCE: Statement[Any] = Statement(
    select(func.min(position)).where(
        position > parameter(event_log.c.gone),
        position <= parameter(position, "last"),
        device_event.c.occurred_at >= parameter(device_event.c.occurred_at, "before"),
    )
)
_BEGIN_AFTER: Statement[Any] = Statement(update(event_log).values(gone=parameter(event_log.c.gone)))
_REMOVED: Statement[Any] = Statement(
    delete(device_event).where(position >= parameter(position, "first"), position <= parameter(position, "last"))
)
