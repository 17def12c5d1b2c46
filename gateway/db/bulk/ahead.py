"""Making the next part of something while this one is used."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from contextlib import suppress
from typing import TypeVar

Part = TypeVar("Part", bound=Sized)


async def made_ahead(make: Callable[[], Awaitable[Part]]) -> AsyncIterator[Part]:
    """Yield what `make` returns, time after time, until that is empty."""
    making = asyncio.ensure_future(make())
    try:
        while part := await making:
            making = asyncio.ensure_future(make())
            yield part
    finally:
        making.cancel()
        with suppress(asyncio.CancelledError):
            await making
