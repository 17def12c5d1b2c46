"""Search for a part of a text.

Databases fold letter case in ways of their own, or not at all, so the tables hold folded text. An index of its trigrams
finds terms of three characters or more; what is shorter has no trigram and is looked for in the rows themselves.
SQLite has such an index as a table for full-text search, PostgreSQL by its extension pg_trgm, or not at all.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, false, func, literal_column, or_, select, table

from gateway.db.search_indexes import index_name
from gateway.db.statements.by_dialect import ByDialect
from gateway.domain.text import folded

SHORTEST_INDEXED = 3
# What means more than itself in a pattern of LIKE, and how it is written there.
_SPECIAL, _ESCAPED = r"[%_\\]", r"\\\g<0>"
SEARCHED = ("name", "description", "barcode")


def contains(term: str, columns: list[Column[Any]]) -> ColumnElement[bool]:
    """Return the condition that any of `columns` has `term` in it; both are folded."""
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
    """Return the `…_folded` columns of those values of a device or a group that are searched."""
    return {f"{name}_folded": values[name] and folded(values[name]) for name in SEARCHED if name in values}
