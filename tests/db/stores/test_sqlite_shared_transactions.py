"""Changes of the embedded database that wait share a transaction, and what goes wrong with one is its own affair."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_file import SQLiteFile
from gateway.db.stores.store import Connection, Options

pytestmark = pytest.mark.anyio

FULL = "The disk of the database is full; nothing was changed, try again later."
TOO_LARGE = "large" * 10_000


class Store:
    """Changes of a file, and the statements that they run."""

    def __init__(self, path: Path) -> None:
        self.ran: list[str] = []
        self.before_commit: Callable[[], object] = lambda: None
        self._path = path
        self._file = SQLiteFile(str(path), self._set_up, timeout_seconds=5)
        self._changes = SQLiteChanges(self._file, Options(timeout_seconds=5))

    async def note(self, text: str | None, error: Exception | None = None) -> int:
        """Return which note a text is. None violates a constraint, and `error` is raised afterwards."""

        async def work(connection: Connection) -> int:
            await connection.execute("INSERT INTO note VALUES (?)", (text,))
            if error:
                raise error
            [(count,)] = await connection.fetch("SELECT count(*) FROM note", ())
            return int(count)

        return await self._changes.change(work)

    async def at_once(self, *changes: Coroutine[Any, Any, int]) -> list[int | str]:
        """Return what becomes of changes, or why not. All of them wait when the first one begins."""
        with closing(sqlite3.connect(self._path)) as other:
            other.execute("BEGIN IMMEDIATE")
            tasks = [asyncio.create_task(each) for each in changes]
            await asyncio.sleep(0)
            other.rollback()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [str(each) if isinstance(each, BaseException) else each for each in found]

    def notes(self) -> list[str]:
        with closing(sqlite3.connect(self._path)) as connection:
            return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY rowid")]

    async def close(self) -> None:
        await self._changes.close()
        self._file.close()

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("SELECT * FROM note").fetchall()
        connection.execute("PRAGMA max_page_count = 8")
        connection.set_trace_callback(self._trace)

    def _trace(self, statement: str) -> None:
        if statement == "COMMIT":
            self.before_commit()
        if not statement.startswith("PRAGMA"):
            self.ran.append(statement.partition(" VALUES")[0])


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    # A busy machine may take long for a few changes.
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.SECONDS_TOGETHER", 60)
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE note (text TEXT NOT NULL)")
    store = Store(path)
    yield store
    await store.close()


async def test_changes_that_wait_are_brought_to_the_disk_together_in_their_order(store: Store) -> None:
    texts = [str(number) for number in range(64)]
    assert await store.at_once(*map(store.note, texts)) == [*range(1, 65)]
    assert store.ran.count("COMMIT") == 1
    assert store.notes() == texts


async def test_a_change_that_is_alone_has_no_savepoint(store: Store) -> None:
    assert await store.note("alone") == 1
    assert store.ran == ["BEGIN IMMEDIATE", "INSERT INTO note", "SELECT count(*) FROM note", "COMMIT"]


async def test_nobody_is_told_of_a_change_or_of_a_refusal_before_it_is_on_disk(store: Store) -> None:
    goes_on = threading.Event()
    store.before_commit = lambda: goes_on.wait(10)
    tasks = [asyncio.create_task(store.note(text)) for text in "ab"]
    tasks.append(asyncio.create_task(store.note("c", LookupError("after all"))))
    done, _ = await asyncio.wait(tasks, timeout=0.05)
    assert (done, store.notes()) == (set(), [])
    goes_on.set()
    assert await asyncio.gather(*tasks[:2]) == [1, 2]
    with pytest.raises(LookupError):
        await tasks[2]
    assert store.notes() == ["a", "b"]


@pytest.mark.parametrize("failing", range(3))
async def test_a_change_that_fails_is_undone_alone(store: Store, failing: int) -> None:
    changes = [store.note("a"), store.note("b")]
    changes.insert(failing, store.note("wrong", LookupError("after all")))
    found = await store.at_once(*changes)
    assert found.pop(failing) == "after all"
    assert (found, store.notes()) == ([1, 2], ["a", "b"])


async def test_a_change_that_violates_a_constraint_is_undone_alone(store: Store) -> None:
    found = await store.at_once(store.note("a"), store.note(None), store.note("b"))
    assert found == [1, "NOT NULL constraint failed: note.text", 2]
    assert (store.notes(), store.ran.count("COMMIT")) == (["a", "b"], 1)


async def test_those_that_shared_a_transaction_with_a_fault_are_made_again(store: Store) -> None:
    refusal = store.note("wrong", LookupError("after all"))
    found = await store.at_once(store.note("a"), store.note("b"), refusal, store.note(TOO_LARGE), store.note("c"))
    assert found == [1, 2, "after all", FULL, 3]
    assert store.notes() == ["a", "b", "c"]


async def test_a_transaction_has_so_many_changes_and_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.MOST_TOGETHER", 10)
    assert await store.at_once(*(store.note("a") for _ in range(25))) == [*range(1, 26)]
    assert store.ran.count("COMMIT") == 3


async def test_no_change_begins_in_a_transaction_that_has_taken_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.db.stores.sqlite_changes.SECONDS_TOGETHER", 0)
    assert await store.at_once(*map(store.note, "abc")) == [1, 2, 3]
    assert store.ran.count("COMMIT") == 3


async def test_a_file_that_goes_in_the_commit_leaves_all_its_changes_in_doubt(store: Store, tmp_path: Path) -> None:
    path, moved = tmp_path / "some.db", tmp_path / "moved.db"
    store.before_commit = lambda: path.rename(moved)
    doubt = "The database file was deleted or replaced; look whether the change was made before you try again."
    refusal = store.note("wrong", LookupError("after all"))
    assert await store.at_once(store.note("a"), store.note("b"), refusal) == [doubt, doubt, doubt]
    moved.rename(path)
    assert store.notes() == ["a", "b"]
