"""Whose turn it is where only so many can be served at a time, and how long a session waits for its turn."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol


class Waiter(Protocol):
    turn_seconds: float

    @property
    def caller(self) -> str:
        """Whose it is."""


waiter: ContextVar[Waiter | None] = ContextVar("waiter", default=None)
"""Whose statements the task runs."""


@contextmanager
def waiting_for_turn() -> Iterator[None]:
    """Count the time that the block takes as the waiter's. That has its price, so it is for what may take long."""
    started = perf_counter()
    try:
        yield
    finally:
        whose = waiter.get()
        if whose is not None:
            whose.turn_seconds += perf_counter() - started


class Places:
    """So many places. Callers are let in by turns, so that those of one wait for each other before others wait too."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """What each caller waits with, who came first, first; the caller whose turn is next comes first."""

    def locked(self) -> bool:
        """Tell whether who asks has to wait."""
        return not self._free or bool(self._waiting)

    async def acquire(self) -> None:
        """Wait for a place, which has to be released."""
        if not self.locked():
            self._free -= 1
            return
        whose = waiter.get()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(whose.caller if whose else "", deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        self._free += 1
        while self._free and self._waiting:
            caller, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[caller] = turns
            if not turn.done():  # It was not cancelled meanwhile.
                self._free -= 1
                turn.set_result(None)
