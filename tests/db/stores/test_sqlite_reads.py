"""Reads of the embedded database: short ones at once, long ones without holding up the others."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.db.stores.sqlite_file import FileConnection
from gateway.db.stores.sqlite_long_reads import STEPS, LongReads
from gateway.db.stores.sqlite_reads import LONGEST_TEXT, MOST_SECONDS_AT_ONCE, SQLiteReads

pytestmark = pytest.mark.anyio

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"


class Threads:
    """Records the threads in which its connections are used."""

    def __init__(self, file: Path) -> None:
        self.used: list[str] = []
        self._file = file
        file.touch()

    def connect(self, class_: type[FileConnection] = FileConnection) -> FileConnection:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, factory=class_)
        connection.create_function("used", 0, lambda: self.used.append(threading.current_thread().name))
        return connection


@pytest.fixture
def threads(tmp_path: Path) -> Threads:
    return Threads(tmp_path / "some.db")


@pytest.fixture
async def reads(threads: Threads) -> AsyncIterator[SQLiteReads]:
    reads = SQLiteReads(threads.connect, LongReads(threads.connect, size=2))
    yield reads
    await reads.close()


async def test_a_short_read_runs_where_it_is_asked_for(reads: SQLiteReads, threads: Threads) -> None:
    assert await reads.fetch("SELECT used(), ?", ("a",)) == [(None, "a")]
    assert threads.used == [threading.current_thread().name]


async def test_a_long_read_is_answered_without_holding_up_others(reads: SQLiteReads) -> None:
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    assert await reads.fetch(COUNT, (3_000_000,)) == [(3_000_000,)]
    ticking.cancel()
    longest = max(later - earlier for earlier, later in pairwise(ticks))
    assert ticks[-1] - ticks[0] > MOST_SECONDS_AT_ONCE
    assert longest < (ticks[-1] - ticks[0]) / 2


async def test_a_statement_that_takes_long_again_and_again_goes_to_a_thread(
    reads: SQLiteReads, threads: Threads
) -> None:
    statement = COUNT.replace("count(*)", "count(*), used()")
    for _ in range(12):
        await reads.fetch(statement, (300_000,))
    assert threads.used[-1] != threading.current_thread().name


async def test_a_long_text_is_prepared_on_a_thread(reads: SQLiteReads, threads: Threads) -> None:
    for text in ("SELECT used()", f"SELECT used() {' ' * LONGEST_TEXT}"):
        await reads.fetch(text, ())
    assert [used == threading.current_thread().name for used in threads.used] == [True, False]


async def test_many_long_reads_share_the_connections(reads: SQLiteReads) -> None:
    found = await asyncio.gather(*(reads.fetch(COUNT, (400_000 + number,)) for number in range(5)))
    assert found == [[(400_000 + number,)] for number in range(5)]


async def test_a_read_that_fails_says_so_and_leaves_the_others_alone(reads: SQLiteReads) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        await reads.fetch("SELECT * FROM nowhere", ())
    assert await reads.fetch("SELECT 1", ()) == [(1,)]


@pytest.fixture
def writer(threads: Threads) -> Iterator[sqlite3.Connection]:
    with closing(threads.connect()) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE change (number INTEGER)")
        yield connection


LAST = "SELECT max(number) FROM change"


async def test_the_reads_of_one_turn_of_the_event_loop_see_the_same(
    reads: SQLiteReads, writer: sqlite3.Connection
) -> None:
    assert await reads.fetch(LAST, ()) == [(None,)]
    writer.execute("INSERT INTO change VALUES (1)")
    assert await reads.fetch(LAST, ()) == [(None,)]
    await asyncio.sleep(0)
    assert await reads.fetch(LAST, ()) == [(1,)]


async def test_who_learned_of_a_change_sees_it_however_many_are_reading(
    reads: SQLiteReads, writer: sqlite3.Connection
) -> None:
    async def read_on() -> None:
        while True:
            await reads.fetch(LAST, ())
            await asyncio.sleep(0)

    reading = [asyncio.create_task(read_on()) for _ in range(8)]
    for number in range(500):
        await asyncio.to_thread(writer.execute, "INSERT INTO change VALUES (?)", (number,))
        assert await reads.fetch(LAST, ()) == [(number,)]
    for task in reading:
        task.cancel()


async def test_a_transaction_is_not_stopped_for_the_time_since_an_earlier_read(reads: SQLiteReads) -> None:
    """SQLite counts the steps of a statement over all its executions, so even BEGIN is looked at once in a while."""
    for _ in range(STEPS // 3 + 10):
        assert await reads.fetch("SELECT 1", ()) == [(1,)]
        reads._started -= MOST_SECONDS_AT_ONCE * 2
        await asyncio.sleep(0)


class _FailsOnce(FileConnection):
    commits = 0

    def commit(self) -> None:
        type(self).commits += 1
        if self.commits == 1:
            raise sqlite3.OperationalError("disk I/O error")
        super().commit()


async def test_after_a_transaction_that_could_not_end_changes_are_seen_again(
    threads: Threads, writer: sqlite3.Connection
) -> None:
    reads = SQLiteReads(lambda: threads.connect(_FailsOnce), LongReads(threads.connect, size=1))
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
    assert await reads.fetch(LAST, ()) == [(None,)]
    await asyncio.sleep(0)
    assert [str(error) for error in failed] == ["disk I/O error"]
    for number in range(2):
        writer.execute("INSERT INTO change VALUES (?)", (number,))
        assert await reads.fetch(LAST, ()) == [(number,)]
        await asyncio.sleep(0)
    await reads.close()
