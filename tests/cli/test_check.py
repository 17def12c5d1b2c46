"""`gateway check`."""

import asyncio
from pathlib import Path

import pytest

from gateway.db.database import Database
from tests.citus import SHARDS, CitusDatabases
from tests.databases import SQLiteDatabases, sqlite_url
from tests.factories import RowFactory
from tests.server import output_of, run


@pytest.fixture
def folder(sqlite: SQLiteDatabases, tmp_path: Path) -> Path:
    """Return a folder whose database has a device with an adapter, in a group."""
    (tmp_path / "gateway.db").write_bytes(sqlite.template.read_bytes())
    asyncio.run(fill(sqlite_url(tmp_path / "gateway.db")))
    return tmp_path


async def fill(url: str) -> None:
    database = Database(url)
    factory = RowFactory(database)
    device, group = await factory.device(), await factory.group()
    await factory.adapter(device)
    await factory.link(device, group)
    await database.close()


async def execute(url: str, statement: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        await connection.exec_driver_sql(statement)
    await database.close()


def test_check_shows_how_many_rows_there_are(folder: Path) -> None:
    *counts, log, last = output_of(folder, "check").splitlines()
    assert [line.split() for line in counts] == [
        ["1", "device_group"],
        ["1", "device"],
        ["2", "directory"],
        ["1", "network_adapter"],
        ["1", "device_group_link"],
        ["0", "device_event"],
        ["0", "idempotency_key"],
        ["0", "webhook"],
    ]
    assert log == "             0 is the last position of the log of events; 0 have been removed."
    assert last == "All is in order."


def test_a_log_that_lacks_an_event_is_not_in_order(folder: Path) -> None:
    asyncio.run(execute(sqlite_url(folder / "gateway.db"), "UPDATE event_log SET numbered = 1, head = 1"))
    done = run(folder, "check")
    assert (done.returncode, done.stderr) == (1, "The log has 0 events at 0 positions; expected 1.\n")


def test_a_directory_that_lacks_an_entry_is_not_in_order(folder: Path) -> None:
    asyncio.run(execute(sqlite_url(folder / "gateway.db"), "DELETE FROM directory WHERE identifier LIKE 'urn:%'"))
    done = run(folder, "check")
    message = "The directory has 1 entries; expected 2, one for each device and adapter.\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_a_database_of_no_version_is_not_in_order(tmp_path: Path) -> None:
    (tmp_path / "gateway.db").touch()
    done = run(tmp_path, "check")
    message = "gateway.db is not of this version of the gateway; run gateway migrate first.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message)


def test_check_shows_the_shards_of_a_cluster(citus: CitusDatabases, tmp_path: Path) -> None:
    with citus.copy() as url:
        asyncio.run(fill(url))
        shown = output_of(tmp_path, "check", GATEWAY_DATABASE_URL=url)
    tables = ("device", "device_event", "device_group", "device_group_link", "directory", "network_adapter")
    assert [line.split(" of together")[0] for line in shown.splitlines() if line.split(":")[0] in tables] == [
        f"{table}: {SHARDS} shards" for table in tables
    ]
    nodes = [line for line in shown.splitlines() if line.endswith("% of all")]
    assert sum(int(line.split(": ")[1].split()[0]) for line in nodes) == SHARDS * len(tables)


def test_migrate_says_what_it_did_to_a_cluster_and_does_it_once(citus: CitusDatabases, tmp_path: Path) -> None:
    with citus.empty() as url:
        first, second = (output_of(tmp_path, "migrate", "--shards", "4", GATEWAY_DATABASE_URL=url) for _ in range(2))
        shown = output_of(tmp_path, "check", GATEWAY_DATABASE_URL=url)
    tables = "device_group, device, network_adapter, device_group_link, device_event, directory"
    assert first == f"Spread over the servers of the cluster, in 4 shards each: {tables}.\n"
    assert second == "The tables are spread over the servers of the cluster already.\n"
    assert "device: 4 shards" in shown


def test_no_replicas_answer_for_a_cluster(citus: CitusDatabases, tmp_path: Path) -> None:
    with citus.copy() as url:
        done = run(tmp_path, "serve", GATEWAY_DATABASE_URL=url, GATEWAY_REPLICA_URLS=url)
    message = "is a cluster, whose servers have no common position; expected no replicas."
    assert (done.returncode, message in done.stderr) == (1, True)
