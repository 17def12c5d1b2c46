"""Keeping events for so many days, and no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn, TypeVar

from gateway.db.database import Database
from gateway.db.queries.events import log_state
from gateway.db.session import Session
from gateway.db.stores.watching import again_and_again
from gateway.domain.instants import now, shifted
from gateway.services.log import let_go, remove_gone

SECONDS_BETWEEN_LOOKS = 60.0
"""Nobody takes so long to read a page of the log."""
SECONDS_BETWEEN_STEPS = 0.05
"""Others make changes meanwhile."""

Limit = TypeVar("Limit")


class Retention:
    def __init__(self, database: Database, kept: timedelta) -> None:
        """`kept` is how long an event is kept."""
        self._database = database
        self._kept = kept
        self._gone = 0
        """The last position that was gone at the last look: by now nobody reads it."""

    async def go_on(self) -> NoReturn:
        """Let old events go, and remove them, for ever."""
        await again_and_again(self.look, SECONDS_BETWEEN_LOOKS, "Old events could not be removed.")

    async def look(self) -> None:
        """Remove what was gone at the last look, and let go what has become too old since. Raise Unavailable."""
        await self._in_steps(remove_gone, self._gone)
        await self._in_steps(let_go, shifted(now(), -self._kept))
        self._gone = (await log_state(self._session())).gone

    async def _in_steps(self, step: Callable[[Session, Limit], Awaitable[bool]], limit: Limit) -> None:
        while await step(self._session(), limit):  # noqa: ASYNC110  # it pauses, and waits for nothing
            await asyncio.sleep(SECONDS_BETWEEN_STEPS)

    def _session(self) -> Session:
        session = Session(self._database)
        session.read_from_primary()
        return session
