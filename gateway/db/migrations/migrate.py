"""Bringing a database to the version of the program."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, column, create_engine, exists, func, inspect, select, table
from sqlalchemy.exc import DatabaseError, DBAPIError

from gateway.db.cluster import SHARDS, distribute, is_cluster
from gateway.db.database import Database
from gateway.db.progress import COPY_PROGRESS, is_under_way
from gateway.db.search_indexes import create_trigram_indexes
from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.stores.postgresql_url import server_url
from gateway.db.stores.sqlite import sqlite_file
from gateway.db.stores.sqlite_errors import reason_of

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent
# Those who migrate the same database take this lock: any number that is the same for all.
_LOCK = 4_837_201


class UnusableDatabase(Exception):
    """The database cannot be brought to this version, and has not been touched. The message is one line."""


class HalfCopied(UnusableDatabase):
    """A copy into the database was cut short, so it lacks rows or indexes. The same copy can go on."""


class UnreachableDatabase(UnusableDatabase):
    """The database does not answer, so nothing is known of it."""


async def migrate(database: Database, shards: int = SHARDS) -> list[str] | None:
    """Bring a database to this version. Raise UnusableDatabase.

    Return the names of the tables that were spread over the servers of a cluster; None where there is no cluster.
    """
    name = shown(database.url)
    if file := sqlite_file(database.url):
        _check_file(Path(file))
    with _reported(name, "migrated"):
        if file:
            _make_file(Path(file))
        async with database.writing() as connection:  # A second process that migrates waits here.
            if database.is_sqlite:
                await connection.run_sync(_upgrade)
                return None
            return await connection.run_sync(partial(_upgrade_server, name=name, shards=shards))


async def check_version(database: Database) -> None:
    """Raise UnusableDatabase where the database is not of this version, or is half copied."""
    name = shown(database.url)
    if file := sqlite_file(database.url):
        _check_file(Path(file))
    with _reported(name, "read"):
        async with _in_time(database), database.engine.connect() as connection:
            version = await connection.run_sync(_version)
            is_distributed = database.replicas is not None and await connection.run_sync(is_cluster)
            source = await connection.run_sync(_source_of_copy)
    if is_distributed:
        raise UnusableDatabase(f"{name} is a cluster, whose servers have no common position; expected no replicas.")
    if source is not None:
        raise _half_copied(name, source, version)
    if version != _head():
        raise UnusableDatabase(f"{name} is not of this version of the gateway; run gateway migrate first.")


async def fault_of_contents(reader: Reader) -> str | None:
    """Return what keeps a database that has been migrated from being served, or None.

    Raise Unavailable where it does not answer.
    """
    versions = [tuple(row) for row in await reader.fetch(_VERSIONS)]
    if any(is_half_copied for _, is_half_copied in versions):
        return "The database is half copied"
    return None if [version for version, _ in versions] == [_head()] else "The database is of another version"


_OBJECTS = table("sqlite_master", column("name"))
_IS_HALF_COPIED = ByDialect(
    sqlite=exists(select(_OBJECTS.c.name).where(_OBJECTS.c.name == COPY_PROGRESS.name)),
    postgresql=func.to_regclass(COPY_PROGRESS.name).is_not(None),
)
_VERSIONS: Statement[Any] = Statement(
    select(column("version_num"), _IS_HALF_COPIED.label("is_half_copied")).select_from(table("alembic_version"))
)


@cache
def _head() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _in_time(database: Database) -> asyncio.Timeout:
    """Limit what is asked of a server, which may have fallen silent. Tasks have no limit themselves."""
    return asyncio.timeout(None if database.is_sqlite else database.timeout_seconds)


@contextmanager
def _reported(name: str, done: str) -> Iterator[None]:
    """Raise UnusableDatabase where what is to be `done` to the database called `name` cannot be."""
    try:
        yield
    except (OSError, asyncpg.PostgresError) as error:
        raise UnreachableDatabase(f"{name} cannot be reached: {str(error) or 'it does not answer'}.") from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error) and reason_of(error.orig):
            raise UnreachableDatabase(f"{name} cannot be {done}: {error.orig}.") from error
        raise UnusableDatabase(f"{name} cannot be {done}: {error.orig}.") from error


def _check_file(file: Path) -> None:
    """Look at a file without writing: opening it for use would already change it."""
    if not file.absolute().parent.is_dir():
        raise UnusableDatabase(f"{file} cannot be made: its folder does not exist.")
    if not file.exists():
        return
    engine = create_engine(f"sqlite:///{file.absolute().as_uri()}?mode=ro&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # One view of the file, whatever another process does to it meanwhile.
            _check_origin(connection, str(file))
    except DatabaseError as error:
        raise UnusableDatabase(f"{file} is not a database that can be read: {error.orig}.") from error


def _make_file(file: Path) -> None:
    file.touch(0o644)  # Where it is there, nothing happens; to open it makes none.


def _check_origin(connection: Connection, name: str) -> None:
    version = _version(connection)
    if version is None and inspect(connection).get_table_names():
        raise UnusableDatabase(f"{name} is the database of another program: it has tables, but no version of theirs.")
    source = _source_of_copy(connection)
    if source is not None:
        raise _half_copied(name, source, version)
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(version or "base")
    except CommandError as error:
        raise UnusableDatabase(
            f"{name} is from a newer version of the gateway: this one does not know its version {version}."
        ) from error


def _source_of_copy(connection: Connection) -> str | None:
    """Return what is copied into a database where a copy has begun and not ended."""
    if not is_under_way(connection, COPY_PROGRESS):
        return None
    source: str = connection.execute(select(COPY_PROGRESS.c.source).limit(1)).scalar_one()
    return source


def _half_copied(name: str, source: str, version: str | None) -> UnusableDatabase:
    begun = f"{name} holds the beginning of a copy of {source}"
    if version != _head():
        return UnusableDatabase(f"{begun}, made by another version of the gateway; empty it and copy again.")
    return HalfCopied(f"{begun}; run the same gateway copy once more, which goes on, or empty it.")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade_server(connection: Connection, name: str, shards: int) -> list[str] | None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise UnusableDatabase(f"{name} has the encoding {encoding}; expected UTF8, in which names are by code point.")
    _check_origin(connection, name)
    _upgrade(connection)
    distributed = distribute(connection, shards) if is_cluster(connection) else None
    if reason := create_trigram_indexes(connection):
        logger.warning("Searches read whole tables: %s. Once that has changed, run gateway migrate again.", reason)
    return distributed


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def shown(url: str) -> str:
    """Return what messages call a database, without what is secret."""
    file = sqlite_file(url)
    return file if file is not None else server_url(url).name
