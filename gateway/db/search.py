"""Search for a part of a text (DESIGN, section 2, "Search").

SQLite has no case folding beyond ASCII, so the tables hold folded text. A full-text index of its trigrams finds
terms of three characters or more; what is shorter has no trigram and is looked for in the rows themselves.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, literal_column, or_, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.text import folded

SHORTEST_INDEXED = 3
SEARCHED = ("name", "description", "barcode")


def contains(term: str, columns: list[Column[Any]]) -> ColumnElement[bool]:
    """Any of `columns` has `term` in it; both are folded."""
    if len(term) < SHORTEST_INDEXED:
        return or_(*(and_(column.is_not(None), func.instr(column, term) > 0) for column in columns))
    source = columns[0].table
    index = table(index_name(source.name))
    phrase = term.replace('"', '""')
    names = " ".join(column.name for column in columns)
    matches: Select[Any] = select(literal_column("rowid")).select_from(index)
    return source.c.rowid.in_(matches.where(literal_column(index.name).op("MATCH")(f'{{{names}}} : "{phrase}"')))


def folded_columns(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The `…_folded` columns of what is given of a device or a group."""
    return {f"{name}_folded": values[name] and folded(values[name]) for name in SEARCHED if name in values}


def index_name(table_name: str) -> str:
    return f"{table_name}_search"


@asynccontextmanager
async def rebuilt_after(connection: AsyncConnection, table_names: Iterable[str]) -> AsyncIterator[None]:
    """Leaves the indexes of tables alone while many rows are added, and then makes them at once: ten times as fast."""
    if connection.dialect.name != "sqlite":
        yield
        return
    names = list(table_names)
    triggers = await connection.exec_driver_sql("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    definitions = {row.name: row.sql for row in triggers if row.tbl_name in names}
    for name in definitions:
        await connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for definition in definitions.values():
        await connection.exec_driver_sql(definition)
    for index in map(index_name, names):
        await connection.exec_driver_sql(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")  # noqa: S608  # constants
