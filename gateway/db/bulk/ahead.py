"""Making the next part of something while this one is used."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sized
from typing import TypeVar

Part = TypeVar("Part", bound=Sized)


async def made_ahead(make: Callable[[], Awaitable[Part]]) -> AsyncGenerator[Part, None]:
    """Yield what `make` returns, time after time, until that is empty. Close it where it is left before."""
    making = asyncio.ensure_future(make())
    try:
        while part := await making:
            making = asyncio.ensure_future(make())
            yield part
    finally:
        # What it is made of, such as a connection, is not free before.
        await asyncio.wait([making])
        if not making.cancelled():
            making.exception()  # It was the reason, or does not matter any more.
