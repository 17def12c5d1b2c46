"""Writing many rows of a table, in the transaction of a connection."""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.bulk.copy_text import Value, line_of, values_of, written_columns

LINES_AT_ONCE = 1_000


async def write_lines(connection: AsyncConnection, table: Table, lines: Iterable[str]) -> None:
    """Write rows that are lines of COPY's text format."""
    if connection.dialect.name == "sqlite":
        await _insert(connection, table, [tuple(values_of(line)) for line in lines])
    else:
        await _copy(connection, table, lines)


async def write_rows(connection: AsyncConnection, table: Table, rows: Sequence[tuple[Value, ...]]) -> None:
    """Write rows whose values are in the order of the table's written columns."""
    if connection.dialect.name == "sqlite":
        await _insert(connection, table, rows)
    else:
        await _copy(connection, table, map(line_of, rows))


async def _insert(connection: AsyncConnection, table: Table, rows: Sequence[tuple[Value, ...]]) -> None:
    names = [connection.dialect.identifier_preparer.quote(column.name) for column in written_columns(table)]
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608  # names of columns
    await connection.exec_driver_sql(statement, list(rows))


async def _copy(connection: AsyncConnection, table: Table, lines: Iterable[str]) -> None:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")  # With its first statement, SQLAlchemy begins the transaction.
    columns = [column.name for column in written_columns(table)]
    await driver.copy_to_table(table.name, source=_texts(lines), columns=columns)


async def _texts(lines: Iterable[str]) -> AsyncIterator[bytes]:
    """Yield some lines at a time, so that the server works on them while others are made."""
    rest = iter(lines)
    while some := list(islice(rest, LINES_AT_ONCE)):
        yield "".join([f"{line}\n" for line in some]).encode()
