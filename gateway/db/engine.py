"""The database: what reads and changes go through, whichever it is."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.compiling import Row, Statement
from gateway.db.postgresql import PostgreSQL, postgresql_engine
from gateway.db.replicas import Replicas
from gateway.db.sqlite import SQLite, sqlite_engine, sqlite_file
from gateway.db.store import DEFAULTS, Connection, Options, Result, Store
from gateway.domain.instants import Instant, now
from gateway.domain.positions import Position
from gateway.domain.principal import Principal

NO_PARAMETERS: Mapping[str, Any] = {}
UseCase = Callable[["Transaction"], Coroutine[Any, Any, Result]]
EVERYWHERE = Position(0)
"""The position that every replica has reached."""


class Reader(Protocol):
    """What queries read from."""

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A change on its way into the database: whose it is, and the one instant that all of it is recorded with."""

    connection: Connection
    dialect: Dialect
    principal: Principal
    instant: Instant = field(default_factory=now)

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT."""
        return statement.rows(await self.connection.fetch(*statement.bound(self.dialect, parameters)))

    async def execute(self, statement: Statement[Any], parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """How many rows the statement changed."""
        return await self.connection.execute(*statement.bound(self.dialect, parameters))


class Database:
    """Reads are no transaction of their caller's, so resolvers may run side by side; changes run in transactions."""

    def __init__(self, url: str, options: Options = DEFAULTS) -> None:
        """Connections are opened when they are first needed."""
        self.url = url
        self.replicas: Replicas | None = None
        self.store: Store
        # The engines are for tasks beside the requests, such as migrations.
        if file := sqlite_file(url):
            self.store = SQLite(file, options)
            self.engine = sqlite_engine(url)
        else:
            self.store = primary = PostgreSQL(url, options)
            self.engine = postgresql_engine(url, options)
            if options.replica_urls:
                stores = [(_name(each), PostgreSQL(each, options)) for each in options.replica_urls]
                self.replicas = Replicas(primary, stores, options.replica_max_lag_seconds)
        self.dialect = self.engine.dialect
        self.is_sqlite = self.dialect.name == "sqlite"
        # Those of the embedded database run in this process, as a rule in one thread.
        self.reads_side_by_side = not self.is_sqlite
        """Whether several reads at the same time take less time than one after the other."""

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT, with all that the caller can know of. Raises Unavailable."""
        return statement.rows(await self.store.fetch(*statement.bound(self.dialect, parameters)))

    async def change(self, principal: Principal, use_case: UseCase[Result]) -> Result:
        """What a use case returns, in a transaction of its own; an exception undoes it all.

        Raises ChangedMeanwhile and Unavailable.
        """
        return await self.store.change(
            lambda connection: use_case(Transaction(connection=connection, dialect=self.dialect, principal=principal))
        )

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is nobody's change. Commits at the end of the block; an exception undoes it all."""
        async with self.engine.connect() as connection:
            if self.is_sqlite:
                # Now, and not at the first write, so that what is read before it cannot have changed by then.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            await connection.commit()

    async def close(self) -> None:
        if self.replicas:
            await self.replicas.close()
        await self.store.close()
        await self.engine.dispose()


class Session:
    """What one request reads and changes. It reads its own writes, and those that its caller has seen."""

    def __init__(self, database: Database, seen: Position = EVERYWHERE) -> None:
        self._database = database
        self._seen = seen
        self._has_written = False
        self.written: Position | None = None
        """What a replica has to have reached to show what was written; None where there are no replicas."""

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT. Raises Unavailable."""
        database = self._database
        text, given = statement.bound(database.dialect, parameters)
        rows = None
        if database.replicas and not self._has_written:
            rows = await database.replicas.fetch(text, given, self._seen)
        if rows is None:
            rows = await database.store.fetch(text, given)
        return statement.rows(rows)

    async def change(self, principal: Principal, use_case: UseCase[Result]) -> Result:
        """As Database.change."""
        self._has_written = True
        result = await self._database.change(principal, use_case)
        if self._database.replicas:
            self.written = await self._database.replicas.committed()
        return result


def _name(url: str) -> str:
    parsed = make_url(url)
    return f"{parsed.host or 'localhost'}:{parsed.port or 5432}"
