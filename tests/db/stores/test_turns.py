"""Places: callers are let in by turns, and requests of one caller in the order in which they came."""

import asyncio
from contextvars import copy_context
from dataclasses import dataclass

import pytest

from gateway.db.stores.turns import Places, waiter

pytestmark = pytest.mark.anyio


@dataclass
class Waits:
    caller: str
    turn_seconds: float = 0.0


class Queue:
    """Who waits for places, and who has got one."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.let_in: list[str] = []

    def come(self, name: str) -> "asyncio.Task[None]":
        """Ask for a place; the first letter of the name is the caller."""

        async def ask() -> None:
            waiter.set(Waits(name[0]))
            await self.places.acquire()
            self.let_in.append(name)

        return asyncio.get_running_loop().create_task(ask(), context=copy_context())

    async def go(self, count: int) -> None:
        for _ in range(count):
            self.places.release()
            await settled()


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture
def queue() -> Queue:
    return Queue(Places(2))


async def test_there_are_no_more_than_the_places(queue: Queue) -> None:
    for name in ("a1", "a2", "a3"):
        queue.come(name)
    await settled()
    assert (queue.let_in, queue.places.locked()) == (["a1", "a2"], True)
    await queue.go(3)
    assert (queue.let_in, queue.places.locked()) == (["a1", "a2", "a3"], False)


async def test_callers_are_let_in_by_turns(queue: Queue) -> None:
    for name in ("a1", "a2", "a3", "a4", "a5", "b1", "c1", "b2"):
        queue.come(name)
    await settled()
    await queue.go(6)
    assert queue.let_in == ["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"]


async def test_one_who_gives_up_takes_nobodys_place(queue: Queue) -> None:
    tasks = [queue.come(name) for name in ("a1", "a2", "a3", "b1")]
    await settled()
    tasks[2].cancel()
    await queue.go(1)
    assert queue.let_in == ["a1", "a2", "b1"]


async def test_one_who_gives_up_as_its_turn_comes_lets_the_next_in(queue: Queue) -> None:
    tasks = [queue.come(name) for name in ("a1", "a2", "a3", "b1")]
    await settled()
    queue.places.release()
    tasks[2].cancel()
    await settled()
    assert queue.let_in == ["a1", "a2", "b1"]
    await queue.go(2)
    assert not queue.places.locked()
