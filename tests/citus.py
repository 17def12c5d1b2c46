"""Databases of a cluster of Citus, whose coordinator the environment names. Each is a migrated one on all servers."""

import itertools
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import asyncpg
from sqlalchemy import URL, make_url

from gateway.cli.copy import TABLES, copy
from gateway.db.database import Database
from tests.databases import Server, migrated

CLUSTER_URL = "GATEWAY_TEST_CITUS_URL"
"""The variable that names a database of a coordinator, and a user who may create others on every server."""
SHARDS = 8
LOCK = 1
VERSION = "SELECT version_num FROM alembic_version"
WORKERS = """SELECT nodename, nodeport FROM pg_dist_node
  WHERE groupid > 0 AND isactive AND noderole = 'primary' ORDER BY groupid"""
EMPTY = f"TRUNCATE {', '.join(table.name for table in TABLES)}; DROP TABLE IF EXISTS import_progress"
BEGIN_LOG = "UPDATE event_log SET numbered = 0, head = 0, gone = 0"


class CitusDatabases:
    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        with closing(Server(url)) as server:
            self._workers = [self._url.set(host=name, port=port) for name, port in server.fetch(WORKERS)]
        self._nodes = [self._url, *self._workers]
        self._servers = [Server(_url_of(node, "postgres")) for node in self._nodes]
        self._prefix = f"gateway_test_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._free: list[str] = []

    @contextmanager
    def copy(self, original: str | None = None) -> Iterator[str]:
        """Yield the URL of a database that nobody else has meanwhile."""
        name = self._free.pop() if self._free else self._made_alone()
        url = _url_of(self._url, name)
        try:
            if original:
                self._servers[0].do(_copied(original, url))
            yield url
        finally:
            # Where somebody still has it, nobody gets it again.
            with suppress(asyncpg.PostgresError), closing(Server(url)) as server:
                server.run("SET lock_timeout = '5s'")
                server.run(f"{EMPTY}; {BEGIN_LOG}")
                if server.fetch(VERSION) == self._version:
                    self._free.append(name)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the URL of a database that has not been migrated."""
        yield _url_of(self._url, self._made_alone(is_migrated=False))

    def nodes_of(self, url: str) -> list[str]:
        """Return the URLs of a database on each server, the coordinator's first."""
        name = make_url(url).database or ""
        return [_url_of(node, name) for node in self._nodes]

    def close(self) -> None:
        for name in self._made:
            for server in self._servers:
                server.run(f"DROP DATABASE {name} WITH (FORCE)")
        for server in self._servers:
            server.close()

    def _made_alone(self, *, is_migrated: bool = True) -> str:
        # Citus changes the roles of all servers with each database that learns of them, which fails side by side.
        coordinator = self._servers[0]
        coordinator.run(f"SELECT pg_advisory_lock({LOCK})")
        try:
            name = self._new()
        finally:
            coordinator.run(f"SELECT pg_advisory_unlock({LOCK})")
        if is_migrated:
            self._migrate(name)
        return name

    def _new(self) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        for server in self._servers:
            server.run(f"CREATE DATABASE {name} TEMPLATE template0")
        self._made.append(name)
        for node in self._nodes:
            with closing(Server(_url_of(node, name))) as server:
                server.run("CREATE EXTENSION citus")
        with closing(Server(_url_of(self._url, name))) as server:
            server.run(f"SELECT citus_set_coordinator_host('{self._url.host}', {self._url.port or 5432})")
            for worker in self._workers:
                server.run(f"SELECT citus_add_node('{worker.host}', {worker.port})")
        return name

    def _migrate(self, name: str) -> None:
        self._servers[0].do(migrated(_url_of(self._url, name), SHARDS))
        with closing(Server(_url_of(self._url, name))) as server:
            self._version = server.fetch(VERSION)


def _url_of(url: URL, name: str) -> str:
    return url.set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)


async def _copied(original: str, url: str) -> None:
    source, target = Database(original), Database(url)
    await copy(source, target, lambda *_: None)
    await source.close()
    await target.close()


@contextmanager
def citus_databases() -> Iterator[CitusDatabases]:
    """Yield databases of the cluster that the environment names."""
    with closing(CitusDatabases(os.environ[CLUSTER_URL])) as databases:
        yield databases
