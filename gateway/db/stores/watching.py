"""Looking after servers, beside the requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from gateway.domain.errors import Unavailable

Look = Callable[[], Awaitable[None]]

logger = logging.getLogger(__name__)


async def again_and_again(look: Look, seconds: float) -> NoReturn:
    """Look, and look again so many seconds later, whatever comes of it."""
    while True:
        try:
            await look()
        except Unavailable:
            pass  # A server is away, and says so to those who need it.
        except Exception:
            logger.exception("A server could not be looked at.")
        await asyncio.sleep(seconds)
