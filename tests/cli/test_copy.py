"""`gateway copy` moves everything from any database to any other, and goes on where it was cut short."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cli.copy import TABLES, CannotCopy, copy
from gateway.cli.demo_data import load_demo_data
from gateway.db.database import Database
from gateway.db.migrations.migrate import UnusableDatabase
from gateway.db.queries.events import events_between
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device
from gateway.domain.commands import UpdateDevice
from gateway.domain.filters import EVERY_EVENT
from gateway.services.devices import update_device
from gateway.services.log import give_positions
from tests.databases import Databases, PostgreSQLDatabases, SQLiteDatabases, sqlite_url
from tests.factories import RowFactory
from tests.server import run
from tests.services.support import by_id, caller, execute

pytestmark = pytest.mark.anyio

DEVICES = 60
IDS: Statement[Any] = Statement(select(device.c.id))
Dump = dict[str, list[tuple[Any, ...]]]


class CutShort(Exception):
    pass


@pytest.fixture
async def source(databases: Databases) -> AsyncIterator[Database]:
    with databases.copy() as url:
        database = Database(url)
        await load_demo_data(database, DEVICES, seed=1)
        yield database
        await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def target(
    request: pytest.FixtureRequest, sqlite: SQLiteDatabases, postgresql: PostgreSQLDatabases
) -> AsyncIterator[Database]:
    databases: Databases = sqlite if request.param == "sqlite" else postgresql
    with databases.copy() as url:
        database = Database(url)
        yield database
        await database.close()


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.copy.BATCH", 7)


async def dump(database: Database) -> Dump:
    tables = {}
    async with database.engine.connect() as connection:
        for table in TABLES:
            rows = await connection.execute(select(*table.c).order_by(*table.primary_key))
            tables[table.name] = [tuple(row) for row in rows]
    return tables


@pytest.mark.usefixtures("_small_batches")
async def test_everything_is_there_as_it_was(source: Database, target: Database) -> None:
    told = []
    count = await copy(source, target, lambda rows, total: told.append((rows, total)))
    there = await dump(target)
    assert there == await dump(source)
    assert len(there["device"]) == DEVICES
    assert count == sum(map(len, there.values())) == sum(rows for rows, _ in told)
    assert {total for _, total in told} == {count}
    assert max(rows for rows, _ in told) == 7


@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("after", [30, 200])
async def test_what_was_cut_short_goes_on_where_it_stopped(source: Database, target: Database, after: int) -> None:
    done = 0

    def cut(rows: int, _: int) -> None:
        nonlocal done
        done += rows
        if done > after:
            raise CutShort

    with pytest.raises(CutShort):
        await copy(source, target, cut)
    again: list[int] = []
    count = await copy(source, target, lambda rows, _: again.append(rows))
    assert await dump(target) == await dump(source)
    assert sum(again) == count
    assert max(again) > 7  # What was there already is told at once.


async def test_a_search_finds_what_was_copied(source: Database, target: Database) -> None:
    await copy(source, target, lambda *_: None)
    async with target.engine.connect() as connection:
        if target.is_sqlite:
            query = "SELECT count(*) FROM device_search WHERE device_search MATCH '\"ker\"'"
        else:
            query = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%trigrams'"
        assert (await connection.exec_driver_sql(query)).scalar_one() > 0


async def test_a_target_that_is_not_empty_is_refused_and_left_alone(source: Database, target: Database) -> None:
    await RowFactory(target).group()
    with pytest.raises(CannotCopy, match="is not empty; expected a database without a row"):
        await copy(source, target, lambda *_: None)
    assert {name: len(rows) for name, rows in (await dump(target)).items() if rows} == {"device_group": 1}


async def test_the_beginning_of_another_copy_is_refused(
    source: Database, target: Database, sqlite: SQLiteDatabases
) -> None:
    def cut(*_: int) -> None:
        raise CutShort

    with pytest.raises(CutShort):
        await copy(source, target, cut)
    with sqlite.copy() as url:
        other = Database(url)
        with pytest.raises(CannotCopy, match="holds the beginning of a copy of"):
            await copy(other, target, lambda *_: None)
        await other.close()


async def test_a_source_that_changes_meanwhile_is_told(source: Database, target: Database) -> None:
    async def change() -> None:
        database = Database(source.url)
        await RowFactory(database).group()
        await database.close()

    with ThreadPoolExecutor() as thread, pytest.raises(CannotCopy, match="The source was changed meanwhile"):
        await copy(source, target, lambda *_: thread.submit(asyncio.run, change()).result())


@pytest.fixture
def empty_file(tmp_path: Path) -> Path:
    (tmp_path / "empty.db").touch()
    return tmp_path / "empty.db"


async def test_a_source_that_is_not_there_is_refused_and_not_made(target: Database, tmp_path: Path) -> None:
    missing = Database(sqlite_url(tmp_path / "missing.db"))
    with pytest.raises(UnusableDatabase, match=r"missing\.db cannot be read: unable to open database file\.$"):
        await copy(missing, target, lambda *_: None)
    assert list(tmp_path.glob("missing.db*")) == []  # noqa: ASYNC240
    await missing.close()


async def test_a_source_without_tables_is_refused(target: Database, empty_file: Path) -> None:
    empty = Database(sqlite_url(empty_file))
    with pytest.raises(UnusableDatabase, match="is not of this version of the gateway; run gateway migrate first"):
        await copy(empty, target, lambda *_: None)
    await empty.close()


def test_the_command_tells_how_far_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "demo-data", "--devices", "3").returncode == 0
    done = run(tmp_path, "copy", "--from", sqlite_url(tmp_path / "gateway.db"), "--to", sqlite_url(tmp_path / "to.db"))
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[-1].startswith("Copied ")
    assert lines[-2].endswith(" rows")
    again = run(tmp_path, "copy", "--from", sqlite_url(tmp_path / "gateway.db"), "--to", sqlite_url(tmp_path / "to.db"))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"{tmp_path / 'to.db'} is not empty; expected a database without a row.\n"


async def test_the_log_of_events_goes_on_where_that_of_the_source_has_ended(source: Database, target: Database) -> None:
    [(device_id,), *_] = await Session(source).fetch(IDS)
    head = (await give_positions(Session(source))).head
    for number in (1, 2):  # On a server, their events are left without positions.
        await execute(source, update_device, renamed(device_id, f"Copied {number}"))
    await copy(source, target, lambda *_: None)
    await execute(target, update_device, renamed(device_id, "Changed since"))
    session = Session(target)
    state = await give_positions(session)
    page = await events_between(session, caller(), EVERY_EVENT, after=head, until=state.head, most=10)
    assert [(event.position, event.changes[0].after) for event in page.nodes] == [
        (head + 1, "Copied 1"),
        (head + 2, "Copied 2"),
        (head + 3, "Changed since"),
    ]


def renamed(device_id: str, name: str) -> UpdateDevice:
    return UpdateDevice(device=by_id(device_id), changes={"name": name}, expected_version=None)
