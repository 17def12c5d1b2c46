"""PostgreSQL, or what speaks its protocol, through asyncpg."""

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.db.conflicts import ChangedMeanwhile
from gateway.db.store import ENGINE, Connection, Options, Result, Rows
from gateway.domain.errors import Unavailable

logger = logging.getLogger(__name__)

# Kept prepared by each connection.
CACHED_STATEMENTS = 1_000
# Of one process, where the options name no number.
CONNECTIONS = 10
AWAY = "The database does not answer; try again later."

_GONE = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    # Its end was met by asyncpg while nothing was asked of it.
    asyncpg.InternalClientError,
)
_MEANWHILE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    # What a row refers to was there when it was looked for, and is not any more.
    asyncpg.ForeignKeyViolationError,
)


class PostgreSQL:
    def __init__(self, url: str, options: Options) -> None:
        self._url = url
        self._options = options
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        try:
            return await self._fetch(text, parameters)
        except (_Lost, asyncpg.SerializationError):
            pass  # Reading it once more does no harm.
        try:
            return await self._fetch(text, parameters)
        except (_Lost, asyncpg.SerializationError) as error:
            raise Unavailable(AWAY) from error

    async def change(self, work: Callable[[Connection], Coroutine[Any, Any, Result]]) -> Result:
        try:
            async with self._connected() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    result = await work(_Connection(connection))
                except BaseException:
                    if not _is_closed(connection):
                        await transaction.rollback()
                    raise
                await _commit(transaction)
                return result
        except (_Lost, *_MEANWHILE) as error:
            raise ChangedMeanwhile from error

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        async with self._connected() as connection:
            rows: Rows = await connection.fetch(text, *parameters)
            return rows

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """A connection of the pool. Raises _Lost where it comes to an end inside the block, before a COMMIT."""
        pool = await self._opened()
        try:
            connection = await pool.acquire(timeout=self._options.timeout_seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            logger.warning("No connection to the database: %r", error)
            raise Unavailable(AWAY) from error
        try:
            yield connection
        except TimeoutError as error:
            raise Unavailable("The database takes too long; try again later.") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if isinstance(error, _GONE) or _is_closed(connection):
                if not _is_closed(connection):
                    connection.terminate()
                # Others may have ended with it.
                await pool.expire_connections()
                raise _Lost from error
            raise
        finally:
            await pool.release(connection)

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        """Connections are made when they are first needed."""
        if self._pool is None:
            # With none to begin with, this waits for nothing.
            self._pool = await asyncpg.create_pool(
                min_size=0,
                max_size=self._options.pool_size or CONNECTIONS,
                init=_show_as_text,
                # A transaction leaves nothing behind that would have to be put in order.
                reset=_nothing,
                **_connect_arguments(self._url, self._options),
            )
        return self._pool


class _Lost(Exception):
    """A connection came to an end while it was in use."""


class _Connection:
    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        # Records are sequences, though they are not declared so.
        return cast("Rows", await self._connection.fetch(text, *parameters))

    async def execute(self, text: str, parameters: Sequence[Any]) -> int:
        # Such as `INSERT 0 1`.
        status: str = await self._connection.execute(text, *parameters)
        return int(status.rpartition(" ")[2])


def _is_closed(connection: Any) -> bool:
    try:
        closed: bool = connection.is_closed()
    except asyncpg.InterfaceError:
        return True  # So that the pool has taken it back already.
    return closed


async def _commit(transaction: Any) -> None:
    try:
        await transaction.commit()
    except asyncpg.InternalClientError:
        raise  # Nothing was sent.
    except (*_GONE, TimeoutError) as error:
        message = "The database went away in the middle of a change; look whether it was made before you try again."
        raise Unavailable(message) from error


def postgresql_engine(url: str, options: Options) -> AsyncEngine:
    async def connect() -> Any:
        connection = await asyncpg.connect(**_connect_arguments(url, options))
        await _show_as_text(connection)
        return connection

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **ENGINE)


def _connect_arguments(url: str, options: Options) -> dict[str, Any]:
    return {
        "dsn": dsn(url),
        "timeout": options.timeout_seconds,
        "command_timeout": options.timeout_seconds,
        "statement_cache_size": 0 if options.pgbouncer else CACHED_STATEMENTS,
        "max_cached_statement_lifetime": 0,
        "server_settings": {"application_name": "devices-gateway", "timezone": "UTC", "datestyle": "ISO"},
    }


def dsn(url: str) -> str:
    """What asyncpg, and PostgreSQL's own programs, take for a URL of SQLAlchemy's."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def _show_as_text(connection: Any) -> None:
    """UUIDs and instants as the gateway shows them; asyncpg would make objects of them."""
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=str, decoder=_instant)


def _instant(text: str) -> str:
    """Of `2026-01-31 12:00:00.5+00`, whose fraction has no zeros at its end, or is not there."""
    return f"{text[:10]}T{text[11:19]}.{text[20:-3]:0<3}Z"


async def _nothing(_: object) -> None:
    pass
