"""Lists that are read page by page: one statement for a page, or for a page of each of many parents."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Select, bindparam, func, select

from gateway.db.compiling import Statement
from gateway.db.conditions import among_given
from gateway.db.engine import Reader
from gateway.db.keyset import Order
from gateway.db.rows import Columns, LinkedDeviceRow, LinkedGroupRow, row_of, wanted_columns
from gateway.domain.instants import Instant
from gateway.domain.pagination import Window
from gateway.domain.principal import Principal

Row = TypeVar("Row", bound=tuple[Any, ...])
Parent = TypeVar("Parent", bound=str | None)
"""Whose list it is; None for a list of its own."""

# A listing is made once for all requests that ask for it, so that its statements are compiled once.
KEPT_LISTINGS = 1_000
# As many rows are read sooner than ranked.
FEW = 1_000
SIZE: BindParameter[int] = bindparam("size", type_=Integer)
PARENT = "parent"
"""The last column of a row of nested lists: whose list it is in."""


class Kind(NamedTuple):
    """What a statement has to know of the pages that it is made for."""

    backward: bool
    after: bool
    before: bool
    wanted: frozenset[str] | None


class Edge(NamedTuple, Generic[Row]):
    """A row of a page. The rows of a list of links have the node at the link's other end; others are the node."""

    row: Row
    order: Order

    @property
    def node(self) -> Row:
        return self.row

    @property
    def cursor(self) -> str:
        return self.order.cursor(self.row)

    @property
    def created_at(self) -> Instant:
        """Of the link, where the list is one of links."""
        instant: Instant = cast("LinkedDeviceRow | LinkedGroupRow", self.row).linked_at
        return instant

    @property
    def created_by(self) -> str:
        name: str = cast("LinkedDeviceRow | LinkedGroupRow", self.row).linked_by
        return name


class Page(NamedTuple, Generic[Row]):
    """Part of a list, with the attributes of a connection and of its `pageInfo`."""

    nodes: list[Row]
    has_next_page: bool
    has_previous_page: bool
    listing: "Listing[Row]"
    parent: str | None
    """Whose list it is, where the listing is one of many."""

    @property
    def edges(self) -> list[Edge[Row]]:
        return [Edge(row, self.listing.order) for row in self.nodes]

    @property
    def page_info(self) -> Self:
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.listing.order.cursor(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        return self.listing.order.cursor(self.nodes[-1]) if self.nodes else None


# In half the time that `Page(…)` takes: nested lists have a page for each parent.
_new_page: Callable[[tuple[Any, ...]], Page[Any]] = partial(tuple.__new__, Page)


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing(Generic[Row]):
    """All the rows of a list, before it is cut into pages."""

    columns: Columns
    row: type[Row]
    source: FromClause
    conditions: Sequence[ColumnElement[bool]]
    order: Order

    _statements: dict[object, Statement[Row]] = field(default_factory=dict)
    """Those made so far: what changes from page to page is given as parameters."""

    async def page(self, reader: Reader, principal: Principal, window: Window) -> Page[Row]:
        parameters = self._parameters(principal, window)
        rows = await reader.fetch(self._statement(self._select_page, window), parameters)
        return self._pages({None: rows}, window)[None]

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """How many rows the list has. It has no parent, which is None in `parents` and in the answer."""
        [(count,)] = await reader.fetch(self._count, {"reached": principal.reached})
        return dict.fromkeys(parents, count)

    def _statement(self, make: Callable[[Kind, Columns], Select[Any]], window: Window) -> Statement[Row]:
        """What `make` makes of the kind of a window and the wanted columns."""
        kind = Kind(window.backward, window.after is not None, window.before is not None, window.wanted)
        key = (make.__name__, kind)
        statement = self._statements.get(key)
        if statement is None:
            columns = self._columns(kind.wanted)
            statement = self._statements[key] = Statement(make(kind, columns), row_of(self.row, columns))
        return statement

    def _columns(self, wanted: frozenset[str] | None) -> Columns:
        """No more than are wanted, since most of the time of a read goes into making text."""
        if wanted is None:
            return self.columns
        return wanted_columns(self.columns, {"id", *wanted, *(key.attribute for key in self.order.keys)})

    def _parameters(self, principal: Principal, window: Window) -> dict[str, Any]:
        """Raises BadUserInput where a cursor is not one of this order."""
        parameters: dict[str, Any] = {"size": window.size + 1, "reached": principal.reached}
        if window.after is not None:
            parameters |= self.order.position("after", window.after)
        if window.before is not None:
            parameters |= self.order.position("before", window.before)
        return parameters

    def _select_page(self, kind: Kind, columns: Columns) -> Select[Any]:
        page = self._within(kind, self._select(*columns.values()))
        return page.order_by(*self.order.sorting(backward=kind.backward)).limit(SIZE)

    @cached_property
    def _count(self) -> Statement[Any]:
        return Statement(self._select(func.count()))

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self.source).where(*self.conditions)

    def _within(self, kind: Kind, statement: Select[Any]) -> Select[Any]:
        if kind.after:
            statement = statement.where(self.order.beyond("after"))
        if kind.before:
            statement = statement.where(self.order.beyond("before", backward=True))
        return statement

    def _pages(self, lists: Mapping[Parent, list[Row]], window: Window) -> dict[Parent, Page[Row]]:
        """One row more than asked for was read: it tells whether there is another page, and goes."""
        size, backward, after, before, _ = window
        pages = {}
        for parent, rows in lists.items():
            more = len(rows) > size
            nodes = rows[:size] if more else rows
            if backward:
                pages[parent] = _new_page((nodes[::-1], before is not None, more, self, parent))
            else:
                pages[parent] = _new_page((nodes, more, after is not None, self, parent))
        return pages


