"""Changes of the embedded database: one after the other, whole or not at all."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.db.changes.devices import update_device
from gateway.db.database import Database
from gateway.db.queries.devices import device_to_change
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_file import SQLiteFile
from gateway.db.stores.store import Connection, Options
from gateway.db.stores.turns import waiter
from gateway.db.tables import device, device_event
from gateway.domain.enums import DeviceEventType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from tests.client import SUBJECT
from tests.databases import SQLiteDatabases
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

CALLER = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
NAMES: Statement[Any] = Statement(select(device.c.name, device.c.version))
EVENTS: Statement[Any] = Statement(select(device_event.c.version))
REFUSAL = "^A change awaited something else than its transaction, which no thread without a loop can.$"


@pytest.fixture
async def changes(tmp_path: Path) -> AsyncIterator[SQLiteChanges]:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection, connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    file = SQLiteFile(str(tmp_path / "some.db"), lambda _: None, timeout_seconds=5)
    changes = SQLiteChanges(file, Options(timeout_seconds=5))
    yield changes
    await changes.close()
    file.close()


@dataclass
class Caller:
    caller: str
    turn_seconds: float = 0.0


async def add_one(connection: Connection) -> int:
    [(value,)] = await connection.fetch("SELECT value FROM counter", ())
    assert await connection.execute("UPDATE counter SET value = ?", (value + 1,)) == 1
    return int(value) + 1


async def add_one_and_fail(connection: Connection) -> int:
    await add_one(connection)
    raise LookupError("after all")


async def add_one_and_sleep(connection: Connection) -> int:
    await add_one(connection)
    await asyncio.sleep(0)
    return 0


async def test_changes_that_are_asked_for_together_run_one_after_the_other(changes: SQLiteChanges) -> None:
    values = await asyncio.gather(*(changes.change(add_one) for _ in range(50)))
    assert sorted(values) == list(range(1, 51))


async def test_callers_change_by_turns(changes: SQLiteChanges) -> None:
    made: list[str] = []
    others_are_there = threading.Event()

    async def wait(_: Connection) -> None:
        others_are_there.wait(5)

    def asked(name: str) -> "asyncio.Task[None]":
        async def note(_: Connection) -> None:
            made.append(name)

        async def ask() -> None:
            waiter.set(Caller(name[0]))
            await changes.change(note)

        return asyncio.create_task(ask())

    first = asyncio.create_task(changes.change(wait))
    await asyncio.sleep(0)
    tasks = [asked(name) for name in ("a1", "a2", "a3", "b1", "c1", "b2")]
    await asyncio.sleep(0)
    others_are_there.set()
    await asyncio.gather(first, *tasks)
    assert made == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_a_change_that_fails_is_undone_and_the_next_one_runs(changes: SQLiteChanges) -> None:
    with pytest.raises(LookupError, match="after all"):
        await changes.change(add_one_and_fail)
    assert await changes.change(add_one) == 1


async def test_a_change_that_awaits_anything_else_is_refused_and_undone(changes: SQLiteChanges) -> None:
    with pytest.raises(RuntimeError, match=REFUSAL):
        await changes.change(add_one_and_sleep)
    assert await changes.change(add_one) == 1


async def test_a_change_whose_caller_has_gone_is_made_whole_or_not_at_all(changes: SQLiteChanges) -> None:
    task = asyncio.create_task(changes.change(add_one))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # A change that nobody waits for any more may be dropped before it begins, but is never half made.
    assert await changes.change(add_one) in {1, 2}


async def rename(transaction: Transaction, id_: Uuid) -> None:
    row = await device_to_change(transaction, DeviceIdentifier(id_))
    assert row
    await update_device(transaction, row, DeviceEventType.DEVICE_UPDATED, [], {"name": "Valve"})


async def rename_and_sleep(transaction: Transaction, id_: Uuid) -> None:
    await rename(transaction, id_)
    await asyncio.sleep(0)


async def rename_and_ask_a_thread(transaction: Transaction, id_: Uuid) -> None:
    await rename(transaction, id_)
    await asyncio.to_thread(Path.cwd)


@pytest.mark.parametrize(
    ("use_case", "message"), [(rename_and_sleep, REFUSAL), (rename_and_ask_a_thread, "^no running event loop$")]
)
async def test_a_use_case_that_awaits_anything_but_its_transaction_changes_nothing(
    sqlite: SQLiteDatabases, use_case: Callable[[Transaction, Uuid], Coroutine[Any, Any, None]], message: str
) -> None:
    with sqlite.copy() as url:
        database = Database(url)
        session = Session(database)
        id_ = (await RowFactory(database).device(name="Pump"))["id"]
        with pytest.raises(RuntimeError, match=message):
            await session.change(CALLER, use_case, id_)
        assert (await session.fetch(NAMES), await session.fetch(EVENTS)) == ([("Pump", 1)], [])

        await session.change(CALLER, rename, id_)
        await asyncio.sleep(0)  # Reads of one turn of the event loop see the same.
        assert (await session.fetch(NAMES), await session.fetch(EVENTS)) == ([("Valve", 2)], [(2,)])
        await database.close()


@pytest.mark.parametrize(("options", "pages"), [(Options(), 1_000), (Options(changes_much=True), 64_000)])
async def test_what_changes_much_has_a_longer_log(sqlite: SQLiteDatabases, options: Options, pages: int) -> None:
    async def length(connection: Connection) -> int:
        [(found,)] = await connection.fetch("PRAGMA wal_autocheckpoint", ())
        return int(found)

    with sqlite.copy() as url:
        database = Database(url, options)
        assert await database.store.change(length) == pages
        await database.close()
