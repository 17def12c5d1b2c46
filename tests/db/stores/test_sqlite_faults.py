"""Faults of the disk and of the file, as the store of the embedded database meets them."""

import asyncio
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.db.stores.faults import DAMAGED, DISK_FAILS, FULL, READ_ONLY, Fault
from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_errors import BUSY, CANNOT_OPEN, fault_of
from gateway.db.stores.sqlite_file import SQLiteFile
from gateway.db.stores.store import Connection, Options

pytestmark = pytest.mark.anyio

PREFIXES = {
    "SQLITE_FULL": FULL,
    "SQLITE_IOERR": DISK_FAILS,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": CANNOT_OPEN,
    "SQLITE_PERM": CANNOT_OPEN,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_PROTOCOL": BUSY,
}
MISTAKES = ("SQLITE_ERROR", "SQLITE_CONSTRAINT", "SQLITE_MISUSE", "SQLITE_RANGE", "SQLITE_MISMATCH", "SQLITE_TOOBIG")


def codes(prefix: str) -> list[int]:
    """Return a primary code and all that extend it."""
    return [value for name, value in vars(sqlite3).items() if name == prefix or name.startswith(f"{prefix}_")]


def error_of(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "WHATEVER"
    return error


@pytest.mark.parametrize(("prefix", "reason"), PREFIXES.items())
def test_every_code_of_a_fault_tells_its_reason(prefix: str, reason: str) -> None:
    faults = [fault_of(error_of(code)) for code in codes(prefix)]
    assert faults
    assert {fault and fault.reason for fault in faults} == {reason}


@pytest.mark.parametrize("prefix", MISTAKES)
def test_a_mistake_is_no_fault_of_the_database(prefix: str) -> None:
    assert {fault_of(error_of(code)) for code in codes(prefix)} == {None}


def test_an_error_without_a_code_is_no_fault_of_the_database() -> None:
    assert fault_of(sqlite3.ProgrammingError("Cannot operate on a closed database.")) is None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE note (text TEXT)")
    return path


class Store:
    """Changes of a file, whose connections run `set_up` when they are opened."""

    def __init__(self, path: Path, timeout_seconds: float = 5.0) -> None:
        self.set_up: Callable[[sqlite3.Connection], object] = lambda _: None
        self.file = SQLiteFile(str(path), self._set_up, timeout_seconds)
        self.changes = SQLiteChanges(self.file, Options(timeout_seconds=timeout_seconds))

    async def note(self, text: str) -> int:
        async def work(connection: Connection) -> int:
            return await connection.execute("INSERT INTO note VALUES (?)", (text,))

        return await self.changes.change(work)

    async def refusal(self, text: str) -> str:
        with pytest.raises(Fault) as caught:
            await self.note(text)
        return str(caught.value)

    async def close(self) -> None:
        await self.changes.close()
        self.file.close()

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("SELECT * FROM note").fetchall()
        self.set_up(connection)


def notes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note")]


async def test_a_change_that_does_not_fit_is_refused_and_fits_once_there_is_room(path: Path) -> None:
    store = Store(path)
    store.set_up = lambda connection: connection.execute("PRAGMA max_page_count = 8")
    assert await store.note("short") == 1
    assert (
        await store.refusal("long" * 10_000)
        == "The disk of the database is full; nothing was changed, try again later."
    )
    assert await store.note("another") == 1
    assert await store.refusal("long" * 10_000)

    store.set_up = lambda connection: connection.execute("PRAGMA max_page_count = 80")
    assert await store.note("long" * 10_000) == 1
    await store.close()
    assert notes(path) == ["short", "another", "long" * 10_000]


async def test_a_file_that_goes_in_the_commit_is_not_acknowledged(path: Path) -> None:
    store = Store(path)
    moved = path.with_name("moved.db")

    def move(statement: str) -> None:
        if statement == "COMMIT":
            path.rename(moved)

    store.set_up = lambda connection: connection.set_trace_callback(move)
    assert await store.refusal("in doubt") == (
        "The database file was deleted or replaced; look whether the change was made before you try again."
    )
    store.set_up = lambda _: None
    moved.rename(path)
    assert await store.note("kept") == 1
    await store.close()
    assert notes(path) == ["in doubt", "kept"]


async def test_a_link_that_leads_to_another_file_is_followed(path: Path, tmp_path: Path) -> None:
    other, link, new_link = tmp_path / "other.db", tmp_path / "link.db", tmp_path / "new.db"
    shutil.copy(path, other)
    link.symlink_to(path)
    new_link.symlink_to(other)
    store = Store(link)
    assert await store.note("first") == 1
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM note").fetchall()
        new_link.rename(link)
        assert await store.note("second") == 1
        with connection:
            connection.execute("INSERT INTO note VALUES ('of another process')")
        assert (notes(path), notes(other)) == (["first", "of another process"], ["second"])
    await store.close()


@pytest.fixture
def lock(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def test_more_changes_than_may_wait_are_refused_at_once(
    path: Path, lock: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.MOST_WAITING", 3)
    store = Store(path)
    waiting = [asyncio.create_task(store.note(text)) for text in "abc"]
    await asyncio.sleep(0)
    start = time.monotonic()
    refusal = "Too many changes wait for the database; nothing was changed, try again later."
    assert await store.refusal("d") == refusal
    assert time.monotonic() - start < 1

    lock.rollback()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await store.note("d") == 1
    await store.close()
    assert notes(path) == ["a", "b", "c", "d"]


async def test_who_no_longer_waits_makes_room_for_others(
    path: Path, lock: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.MOST_WAITING", 2)
    store = Store(path)
    first, second = [asyncio.create_task(store.note(text)) for text in "ab"]
    await asyncio.sleep(0.05)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.create_task(store.note("c"))
    await asyncio.sleep(0)
    lock.rollback()
    assert [await first, await third] == [1, 1]
    await store.close()
    assert notes(path) == ["a", "c"]


async def test_a_change_that_never_ends_is_answered_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.SECONDS_TO_END", 0.1)
    store = Store(path, timeout_seconds=0.2)
    goes_on = threading.Event()

    async def work(connection: Connection) -> int:
        goes_on.wait(10)
        return await connection.execute("INSERT INTO note VALUES ('late')", ())

    stuck = asyncio.create_task(store.changes.change(work))
    await asyncio.sleep(0.01)
    assert (
        await store.refusal("behind it")
        == "Other changes keep the database busy; nothing was changed, try again later."
    )
    with pytest.raises(Fault, match=r"^The database takes too long; look whether the change was made"):
        await stuck
    goes_on.set()
    assert await store.note("after it") == 1
    await store.close()
    assert notes(path) == ["late", "after it"]
