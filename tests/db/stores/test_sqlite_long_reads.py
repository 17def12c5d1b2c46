"""Long reads of the embedded database: how many run and wait, and what becomes of those that nobody waits for."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.db.stores.sqlite_long_reads import MOST_WAITING, TOO_MANY, LongReads
from gateway.db.stores.turns import waiter
from gateway.domain.errors import Unavailable
from tests.waiting import until

pytestmark = pytest.mark.anyio

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"
FOR_EVER = 10**12


@pytest.fixture
async def reads(tmp_path: Path) -> AsyncIterator[LongReads]:
    reads = LongReads(lambda: sqlite3.connect(tmp_path / "some.db", check_same_thread=False), size=2)
    yield reads
    await reads.close()


async def counted(reads: LongReads, count: int) -> int:
    [(counted,)], _ = await reads.fetch(COUNT, (count,))
    return int(counted)


async def test_the_time_that_a_read_waits_for_its_turn_is_not_its_own(reads: LongReads) -> None:
    waited = [asyncio.create_task(reads.fetch(COUNT, (count,))) for count in (3_000_000, 3_000_000, 1)]
    *_, (rows, seconds) = await asyncio.gather(*waited)
    assert rows == [(1,)]
    assert seconds < 0.05


async def test_a_read_that_is_cancelled_is_stopped_and_others_have_its_place(reads: LongReads) -> None:
    for _ in range(3):
        reading = [asyncio.create_task(reads.fetch(COUNT, (FOR_EVER,))) for _ in range(2)]
        await asyncio.sleep(0.05)
        for each in reading:
            each.cancel()
        assert await asyncio.wait_for(counted(reads, 10), 5) == 10
        assert [each.cancelled() for each in reading] == [True, True]


async def test_a_read_that_is_cancelled_before_it_began_takes_no_place(reads: LongReads) -> None:
    reading = [asyncio.create_task(reads.fetch(COUNT, (FOR_EVER,))) for _ in range(5)]
    await asyncio.sleep(0)
    for each in reversed(reading):
        each.cancel()
    assert await asyncio.wait_for(asyncio.gather(*(counted(reads, count) for count in (7, 8, 9))), 5) == [7, 8, 9]


async def test_no_more_than_a_bound_wait(reads: LongReads) -> None:
    waiting = [asyncio.create_task(reads.fetch(COUNT, (FOR_EVER,))) for _ in range(2 + MOST_WAITING)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable, match=TOO_MANY):
        await reads.fetch(COUNT, (1,))
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    assert await asyncio.wait_for(counted(reads, 1), 5) == 1


@dataclass
class _Waits:
    turn_seconds: float = 0.0
    caller: str = "joan"


async def test_what_a_read_waits_for_its_turn_is_counted(reads: LongReads) -> None:
    running = [asyncio.create_task(reads.fetch(COUNT, (FOR_EVER,))) for _ in range(2)]
    await asyncio.sleep(0)
    waits = _Waits()
    waiter.set(waits)
    late = asyncio.create_task(reads.fetch(COUNT, (1,)))
    await asyncio.sleep(0.1)  # The read begins to wait a little after that does.
    assert (reads.in_use, reads.size, reads.waiting, waits.turn_seconds) == (2, 2, 1, 0.0)
    for each in running:
        each.cancel()
    await late
    await asyncio.wait(running)

    async def have_ended() -> bool:
        return not reads.in_use

    await until(have_ended)  # Their threads do, a little later than the tasks.
    assert reads.waiting == 0
    assert 0.05 <= waits.turn_seconds < 5


async def test_closing_stops_what_is_running(reads: LongReads) -> None:
    reading = asyncio.create_task(reads.fetch(COUNT, (FOR_EVER,)))
    await asyncio.sleep(0.05)
    start = time.monotonic()
    await reads.close()
    assert time.monotonic() - start < 5
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        await reading
