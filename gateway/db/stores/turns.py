"""Whose turn it is where only so many can be served at a time, and how long a session waits for its turn."""

import asyncio
import threading
from collections import OrderedDict, deque
from contextvars import ContextVar
from time import perf_counter
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


class Waiter(Protocol):
    turn_seconds: float

    @property
    def caller(self) -> str:
        """Whose it is."""


waiter: ContextVar[Waiter | None] = ContextVar("waiter", default=None)
"""Whose statements the task runs."""


class Places:
    """So many places. Callers are let in by turns, so that those of one wait for each other before others wait too.

    The time for which a waiter waits is counted as its own.
    """

    def __init__(self, count: int) -> None:
        self.waiting = 0
        """How many wait for a place."""
        self._free = count
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """What each caller waits with, who came first, first; the caller whose turn is next comes first."""

    def locked(self) -> bool:
        """Tell whether who asks has to wait."""
        return not self._free or bool(self._queues)

    async def acquire(self) -> None:
        """Wait for a place, which has to be released."""
        if not self.locked():
            self._free -= 1
            return
        whose = waiter.get()
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(whose.caller if whose else "", deque()).append(turn)
        self.waiting += 1
        started = perf_counter()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise
        finally:
            self.waiting -= 1
            if whose:
                whose.turn_seconds += perf_counter() - started

    def release(self) -> None:
        self._free += 1
        while self._free and self._queues:
            caller, turns = self._queues.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._queues[caller] = turns
            if not turn.done():  # It was not cancelled meanwhile.
                self._free -= 1
                turn.set_result(None)


class Turns(Generic[Item]):
    """What waits for one who takes it, on another thread perhaps. Callers take turns, as for places."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: OrderedDict[str, deque[Item]] = OrderedDict()
        """What each caller has waiting, what came first, first; the caller whose turn is next comes first."""

    def append(self, item: Item) -> None:
        whose = waiter.get()
        with self._lock:
            self._queues.setdefault(whose.caller if whose else "", deque()).append(item)

    def pop(self) -> Item | None:
        """Take what is next; None where nothing waits."""
        with self._lock:
            if not self._queues:
                return None
            caller, items = self._queues.popitem(last=False)
            item = items.popleft()
            if items:
                self._queues[caller] = items
            return item
