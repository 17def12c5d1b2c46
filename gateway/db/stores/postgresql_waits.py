"""A word about tasks that wait for what others hold, for as long as they hold it: tasks have no limit of time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.stores.postgresql_hosts import Connection, Hosts
from gateway.db.stores.postgresql_url import server_url

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 5.0

_REFUSALS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@asynccontextmanager
async def telling_of_waits(url: str, timeout_seconds: float, connection: AsyncConnection) -> AsyncIterator[None]:
    """Log for whom a connection waits. Others are looked for by a connection beside it, which may take so long."""
    driver: Connection = (await connection.get_raw_connection()).driver_connection
    hosts = Hosts(server_url(url), timeout=timeout_seconds, command_timeout=timeout_seconds)
    looking = asyncio.create_task(_look_again_and_again(hosts, driver.get_server_pid()))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _look_again_and_again(hosts: Hosts, process: int) -> NoReturn:
    told: Sequence[int] = ()
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        blocking = await _blocking(hosts, process)
        if blocking and blocking != told:
            logger.warning("Waiting for locks of other processes of the server: %s.", ", ".join(map(str, blocking)))
        told = blocking


async def _blocking(hosts: Hosts, process: int) -> Sequence[int]:
    """Return the processes of the server that one of them waits for, as far as can be told."""
    try:
        connection = await hosts.connect()
    except _REFUSALS:
        return ()
    try:
        found: Sequence[int] = sorted(set(await connection.fetchval("SELECT pg_blocking_pids($1)", process)))
    except _REFUSALS:
        return ()
    else:
        return found
    finally:
        connection.terminate()
