"""Lists that are read page by page: one statement for a page, or for a page of each of many parents."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Select, bindparam, func, null, select

from gateway.db.conditions import among_given, reached_by
from gateway.db.engine import Reader
from gateway.db.keyset import Order
from gateway.db.rows import SHOWN_AS, LinkedDeviceRow, LinkedGroupRow
from gateway.domain.instants import Instant
from gateway.domain.pagination import Window
from gateway.domain.principal import Principal

Row = TypeVar("Row")

# A listing is made once for all requests that ask for it, so that its statements are compiled once.
KEPT_LISTINGS = 1_000
# As many rows are read sooner than ranked.
FEW = 1_000
SIZE: BindParameter[int] = bindparam("size", type_=Integer)


class Kind(NamedTuple):
    """What a statement has to know of what it is made for."""

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

    rows: list[Row]
    has_next_page: bool
    has_previous_page: bool
    listing: "Listing[Row]"
    parent: str | None
    """Whose list it is, where the listing is one of many."""

    @property
    def edges(self) -> list[Edge[Row]]:
        return [Edge(row, self.listing.order) for row in self.rows]

    @property
    def nodes(self) -> list[Row]:
        return self.rows

    @property
    def page_info(self) -> Self:
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.listing.order.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.listing.order.cursor(self.rows[-1]) if self.rows else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing(Generic[Row]):
    """All the rows of a list, before it is cut into pages."""

    columns: Sequence[ColumnElement[Any]]
    row: Callable[[Sequence[Any]], Row]
    """Makes a row of the values of `columns`, after which may come the parent."""
    source: FromClause
    conditions: Sequence[ColumnElement[bool]]
    order: Order

    _statements: dict[object, Select[Any]] = field(default_factory=dict)
    """Those made so far: what changes from page to page is given as parameters."""

    async def page(self, reader: Reader, principal: Principal, window: Window) -> Page[Row]:
        parameters = self._parameters(principal, window)
        statement = self._statement(self._select_page, window)
        return self._page(list(map(self.row, await reader.fetch(statement, parameters))), window)

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """How many rows the list has. It has no parent, which is None in `parents` and in the answer."""
        [(count,)] = await reader.fetch(self._count, reached_by(principal))
        return dict.fromkeys(parents, count)

    def _statement(self, make: Callable[[Kind], Select[Any]], window: Window) -> Select[Any]:
        """What `make` makes of a window of this kind."""
        kind = Kind(window.backward, window.after is not None, window.before is not None, window.wanted)
        key = (make.__name__, kind)
        if key not in self._statements:
            self._statements[key] = make(kind)
        return self._statements[key]

    def _columns(self, wanted: frozenset[str] | None) -> Sequence[ColumnElement[Any]]:
        """Those not wanted are null, since most of the time of a read goes into making text."""
        if wanted is None:
            return self.columns
        needed = {"id", *wanted, *(key.name for key in self.order.keys)}
        return [
            column if column.key in needed or SHOWN_AS.get(str(column.key)) in needed else null()
            for column in self.columns
        ]

    def _parameters(self, principal: Principal, window: Window) -> dict[str, Any]:
        """Raises BadUserInput where a cursor is not one of this order."""
        parameters: dict[str, Any] = {"size": window.size + 1, **reached_by(principal)}
        if window.after is not None:
            parameters |= self.order.position("after", window.after)
        if window.before is not None:
            parameters |= self.order.position("before", window.before)
        return parameters

    def _select_page(self, kind: Kind) -> Select[Any]:
        page = self._within(kind, self._select(*self._columns(kind.wanted)))
        return page.order_by(*self.order.sorting(backward=kind.backward)).limit(SIZE)

    @cached_property
    def _count(self) -> Select[Any]:
        return self._select(func.count())

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self.source).where(*self.conditions)

    def _within(self, kind: Kind, statement: Select[Any]) -> Select[Any]:
        if kind.after:
            statement = statement.where(self.order.beyond("after"))
        if kind.before:
            statement = statement.where(self.order.beyond("before", backward=True))
        return statement

    def _page(self, rows: list[Row], window: Window, parent: str | None = None) -> Page[Row]:
        """One row more than asked for was read: it tells whether there is another page, and goes."""
        more, rows = len(rows) > window.size, rows[: window.size]
        return Page(
            rows=rows[::-1] if window.backward else rows,
            has_next_page=window.before is not None if window.backward else more,
            has_previous_page=more if window.backward else window.after is not None,
            listing=self,
            parent=parent,
        )


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
        few = len(found) <= FEW
        if not few:
            found = await reader.fetch(self._statement(self._select_ranked, window), parameters)
        rows: dict[str, list[Row]] = {parent: [] for parent in parents}
        make = self.row
        for values in found:
            rows[values[-1]].append(make(values))
        if few:
            for of_parent in rows.values():
                self.order.sort(of_parent, backward=window.backward)
        return [self._page(rows[parent], window, parent) for parent in parents]

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """How many rows the list of each parent has, in one statement."""
        parameters = {"parents": parents, **reached_by(principal)}
        found = await reader.fetch(self._count, parameters)
        return {**dict.fromkeys(parents, 0), **{parent: count for count, parent in found}}

    def _select_few(self, kind: Kind) -> Select[Any]:
        """The rows of all the lists, or more than a few of them."""
        return self._within(kind, self._select_of_parents(*self._columns(kind.wanted))).limit(FEW + 1)

    def _select_ranked(self, kind: Kind) -> Select[Any]:
        """The page of each parent, in one statement."""
        order = self.order.sorting(backward=kind.backward)
        rank = func.row_number().over(partition_by=self.parent, order_by=order).label("rank")
        ranked = self._within(kind, self._select_of_parents(rank, *self._columns(kind.wanted))).subquery()
        rank_, *values = ranked.c
        return select(*values).where(rank_ <= SIZE).order_by(rank_)

    @cached_property
    def _count(self) -> Select[Any]:
        return self._select_of_parents(func.count()).group_by(self.parent)

    def _select_of_parents(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return self._select(*columns, self.parent.label("parent")).where(among_given(self.parent, "parents"))
