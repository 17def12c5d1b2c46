"""The lines of COPY's text format: as Python makes and reads them, and as each database does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.db.bulk.copy_text import Value, line_in_sql, line_of, values_of, written_columns
from gateway.db.bulk.writing import write_lines
from gateway.db.database import Database
from gateway.db.tables import device, device_event
from tests.factories import RowFactory

# All that means something in a line, and a few that do not.
CHARACTERS = "\\\t\n\r\b\f\vN.nt0é\u2028😀"
TEXTS = ("", r"\N", r"\.", "\\", "\t", "a\tb\\c", r"\n", "\x08\x0b\x0c\x1f", "Straße 'x' \"y\"")


@given(st.lists(st.text(CHARACTERS, max_size=6) | st.none() | st.integers(-9, 9), min_size=1, max_size=5))
def test_a_line_reads_as_the_values_that_it_was_made_of(values: list[Value]) -> None:
    line = line_of(tuple(values))
    assert values_of(line) == [None if value is None else str(value) for value in values]
    assert not {"\n", "\r"} & set(line)


def test_what_postgresql_escapes_is_read_as_it_was() -> None:
    assert values_of(r"a\bb\ff\nn\rr\tt\vv\\	\N	") == ["a\bb\ff\nn\rr\tt\vv\\", None, ""]


@pytest.mark.anyio
async def test_a_database_makes_the_lines_of_its_rows_and_reads_them(database: Database, factory: RowFactory) -> None:
    for text in TEXTS:
        row = await factory.device(name=text, description=text, barcode=None)
        await factory.event(row, changes=[["name", None, text]])
    for table in (device, device_event):
        before = await rows(database, table)
        async with database.writing() as connection:
            statement = select(line_in_sql(table, connection.dialect)).select_from(table)
            lines = (await connection.execute(statement)).scalars().all()
            await connection.execute(table.delete())
            await write_lines(connection, table, lines)
        assert [len(values_of(line)) for line in lines] == [len(written_columns(table))] * len(TEXTS)
        assert await rows(database, table) == before


async def rows(database: Database, table: Any) -> list[tuple[Any, ...]]:
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(select(*table.c).order_by(*table.primary_key))]
