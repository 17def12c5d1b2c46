"""Operations that may take long: those of one caller wait for each other, and none goes on for nobody or for ever."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import RequestError, Unavailable
from gateway.graphql.request import Gone

# What costs less takes no longer than to find out what waits.
LIGHT = 1_000
# What one caller's heavy operations may cost that are executed at the same time: what these do in one turn of the event
# loop, others wait for, some 50 ms. One that costs more is executed alone.
SHARE = 200_000
# So many of one caller's wait.
MOST_WAITING = 200
# So often they are looked at. Whether a caller is gone is asked for those alone that were there at the last look.
SECONDS_BETWEEN_LOOKS = 0.25


class RequestTimeout(RequestError):
    """A request took longer than it may."""

    code = "TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The request took longer than {seconds:g} s and was given up. A change that was being made when the time "
            "was up may have been made: look, before you send it again."
        )


class CallerGone(Exception):
    """Nobody waits for the answer any more."""


@dataclass(eq=False, slots=True)
class HeavyOperation:
    caller: str
    cost: int
    gone: Gone
    turn: "asyncio.Future[None] | None"
    """Done once the operation may be executed; None where that is at once."""
    task: "asyncio.Task[Any]"
    since: float
    watcher: "asyncio.Task[None] | None" = None
    reason: RequestTimeout | CallerGone | None = None
    """Why it was given up."""

    async def wait(self, turn: "asyncio.Future[None]") -> None:
        """Wait for the turn. Raise RequestTimeout or CallerGone where the operation is given up before."""
        try:
            await turn
        except asyncio.CancelledError:
            raise self.given_up() from None

    def given_up(self) -> RequestTimeout | CallerGone:
        """Return why it was given up, in place of its cancellation. Raise CancelledError where it was not given up."""
        if self.reason is None:
            raise asyncio.CancelledError
        self.task.uncancel()
        return self.reason

    async def watch(self) -> None:
        await self.gone()
        self.give_up(CallerGone())

    def give_up(self, reason: RequestTimeout | CallerGone) -> None:
        if self.reason is None:
            self.reason = reason
            self.task.cancel()


@dataclass(eq=False, slots=True)
class _Turns:
    """The turns of one caller."""

    running: int = 0
    """What those cost that are executed now."""
    waiting: "deque[tuple[int, asyncio.Future[None]]]" = field(default_factory=deque)

    def fits(self, cost: int) -> bool:
        return not self.running or self.running + cost <= SHARE

    def take(self, cost: int) -> "asyncio.Future[None] | None":
        """Take a turn, or return what is done once it comes. Raise Unavailable where too many wait."""
        if not self.waiting and self.fits(cost):
            self.running += cost
            return None
        if len(self.waiting) >= MOST_WAITING:
            raise Unavailable("Too many operations of this caller wait for their turn; try again later.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((cost, turn))
        return turn

    def give_back(self, cost: int) -> None:
        self.running -= cost
        while self.waiting and (self.waiting[0][1].done() or self.fits(self.waiting[0][0])):
            next_cost, turn = self.waiting.popleft()
            if not turn.done():  # It was not cancelled meanwhile.
                self.running += next_cost
                turn.set_result(None)


class HeavyOperations:
    def __init__(self, timeout_seconds: float) -> None:
        """No operation is executed for longer than the timeout, the time that it waits for its turn included."""
        self._timeout_seconds = timeout_seconds
        self._turns: dict[str, _Turns] = {}
        self._operations: set[HeavyOperation] = set()
        self._next_look: asyncio.TimerHandle | None = None

    def begin(self, caller: str, cost: int, gone: Gone) -> HeavyOperation:
        """Return an operation of the task that asks. It waits for its turn, and ends with `end`. Raise Unavailable."""
        turns = self._turns.get(caller)
        if turns is None:
            turns = self._turns[caller] = _Turns()
        turn = turns.take(cost)
        task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # whoever executes has one
        operation = HeavyOperation(caller, cost, gone, turn, task, time.monotonic())
        self._operations.add(operation)
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(SECONDS_BETWEEN_LOOKS, self._look)
        return operation

    def is_busy(self, caller: str) -> bool:
        """Tell whether an operation of a caller is executed now, or waits for its turn."""
        return caller in self._turns

    def end(self, operation: HeavyOperation) -> None:
        """End an operation, whether its turn came or not.

        The next one begins in a later turn of the event loop: else all those of a caller might be executed one after
        another before any request that has come meanwhile is seen.
        """
        self._operations.discard(operation)
        if operation.watcher is not None:
            operation.watcher.cancel()
            operation.watcher = None  # It refers to the operation, and so to all that the request had.
        asyncio.get_running_loop().call_soon(self._give_back, operation.caller, operation.cost, operation.turn)

    def _give_back(self, caller: str, cost: int, turn: "asyncio.Future[None] | None") -> None:
        turns = self._turns.get(caller)
        if turns is None:
            return  # It gave up waiting, and those that it waited for have ended.
        if turn is None or (turn.done() and not turn.cancelled()):
            turns.give_back(cost)
        else:
            turn.cancel()
        if not turns.running and not turns.waiting:
            del self._turns[caller]

    def _look(self) -> None:
        now = time.monotonic()
        for operation in self._operations:
            if now - operation.since > self._timeout_seconds:
                operation.give_up(RequestTimeout(self._timeout_seconds))
            elif operation.watcher is None:
                operation.watcher = asyncio.create_task(operation.watch())
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(SECONDS_BETWEEN_LOOKS, self._look) if self._operations else None
