"""Garbage collection that never holds up the event loop for long.

Python looks through all objects of a generation at once. A large answer, or a document that is kept, is tens of
thousands of objects, none of them garbage; all that live take it half a second. So objects are looked through once,
between two turns of the loop and a few at a time, and are then frozen: left out from there on. What nothing refers to
any more is freed as ever. Only reference cycles among what is frozen are not, and these are few; they are looked for
now and then.
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

YOUNG = 10_000
"""So many new objects are looked through for what is garbage already, at once and wherever that is."""
FREEZE_AFTER = 2
"""Of so many times as many, what is left is looked through again, and frozen."""
THAW_AFTER = 100
SECONDS_BETWEEN_THAWS = 60
"""All objects are looked through after so many times that some were frozen, and not more often than this."""
_NEVER = 1_000_000


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
        gc.set_threshold(*thresholds)
        gc.unfreeze()


class _Collector:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._collections = 0
        """Of young objects, since some were frozen."""
        self._freezes = 0
        self._thawed = time.monotonic()

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
