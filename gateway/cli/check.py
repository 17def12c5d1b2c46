"""`gateway check`: what a database holds, whether it is in order, and how evenly a cluster has it."""

from collections.abc import Mapping

from sqlalchemy import Connection, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.cli.app import CommandError, app, read_settings, run
from gateway.cli.copy import row_counts
from gateway.db.cluster import is_cluster, nodes, sharded_tables, undistributed
from gateway.db.database import Database
from gateway.db.migrations.migrate import check_version
from gateway.db.tables import device_event, event_log

MEGABYTE = 1_000_000


class NotInOrder(CommandError):
    """A database has faults. The message is one line."""


@app.command()
def check() -> None:
    """Show what the database holds, and where a cluster has it; exit with 1 where something is not in order."""
    run(read_settings(), _check)


async def _check(database: Database) -> None:
    await check_version(database)
    async with database.engine.connect() as connection:
        counts = await row_counts(connection)
        for name, count in counts.items():
            print(f"{count:>14,} {name}")
        _check_directory(counts)
        await _check_log(connection)
        if await connection.run_sync(is_cluster):
            await connection.run_sync(_check_cluster)
    print("All is in order.")


def _check_directory(counts: Mapping[str, int]) -> None:
    """Raise NotInOrder where not each device and each adapter has its entry."""
    found, expected = counts["directory"], counts["device"] + counts["network_adapter"]
    if found != expected:
        raise NotInOrder(f"The directory has {found} entries; expected {expected}, one for each device and adapter.")


async def _check_log(connection: AsyncConnection) -> None:
    """Raise NotInOrder where not each position of the log up to its head is that of one event."""
    log = (await connection.execute(select(event_log))).one()
    positions = select(func.count(), func.count(distinct(device_event.c.position)))
    readable = device_event.c.position.between(log.gone + 1, log.head)
    events, different = (await connection.execute(positions.where(readable))).one()
    print(f"{log.head:>14,} is the last position of the log of events; {log.gone:,} have been removed.")
    if not events == different == log.head - log.gone:
        raise NotInOrder(f"The log has {events} events at {different} positions; expected {log.head - log.gone}.")


def _check_cluster(connection: Connection) -> None:
    """Show the shards of a cluster, and raise NotInOrder where a table has none."""
    for table in sharded_tables(connection):
        times = table.largest * table.shards / (table.bytes or 1)
        size = f"{table.bytes / MEGABYTE:.1f} MB, the largest {times:.1f} times the mean"
        print(f"{table.name}: {table.shards} shards of together {size}")
    servers = nodes(connection)
    total = sum(node.bytes for node in servers) or 1
    for node in servers:
        share = f"{node.bytes / MEGABYTE:.1f} MB, {node.bytes / total:.0%} of all"
        print(f"{node.address}: {node.shards} shards of together {share}")
    if missing := undistributed(connection):
        raise NotInOrder(f"The cluster has {', '.join(missing)} on one server; run gateway migrate.")
