"""Predicates that filters are made of, each with one value, and the search conditions that join them.

A search condition (ISO/IEC 9075-2, section 8.21) joins predicates by AND, OR and NOT. Callers put new ones together all
the time, so the text of one is put together too, of the texts of predicates, which are compiled once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, ColumnElement, FromClause, bindparam, literal_column, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from gateway.db.statements.conditions import reached_parameter
from gateway.domain.principal import Reach

ALWAYS = "1 = 1"
NEVER = "1 = 0"

# What stands in the text of a predicate for what is known only when it is used.
_VALUE: ColumnClause[Any] = literal_column("{value}")
_REACHED: ColumnClause[Any] = literal_column("{reached}")
_INSIDE: ColumnClause[Any] = literal_column("{inside}")
# A predicate in a shape, or where one begins or ends that has a condition inside.
_NAME = re.compile("{([a-z_]+)([(]|[)]?)}")


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """A predicate with one value. It is true or false, never NULL, so that NOT can negate it."""

    table: FromClause
    """The table whose rows it is about."""
    type: TypeEngine[Any]
    """The type of the value."""
    make: Callable[[ColumnElement[Any], Reach, ColumnElement[Any]], ColumnElement[bool]]
    """Takes the value, how many clients the caller reaches, and which."""
    by_id: bool = False
    """Whether it names what there is less of than a client has: rows by their ids, or a project."""


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A predicate that has, in place of a value, a search condition on the rows of another table."""

    table: FromClause
    """The table whose rows it is about."""
    make: Callable[[ColumnElement[bool], Reach, ColumnElement[Any]], ColumnElement[bool]]
    """Takes the condition inside, how many clients the caller reaches, and which."""
    by_id: bool = False


Predicates = Mapping[str, Predicate | Enclosure]


class SearchCondition(NamedTuple):
    """Predicates joined by AND, OR and NOT."""

    shape: str
    """The condition without its values: `{client_id} AND NOT ({search} OR {search})`, with names of predicates."""
    values: tuple[Any, ...]
    """The values of the predicates, in the order of the shape."""

    @property
    def parameters(self) -> dict[str, Any]:
        return {numbered_parameter(index): value for index, value in enumerate(self.values)}


def all_of(**values: Any) -> SearchCondition:
    """Return the condition that each predicate holds whose value is not None."""
    given = {name: value for name, value in values.items() if value is not None}
    return SearchCondition(" AND ".join(map(named, given)) or ALWAYS, tuple(given.values()))


def named(predicate: str) -> str:
    """Return how a shape calls a predicate."""
    return f"{{{predicate}}}"


def predicate_names(shape: str) -> set[str]:
    """Return the names of the predicates in a shape."""
    return {name for name, _ in _NAME.findall(shape)}


def enclosed(predicate: str, condition: str) -> str:
    """Return the shape of an enclosure of a condition."""
    return f"{{{predicate}(}}{condition}{{{predicate})}}"


class JoinedPredicates(ColumnElement[bool]):
    """The search condition of a shape, which takes the parameters of `SearchCondition.parameters` and `reached`."""

    inherit_cache = False  # Statements are kept by `db.statements.kept`.

    def __init__(self, shape: str, predicates: Predicates, reach: Reach, first: int = 0) -> None:
        """`first` is the number of the first parameter, where the shape is a part of another one."""
        self.shape = shape
        self.first = first
        self.predicates = predicates
        self.reach = reach


@compiles(JoinedPredicates)
def _compiled(element: JoinedPredicates, compiler: SQLCompiler, **options: Any) -> str:
    parameters = map(numbered_parameter, count(element.first))

    def text(name: re.Match[str]) -> str:
        predicate = element.predicates[name[1]]
        parts = _parts(predicate, element.reach, compiler.dialect)
        made_of: dict[str, ColumnElement[Any]] = {_REACHED.name: reached_parameter(element.reach)}
        if isinstance(predicate, Predicate):
            made_of[_VALUE.name] = bindparam(next(parameters), type_=predicate.type)
        else:
            middle = parts.index(_INSIDE.name)
            parts = parts[:middle] if name[2] == "(" else parts[middle + 1 :]
        return "".join(compiler.process(made_of[part], **options) if part in made_of else part for part in parts)

    return f"({_NAME.sub(text, element.shape)})"


@lru_cache
def _parts(predicate: Predicate | Enclosure, reach: Reach, dialect: Dialect) -> list[str]:
    """Return the text of a predicate, cut at what is known only when it is used."""
    condition = predicate.make(_INSIDE if isinstance(predicate, Enclosure) else _VALUE, reach, _REACHED)
    # Within a statement that selects from its table, since it may have subqueries that do not.
    text = str(select(literal_column("1")).select_from(predicate.table).where(condition).compile(dialect=dialect))
    return re.split(f"({_VALUE.name}|{_REACHED.name}|{_INSIDE.name})", f"({text.partition('WHERE ')[2]})")


def numbered_parameter(index: int) -> str:
    return f"filter_{index}"
