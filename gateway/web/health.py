"""Whether the process lives, and whether it can serve."""

import logging

from fastapi import APIRouter, Response

from gateway.db.database import Database
from gateway.db.migrations.migrate import is_of_this_version
from gateway.db.session import Session

logger = logging.getLogger(__name__)


def health(database: Database) -> APIRouter:
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """Answer 503 while the database does not answer, or is of another version of the gateway."""
        try:
            status = "ok" if await is_of_this_version(Session(database)) else "the database is of another version"
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing can be served now
            logger.warning("Not ready: %r", error)
            status = "the database does not answer"
        if status != "ok":
            response.status_code = 503
        return {"status": status}

    return router
