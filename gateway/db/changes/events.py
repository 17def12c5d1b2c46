"""Events: what has happened to devices, each written in the transaction of the change itself.

A position is given to an event once it can be read, by one transaction at a time: those that make changes side by side
overtake each other, and none of them could tell what number is free. On SQLite, which makes one change after the other,
the change itself does it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import ColumnElement, Text, and_, bindparam, func, null, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from gateway.db.changes.rows import insert, insert_many
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.statement import Statement, parameter
from gateway.db.stores.postgresql_listener import CHANNEL
from gateway.db.tables import device, device_event, event_log
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange
from gateway.domain.uuids import Uuid, beginning_of_new_uuid, new_uuid, new_uuids

# Others who give positions wait for so many at most.
MOST_AT_ONCE = 2_000


async def insert_event(
    transaction: Transaction, row: DeviceRow, type_: DeviceEventType, changes: Sequence[FieldChange]
) -> None:
    """Record that a device has become `row`."""
    values = _values(transaction, new_uuid(), row, type_, changes)
    transaction.has_events = True
    if transaction.dialect.name == "sqlite":
        values["position"] = await _next_position(transaction)
    await insert(transaction, device_event, values)


class NewEvent(NamedTuple):
    """That a device has become `row`."""

    row: DeviceRow
    type: DeviceEventType
    changes: Sequence[FieldChange]


async def insert_events(transaction: Transaction, events: Sequence[NewEvent]) -> None:
    """Record what has happened to devices, in this order."""
    if not events:
        return
    ids = new_uuids(len(events))
    rows = [_values(transaction, id_, *event) for id_, event in zip(ids, events, strict=True)]
    transaction.has_events = True
    if transaction.dialect.name == "sqlite":
        first = await _next_position(transaction, len(rows))
        for position, row in enumerate(rows, first):
            row["position"] = position
    await insert_many(transaction, device_event, rows)


def _values(
    transaction: Transaction, id_: Uuid, row: DeviceRow, type_: DeviceEventType, changes: Sequence[FieldChange]
) -> dict[str, Any]:
    return {
        "id": id_,
        "device_id": row.id,
        "version": row.version,
        "client_id": row.client_id,
        "type": type_,
        "occurred_at": transaction.instant,
        "occurred_by": transaction.principal.name,
        "changes": changes,
    }


async def insert_selected_events(
    transaction: Transaction, statement: Statement[Any], parameters: Mapping[str, Any]
) -> None:
    """Record the same event of many devices, by a statement that `selected_events` made, which takes the parameters."""
    parameters = {
        **parameters,
        "beginning": beginning_of_new_uuid(),
        "occurred_at": transaction.instant,
        "occurred_by": transaction.principal.name,
    }
    if transaction.dialect.name != "sqlite":
        count = await transaction.execute(statement, parameters)
    else:
        [(numbered, _, _)] = await transaction.fetch(LOCKED_LOG)
        if count := await transaction.execute(statement, {**parameters, "numbered": numbered}):
            await transaction.execute(_MOVED_LOG, {"numbered": numbered + count, "head": numbered + count})
    transaction.has_events |= count > 0


def selected_events(devices: ColumnElement[bool]) -> Statement[Any]:
    """Return a statement that inserts an event of each device of a condition, whose next version has been made.

    Beside the parameters of the condition it takes `type` and `changes`.
    """
    given = {name: parameter(device_event.c[name]) for name in ("type", "changes", "occurred_at", "occurred_by")}
    next_position = parameter(event_log.c.numbered) + func.row_number().over(order_by=device.c.id)
    values: Mapping[str, ColumnElement[Any]] = {
        "id": next_uuid(bindparam("beginning", type_=Text())),
        "device_id": device.c.id,
        "version": device.c.version,
        "client_id": device.c.client_id,
        **given,
        "position": ByDialect(sqlite=next_position, postgresql=null()),
    }
    selected = select(*values.values()).where(devices)
    return Statement(sqlalchemy.insert(device_event).from_select(list(values), selected))


async def _next_position(transaction: Transaction, count: int = 1) -> int:
    """Take the next positions for events that are about to be written, and return the first of them."""
    [(numbered, _, _)] = await transaction.fetch(LOCKED_LOG)
    last: int = numbered + count
    await transaction.execute(_MOVED_LOG, {"numbered": last, "head": last})
    return last - count + 1


class Numbered(NamedTuple):
    events: int
    """How many events have got a position."""
    head: int
    """The last position up to which all events can be read then."""


async def number_events(transaction: Transaction) -> Numbered:
    """Give the next positions to events that can be read and have none.

    They can be read up to there at once, but on a cluster: see `publish_positions`.
    """
    [(numbered, head, _)] = await transaction.fetch(LOCKED_LOG)
    count = await transaction.execute(_NUMBERED_EVENTS, {"numbered": numbered, "most": MOST_AT_ONCE})
    if count:
        is_read = not await transaction.is_on_cluster()
        last = numbered + count
        head = last if is_read else head
        await transaction.execute(_MOVED_LOG, {"numbered": last, "head": head})
        if is_read:
            await _tell(transaction)
    return Numbered(count, head)


async def publish_positions(transaction: Transaction) -> bool:
    """Let events of a cluster be read that have their positions, and tell whether all of them can be.

    A transaction of several servers is committed by one after the other, and by one that was away when it is back.
    """
    [(numbered, head, _)] = await transaction.fetch(LOCKED_LOG)
    if numbered > head:
        [(count,)] = await transaction.fetch(_COUNT, {"head": head, "numbered": numbered})
        if count < numbered - head:
            return False
        await transaction.execute(_MOVED_LOG, {"numbered": numbered, "head": numbered})
        await _tell(transaction)
    return True


async def _tell(transaction: Transaction) -> None:
    """Tell all processes that there is more to read, once that is committed."""
    if transaction.dialect.name == "postgresql":
        await transaction.fetch(_TELL)


# In a statement of its own: the next one sees what was committed before the lock was there.
LOCKED_LOG: Statement[Any] = Statement(
    select(event_log.c.numbered, event_log.c.head, event_log.c.gone).with_for_update()
)
_TELL: Statement[Any] = Statement(select(func.pg_notify(CHANNEL, "")))
_MOVED_LOG: Statement[Any] = Statement(
    update(event_log).values({name: parameter(event_log.c[name]) for name in ("numbered", "head")})
)


def _numbered_events() -> Statement[Any]:
    key = [device_event.c.device_id, device_event.c.version, device_event.c.client_id]
    # By the time as well, since events of SQLite have no number of their own.
    order = [device_event.c.sequence, device_event.c.occurred_at, *key[:2]]
    rank = func.row_number().over(order_by=order).label("rank")
    without = select(*key, rank).where(device_event.c.position.is_(None)).order_by(*order)
    chosen = without.limit(bindparam("most", type_=device_event.c.version.type)).subquery()
    is_chosen = and_(*(column == chosen.c[column.name] for column in key))
    position: ColumnElement[int] = parameter(event_log.c.numbered) + chosen.c.rank
    return Statement(update(device_event).where(is_chosen).values(position=position))


_NUMBERED_EVENTS = _numbered_events()
_COUNT: Statement[Any] = Statement(
    select(func.count()).where(
        device_event.c.position > parameter(event_log.c.head),
        device_event.c.position <= parameter(event_log.c.numbered),
    )
)


class next_uuid(GenericFunction[str]):  # noqa: N801  # SQLAlchemy's functions are named as SQL's
    """A UUID (version 7) that the database makes, for rows that it inserts by itself."""

    type = device_event.c.id.type
    inherit_cache = True

    def __init__(self, beginning: ColumnElement[str]) -> None:
        """`beginning` is what `beginning_of_new_uuid` returns."""
        super().__init__(beginning)


@compiles(next_uuid, "postgresql")
def _in_postgresql(function: next_uuid, compiler: SQLCompiler, **options: Any) -> str:
    # The rest of those of version 4 is as random.
    return (
        f"CAST({compiler.process(function.clauses, **options)} || substr(CAST(gen_random_uuid() AS text), 16) AS uuid)"
    )


@compiles(next_uuid, "sqlite")
def _in_sqlite(function: next_uuid, compiler: SQLCompiler, **options: Any) -> str:
    digits = "substr(hex(randomblob(2)), 2)"
    variant = "substr('89AB', 1 + (random() & 3), 1)"
    rest = f"lower({digits} || '-' || {variant} || {digits} || '-' || hex(randomblob(6)))"
    return f"({compiler.process(function.clauses, **options)} || {rest})"
