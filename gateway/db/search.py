"""Search for a part of a text (DESIGN, section 2, "Search").

Databases fold letter case in ways of their own, or not at all, so the tables hold folded text. An index of its trigrams
finds terms of three characters or more; what is shorter has no trigram and is looked for in the rows themselves.
SQLite has such an index as a table for full-text search, PostgreSQL by its extension pg_trgm, or not at all.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, false, func, literal_column, or_, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.by_dialect import ByDialect
from gateway.domain.text import folded

SHORTEST_INDEXED = 3
# What means more than itself in a pattern of LIKE, and how it is written there.
_SPECIAL, _ESCAPED = r"[%_\\]", r"\\\g<0>"
SEARCHED = ("name", "description", "barcode")
SEARCHED_TABLES: Mapping[str, Sequence[str]] = {
    "device": ("name_folded", "description_folded", "barcode_folded"),
    "device_group": ("name_folded", "description_folded"),
}
_TRIGRAM_INDEXES = {
    f"ix_{table_name}_{column}_trigrams": f"ON {table_name} USING gin ({column} gin_trgm_ops)"
    for table_name, columns in SEARCHED_TABLES.items()
    for column in columns
}


def contains(term: str, columns: list[Column[Any]]) -> ColumnElement[bool]:
    """Any of `columns` has `term` in it; both are folded."""
    # Stored text has no NUL, and neither database takes one in a search.
    if "\0" in term:
        return false()
    return ByDialect(sqlite=_contains_in_sqlite(term, columns), postgresql=_contains_in_postgresql(term, columns))


def _contains_in_sqlite(term: str, columns: list[Column[Any]]) -> ColumnElement[bool]:
    if len(term) < SHORTEST_INDEXED:
        return or_(*(and_(column.is_not(None), func.instr(column, term) > 0) for column in columns))
    source = columns[0].table
    index = table(index_name(source.name))
    phrase = term.replace('"', '""')
    names = " ".join(column.name for column in columns)
    matches: Select[Any] = select(literal_column("rowid")).select_from(index)
    rowid: ColumnElement[int] = literal_column(f"{source.name}.rowid")
    return rowid.in_(matches.where(literal_column(index.name).op("MATCH")(f'{{{names}}} : "{phrase}"')))


def _contains_in_postgresql(term: str, columns: list[Column[Any]]) -> ColumnElement[bool]:
    pattern = f"%{re.sub(_SPECIAL, _ESCAPED, term)}%"
    return or_(*(and_(column.is_not(None), column.like(pattern)) for column in columns))


def folded_columns(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The `…_folded` columns of what is given of a device or a group."""
    return {f"{name}_folded": values[name] and folded(values[name]) for name in SEARCHED if name in values}


def index_name(table_name: str) -> str:
    return f"{table_name}_search"


def create_trigram_indexes(connection: Connection) -> str | None:
    """Those of PostgreSQL, where they do not exist; None, or what keeps searches from using them."""
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
    """Whether there were any."""
    there = set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())
    dropped = there.intersection(_TRIGRAM_INDEXES)
    for name in dropped:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return bool(dropped)


@asynccontextmanager
async def rebuilt_after(connection: AsyncConnection) -> AsyncIterator[None]:
    """Leaves the indexes of trigrams alone while many rows are added, and then makes them anew: ten times as fast."""
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
