"""Search for a part of a text.

Databases fold letter case in ways of their own, or not at all, so the tables hold folded text. An index of its trigrams
finds terms of three characters or more; what is shorter has no trigram and is looked for in the rows themselves.
SQLite has such an index as a table for full-text search, PostgreSQL by its extension pg_trgm, or not at all.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    FromClause,
    Select,
    String,
    Table,
    TypeDecorator,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    table,
)

from gateway.db.search_indexes import index_name
from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.predicates import Predicate, Predicates
from gateway.domain.text import SHORTEST_INDEXED, folded

# What means more than itself in a pattern of LIKE, and how it is written there.
_SPECIAL, _ESCAPED = r"[%_\\]", r"\\\g<0>"
_ZERO: ColumnElement[int] = literal_column("0")
SEARCHED = ("name", "description", "barcode")


def search_predicates(name: str, columns: list[Column[Any]]) -> Predicates:
    """Return the predicates that any of `columns` has a term in it; both are folded. The second has short terms."""
    return {name: _contains(columns, short=False), f"{name}_short": _contains(columns, short=True)}


def search_predicate(name: str, term: str) -> str:
    """Return which of the `search_predicates` of a name is for a term."""
    return name if len(term) >= SHORTEST_INDEXED else f"{name}_short"


def _contains(columns: list[Column[Any]], *, short: bool) -> Predicate:
    in_sqlite = _short_in_sqlite if short else _in_index_of_sqlite
    return Predicate(
        table=columns[0].table,
        type=_Term(None if short else columns),
        make=lambda term, *_: ByDialect(
            sqlite=in_sqlite(term, columns),
            postgresql=or_(*(and_(column.is_not(None), column.like(term)) for column in columns)),
        ),
    )


def _short_in_sqlite(term: ColumnElement[Any], columns: list[Column[Any]]) -> ColumnElement[bool]:
    return or_(*(and_(column.is_not(None), func.instr(column, term) > _ZERO) for column in columns))


def _in_index_of_sqlite(term: ColumnElement[Any], columns: list[Column[Any]]) -> ColumnElement[bool]:
    source = columns[0].table
    return rowid(source).in_(_in_index(source, term))


def rowid(table_: FromClause) -> ColumnElement[int]:
    """Return the column by which SQLite's index for searches names the rows of a table."""
    return literal_column(f"{cast('Table', table_).name}.rowid")


def found_by_trigrams(columns: list[Column[Any]]) -> Callable[[str], Select[Any]]:
    """Return the function of a parameter's name that selects, as `key`, the rows which may have a term in a column.

    SQLite's index finds them by a few of the term's trigrams, in a third of the time that it takes to find those that
    have all of them in their places.
    """
    return lambda name: _in_index(columns[0].table, bindparam(name, type_=_SomeTrigrams(columns)))


def _in_index(source: FromClause, query: ColumnElement[Any]) -> Select[Any]:
    index = table(index_name(cast("Table", source).name))
    matches = literal_column(index.name).op("MATCH")(query)
    return select(literal_column("rowid").label("key")).select_from(index).where(matches)


def _phrase(text: str) -> str:
    """Return a phrase of SQLite's full-text search."""
    return '"{}"'.format(text.replace('"', '""'))


class _SomeTrigrams(TypeDecorator[str]):
    """A term's first trigram, its last, and one between, as a query of SQLite's full-text search."""

    impl = String
    cache_ok = True

    def __init__(self, columns: list[Column[Any]]) -> None:
        super().__init__()
        self._names = _names(columns)

    def process_bind_param(self, value: Any, _: Dialect) -> str:
        last = len(value) - SHORTEST_INDEXED
        trigrams = [value[start : start + SHORTEST_INDEXED] for start in sorted({0, last // 2, last})]
        return f"{{{self._names}}} : ({' AND '.join(map(_phrase, trigrams))})"


class _Term(TypeDecorator[str]):
    """A term as a database takes it: a phrase of full-text search, itself where it is short, or a pattern of LIKE."""

    impl = String
    cache_ok = True

    def __init__(self, indexed: list[Column[Any]] | None) -> None:
        """`indexed` are the columns to search in the index; None where a term is too short for it."""
        super().__init__()
        self._names = None if indexed is None else _names(indexed)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        if dialect.name == "postgresql":
            return f"%{re.sub(_SPECIAL, _ESCAPED, value)}%"
        if self._names is None:
            return str(value)
        return f"{{{self._names}}} : {_phrase(value)}"


def _names(columns: list[Column[Any]]) -> str:
    return " ".join(column.name for column in columns)


def folded_columns(values: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the `…_folded` columns of those values of a device or a group that are searched."""
    return {f"{name}_folded": values[name] and folded(values[name]) for name in SEARCHED if name in values}
