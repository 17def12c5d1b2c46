"""Lists that are read page by page: one statement for a page, or for a page of each of many parents."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from sqlalchemy import ColumnElement, FromClause, Select, func, select

from gateway.db.conditions import among
from gateway.db.engine import Reader
from gateway.db.keyset import Order
from gateway.db.rows import LinkRow
from gateway.domain.instants import Instant
from gateway.domain.pagination import Window

Row = TypeVar("Row")


class Edge(NamedTuple, Generic[Row]):
    """A row of a page. The rows of a list of links have the node at the link's other end; others are the node."""

    row: Row
    order: Order

    @property
    def node(self) -> Any:
        return node_of(self.row)

    @property
    def cursor(self) -> str:
        return self.order.cursor(self.row)

    @property
    def _link(self) -> LinkRow[Any]:
        return cast("LinkRow[Any]", self.row)

    @property
    def created_at(self) -> Instant:
        return self._link.created_at

    @property
    def created_by(self) -> str:
        return self._link.created_by


def node_of(row: Any) -> Any:
    return getattr(row, "node", row)


@dataclass(frozen=True, kw_only=True, eq=False)
class Page(Generic[Row]):
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
    def nodes(self) -> list[Any]:
        return [node_of(row) for row in self.rows]

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
    """Makes a row of the values of `columns`."""
    source: FromClause
    conditions: Sequence[ColumnElement[bool]]
    order: Order

    async def page(self, reader: Reader, window: Window) -> Page[Row]:
        statement = self._within(window, self._select(*self.columns))
        statement = statement.order_by(*self.order.sorting(backward=window.backward)).limit(window.size + 1)
        return self._page([self.row(values) for values in await reader.fetch(statement)], window)

    async def counts(self, reader: Reader, parents: Collection[str | None]) -> dict[str | None, int]:
        """How many rows the list has. It has no parent, which is None in `parents` and in the answer."""
        [(count,)] = await reader.fetch(self._select(func.count()))
        return dict.fromkeys(parents, count)

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self.source).where(*self.conditions)

    def _within(self, window: Window, statement: Select[Any]) -> Select[Any]:
        if window.after is not None:
            statement = statement.where(self.order.beyond(window.after))
        if window.before is not None:
            statement = statement.where(self.order.beyond(window.before, backward=True))
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

    async def pages(self, reader: Reader, window: Window, parents: Sequence[str]) -> list[Page[Row]]:
        """The page of each parent, in one statement."""
        order = self.order.sorting(backward=window.backward)
        rank = func.row_number().over(partition_by=self.parent, order_by=order).label("rank")
        ranked = self._within(window, self._select(*self.columns, self.parent.label("parent"), rank))
        ranked_rows = ranked.where(among(self.parent, set(parents))).subquery()
        statement = select(ranked_rows).where(ranked_rows.c.rank <= window.size + 1).order_by(ranked_rows.c.rank)
        rows: dict[str, list[Row]] = {parent: [] for parent in parents}
        for *values, parent, _ in await reader.fetch(statement):
            rows[parent].append(self.row(values))
        return [self._page(rows[parent], window, parent) for parent in parents]

    async def counts(self, reader: Reader, parents: Collection[str | None]) -> dict[str | None, int]:
        """How many rows the list of each parent has, in one statement."""
        statement = self._select(self.parent, func.count()).where(among(self.parent, set(parents)))
        counts = dict.fromkeys(parents, 0)
        for parent, count in await reader.fetch(statement.group_by(self.parent)):
            counts[parent] = count
        return counts
