"""Access paths: by which indexes SQLite finds the rows of a page.

SQLite does not know how common values are. It would find all the rows that a condition's index has, and sort them:
there may be millions, and a page has fifty. So a page is read in ways that take the same time whatever there is: of
the rows that are found, where they are few; else by a walk along the index of its order, where they are common. Only
what is neither is left to SQLite. PostgreSQL has statistics, and finds a way by itself, but for values that no row has.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, Table

from gateway.db.statements.keyset import Order
from gateway.db.statements.predicates import ALWAYS
from gateway.domain.principal import Reach

FEW = 2_500
"""So many rows are found and sorted before another way is tried: about as long as a walk takes that finds nothing."""
WALKED = 3_000
"""So many rows of an order are looked at for those of a page, before all that match are found."""

REACH = "reach"
"""What stands for the caller's reach among the names of predicates."""

Term = tuple[str, int]
"""The name of a predicate, or REACH, and the number of its parameter."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Findable:
    """By what the indexes of a table find rows."""

    table: Table
    key: ColumnElement[Any]
    """What a row is found by once an index has it."""
    columns: Mapping[str, Column[Any]]
    """The columns that predicates compare with a value, or with any of a list; and that of the reach."""
    lists: frozenset[str] = frozenset()
    """Those of these predicates that have lists."""
    by_id: str = ""
    """The predicate that has ids, of which there are never too many to find all rows."""
    periods: Mapping[str, tuple[str, ...]]
    """The predicates that bound a sort key, by its name."""
    finders: tuple[tuple[str, ...], ...] = ()
    """The names of the predicates that an index finds, those first that leave the fewest rows."""
    found_by: Mapping[str, Callable[[str], Select[Any]]] = field(default_factory=dict)
    """How predicates with an index of their own find rows: SELECTs of keys, by the name of the parameter.

    They may find more rows than the predicates hold for: each is looked at.
    """
    in_rows: Mapping[str, str] = field(default_factory=dict)
    """The predicates by which a row is looked at, for those that only their index is quick to answer."""


class AccessPath(NamedTuple):
    """How a page is read."""

    merged: Term | None = None
    """A predicate with many values, of which an index has the rows of each in the page's order."""
    finders: tuple[tuple[Term, ...], ...] = ()
    """By what rows are found as long as they are few, in turn."""
    is_walked: bool = False
    """Whether rows are looked at in the page's order where they are not few: an index has them so."""
    within: tuple[Term, ...] = ()
    """The predicates whose rows lie side by side in that index."""

    @property
    def is_merged_alone(self) -> bool:
        """Whether an index has all rows of the list in order, by the value that they have."""
        return self.merged is not None and not self.finders and not self.is_walked


THE_PLANNERS = AccessPath()
"""The one that the database's planner finds."""

_TOKEN = re.compile("{([a-z_]+)([()]?)}|[()]")


class _Terms(NamedTuple):
    """What a search condition joins by AND."""

    predicates: Mapping[str, int]
    """The number of the parameter of each predicate."""
    is_all: bool
    """Whether there is nothing else."""


def access_path(findable: Findable, reach: Reach, condition: str, order: Order) -> AccessPath:
    """Return how to read a page of the rows within a reach that meet a condition, given by its shape."""
    if reach is Reach.EVERY_CLIENT and condition == ALWAYS:
        return THE_PLANNERS
    find = _found_path if len(condition) <= _LONGEST_KEPT else _found_path.__wrapped__
    return find(findable, reach, condition, order)


# A path takes about a kilobyte, with a condition of this length.
_KEPT_PATHS, _LONGEST_KEPT = 1_000, 250


@lru_cache(_KEPT_PATHS)
def _found_path(findable: Findable, reach: Reach, condition: str, order: Order) -> AccessPath:
    given, leads = _terms(condition), _leads(findable.table, order)
    terms = dict(given.predicates)
    if reach is not Reach.EVERY_CLIENT:
        terms[REACH] = 0
    bounds = findable.periods.get(order.keys[0].name, ()) if leads else ()
    period = tuple((name, terms.pop(name)) for name in bounds if name in terms)
    led = [name for name, column in findable.columns.items() if name in terms and column.key in leads]
    many = {*findable.lists, *((REACH,) if reach is Reach.SOME_CLIENTS else ())}
    merged = next(((name, terms[name]) for name in led if name in many), None)
    lead = tuple((name, terms[name]) for name in led if name not in many)[:1]
    if given.is_all and merged and len(terms) == 1:
        return AccessPath(merged=merged, within=period)
    is_walked = bool(lead) or None in leads
    # Of one client and in an order that no index has, SQLite itself reads all.
    if findable.by_id in terms or not (is_walked or merged or reach is not Reach.ONE_CLIENT):
        return THE_PLANNERS
    # What is walked is one client's or less.
    walked = {name for name, _ in lead} | ({REACH} if lead else set())
    finders = dict.fromkeys(
        tuple((name, terms[name]) for name in finder if name in terms)
        for finder in findable.finders
        if not terms.keys().isdisjoint(finder) and walked.isdisjoint(finder)
    )
    return AccessPath(merged, tuple(finders), is_walked, (*lead, *period)) if finders else THE_PLANNERS


def _terms(condition: str) -> _Terms:
    depth = number = 0
    found: dict[str, int] = {}
    is_all = True
    for token in _TOKEN.finditer(condition):
        name, bracket = token.groups()
        opens = bracket == "(" or token[0] == "("
        closes = bracket == ")" or token[0] == ")"
        depth += opens - closes
        is_all = is_all and not opens
        if name and not bracket:
            if not depth:
                is_all = is_all and name not in found
                found.setdefault(name, number)
            number += 1
    return _Terms(found, is_all)


@lru_cache(_KEPT_PATHS)
def _leads(table: Table, order: Order) -> frozenset[str | None]:
    """Return the columns of which an index has the rows with one value in an order; None where it has all rows so."""
    if len({key.descending for key in order.keys}) > 1:
        return frozenset()
    keys = [key.column.key for key in order.keys]
    found: set[str | None] = set()
    for index in (*(each.columns for each in table.indexes), table.primary_key.columns):
        columns = [column.key for column in index]
        if columns[: len(keys)] == keys:
            found |= {None, keys[0]}
        if columns[1 : len(keys) + 1] == keys:
            found.add(columns[0])
    return frozenset(found)
