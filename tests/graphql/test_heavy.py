"""Turns: heavy operations of one caller wait for each other, and not for those of others."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Awaitable

import pytest

from gateway.domain.errors import Unavailable
from gateway.graphql.heavy import MOST_WAITING, SHARE, CallerGone, HeavyOperation, HeavyOperations, RequestTimeout
from gateway.graphql.request import Gone, never

pytestmark = pytest.mark.anyio

HALF = SHARE // 2


async def begin(heavy: HeavyOperations, caller: str, cost: int, gone: Gone = never) -> HeavyOperation:
    """Return an operation once it may be executed."""
    operation = heavy.begin(caller, cost, gone)
    try:
        if operation.turn:
            await operation.wait(operation.turn)
    except BaseException:
        heavy.end(operation)
        raise
    return operation


def begun(heavy: HeavyOperations, cost: int, caller: str = "joan") -> "asyncio.Task[HeavyOperation]":
    return asyncio.create_task(begin(heavy, caller, cost))


async def settled(*tasks: "asyncio.Task[HeavyOperation]") -> list[bool]:
    """Tell which of the operations have begun once nothing moves any more."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


@pytest.fixture
async def heavy() -> AsyncIterator[HeavyOperations]:
    operations = HeavyOperations(timeout_seconds=60)
    yield operations
    # Else what a test has not ended would be given up in 60 s, and with it the task in which all tests run.
    for operation in list(operations._operations):
        operations.end(operation)


async def test_one_caller_has_no_more_than_its_share_at_a_time(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, HALF) for _ in range(5)]
    assert await settled(*tasks) == [True, True, False, False, False]
    heavy.end(tasks[1].result())
    assert await settled(*tasks) == [True, True, True, False, False]
    heavy.end(tasks[0].result())
    heavy.end(tasks[2].result())
    assert await settled(*tasks) == [True] * 5


async def test_others_do_not_wait_for_it(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, SHARE), begun(heavy, 1), begun(heavy, SHARE, "maria")]
    assert await settled(*tasks) == [True, False, True]


async def test_what_costs_more_than_a_share_is_executed_alone(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, HALF), begun(heavy, 9 * SHARE), begun(heavy, 1)]
    assert await settled(*tasks) == [True, False, False]
    heavy.end(tasks[0].result())
    assert await settled(*tasks) == [True, True, False]
    heavy.end(tasks[1].result())
    assert await settled(*tasks) == [True, True, True]


async def test_one_that_gives_up_waiting_lets_the_next_pass(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, SHARE), begun(heavy, SHARE), begun(heavy, HALF)]
    await settled(*tasks)
    tasks[1].cancel()
    heavy.end(tasks[0].result())
    assert await settled(*tasks) == [True, True, True]
    assert tasks[1].cancelled()


async def test_one_that_is_cancelled_as_its_turn_comes_gives_it_back(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, SHARE), begun(heavy, SHARE), begun(heavy, SHARE)]
    await settled(*tasks)
    heavy.end(tasks[0].result())
    tasks[1].cancel()
    assert await settled(*tasks) == [True, True, True]


async def test_nothing_is_kept_of_callers_who_have_ended(heavy: HeavyOperations) -> None:
    for number in range(3):
        heavy.end(await begin(heavy, f"caller {number}", SHARE))
    await settled()
    assert (heavy._turns, heavy._operations) == ({}, set())


async def test_no_more_than_a_bound_wait(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, SHARE) for _ in range(1 + MOST_WAITING)]
    await settled(*tasks)
    with pytest.raises(Unavailable, match="Too many operations of this caller wait"):
        await begin(heavy, "joan", 1)
    assert (await begin(heavy, "maria", 1)).caller == "maria"
    for task in tasks:
        task.cancel()
    await settled()


async def test_one_that_waits_too_long_for_its_turn_is_given_up() -> None:
    heavy = HeavyOperations(timeout_seconds=0.1)
    first = await begin(heavy, "joan", SHARE)
    first.since += 60  # Only the second is to be given up.
    with pytest.raises(RequestTimeout, match=r"longer than 0\.1 s"):
        await begun(heavy, 1)
    heavy.end(first)
    await settled()
    assert heavy._turns == {}


async def test_one_whose_caller_is_gone_waits_no_longer(heavy: HeavyOperations) -> None:
    async def at_once() -> None:
        pass

    first = await begin(heavy, "joan", SHARE)
    waiting: Awaitable[HeavyOperation] = asyncio.create_task(begin(heavy, "joan", 1, at_once))
    with pytest.raises(CallerGone):
        await waiting
    heavy.end(first)
    await settled()
    assert heavy._turns == {}


async def test_operations_that_end_together_leave_nothing(heavy: HeavyOperations) -> None:
    tasks = [begun(heavy, SHARE), begun(heavy, SHARE)]
    await settled(*tasks)
    tasks[1].cancel()
    heavy.end(tasks[0].result())
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    await settled()
    assert (heavy._turns, heavy._operations) == ({}, set())


async def test_operations_that_are_executed_at_once_do_not_follow_one_another_in_one_turn_of_the_loop(
    heavy: HeavyOperations,
) -> None:
    executed: list[str] = []

    async def execute(number: int) -> None:
        operation = await begin(heavy, "joan", SHARE)
        executed.append(f"heavy {number}")
        heavy.end(operation)

    async def come(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        executed.append("light")

    await asyncio.gather(*map(execute, range(3)), come(1))
    assert executed == ["heavy 0", "light", "heavy 1", "heavy 2"]


class Caller:
    async def gone(self) -> None:
        await never()


async def test_what_an_operation_held_goes_when_it_ends_though_it_was_watched(heavy: HeavyOperations) -> None:
    caller = Caller()
    operation = await begin(heavy, "joan", SHARE, caller.gone)
    heavy._look()
    await settled()
    assert operation.watcher is not None
    heavy.end(operation)
    await settled()
    gc.disable()  # It would find a cycle, but rarely looks.
    try:
        held = weakref.ref(caller)
        del caller, operation
        assert held() is None
    finally:
        gc.enable()
