"""How much memory something takes."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def traced() -> Iterator[list[int]]:
    """Yield a list, to which the bytes are added at the end of the block that were taken in it and are still held."""
    taken: list[int] = []
    gc.collect()
    tracemalloc.start()
    try:
        yield taken
        gc.collect()
        taken.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
