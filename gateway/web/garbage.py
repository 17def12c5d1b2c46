"""Garbage collection that never holds up the event loop for long.

Python looks through all objects of a generation at once. A large answer, or a document that is kept, is tens of
thousands of objects, none of them garbage; all that live take it half a second. So objects are looked through once,
between two turns of the loop and a few at a time, and are then frozen: left out from there on. What nothing refers to
any more is freed as ever. Only reference cycles among what is frozen are not, and these are few; they are looked for
now and then.
"""

import asyncio
import ctypes
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

YOUNG = 10_000
"""So many new objects are looked through for what is garbage already, at once and wherever that is."""
FREEZE_AFTER = 2
"""Of so many times as many, what is left is looked through again, and frozen."""
THAW_AFTER = 100
SECONDS_BETWEEN_THAWS = 60
"""All objects are looked through after so many times that some were frozen, and not more often than this."""
SECONDS_BEFORE_TRIM = 5
"""So long after objects were frozen, the allocator gives what it has kept back to the system."""
_NEVER = 1_000_000
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""glibc's; others do it by themselves."""


@contextmanager
def collecting_in_pieces() -> Iterator[None]:
    """Collect garbage in pieces, for as long as the block runs in the running event loop."""
    collector = _Collector(asyncio.get_running_loop())
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, _NEVER, _NEVER)
    gc.callbacks.append(collector.collected)
    try:
        yield
    finally:
        gc.callbacks.remove(collector.collected)
        collector.close()
        gc.set_threshold(*thresholds)


class _Collector:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._collections = 0
        """Of young objects, since some were frozen."""
        self._freezes = 0
        self._thawed = time.monotonic()
        self._next_trim: asyncio.TimerHandle | None = None

    def collected(self, phase: str, info: dict[str, Any]) -> None:
        """Take note of a collection. Python calls this amid whatever made objects, on any thread."""
        if phase == "stop" and info["generation"] == 0:
            self._collections += 1
            if self._collections == FREEZE_AFTER:
                self._loop.call_soon_threadsafe(self._freeze)

    def _freeze(self) -> None:
        self._collections = 0
        self._freezes += 1
        if self._freezes >= THAW_AFTER and time.monotonic() - self._thawed > SECONDS_BETWEEN_THAWS:
            gc.unfreeze()
            self._freezes, self._thawed = 0, time.monotonic()
        gc.collect()
        gc.freeze()
        if _trim and self._next_trim is None:
            self._next_trim = self._loop.call_later(SECONDS_BEFORE_TRIM, self._give_back, _trim)

    def _give_back(self, trim: Callable[[int], int]) -> None:
        self._next_trim = None
        trim(0)

    def close(self) -> None:
        if self._next_trim:
            self._next_trim.cancel()
