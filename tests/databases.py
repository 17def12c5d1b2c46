"""Databases for tests, SQLite's and PostgreSQL's: each a copy of one that has been migrated and holds nothing."""

import asyncio
import itertools
import os
import shutil
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import asyncpg
from sqlalchemy import make_url

from gateway.db.cluster import SHARDS
from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate
from gateway.db.stores.postgresql_url import dsn
from gateway.db.stores.sqlite import sqlite_file
from tests.postgres import PostgresServer

SERVER_URL = "GATEWAY_TEST_POSTGRES_URL"
"""The variable that names a server which is there already, and a user who may create databases."""


class Databases(Protocol):
    def copy(self, original: str | None = None) -> AbstractContextManager[str]:
        """Yield the URL of a new database, which is gone after the block.

        It holds nothing, or what the database of the URL `original` does, which nobody may be using.
        """


class SQLiteDatabases:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self.template = folder / "template.db"
        asyncio.run(migrated(sqlite_url(self.template)))

    @contextmanager
    def copy(self, original: str | None = None) -> Iterator[str]:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        shutil.copy(file_of(original) if original else self.template, folder / "gateway.db")
        try:
            yield sqlite_url(folder / "gateway.db")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class PostgreSQLDatabases:
    def __init__(self, url: str) -> None:
        """`url` is of any database of the server."""
        self._url = make_url(url)
        self._server = Server(url)
        self._prefix = f"gateway_test_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._template = f"{self._prefix}_template"
        self._server.run(f"CREATE DATABASE {self._template} TEMPLATE template0")
        asyncio.run(migrated(self._url_of(self._template)))

    def copy(self, original: str | None = None) -> AbstractContextManager[str]:
        template = make_url(original).database if original else self._template
        return self.new(f"TEMPLATE {template} STRATEGY file_copy")

    @contextmanager
    def new(self, options: str = "TEMPLATE template0") -> Iterator[str]:
        """Yield the URL of a database that CREATE DATABASE makes with these options."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._server.run(f"CREATE DATABASE {name} {options}")
        try:
            yield self._url_of(name)
        finally:
            self._server.run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._server.run(f"DROP DATABASE {self._template}")
        self._server.close()

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)


class Server:
    """A connection to a server.

    It has a thread with an event loop of its own: a test that wants a database may have another.
    """

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._runner = asyncio.Runner()
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = self.do(asyncpg.connect(plain))

    def run(self, statement: str) -> None:
        self.do(self._connection.execute(statement))

    def fetch(self, statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.do(self._connection.fetch(statement))]

    def close(self) -> None:
        self.do(self._connection.close())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what comes of work that this thread's event loop does."""
        return self._thread.submit(self._runner.run, work).result()


@contextmanager
def postgresql_databases() -> Iterator[PostgreSQLDatabases]:
    """Yield databases of the server that the environment names, or of one that runs as long as the block."""
    with ExitStack() as resources:
        url = os.environ.get(SERVER_URL)
        if not url:
            server = PostgresServer.new()
            resources.callback(server.remove)
            server.start()
            url = server.url()
        yield resources.enter_context(closing(PostgreSQLDatabases(url)))


class ReplicatedServers(NamedTuple):
    primary: PostgresServer
    standby: PostgresServer


@contextmanager
def replicated_servers() -> Iterator[ReplicatedServers]:
    """Yield a primary, whose database has been migrated, and a standby that streams from it."""
    with ExitStack() as resources:
        primary = PostgresServer.new()
        resources.callback(primary.remove)
        primary.start()
        asyncio.run(migrated(primary.url()))
        standby = PostgresServer.replica_of(primary)
        resources.callback(standby.remove)
        standby.start()
        yield ReplicatedServers(primary, standby)


def sqlite_url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def file_of(url: str) -> Path:
    """Return the file of an embedded database."""
    file = sqlite_file(url)
    assert file is not None
    return Path(file)


async def migrated(url: str, shards: int = SHARDS) -> None:
    """Bring a database to this version."""
    database = Database(url)
    try:
        await migrate(database, shards)
    finally:
        await database.close()


async def fetched(url: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that is run past the gateway."""
    connection = await asyncpg.connect(dsn(url))
    try:
        return [tuple(row) for row in await connection.fetch(statement, *parameters)]
    finally:
        await connection.close()
