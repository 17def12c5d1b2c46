"""`gateway copy`: everything of one database is moved to another, of either kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from typing import Annotated, Any, NamedTuple

import typer
from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.cli.app import (
    FAULTS,
    Advance,
    CommandError,
    app,
    opened,
    progress_of,
    read_settings,
    reason_of,
    run,
    unseen,
)
from gateway.db.bulk.postponed import Step, make, postpone
from gateway.db.bulk.reading import key_of, lines
from gateway.db.bulk.writing import write_lines
from gateway.db.database import Database
from gateway.db.migrations.migrate import HalfCopied, check_version, migrate, shown
from gateway.db.progress import COPY_PROGRESS, is_under_way
from gateway.db.session import Session
from gateway.db.snapshot import snapshot
from gateway.db.tables import (
    device,
    device_event,
    device_group,
    device_group_link,
    directory,
    event_log,
    idempotency_key,
    network_adapter,
    webhook,
)
from gateway.services.log import give_positions

BATCH = 20_000
# In an order that foreign keys allow.
TABLES: Sequence[Table] = (
    device_group,
    device,
    directory,
    network_adapter,
    device_group_link,
    device_event,
    idempotency_key,
    webhook,
)
# The part of the progress that has the steps which are left when all rows are there.
_POSTPONED = "postponed"


@app.command(name="copy")
def copy_command(
    source: Annotated[str, typer.Option("--from", help="The URL of a database.")],
    target: Annotated[str, typer.Option("--to", help="The URL of an empty one.")],
) -> None:
    """Move everything from one database to another. Nobody may change either; one that was cut short goes on."""
    source_settings = read_settings(database_url=source)

    async def work(to: Database) -> int:
        async with opened(source_settings) as database:
            with progress_of("rows", "indexes") as [of_rows, of_indexes]:
                return await copy(database, to, of_rows, of_indexes)

    print(f"Copied {run(read_settings(database_url=target), work)} rows.")


class _Contents(NamedTuple):
    """What a source holds."""

    counts: Mapping[str, int]
    """Of the rows of each table."""
    log: Mapping[str, Any]
    """How far its log of events has come."""


class CannotCopy(CommandError):
    """Something stands in the way of a copy. The message is one line."""


async def copy(source: Database, target: Database, of_rows: Advance, of_indexes: Advance = unseen) -> int:
    """Copy all rows, and return how many there are. Nobody may change either database meanwhile.

    A copy that was cut short goes on where it stopped; what is there already is told at once. Raise CannotCopy and
    UnusableDatabase.
    """
    await check_version(source)
    with suppress(HalfCopied):
        await migrate(target)
    with _cut_short():
        await _begin(source, target)
        contents = await _copy_rows(source, target, of_rows)
        await _make_postponed(target, of_indexes)
        await _end(target, contents)
    await _give_left_positions(target)
    return sum(contents.counts.values())


async def _begin(source: Database, target: Database) -> None:
    """Raise CannotCopy where the target holds anything but the beginning of the same copy."""
    name = shown(source.url)
    async with target.writing() as connection:
        if await connection.run_sync(is_under_way, COPY_PROGRESS):
            sources = set((await connection.execute(select(COPY_PROGRESS.c.source))).scalars())
            if sources != {name}:
                raise CannotCopy(
                    f"{shown(target.url)} holds the beginning of a copy of {sources.pop()}, not of {name}."
                )
            return
        if any((await row_counts(connection)).values()):
            raise CannotCopy(f"{shown(target.url)} is not empty; expected a database without a row.")
        await connection.run_sync(COPY_PROGRESS.create)
        states: dict[str, Any] = {table.name: {"rows": 0, "last_key": None} for table in TABLES}
        states[_POSTPONED] = await connection.run_sync(postpone, TABLES)
        await connection.execute(
            insert(COPY_PROGRESS), [{"part": part, "source": name, "state": state} for part, state in states.items()]
        )


async def _copy_rows(source: Database, target: Database, of_rows: Advance) -> _Contents:
    """Copy what the target does not have yet, and return what the source holds. Raise CannotCopy where it changed."""
    async with snapshot(source) as moment:
        reading = moment.connection
        counts = await row_counts(reading)
        total = sum(counts.values())
        log = (await reading.execute(select(event_log))).one()._asdict()
        for table in TABLES:
            await _copy_table(reading, target, table, lambda count: of_rows(count, total))
    async with source.engine.connect() as reading:
        if await row_counts(reading) != counts:
            raise CannotCopy("The source was changed meanwhile; empty the target and copy again.")
    return _Contents(counts, log)


async def _copy_table(reading: AsyncConnection, target: Database, table: Table, tell: Callable[[int], object]) -> None:
    """Copy a table; tell the number of rows that are there already, and then of each batch."""
    async with target.engine.connect() as connection:
        state = await _state(connection, table.name)
    count = state["rows"]
    tell(count)
    async with aclosing(lines(reading, table, state["last_key"], BATCH)) as batches:
        async for batch in batches:
            count += len(batch)
            async with target.writing() as connection:
                await _save(connection, table.name, {"rows": count, "last_key": key_of(table, batch[-1])})
                await write_lines(connection, table, batch)
            tell(len(batch))


async def _make_postponed(target: Database, of_indexes: Advance) -> None:
    """Make the indexes that were dropped, each in a transaction of its own, so that a copy goes on among them too."""
    async with target.engine.connect() as connection:
        steps: list[Step] = await _state(connection, _POSTPONED)
    for done, step in enumerate(steps, 1):
        async with target.writing() as connection:
            await connection.run_sync(make, step)
            await _save(connection, _POSTPONED, steps[done:])
        of_indexes(1, len(steps))


async def _end(target: Database, contents: _Contents) -> None:
    """Complete the target, whose log of events goes on where that of the source has ended."""
    async with target.writing() as connection:
        if await row_counts(connection) != contents.counts:
            raise CannotCopy(f"{shown(target.url)} was changed meanwhile; empty it and copy again.")
        await connection.execute(update(event_log).values(**contents.log))
        await connection.run_sync(COPY_PROGRESS.drop)


async def _give_left_positions(target: Database) -> None:
    """Give the positions that the source has left to give, before the target has events of its own."""
    while (await give_positions(Session(target))).has_more:
        pass


async def row_counts(connection: AsyncConnection) -> dict[str, int]:
    """Return how many rows each table has."""
    counts = {}
    for table in TABLES:
        counts[table.name] = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    return counts


@contextmanager
def _cut_short() -> Iterator[None]:
    """Raise CannotCopy where a database fails."""
    try:
        yield
    except FAULTS as fault:
        raise CannotCopy(f"The copy was cut short: {reason_of(fault)}. Run it once more, and it goes on.") from fault


async def _state(connection: AsyncConnection, part: str) -> Any:
    statement = select(COPY_PROGRESS.c.state).where(COPY_PROGRESS.c.part == part)
    return (await connection.execute(statement)).scalar_one()


async def _save(connection: AsyncConnection, part: str, state: Any) -> None:
    await connection.execute(update(COPY_PROGRESS).where(COPY_PROGRESS.c.part == part).values(state=state))
