"""Work that is done in pieces, between which others have their turns of the event loop."""

from asyncio import sleep
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

# So many values are completed without a look at the clock.
PIECE = 64
MOST_SECONDS_AT_A_TIME = 0.005
SECONDS_FOR_OTHERS = 0.001


async def in_pieces(make: Callable[..., Sequence[Any]], *columns: Sequence[Any]) -> list[Any]:
    """Return what `make` makes of columns that are long."""
    made: list[Any] = []
    began = perf_counter()
    for start in range(0, len(columns[0]), PIECE):
        made += make(*(column[start : start + PIECE] for column in columns))
        if perf_counter() - began > MOST_SECONDS_AT_A_TIME:
            await sleep(0)
            began = perf_counter()
    return made


class Steps:
    """Steps of work that cannot be cut where one likes."""

    def __init__(self) -> None:
        self._began = perf_counter()

    async def next(self) -> None:
        """End a step. Where it took long, others go first: a database has time to answer a small query of theirs."""
        if perf_counter() - self._began > MOST_SECONDS_AT_A_TIME:
            await sleep(SECONDS_FOR_OTHERS)
            self._began = perf_counter()
