"""Waiting for what happens elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

SECONDS_BETWEEN_LOOKS = 0.02


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until a condition is true. Raise TimeoutError where it does not become so."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # other processes set no events of this one
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
