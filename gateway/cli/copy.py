"""`gateway copy`: everything of one database is moved to another, of either kind."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from sqlalchemy import (
    JSON,
    Column,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    func,
    insert,
    inspect,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.cli.app import CommandError, app, opened, progress, read_settings, run
from gateway.db.database import Database
from gateway.db.migrations.migrate import check_version, migrate, shown
from gateway.db.search_indexes import create_trigram_indexes, drop_trigram_indexes
from gateway.db.session import Session
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

BATCH = 2_000
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

# In the target while a copy is under way: how far it has come in each table, so that it can go on there.
_progress = Table(
    "copy_progress",
    MetaData(),
    Column("table_name", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("last_key", JSON(none_as_null=True)),
)

Key = list[Any]


@app.command(name="copy")
def copy_command(
    source: Annotated[str, typer.Option("--from", help="The URL of a database.")],
    target: Annotated[str, typer.Option("--to", help="The URL of an empty one.")],
) -> None:
    """Move everything from one database to another. Nobody may change either; one that was cut short goes on."""
    source_settings = read_settings(database_url=source)

    async def work(to: Database) -> int:
        async with opened(source_settings) as database:
            with progress("rows") as advance:
                return await copy(database, to, advance)

    print(f"Copied {run(read_settings(database_url=target), work)} rows.")


class CannotCopy(CommandError):
    """Something stands in the way of a copy. The message is one line."""


async def copy(source: Database, target: Database, advance: Callable[[int, int], object]) -> int:
    """Copy all rows, and return how many there are. Nobody may change either database meanwhile.

    A copy that was cut short goes on where it stopped. `advance` is called with the number of rows that have been
    copied since the last call, and of all. Raise CannotCopy and UnusableDatabase.
    """
    await check_version(source)
    await migrate(target)
    await _begin(source, target)
    async with source.engine.connect() as reading:
        counts = await row_counts(reading)
        total = sum(counts.values())
        for table in TABLES:
            async for rows in _copied(reading, target, table):
                advance(rows, total)
        if await row_counts(reading) != counts:
            raise CannotCopy("The source was changed meanwhile; empty the target and copy again.")
        log = (await reading.execute(select(event_log))).one()._asdict()
    await _end(target, counts, log)
    await _give_left_positions(target)
    return total


async def _begin(source: Database, target: Database) -> None:
    """Raise CannotCopy where the target holds anything but the beginning of the same copy."""
    name = shown(source.url)
    async with target.writing() as connection:
        if await _is_under_way(connection):
            sources = set((await connection.execute(select(_progress.c.source))).scalars())
            if sources != {name}:
                raise CannotCopy(
                    f"{shown(target.url)} holds the beginning of a copy of {sources.pop()}, not of {name}."
                )
            return
        if any((await row_counts(connection)).values()):
            raise CannotCopy(f"{shown(target.url)} is not empty; expected a database without a row.")
        await connection.run_sync(_progress.create)
        await connection.execute(
            insert(_progress), [{"table_name": table.name, "source": name, "rows": 0} for table in TABLES]
        )
        if not target.is_sqlite:
            await connection.run_sync(drop_trigram_indexes)


async def _copied(reading: AsyncConnection, target: Database, table: Table) -> AsyncIterator[int]:
    """Copy a table; yield the number of rows that are there already, and then of each batch."""
    this = _progress.c.table_name == table.name
    async with target.engine.connect() as connection:
        found = await connection.execute(select(_progress.c.rows, _progress.c.last_key).where(this))
    count, last = found.one()
    yield count
    while rows := (await reading.execute(_batch(table, last))).mappings().all():
        count += len(rows)
        last = [rows[-1][column.name] for column in table.primary_key]
        async with target.writing() as connection:
            await connection.execute(insert(table), [dict(row) for row in rows])
            await connection.execute(update(_progress).where(this).values(rows=count, last_key=last))
        yield len(rows)


def _batch(table: Table, last: Key | None) -> Select[Any]:
    """Select the next rows after a key."""
    key = list(table.primary_key)
    batch = select(*(column for column in table.c if column.computed is None)).order_by(*key).limit(BATCH)
    if last is None:
        return batch
    values = (bindparam(None, value, type_=column.type, unique=True) for column, value in zip(key, last, strict=True))
    return batch.where(tuple_(*key) > tuple_(*values))


async def _end(target: Database, counts: Mapping[str, int], log: Mapping[str, Any]) -> None:
    """Complete the target, whose log of events goes on where that of the source has ended."""
    async with target.writing() as connection:
        if await row_counts(connection) != counts:
            raise CannotCopy(f"{shown(target.url)} was changed meanwhile; empty it and copy again.")
        await connection.execute(update(event_log).values(**log))
        if not target.is_sqlite:
            await connection.run_sync(create_trigram_indexes)
        await connection.run_sync(_progress.drop)


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


async def _is_under_way(connection: AsyncConnection) -> bool:
    return await connection.run_sync(lambda sync: inspect(sync).has_table(_progress.name))
