"""Whether the process lives, and whether it can serve."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from gateway.db.database import Database
from gateway.db.migrations.migrate import fault_of_contents
from gateway.db.session import Session
from gateway.db.stores.faults import AWAY, Fault
from gateway.web.drain import Drain

logger = logging.getLogger(__name__)

MOST_SECONDS = 2.0
READY = "ok"


class _Status(NamedTuple):
    code: int
    shown: str


def health(database: Database, drain: Drain) -> APIRouter:
    router = APIRouter(prefix="/health")
    readiness = _Readiness(database)

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": READY}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """Answer 503 while the database cannot be read or changed, or is of another version or half copied.

        So it does once the process is to end. While replicas answer reads, the status tells why there are no changes.
        """
        status = _Status(503, "the process is about to end") if drain.has_begun else await readiness.status()
        response.status_code = status.code
        return {"status": status.shown}

    return router


class _Readiness:
    def __init__(self, database: Database) -> None:
        self._all = _Look(partial(_all_fault, database))
        self._reads = _Look(partial(_read_fault, database)) if database.replicas else None

    async def status(self) -> _Status:
        """Return what the database is like, within MOST_SECONDS whatever it does."""
        if self._reads is None:
            fault, reads_fail = await self._all.fault(), True
        else:
            fault, read_fault = await asyncio.gather(self._all.fault(), self._reads.fault())
            reads_fail = read_fault is not None
        if fault is None:
            return _Status(200, READY)
        logger.warning("Not ready%s: %s", "" if reads_fail else " for changes", fault)
        shown = fault[0].lower() + fault[1:]
        return _Status(503, shown) if reads_fail else _Status(200, f"reads only: {shown}")


class _Look:
    """One look at a time, however many ask: one that is stuck must not fill the process with others."""

    def __init__(self, look: Callable[[], Coroutine[Any, Any, str | None]]) -> None:
        self._look = look
        self._looking: asyncio.Task[str | None] | None = None

    async def fault(self) -> str | None:
        looking = self._looking
        if looking is None or looking.done():
            looking = self._looking = asyncio.create_task(self._safely())
        done, _ = await asyncio.wait([looking], timeout=MOST_SECONDS)
        return looking.result() if done else AWAY

    async def _safely(self) -> str | None:
        try:
            return await self._look()
        except Fault as fault:
            return fault.reason
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing can be served now
            logger.warning("The database cannot be looked at: %r", error)
            return AWAY


async def _all_fault(database: Database) -> str | None:
    """Return what keeps a database from being read and changed, or raise it as a Fault."""
    await database.store.check()
    return await _read_fault(database)


async def _read_fault(database: Database) -> str | None:
    return await fault_of_contents(Session(database))
