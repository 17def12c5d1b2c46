"""Whether the process lives, and whether it can serve."""

import sqlite3

from fastapi import APIRouter, Response
from sqlalchemy import select

from gateway.db.engine import Database
from gateway.db.tables import device


def health(database: Database) -> APIRouter:
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready(response: Response) -> dict[str, str]:
        """503 while the database does not answer."""
        try:
            await database.fetch(select(device.c.id).limit(1))
        except (sqlite3.Error, OSError):
            response.status_code = 503
            return {"status": "the database does not answer"}
        return {"status": "ok"}

    return router
