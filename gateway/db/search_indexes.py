"""The indexes that searches use: SQLite's full-text tables, and PostgreSQL's indexes of trigrams."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

SEARCHED_TABLES: Mapping[str, Sequence[str]] = {
    "device": ("name_folded", "description_folded", "barcode_folded"),
    "device_group": ("name_folded", "description_folded"),
}
_TRIGRAM_INDEXES = {
    f"ix_{table_name}_{column}_trigrams": f"ON {table_name} USING gin ({column} gin_trgm_ops)"
    for table_name, columns in SEARCHED_TABLES.items()
    for column in columns
}


def index_name(table_name: str) -> str:
    return f"{table_name}_search"


def create_trigram_indexes(connection: Connection) -> str | None:
    """Create PostgreSQL's indexes where they do not exist; return None, or what keeps searches from using them."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        return f"the extension pg_trgm is not there and cannot be created: {error.orig}"
    for name, definition in _TRIGRAM_INDEXES.items():
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} {definition}")
    if not connection.exec_driver_sql("SELECT show_trgm('é')").scalar_one():
        return "the locale of the database has no letters but those of ASCII"
    return None


def drop_trigram_indexes(connection: Connection) -> bool:
    """Drop PostgreSQL's indexes; return whether there were any."""
    there = set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())
    dropped = there.intersection(_TRIGRAM_INDEXES)
    for name in dropped:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return bool(dropped)


@asynccontextmanager
async def rebuilt_after(connection: AsyncConnection) -> AsyncIterator[None]:
    """Leave the indexes alone while many rows are added, and then make them anew, which is ten times as fast."""
    rebuilt = _rebuilt_in_sqlite if connection.dialect.name == "sqlite" else _rebuilt_in_postgresql
    async with rebuilt(connection):
        yield


@asynccontextmanager
async def _rebuilt_in_sqlite(connection: AsyncConnection) -> AsyncIterator[None]:
    triggers = await connection.exec_driver_sql("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    definitions = {row.name: row.sql for row in triggers if row.tbl_name in SEARCHED_TABLES}
    for name in definitions:
        await connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for definition in definitions.values():
        await connection.exec_driver_sql(definition)
    for index in map(index_name, SEARCHED_TABLES):
        await connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")  # noqa: S608  # constants


@asynccontextmanager
async def _rebuilt_in_postgresql(connection: AsyncConnection) -> AsyncIterator[None]:
    dropped = await connection.run_sync(drop_trigram_indexes)
    yield
    if dropped:
        await connection.run_sync(create_trigram_indexes)
