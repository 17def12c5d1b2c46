"""`gateway demo-data`."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated

import typer
from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.cli.app import Advance, app, few_collections, progress_of, read_settings, run, unseen
from gateway.cli.fleet import Fleet, Row
from gateway.db.bulk.ahead import made_ahead
from gateway.db.bulk.copy_text import written_columns
from gateway.db.bulk.postponed import make, postpone
from gateway.db.bulk.writing import write_rows
from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate
from gateway.db.tables import (
    device,
    device_event,
    device_group,
    device_group_link,
    directory,
    event_log,
    network_adapter,
)

BATCH = 2_000
Batch = Mapping[Table, list[Row]]
_NO_ROWS: Batch = {}
TABLES: Sequence[Table] = (device_group, device, directory, network_adapter, device_group_link, device_event)


@app.command()
def demo_data(
    devices: Annotated[int, typer.Option(min=1, help="How many devices.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same fleet.")] = 1,
) -> None:
    """Fill an empty database with believable fleets."""
    settings = read_settings()
    run(settings, migrate)
    with few_collections(), progress_of("devices", "indexes") as [of_devices, of_indexes]:
        added = run(settings, lambda database: load_demo_data(database, devices, seed, of_devices, of_indexes))
    print(f"Added {devices} devices." if added else "The database holds devices already; nothing was added.")


async def load_demo_data(
    database: Database, device_count: int, seed: int, of_devices: Advance = unseen, of_indexes: Advance = unseen
) -> bool:
    """Add a fleet, all of it or nothing; return False where the database holds devices already."""
    async with database.writing() as connection:
        if (await connection.execute(select(device.c.id).limit(1))).first():
            return False
        log = await connection.execute(select(event_log.c.numbered).with_for_update())
        position: int = log.scalar_one()
        steps = await connection.run_sync(postpone, TABLES)
        fleet = _batches(Fleet(device_count, seed).rows())
        # On a thread, since making them takes as long as writing them.
        async with aclosing(made_ahead(lambda: asyncio.to_thread(next, fleet, _NO_ROWS))) as batches:
            async for batch in batches:
                position = _number(batch[device_event], position)
                await _write(connection, batch)
                of_devices(len(batch[device]), device_count)
        for step in steps:
            await connection.run_sync(make, step)
            of_indexes(1, len(steps))
        await connection.execute(update(event_log).values(numbered=position, head=position))
    return True


def _batches(rows: Iterable[tuple[Table, Row]]) -> Iterator[Batch]:
    """Yield the rows of some devices at a time by table, in an order that foreign keys allow."""
    batch: dict[Table, list[Row]] = {table: [] for table in TABLES}
    for table, row in rows:
        if table is device and len(batch[device]) == BATCH:
            yield batch
            batch = {table: [] for table in TABLES}
        batch[table].append(row)
    yield batch


def _number(events: Iterable[Row], position: int) -> int:
    """Give events the positions after one, and return the last."""
    for event in events:
        position += 1
        event["position"] = position
    return position


async def _write(connection: AsyncConnection, batch: Batch) -> None:
    for table, rows in batch.items():
        names = [column.name for column in written_columns(table)]
        if rows:
            await write_rows(connection, table, [tuple(map(row.get, names)) for row in rows])
