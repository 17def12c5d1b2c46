"""How long a session waits for a turn: for one of the connections that there are, while others use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol


class Waiter(Protocol):
    turn_seconds: float


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
