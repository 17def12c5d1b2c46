"""Reading whole tables, as lines of COPY's text format."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import Select, Table, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.bulk.ahead import made_ahead
from gateway.db.bulk.copy_text import line_in_sql, values_of, written_columns

Key = Sequence[Any]
"""The values of a table's primary key."""


async def lines(
    connection: AsyncConnection, table: Table, after: Key | None, most: int
) -> AsyncGenerator[Sequence[str], None]:
    """Yield the rows after a key, in the order of the keys, some at a time. While they are used, the next are read.

    Close it where it is left before its end.
    """
    async with connection.stream(_statement(connection, table, after)) as result:
        rows = result.scalars()
        async with aclosing(made_ahead(lambda: rows.fetchmany(most))) as parts:
            async for part in parts:
                yield part


def key_of(table: Table, line: str) -> list[Any]:
    """Return the key of a row."""
    values = dict(zip((column.name for column in written_columns(table)), values_of(line), strict=True))
    return [column.type.python_type(values[column.name]) for column in table.primary_key]


def _statement(connection: AsyncConnection, table: Table, after: Key | None) -> Select[str]:
    key = list(table.primary_key)
    statement = select(line_in_sql(table, connection.dialect)).select_from(table).order_by(*key)
    if after is None:
        return statement
    values = (bindparam(None, value, type_=column.type, unique=True) for column, value in zip(key, after, strict=True))
    return statement.where(tuple_(*key) > tuple_(*values))
