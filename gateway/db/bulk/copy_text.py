r"""Rows in the text format of PostgreSQL's COPY: a line for each, a tab between two values, and `\N` for NULL.

https://www.postgresql.org/docs/current/sql-copy.html, "Text Format". Whole tables are moved in it: a database makes the
lines of its rows itself, so that nobody makes Python's values of them in between. Values are those that the embedded
database has: instants and UUIDs as they are shown, JSON as text.
"""

import re

from sqlalchemy import JSON, Column, ColumnElement, DateTime, Dialect, Table, Text, literal_column

Value = str | int | None

_NULL = r"\N"
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
# PostgreSQL writes all of these; others stand for themselves.
_UNESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SEQUENCE = re.compile(r"\\(.)", re.DOTALL)


def written_columns(table: Table) -> list[Column[object]]:
    """Return the columns whose values are written; others are computed from them."""
    return [column for column in table.c if column.computed is None]


def line_of(values: tuple[Value, ...]) -> str:
    """Return the line of a row, without its end."""
    line = "\t".join([_NULL if value is None else value if type(value) is str else str(value) for value in values])
    # Most rows have nothing to escape, which is told by one look at the whole of it.
    is_plain = line.count("\\") == values.count(None) and line.count("\t") == len(values) - 1
    if is_plain and "\n" not in line and "\r" not in line:
        return line
    return "\t".join([_NULL if value is None else _escaped(str(value)) for value in values])


def values_of(line: str) -> list[str | None]:
    """Return the values of a line, all of them text."""
    values = line.split("\t")
    return [_unescaped(value) for value in values] if "\\" in line else list(values)


def line_in_sql(table: Table, dialect: Dialect) -> ColumnElement[str]:
    """Return the line of a row of a table, as a database makes it."""
    tab = "char(9)" if dialect.name == "sqlite" else "chr(9)"
    values = (_value_in_sql(column, dialect) for column in written_columns(table))
    return literal_column(f" || {tab} || ".join(values), Text)


def _escaped(value: str) -> str:
    for plain, escaped in _ESCAPES.items():  # The backslash comes first.
        value = value.replace(plain, escaped)
    return value


def _unescaped(value: str) -> str | None:
    if "\\" not in value:
        return value
    return None if value == _NULL else _SEQUENCE.sub(lambda found: _UNESCAPED.get(found[1], found[1]), value)


def _value_in_sql(column: Column[object], dialect: Dialect) -> str:
    name = dialect.identifier_preparer.quote(column.name)
    text = name if dialect.name == "sqlite" else f"{name}::text"
    if isinstance(column.type.dialect_impl(dialect), DateTime):
        text = f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    elif isinstance(column.type, Text | JSON):
        # The others are made of letters, digits and a few signs, such as UUIDs and the kinds of things.
        text = _escaped_in_sql(text, "char" if dialect.name == "sqlite" else "chr")
    return f"coalesce({text}, '{_NULL}')" if column.nullable else text


def _escaped_in_sql(text: str, character: str) -> str:
    for plain, escaped in _ESCAPES.items():
        text = f"replace({text}, {character}({ord(plain)}), '{escaped}')"
    return text
