"""Columns that are awaited one after another, or some at the same time."""

import asyncio
from inspect import CORO_CLOSED, getcoroutinestate

import pytest

from gateway.engine import planned_fields
from gateway.engine.planned_fields import MOST_AT_A_TIME, await_all

pytestmark = pytest.mark.anyio

COUNT = 2 * MOST_AT_A_TIME + 1


class Columns:
    def __init__(self) -> None:
        self.running = self.most = 0

    async def column(self, number: int) -> int:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        return number


@pytest.mark.parametrize(("concurrent", "most"), [(False, 1), (True, MOST_AT_A_TIME)])
async def test_no_more_are_awaited_at_the_same_time_than_may_be(*, concurrent: bool, most: int) -> None:
    columns = Columns()
    awaited = await await_all([columns.column(number) for number in range(COUNT)], concurrent=concurrent)
    assert (awaited, columns.most) == (list(range(COUNT)), most)


@pytest.mark.parametrize("concurrent", [False, True])
@pytest.mark.parametrize("turns", [1, 2, 3])
async def test_those_that_nobody_will_await_any_more_are_closed(
    monkeypatch: pytest.MonkeyPatch, *, concurrent: bool, turns: int
) -> None:
    """Python would warn of them: whether it is one of them that is given up, or the time that others have between."""
    monkeypatch.setattr(planned_fields, "MOST_SECONDS_AT_A_TIME", 0.0)
    monkeypatch.setattr(planned_fields, "SECONDS_FOR_OTHERS", 60)
    columns = [Columns().column(number) for number in range(COUNT)]
    awaiting = asyncio.create_task(await_all(columns, concurrent=concurrent))
    for _ in range(turns):
        await asyncio.sleep(0)
    awaiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await awaiting
    await asyncio.sleep(0)
    assert {getcoroutinestate(each) for each in columns} == {CORO_CLOSED}
