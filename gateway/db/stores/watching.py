"""Looking after what goes on beside the requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from gateway.domain.errors import Contended, Unavailable

Look = Callable[[], Awaitable[None]]

logger = logging.getLogger(__name__)


async def again_and_again(look: Look, seconds: float, fault: str = "A server could not be looked at.") -> NoReturn:
    """Look, and look again so many seconds later, whatever comes of it; `fault` is what the log says of an error."""
    while True:
        await safely(look, fault)
        await asyncio.sleep(seconds)


async def safely(look: Look, fault: str) -> bool:
    """Look, and tell whether that went well; `fault` is what the log says of an error that nobody else meets."""
    try:
        await look()
    except (Unavailable, Contended):
        return False  # The database is away, and says so to those who need it.
    except Exception:
        logger.exception(fault)
        return False
    return True
