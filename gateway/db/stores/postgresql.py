"""PostgreSQL, or what speaks its protocol, through asyncpg."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NoReturn, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.db.cluster import HAS_CITUS
from gateway.db.stores.faults import AWAY, NOTHING_CHANGED, READ_ONLY, SLOW, Fault
from gateway.db.stores.pool import Pool
from gateway.db.stores.postgresql_errors import fault_of
from gateway.db.stores.postgresql_hosts import Hosts, NoPrimary
from gateway.db.stores.postgresql_listener import Listener
from gateway.db.stores.postgresql_url import server_url
from gateway.db.stores.store import ENGINE, ChangedMeanwhile, Interrupted, Load, Options, Result, Rows, Work
from gateway.db.stores.watching import again_and_again

logger = logging.getLogger(__name__)

# Each connection keeps so many prepared, of so many bytes at most: the server has their plans in memory.
CACHED_STATEMENTS = 500
LONGEST_CACHED = 4_000
# A process has so many where the options name no number.
CONNECTIONS = 10
# After so long, a statement may wait for a server that is gone, and another host may be the primary.
SECONDS_OF_SILENCE = 1.5
SECONDS_BETWEEN_LOOKS = 0.5
# Who cannot listen looks so often.
SECONDS_UNHEARD = 0.2

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
        self.is_distributed: bool | None = None
        self._hosts = _hosts(url, options, options.timeout_seconds, self._leave_former_primary)
        self._pool = Pool(self._connect, options.pool_size or CONNECTIONS, options.timeout_seconds)
        self._watching: asyncio.Task[NoReturn] | None = None
        # Where a pooler gives each transaction another connection, nobody can listen.
        self._listener = None if options.pgbouncer else Listener(self._connect)

    async def find_out(self) -> bool:
        def work(_: Any) -> Awaitable[None]:
            return asyncio.sleep(0)

        try:
            await self._with_connection(work)
        except _Lost as error:
            raise Fault(AWAY) from error
        return bool(self.is_distributed)

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        def work(connection: Any) -> Awaitable[Rows]:
            rows: Awaitable[Rows] = connection.fetch(text, *parameters)
            return rows

        try:
            return await self._with_connection(work)
        except (_Lost, asyncpg.SerializationError):
            pass  # Reading it once more does no harm.
        try:
            return await self._with_connection(work)
        except (_Lost, asyncpg.SerializationError) as error:
            raise Fault(AWAY) from error

    async def change(self, work: Work[Result]) -> Result:
        async def in_transaction(connection: Any) -> Result:
            await connection.execute("BEGIN")
            try:
                result = await work(_Connection(connection))
            except Exception:  # One who no longer waits gives the connection up, and the change with it.
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            await _commit(connection)
            return result

        try:
            return await self._with_connection(in_transaction)
        except _Lost as error:
            raise Interrupted from error
        except _MEANWHILE as error:
            raise ChangedMeanwhile from error

    async def news(self, seconds: float) -> None:
        if self._listener is None:
            await asyncio.sleep(min(seconds, SECONDS_UNHEARD))
        else:
            await self._listener.wait(seconds)

    def load(self) -> Load:
        return self._pool.load()

    async def check(self) -> None:
        """Raise Unavailable where the server is read-only, as a primary is after a failover to another one."""
        [(is_read_only,)] = await self.fetch("SELECT current_setting('transaction_read_only')::boolean", ())
        if is_read_only:
            self._pool.forget()  # The next connection may be to the new primary.
            raise Fault(READ_ONLY)

    async def close(self) -> None:
        if self._watching:
            self._watching.cancel()
            await asyncio.wait([self._watching])
            self._watching = None
        if self._listener:
            self._listener.leave()
        await self._pool.close()

    async def _connect(self) -> Any:
        connection = await _connected(self._hosts)
        try:
            self.is_distributed = await connection.fetchval(HAS_CITUS)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _leave_former_primary(self) -> None:
        self._pool.leave(SECONDS_OF_SILENCE)
        if self._listener:
            self._listener.leave()

    async def _look_for_another(self) -> None:
        """Leave a primary that says nothing any more once another host has taken its place."""
        self._pool.cut_unwanted(SECONDS_OF_SILENCE)
        if self._pool.is_in_use_for(SECONDS_OF_SILENCE):
            await self._hosts.look_elsewhere()

    async def _with_connection(self, work: Callable[[Any], Awaitable[Result]]) -> Result:
        """Return what `work` returns. Raise _Lost where the connection ends, before a COMMIT, or Unavailable."""
        if self._hosts.are_several and not self._watching:
            self._watching = asyncio.create_task(again_and_again(self._look_for_another, SECONDS_BETWEEN_LOOKS))
        try:
            connection = await self._pool.acquire()
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            logger.warning("No connection to the database: %r", error)
            if isinstance(error, NoPrimary):
                raise Fault(error.reason, NOTHING_CHANGED) from error
            raise fault_of(error) or Fault(AWAY) from error
        in_doubt = False
        try:
            return await work(connection)
        except TimeoutError as error:
            in_doubt = True
            raise Fault(SLOW) from error
        except asyncio.CancelledError:
            in_doubt = True
            raise
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if isinstance(error, _GONE) or connection.is_closed():
                connection.terminate()
                self._pool.forget_free()
                raise _Lost from error
            if fault := fault_of(error):
                logger.warning("%s: %s", fault.reason, error)
                if fault.reason == READ_ONLY:
                    self._pool.forget()  # The next connection may be to the new primary.
                raise fault from error
            raise
        finally:
            self._pool.release(connection, in_doubt=in_doubt)


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


async def _commit(connection: Any) -> None:
    try:
        await connection.execute("COMMIT")
    except asyncpg.InternalClientError:
        raise  # Nothing was sent.
    except (*_GONE, TimeoutError) as error:
        advice = "look whether it was made before you try again"
        raise Fault("The database went away in the middle of a change", advice) from error


def postgresql_engine(url: str, options: Options) -> AsyncEngine:
    """Return an engine whose statements have no limit of time, as tasks need them; connecting has."""
    hosts = _hosts(url, options, command_timeout=None)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=partial(_connected, hosts), **ENGINE)
    # Many rows are inserted by one statement for each thousand, as SQLAlchemy does with other drivers.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    return engine


def _hosts(
    url: str, options: Options, command_timeout: float | None, on_move: Callable[[], None] | None = None
) -> Hosts:
    return Hosts(
        server_url(url),
        on_move,
        timeout=options.timeout_seconds,
        command_timeout=command_timeout,
        statement_cache_size=0 if options.pgbouncer else CACHED_STATEMENTS,
        max_cacheable_statement_size=LONGEST_CACHED,
        max_cached_statement_lifetime=0,
        server_settings={"application_name": "devices-gateway", "timezone": "UTC", "datestyle": "ISO"},
    )


async def _connected(hosts: Hosts) -> Any:
    """Open a connection that gives and takes values as the gateway has them."""
    connection = await hosts.connect()
    try:
        # As the gateway shows them; asyncpg would make objects of them.
        await connection.set_builtin_type_codec("uuid", schema="pg_catalog", codec_name="text", format="text")
        await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=str, decoder=_instant)
    except BaseException:
        connection.terminate()
        raise
    return connection


def _instant(text: str) -> str:
    """Return the instant of `2026-01-31 12:00:00.5+00`, whose fraction may lack zeros at its end, or all of it."""
    return f"{text[:10]}T{text[11:19]}.{text[20:-3]:0<3}Z"
