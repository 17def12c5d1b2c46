"""`gateway demo-data`."""

import gc
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from sqlalchemy import insert, select, update
from sqlmodel import SQLModel

from gateway.cli.app import app, progress, read_settings, run
from gateway.cli.fleet import Fleet, Row
from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate
from gateway.db.search_indexes import rebuilt_after
from gateway.db.tables import Device, DeviceEvent, device, event_log

BATCH = 1_000


@app.command()
def demo_data(
    devices: Annotated[int, typer.Option(min=1, help="How many devices.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same fleet.")] = 1,
) -> None:
    """Fill an empty database with believable fleets."""
    settings = read_settings()
    run(settings, migrate)
    gc.disable()  # Rows hold no reference cycles, and looking for some takes a quarter of the time.
    with progress("devices") as advance:
        added = run(
            settings, lambda database: load_demo_data(database, devices, seed, lambda count: advance(count, devices))
        )
    print(f"Added {devices} devices." if added else "The database holds devices already; nothing was added.")


async def load_demo_data(
    database: Database, device_count: int, seed: int, progress: Callable[[int], object] = lambda _: None
) -> bool:
    """Add a fleet, all of it or nothing; return False where the database holds devices already.

    `progress` is called with the number of devices added since the last call.
    """
    async with database.writing() as connection:
        if database.is_sqlite:
            # Random keys touch all of an index: with room for all of it, pages are written once, at the end.
            await connection.exec_driver_sql("PRAGMA cache_size = -1000000")
        if (await connection.execute(select(device.c.id).limit(1))).first():
            return False
        position = (await connection.execute(select(event_log.c.numbered).with_for_update())).scalar_one()
        async with rebuilt_after(connection):
            for batch in _batches(Fleet(device_count, seed).rows()):
                for event in batch.get(DeviceEvent, ()):
                    position += 1
                    event["position"] = position
                for model, rows in batch.items():
                    await connection.execute(insert(model), rows)
                progress(len(batch.get(Device, ())))
        await connection.execute(update(event_log).values(numbered=position, head=position))
    return True


def _batches(rows: Iterator[tuple[type[SQLModel], Row]]) -> Iterator[dict[type[SQLModel], list[Row]]]:
    """Yield rows by table, in the order in which each table first comes: that of their foreign keys."""
    batch: dict[type[SQLModel], list[Row]] = {}
    for table, row in rows:
        if table is Device and len(batch.get(Device, ())) == BATCH:
            yield batch
            batch = {}
        batch.setdefault(table, []).append(row)
    yield batch
