"""Whether the process lives, and whether it can serve."""

import logging
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from gateway.db.compiling import Statement
from gateway.db.engine import Database
from gateway.db.tables import device

logger = logging.getLogger(__name__)

_ANY_DEVICE: Statement[Any] = Statement(select(device.c.id).limit(1))


def health(database: Database) -> APIRouter:
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """503 while the database does not answer."""
        try:
            await database.fetch(_ANY_DEVICE)
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing can be served now
            logger.warning("Not ready: %r", error)
            response.status_code = 503
            return {"status": "the database does not answer"}
        return {"status": "ok"}

    return router
