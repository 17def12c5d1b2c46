"""Lists that are read page by page, with one statement for a page, or for a page of each of many parents."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Select, bindparam, func, select

from gateway.db.rows import Columns, LinkedDeviceRow, LinkedGroupRow, columns_read, row_maker
from gateway.db.statements.conditions import in_parameter
from gateway.db.statements.keyset import Order
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.principal import Principal

Row = TypeVar("Row", bound=tuple[Any, ...])
Parent = TypeVar("Parent", bound=str | None)
"""The id of whose list it is; None for a list of its own."""

# A listing is made once for all requests that ask for it, so that its statements are compiled once.
KEPT_LISTINGS = 1_000
# As many rows are read sooner than ranked.
FEW = 1_000
SIZE: BindParameter[int] = bindparam("size", type_=Integer)
PARENT = "parent"
"""The name of the last column of a row of nested lists, which tells whose list the row is in."""


class PageShape(NamedTuple):
    """What the text of a page's statement depends on."""

    backward: bool
    after: bool
    before: bool
    selected: frozenset[str] | None


class Edge(NamedTuple, Generic[Row]):
    """A row of a page, which is the node; the rows of a list of links also have when and by whom the link was made."""

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
        """The instant at which the link was made, where the list is one of links."""
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
    """The id of whose list it is, where the listing is one of many."""

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
    from_clause: FromClause
    conditions: Sequence[ColumnElement[bool]]
    order: Order

    _statements: dict[object, Statement[Row]] = field(default_factory=dict)
    """The statements made so far: what changes from page to page are parameters."""

    async def page(self, reader: Reader, principal: Principal, page: PageArguments) -> Page[Row]:
        parameters = self._parameters(principal, page)
        rows = await reader.fetch(self._statement(self._select_page, page), parameters)
        return self._pages({None: rows}, page)[None]

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """Count the rows of the list. It has no parent, which is None in `parents` and in what is returned."""
        [(count,)] = await reader.fetch(self._count, {"reached": principal.reached})
        return dict.fromkeys(parents, count)

    def _statement(self, make: Callable[[PageShape, Columns], Select[Any]], page: PageArguments) -> Statement[Row]:
        """Return the statement that `make` makes of a page's shape and its columns."""
        shape = PageShape(page.backward, page.after is not None, page.before is not None, page.selected)
        key = (make.__name__, shape)
        statement = self._statements.get(key)
        if statement is None:
            columns = self._columns(shape.selected)
            statement = self._statements[key] = Statement(make(shape, columns), row_maker(self.row, columns))
        return statement

    def _columns(self, selected: frozenset[str] | None) -> Columns:
        """Return no more columns than are read, since most of the time of a read goes into making text."""
        if selected is None:
            return self.columns
        return columns_read(self.row, self.columns, {"id", *selected, *(key.attribute for key in self.order.keys)})

    def _parameters(self, principal: Principal, page: PageArguments) -> dict[str, Any]:
        """Return the parameters of a page; raise BadUserInput where a cursor is not one of this order."""
        parameters: dict[str, Any] = {"size": page.size + 1, "reached": principal.reached}
        if page.after is not None:
            parameters |= self.order.cursor_parameters("after", page.after)
        if page.before is not None:
            parameters |= self.order.cursor_parameters("before", page.before)
        return parameters

    def _select_page(self, shape: PageShape, columns: Columns) -> Select[Any]:
        statement = self._within(shape, self._select(*columns.values()))
        return statement.order_by(*self.order.sorting(backward=shape.backward)).limit(SIZE)

    @cached_property
    def _count(self) -> Statement[Any]:
        return Statement(self._select(func.count()))

    def _select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self.from_clause).where(*self.conditions)

    def _within(self, shape: PageShape, statement: Select[Any]) -> Select[Any]:
        if shape.after:
            statement = statement.where(self.order.beyond("after"))
        if shape.before:
            statement = statement.where(self.order.beyond("before", backward=True))
        return statement

    def _pages(self, lists: Mapping[Parent, list[Row]], page: PageArguments) -> dict[Parent, Page[Row]]:
        """Cut lists to their pages: one row more than asked for was read, which tells whether more follows."""
        size, backward, after, before, _ = page
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
    """The lists of many parents."""

    parent: ColumnElement[Any]
    """The column that tells whose list a row is in."""

    async def pages(
        self, reader: Reader, principal: Principal, page: PageArguments, parents: Sequence[str]
    ) -> list[Page[Row]]:
        """Return the page of each parent, in the order of `parents`.

        Short lists are read whole and sorted here, which costs a third of what a rank of their rows does. Where there
        turn out to be more than a few rows, they are ranked after all: no more are read of a list than its page needs.
        """
        parameters = {**self._parameters(principal, page), "parents": parents}
        found = await reader.fetch(self._statement(self._select_few, page), parameters)
        if len(found) <= FEW:
            self.order.sort(found, backward=page.backward)
        else:
            found = await reader.fetch(self._statement(self._select_ranked, page), parameters)
        rows: dict[str, list[Row]] = {parent: [] for parent in parents}
        for row in found:
            rows[row[-1]].append(row)
        pages = self._pages(rows, page)
        return [pages[parent] for parent in parents]

    async def counts(
        self, reader: Reader, principal: Principal, parents: Collection[str | None]
    ) -> dict[str | None, int]:
        """Count the rows of each parent's list, in one statement."""
        parameters = {"parents": parents, "reached": principal.reached}
        found = await reader.fetch(self._count, parameters)
        return {**dict.fromkeys(parents, 0), **{parent: count for count, parent in found}}

    def _columns(self, selected: frozenset[str] | None) -> Columns:
        return {**super()._columns(selected), PARENT: self.parent}

    def _select_few(self, shape: PageShape, columns: Columns) -> Select[Any]:
        """Select the rows of all the lists, or more than a few of them."""
        return self._within(shape, self._select_of_parents(*columns.values())).limit(FEW + 1)

    def _select_ranked(self, shape: PageShape, columns: Columns) -> Select[Any]:
        """Select the page of each parent, by the rank of its rows."""
        order = self.order.sorting(backward=shape.backward)
        rank = func.row_number().over(partition_by=self.parent, order_by=order).label("rank")
        named = (column.label(name) for name, column in columns.items())
        ranked = self._within(shape, self._select_of_parents(rank, *named)).subquery()
        rank_, *values = ranked.c
        return select(*values).where(rank_ <= SIZE).order_by(rank_)

    @cached_property
    def _count(self) -> Statement[Any]:
        return Statement(self._select_of_parents(func.count(), self.parent).group_by(self.parent))

    def _select_of_parents(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return self._select(*columns).where(in_parameter(self.parent, "parents"))
