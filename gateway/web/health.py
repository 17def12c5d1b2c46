"""Whether the process lives, and whether it can serve."""

import logging

from fastapi import APIRouter, Response

from gateway.db.database import Database
from gateway.db.migrations.migrate import is_of_this_version
from gateway.db.session import Session
from gateway.web.drain import Drain

logger = logging.getLogger(__name__)


def health(database: Database, drain: Drain) -> APIRouter:
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """Answer 503 while the database does not answer, or is of another version, and once the process is to end."""
        status = "the process is about to end" if drain.has_begun else await _of_database(database)
        if status != "ok":
            response.status_code = 503
        return {"status": status}

    return router


async def _of_database(database: Database) -> str:
    try:
        return "ok" if await is_of_this_version(Session(database)) else "the database is of another version"
    except Exception as error:  # noqa: BLE001  # whatever it is, nothing can be served now
        logger.warning("Not ready: %r", error)
        return "the database does not answer"