@dataclass(frozen=True, kw_only=True, eq=False)
class NestedListing(Listing[Row]):
    """A list for each of many parents."""

    parent: ColumnElement[Any]
    """Tells whose list a row is in."""

    async def pages(
        self, reader: Reader, principal: Principal, window: Window, parents: Sequence[str]
    ) -> list[Page[Row]]:
        """The page of each parent.

        Short lists are read whole and sorted here, which costs a third of what a rank of their rows does. Where there
        turn out to be more than a few rows, they are ranked after all: no more are read of a list than its page needs.
        """
        parameters = {**self._parameters(principal, window), "parents": parents}
        found = await reader.fetch(self._statement(self._select_few, window), parameters)
        if len(found) <= FEW:
            self.order.sort(found, backward=window.backward)
        else:
            found = await reader.fetch(self._statement(self._select_ranked, window), parameters)
        rows: dict[str, list[Row]] = {parent: [] for parent in parents}
        for row in found:
            rows[row[-1]].append(row)
        pages = self._pages(rows, window)
        return [pages[parent] for parent in parents]

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """How many rows the list of each parent has, in one statement."""
        parameters = {"parents": parents, "reached": principal.reached}
        found = await reader.fetch(self._count, parameters)
        return {**dict.fromkeys(parents, 0), **{parent: count for count, parent in found}}

    def _columns(self, wanted: frozenset[str] | None) -> Columns:
        return {**super()._columns(wanted), PARENT: self.parent}

    def _select_few(self, kind: Kind, columns: Columns) -> Select[Any]:
        """The rows of all the lists, or more than a few of them."""
        return self._within(kind, self._select_of_parents(*columns.values())).limit(FEW + 1)

    def _select_ranked(self, kind: Kind, columns: Columns) -> Select[Any]:
        """The page of each parent, in one statement."""
        order = self.order.sorting(backward=kind.backward)
        rank = func.row_number().over(partition_by=self.parent, order_by=order).label("rank")
        named = (column.label(name) for name, column in columns.items())
        ranked = self._within(kind, self._select_of_parents(rank, *named)).subquery()
        rank_, *values = ranked.c
        return select(*values).where(rank_ <= SIZE).order_by(rank_)

    @cached_property
    def _count(self) -> Statement[Any]:
        return Statement(self._select_of_parents(func.count(), self.parent).group_by(self.parent))

    def _select_of_parents(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return self._select(*columns).where(among_given(self.parent, "parents"))
