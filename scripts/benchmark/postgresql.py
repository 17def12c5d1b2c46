"""Databases of a run's own on a PostgreSQL server, which may be the run's own too."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from gateway.db.stores.postgresql_url import dsn
from scripts.postgres import PostgresServer, can_reach, initialize, new_folder

from . import gateway
from .data import demo_file, schema_digest
from .environment import FOLDER, sqlite_url
from .servers import free_port

PREFIX = "gateway_benchmark"
OPTIONS = ("--shared_buffers=512MB",)
_DATA = FOLDER / "postgresql"


class PostgreSQL:
    """The user of the server's URL may make databases there, and those begin with PREFIX."""

    def __init__(self, server_url: str) -> None:
        self._server = make_url(server_url)

    def demo(self, devices: int) -> str:
        name, unfinished = f"{PREFIX}_{devices}_{schema_digest()}", f"{PREFIX}_unfinished"
        if not self._run(f"SELECT FROM pg_database WHERE datname = '{name}'"):
            self._run(f"DROP DATABASE IF EXISTS {unfinished}")
            self._run(f"CREATE DATABASE {unfinished}")
            source, target = sqlite_url(demo_file(devices)), self._url(unfinished)
            gateway.run(target, "copy", "--from", source, "--to", target)
            asyncio.run(_run(target, "VACUUM ANALYZE"))
            self._run(f"ALTER DATABASE {unfinished} RENAME TO {name}")
        return self._url(name)

    @contextmanager
    def copies(self, urls: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        made = {name: f"{PREFIX}_copy_{name}" for name in urls}
        try:
            for name, copy in made.items():
                self._run(f"DROP DATABASE IF EXISTS {copy}")
                self._run(f"CREATE DATABASE {copy} TEMPLATE {make_url(urls[name]).database} STRATEGY file_copy")
            yield {name: self._url(copy) for name, copy in made.items()}
        finally:
            for copy in made.values():
                self._run(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")

    def versions(self) -> Mapping[str, str]:
        [[version]] = self._run("SHOW server_version")
        return {"PostgreSQL": version}

    def _run(self, statement: str) -> list[asyncpg.Record]:
        return asyncio.run(_run(self._url(self._server.database or ""), statement))

    def _url(self, database: str) -> str:
        return self._server.set(database=database).render_as_string(hide_password=False)


@contextmanager
def own_server() -> Iterator[str]:
    """The URL of one that runs as long as the block, with PostgreSQL's own settings but for its cache of pages."""
    with _data() as data:
        if not (data / "PG_VERSION").exists():
            initialize(data)
        server = PostgresServer(data, free_port(), OPTIONS)
        try:
            server.start()
            yield server.url()
        finally:
            server.stop()


@contextmanager
def _data() -> Iterator[Path]:
    """The folder of the server's data. They stay for the next run where the server can reach the folder of the runs."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if can_reach(FOLDER):
        _DATA.mkdir(exist_ok=True)
        yield _DATA
    else:
        folder = new_folder(f"{PREFIX}_")
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


async def _run(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn(url))
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()
