"""Whether the process lives, and whether it can serve."""

import asyncio
import logging

from fastapi import APIRouter, Response

from gateway.db.database import Database
from gateway.db.migrations.migrate import is_of_this_version
from gateway.db.session import Session
from gateway.db.stores.faults import AWAY, Fault
from gateway.web.drain import Drain

logger = logging.getLogger(__name__)

MOST_SECONDS = 2.0
READY = "ok"


def health(database: Database, drain: Drain) -> APIRouter:
    router = APIRouter(prefix="/health")
    readiness = _Readiness(database)

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": READY}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """Answer 503 while the database cannot be read or changed, or is of another version, and tell which.

        So it does once the process is to end.
        """
        status = "the process is about to end" if drain.has_begun else await readiness.status()
        if status != READY:
            response.status_code = 503
        return {"status": status}

    return router


class _Readiness:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking: asyncio.Task[str] | None = None
        """One look at a time, however many ask: one that is stuck must not fill the process with others."""

    async def status(self) -> str:
        """Return what the database is like, within MOST_SECONDS whatever it does."""
        looking = self._looking
        if looking is None or looking.done():
            looking = self._looking = asyncio.create_task(self._look())
        done, _ = await asyncio.wait([looking], timeout=MOST_SECONDS)
        if done:
            return looking.result()
        logger.warning("Not ready: the database has not answered for %s seconds.", MOST_SECONDS)
        return _in_a_word(AWAY)

    async def _look(self) -> str:
        try:
            await self._database.store.check()
            if not await is_of_this_version(Session(self._database)):
                return "the database is of another version"
        except Fault as fault:
            logger.warning("Not ready: %s", fault.reason)
            return _in_a_word(fault.reason)
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing can be served now
            logger.warning("Not ready: %r", error)
            return _in_a_word(AWAY)
        return READY


def _in_a_word(reason: str) -> str:
    return reason[0].lower() + reason[1:]
