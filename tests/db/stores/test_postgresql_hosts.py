"""Which of several hosts a gateway connects to."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.stores.faults import Fault
from gateway.db.stores.postgresql import PostgreSQL
from gateway.db.stores.store import Options
from tests.databases import ReplicatedServers, fetched, replicated_servers
from tests.db.stores.support import COUNT
from tests.server import free_port, output_of, run

pytestmark = pytest.mark.anyio

ROWS = [(0,)]


@pytest.fixture(scope="module")
def servers() -> Iterator[ReplicatedServers]:
    with replicated_servers() as servers:
        yield servers


@pytest.fixture
def silent() -> Iterator[int]:
    """Yield the port of a host that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def url_of(*ports: int, query: str = "") -> str:
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"postgresql+asyncpg://postgres:hidden@{hosts}/postgres{query}"


@asynccontextmanager
async def opened(url: str, timeout_seconds: float = 10.0) -> AsyncIterator[Database]:
    database = Database(url, Options(timeout_seconds=timeout_seconds))
    yield database
    await database.close()


async def refusal(url: str, timeout_seconds: float = 10.0) -> str:
    """Return the reason for which nothing can be changed."""
    async with opened(url, timeout_seconds) as database:
        with pytest.raises(Fault) as raised:
            await database.store.check()
        return raised.value.reason


async def test_the_primary_is_found_wherever_it_stands_in_the_url(servers: ReplicatedServers) -> None:
    primary, standby = servers.primary.port, servers.standby.port
    in_query = f"postgresql+asyncpg://postgres@/postgres?host=127.0.0.1:{standby}&host=127.0.0.1:{primary}"
    for url in (url_of(primary, standby), url_of(standby, primary), url_of(free_port(), primary), in_query):
        async with opened(url) as database:
            await database.store.check()
            assert await Session(database).fetch(COUNT) == ROWS


async def test_a_host_that_says_nothing_holds_up_nobody_for_long(servers: ReplicatedServers, silent: int) -> None:
    start = time.monotonic()
    async with opened(url_of(silent, servers.standby.port, servers.primary.port)) as database:
        await database.store.check()
        assert time.monotonic() - start < 2
        # From then on, it is asked last.
        start = time.monotonic()
        assert await asyncio.gather(*(Session(database).fetch(COUNT) for _ in range(5))) == [ROWS] * 5
        assert time.monotonic() - start < 0.5


async def test_where_nobody_is_the_primary_that_is_told_in_time(servers: ReplicatedServers, silent: int) -> None:
    standby = servers.standby.port
    assert await refusal(url_of(standby, standby)) == "The database is read-only"
    assert await refusal(url_of(free_port(), standby)) == "The database does not answer"
    assert await refusal(url_of(free_port(), free_port())) == "The database does not answer"
    start = time.monotonic()
    assert await refusal(url_of(silent, standby), 1.0) == "The database does not answer"
    assert 1 <= time.monotonic() - start < 2


async def test_the_target_of_a_url_is_respected(servers: ReplicatedServers) -> None:
    primary, standby = servers.primary.port, servers.standby.port
    assert await refusal(url_of(standby, primary, query="?target_session_attrs=any")) == "The database is read-only"
    assert await refusal(url_of(standby, query="?target_session_attrs=primary")) == "The database is read-only"
    async with opened(url_of(standby, primary, query="?target_session_attrs=read-write")) as database:
        await database.store.check()


async def test_a_read_only_primary_answers_reads_where_no_other_takes_changes(servers: ReplicatedServers) -> None:
    primary, standby = servers.primary.port, servers.standby.port
    await fetched(servers.primary.url(), "ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        for url in (url_of(standby, primary), url_of(primary, free_port())):
            assert await refusal(url) == "The database is read-only"
            async with opened(url) as database:
                assert await Session(database).fetch(COUNT) == ROWS
        assert await refusal(url_of(primary, query="?target_session_attrs=read-write")) == "The database is read-only"
    finally:
        may_write = url_of(primary, query="?default_transaction_read_only=off")
        await fetched(may_write, "ALTER DATABASE postgres RESET default_transaction_read_only")


async def test_what_a_silent_primary_keeps_is_not_waited_for_once_there_is_another(servers: ReplicatedServers) -> None:
    database = Database(servers.primary.url(), Options(pool_size=1, timeout_seconds=1))
    assert isinstance(database.store, PostgreSQL)
    [(process,)] = await database.store.fetch("SELECT pg_backend_pid()", ())
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(Fault):
            await database.store.fetch("SELECT 1", ())
        start = time.monotonic()
        database.store._leave_former_primary()
        await database.store.check()
        assert time.monotonic() - start < 0.5
    finally:
        os.kill(process, signal.SIGCONT)
        await database.close()


async def test_a_statement_that_takes_long_is_not_given_up_for_another_way_to_the_same_primary(
    servers: ReplicatedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.db.stores.postgresql.SECONDS_OF_SILENCE", 0.1)
    async with opened(url_of(servers.primary.port, servers.primary.port)) as database:
        [(process, _)] = await database.store.fetch("SELECT pg_backend_pid(), pg_sleep(0.8)::text", ())
        assert list(map(tuple, await database.store.fetch("SELECT pg_backend_pid()", ()))) == [(process,)]


def test_commands_take_several_hosts_and_show_no_password(servers: ReplicatedServers, tmp_path: Path) -> None:
    url = url_of(free_port(), servers.standby.port, servers.primary.port)
    output_of(tmp_path, "migrate", GATEWAY_DATABASE_URL=url)
    away = run(tmp_path, "migrate", GATEWAY_DATABASE_URL=url_of(free_port(), servers.standby.port))
    assert away.returncode == 1
    assert "postgres on 127.0.0.1:" in away.stderr
    assert "hidden" not in away.stderr + away.stdout
