"""`gateway copy` moves everything from any database to any other, and goes on where it was cut short."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cli.app import unseen
from gateway.cli.copy import TABLES, CannotCopy, copy
from gateway.cli.demo_data import load_demo_data
from gateway.db.database import Database
from gateway.db.migrations.migrate import (
    HalfCopied,
    UnusableDatabase,
    check_version,
    fault_of_contents,
    migrate,
    shown,
)
from gateway.db.queries.events import events_between
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device
from gateway.domain.commands import UpdateDevice
from gateway.domain.filters import EVERY_EVENT
from gateway.services.devices import update_device
from gateway.services.log import give_positions
from tests.cli.support import Invoke, one_line
from tests.databases import Databases, PostgreSQLDatabases, SQLiteDatabases, fetched, file_of, sqlite_url
from tests.factories import RowFactory
from tests.server import run
from tests.services.support import by_id, caller, execute

pytestmark = pytest.mark.anyio

DEVICES = 60
IDS: Statement[Any] = Statement(select(device.c.id))
Dump = dict[str, list[tuple[Any, ...]]]


class CutShort(Exception):
    pass


@asynccontextmanager
async def filled(databases: Databases) -> AsyncIterator[Database]:
    with databases.copy() as url:
        database = Database(url)
        await load_demo_data(database, DEVICES, seed=1)
        yield database
        await database.close()


@pytest.fixture
async def source(databases: Databases) -> AsyncIterator[Database]:
    async with filled(databases) as database:
        yield database


@pytest.fixture
async def file_source(sqlite: SQLiteDatabases) -> AsyncIterator[Database]:
    """Yield one where the kind of the source makes no difference."""
    async with filled(sqlite) as database:
        yield database


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


async def objects(database: Database) -> list[tuple[Any, ...]]:
    """Return all that rows are found by, and what refers to others."""
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            query = "SELECT name, sql FROM sqlite_master ORDER BY name"
        else:
            query = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL
              SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
              WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2"""
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


