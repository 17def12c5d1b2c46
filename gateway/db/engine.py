"""The connection to the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# A writer that finds another one at work waits this long before it gives up.
BUSY_TIMEOUT_MS = 10_000


class Database:
    """Runs statements, each on a connection of its own, so that resolvers may run side by side."""

    def __init__(self, url: str, *, pool_size: int = 2) -> None:
        self.url = url
        # hide_parameters: values such as IMEIs are personal data and stay out of error messages and logs.
        self.engine: AsyncEngine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _set_up_sqlite)

    async def fetch(self, statement: Executable) -> Sequence[Any]:
        """The rows of a SELECT."""
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).all()

    async def close(self) -> None:
        await self.engine.dispose()


def sqlite_file(url: str) -> str | None:
    """The path of the embedded database, or None where `url` names a server."""
    parsed = make_url(url)
    return parsed.database if parsed.get_backend_name() == "sqlite" else None


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
