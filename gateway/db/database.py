"""The database: a store for the requests, and an engine for tasks beside them, whichever database it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.stores.postgresql import PostgreSQL, postgresql_engine
from gateway.db.stores.postgresql_url import server_url
from gateway.db.stores.postgresql_waits import telling_of_waits
from gateway.db.stores.replicas import Replicas
from gateway.db.stores.sqlite import SQLite, sqlite_engine, sqlite_file
from gateway.db.stores.store import DEFAULTS, Options, Store


class Database:
    """Reads are no transaction of their caller's, so resolvers may run side by side; changes run in transactions."""

    def __init__(self, url: str, options: Options = DEFAULTS) -> None:
        """Open nothing yet: connections are opened when they are first needed."""
        self.url = url
        self.timeout_seconds = options.timeout_seconds
        self.replicas: Replicas | None = None
        self.store: Store
        if file := sqlite_file(url):
            self.store = SQLite(file, options)
            self.engine = sqlite_engine(url)
        else:
            self.store = primary = PostgreSQL(url, options)
            self.engine = postgresql_engine(url, options)
            if options.replica_urls:
                stores = [(str(server_url(each)), PostgreSQL(each, options)) for each in options.replica_urls]
                self.replicas = Replicas(primary, stores, options.replica_max_lag_seconds)
        self.has_new_events = asyncio.Event()
        """Set by each change of this process that wrote events, and cleared by who looks at them."""
        self.dialect = self.engine.dialect
        self.is_sqlite = self.dialect.name == "sqlite"
        # Reads of the embedded database run in this process, as a rule in one thread.
        self.concurrent_reads = not self.is_sqlite
        """Whether several reads at the same time take less time than one after the other."""

    @property
    def log_bytes(self) -> int | None:
        """The size of the embedded database's write-ahead log; a server keeps its own."""
        return self.store.log_bytes if isinstance(self.store, SQLite) else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is nobody's change. It commits at the end of the block; an exception undoes it.

        On a server it waits for locks of others as long as they hold them, and a line of the log tells so.
        """
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self.engine.connect())
            if self.is_sqlite:
                # Now, and not at the first write, so that what is read before it cannot have changed by then.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await stack.enter_async_context(telling_of_waits(self.url, self.timeout_seconds, connection))
            yield connection
            await connection.commit()

    async def close(self) -> None:
        if self.replicas:
            await self.replicas.close()
        await self.store.close()
        await self.engine.dispose()