async def test_what_was_cut_short_among_the_indexes_has_all_of_them_in_the_end(
    file_source: Database, target: Database
) -> None:
    def cut(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 24:
            raise CutShort

    told: list[tuple[int, int]] = []
    before = await objects(target)
    with pytest.raises(CutShort):
        await copy(file_source, target, unseen, cut)
    assert len(await objects(target)) < len(before)
    again: list[tuple[int, int]] = []
    await copy(file_source, target, unseen, lambda *done: again.append(done))
    assert await objects(target) == before
    [(_, steps), *_] = told
    assert len(told) + len(again) == steps
    assert await dump(target) == await dump(file_source)


async def test_a_copy_whose_server_ends_its_connections_goes_on(
    file_source: Database, postgresql: PostgreSQLDatabases
) -> None:
    with postgresql.copy() as url:
        target = Database(url)

        def end(done: int, _: int) -> None:
            told.append(done)
            if len(told) == 3:
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                with ThreadPoolExecutor() as thread:
                    thread.submit(asyncio.run, fetched(url, f"{ended} AND pid <> pg_backend_pid()")).result()

        told: list[int] = []
        with pytest.raises(CannotCopy) as raised:
            await copy(file_source, target, end)
        assert str(raised.value).startswith("The copy was cut short: ")
        assert str(raised.value).endswith(". Run it once more, and it goes on.")
        await copy(file_source, target, unseen)
        assert await dump(target) == await dump(file_source)
        await target.close()


async def test_a_failure_tells_no_identifier(file_source: Database, postgresql: PostgreSQLDatabases) -> None:
    with postgresql.copy() as url:
        target = Database(url)
        await half_copied(file_source, target)
        imeis = [row[0] for row in (await dump(file_source))["directory"] if row[0].startswith("urn:dev:imei:")]
        row = f"'{imeis[0]}', gen_random_uuid(), gen_random_uuid()"
        await fetched(url, f"INSERT INTO directory (identifier, client_id, device_id) VALUES ({row})")  # noqa: S608
        with pytest.raises(CannotCopy) as raised:
            await copy(file_source, target, unseen)
        reason = 'duplicate key value violates unique constraint "pk_directory"'
        assert str(raised.value) == f"The copy was cut short: {reason}. Run it once more, and it goes on."
        await target.close()


async def half_copied(source: Database, target: Database) -> None:
    """Leave the target with the beginning of a copy."""

    def cut(*_: int) -> None:
        raise CutShort

    with pytest.raises(CutShort):
        await copy(source, target, cut)


async def test_a_half_copied_database_is_refused_with_what_to_do(file_source: Database, target: Database) -> None:
    await half_copied(file_source, target)
    name, from_ = shown(target.url), shown(file_source.url)
    begun = f"{name} holds the beginning of a copy of {from_}"
    message = f"{begun}; run the same gateway copy once more, which goes on, or empty it."
    for look in (check_version, migrate):
        with pytest.raises(HalfCopied) as raised:
            await look(target)
        assert str(raised.value) == message
    assert await fault_of_contents(Session(target)) == "The database is half copied"
    await copy(file_source, target, unseen)
    await check_version(target)
    assert await fault_of_contents(Session(target)) is None


async def test_what_another_version_began_does_not_go_on(file_source: Database, target: Database) -> None:
    await half_copied(file_source, target)
    async with target.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(UnusableDatabase, match="made by another version of the gateway; empty it and copy again"):
        await check_version(target)


@pytest.mark.parametrize("command", ["serve", "migrate", "check", "demo-data"])
def test_commands_refuse_a_half_copied_database(invoke: Invoke, half_copied_file: Path, command: str) -> None:
    done = invoke(command, GATEWAY_DATABASE_URL=sqlite_url(half_copied_file))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "holds the beginning of a copy of" in one_line(done.stderr)


@pytest.fixture(scope="module")
def half_copied_file(sqlite: SQLiteDatabases) -> Iterator[Path]:
    async def cut(url: str, target_url: str) -> None:
        source, target = Database(url), Database(target_url)
        await half_copied(source, target)
        await source.close()
        await target.close()

    with sqlite.copy() as url, sqlite.copy() as target_url:
        asyncio.run(cut(url, target_url))
        yield file_of(target_url)


async def test_a_search_finds_what_was_copied(source: Database, target: Database) -> None:
    await copy(source, target, unseen)
    async with target.engine.connect() as connection:
        if target.is_sqlite:
            query = "SELECT count(*) FROM device_search WHERE device_search MATCH '\"ker\"'"
        else:
            query = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%trigrams'"
        assert (await connection.exec_driver_sql(query)).scalar_one() > 0


async def test_a_target_that_is_not_empty_is_refused_and_left_alone(source: Database, target: Database) -> None:
    await RowFactory(target).group()
    with pytest.raises(CannotCopy, match="is not empty; expected a database without a row"):
        await copy(source, target, unseen)
    assert {name: len(rows) for name, rows in (await dump(target)).items() if rows} == {"device_group": 1}


async def test_the_beginning_of_another_copy_is_refused(
    source: Database, target: Database, sqlite: SQLiteDatabases
) -> None:
    await half_copied(source, target)
    with sqlite.copy() as url:
        other = Database(url)
        with pytest.raises(CannotCopy, match="holds the beginning of a copy of"):
            await copy(other, target, unseen)
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
        await copy(missing, target, unseen)
    assert list(tmp_path.glob("missing.db*")) == []  # noqa: ASYNC240
    await missing.close()


async def test_a_source_without_tables_is_refused(target: Database, empty_file: Path) -> None:
    empty = Database(sqlite_url(empty_file))
    with pytest.raises(UnusableDatabase, match="is not of this version of the gateway; run gateway migrate first"):
        await copy(empty, target, unseen)
    await empty.close()


def test_the_command_tells_how_far_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "demo-data", "--devices", "3").returncode == 0
    done = run(tmp_path, "copy", "--from", sqlite_url(tmp_path / "gateway.db"), "--to", sqlite_url(tmp_path / "to.db"))
    *lines, copied = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    count, steps = copied.split()[1], lines[-1].split()[0]
    assert copied == f"Copied {count} rows."
    assert f"{count} of {count} rows" in lines
    assert lines[-1] == f"{steps} of {steps} indexes"
    again = run(tmp_path, "copy", "--from", sqlite_url(tmp_path / "gateway.db"), "--to", sqlite_url(tmp_path / "to.db"))
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"{tmp_path / 'to.db'} is not empty; expected a database without a row.\n"


async def test_the_log_of_events_goes_on_where_that_of_the_source_has_ended(source: Database, target: Database) -> None:
    [(device_id,), *_] = await Session(source).fetch(IDS)
    head = (await give_positions(Session(source))).head
    for number in (1, 2):  # On a server, their events are left without positions.
        await execute(source, update_device, renamed(device_id, f"Copied {number}"))
    await copy(source, target, unseen)
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
