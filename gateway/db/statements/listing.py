"""Lists that are read page by page, with one statement for a page, or for a page of each of many parents."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from gateway.db.rows import LinkedDeviceRow, LinkedGroupRow
from gateway.db.statements import access_paths
from gateway.db.statements.access_paths import THE_PLANNERS, AccessPath, Term, access_path
from gateway.db.statements.kept import kept
from gateway.db.statements.keyset import Order
from gateway.db.statements.page_statements import (
    FEW,
    ListDefinition,
    ListShape,
    PageShape,
    count_at_most_statement,
    count_statement,
    few_statement,
    page_shape,
    page_statement,
    ranked_statement,
)
from gateway.db.statements.path_statements import (
    END,
    MOST,
    SOUGHT,
    TOTAL,
    end_statement,
    found_statement,
    lateral_statement,
    merged_statement,
    walked_statement,
)
from gateway.db.statements.predicates import SearchCondition, numbered_parameter
from gateway.db.statements.reader import MANY, Reader
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.principal import Principal

Row = TypeVar("Row", bound=tuple[Any, ...])
Parent = TypeVar("Parent", bound=str | None)
"""The id of whose list it is; None for a list of its own."""


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
    total: int | None
    """How many rows the whole list has, where that was found with the page."""

    @property
    def edges(self) -> list[Edge[Row]]:
        return [Edge(row, self.listing.shape.order) for row in self.nodes]

    @property
    def page_info(self) -> Self:
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.listing.shape.order.cursor(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        return self.listing.shape.order.cursor(self.nodes[-1]) if self.nodes else None


# In half the time that `Page(…)` takes: nested lists have a page for each parent.
_new_page: Callable[[tuple[Any, ...]], Page[Any]] = partial(tuple.__new__, Page)


@dataclass(frozen=True, eq=False, slots=True)
class Listing(Generic[Row]):
    """All the rows of a list that somebody asks for, before it is cut into pages."""

    shape: ListShape[Row]
    condition: Mapping[str, Any]
    """The parameters of the condition on the rows, and of the caller's reach."""
    principal: Principal

    async def page(self, reader: Reader, page: PageArguments) -> Page[Row]:
        path, shape, parameters = await self._path(reader), page_shape(page), self._parameters(page)
        for finder in path.finders:
            if (few := await self._few(reader, shape, finder, parameters)) is not None:
                rows, total = few
                return self._pages({None: rows}, page, total)[None]
        rows = await self._rows(reader, path, shape, parameters)
        return self._pages({None: rows}, page)[None]

    async def _rows(
        self, reader: Reader, path: AccessPath, shape: PageShape, parameters: Mapping[str, Any]
    ) -> list[Row]:
        """Return the rows of a page, and the one after it."""
        walked = await self._walked(reader, shape, path.within, parameters) if path.is_walked else None
        if walked is not None:
            return walked
        if path.merged:
            make = merged_statement if reader.dialect.name == "sqlite" else lateral_statement
            statement = kept(reader.dialect, make, self.shape, shape, path.merged, path.within)
        else:
            statement = kept(reader.dialect, page_statement, self.shape, shape)
        return await reader.fetch(statement, parameters)

    async def _few(
        self, reader: Reader, shape: PageShape, finder: tuple[Term, ...], parameters: Mapping[str, Any]
    ) -> tuple[list[Row], int | None] | None:
        """Return the rows of a page that is sorted of what a finder finds; None where that is more than a few.

        Beside them is how many the whole list has, where that is asked for and no cursor bounds the page.
        """
        few = access_paths.FEW
        sought = {SOUGHT: parameters.get(numbered_parameter(finder[0][1])), MOST: few}
        is_counted = TOTAL in (shape.selected or ()) and not (shape.after or shape.before)
        statement = kept(reader.dialect, found_statement, self.shape, shape, finder, is_counted=is_counted)
        found = await reader.fetch(statement, {**parameters, **sought})
        if found[0][-1] > few:
            return None
        return [row for row in found if row[0] is not None], found[0][-2] if is_counted else None

    async def _walked(
        self, reader: Reader, shape: PageShape, within: tuple[Term, ...], parameters: Mapping[str, Any]
    ) -> list[Row] | None:
        """Return the rows of a page that a walk along the index of its order finds; None where it is not full by then.

        Should rows come or go between the two statements, the second is right by itself.
        """
        end = kept(reader.dialect, end_statement, self.shape, shape, within)
        ends = await reader.fetch(end, {**parameters, MOST: access_paths.WALKED})
        walked = kept(reader.dialect, walked_statement, self.shape, shape, within, has_end=bool(ends))
        up_to = self.shape.order.parameters(END, ends[0]) if ends else {}
        rows = await reader.fetch(walked, {**parameters, **up_to})
        return rows if not ends or len(rows) == parameters["size"] else None

    async def _path(self, reader: Reader) -> AccessPath:
        definition, reach, condition, order = self.shape
        if definition.findable is None:
            return THE_PLANNERS
        path = access_path(definition.findable, reach, condition, order)
        if reader.dialect.name == "sqlite":
            return path
        # A cluster makes no lateral join of what is on several servers.
        return path if path.is_merged_alone and not await reader.is_on_cluster() else THE_PLANNERS

    async def pages(self, reader: Reader, page: PageArguments, parents: Sequence[str]) -> list[Page[Row]]:
        """Return the page of each parent, in the order of `parents`.

        Short lists are read whole and sorted here, which costs a third of what a rank of their rows does. Where there
        turn out to be more than a few rows, they are ranked after all: no more are read of a list than its page needs.
        """
        parameters = {**self._parameters(page), "parents": parents}
        shape = page_shape(page)
        found = await reader.fetch(kept(reader.dialect, few_statement, self.shape, shape), parameters)
        if len(found) <= FEW:
            self.shape.order.sort(found, backward=page.backward)
        else:
            found = await reader.fetch(kept(reader.dialect, ranked_statement, self.shape, shape), parameters)
        rows: dict[str, list[Row]] = {parent: [] for parent in parents}
        for start in range(0, len(found), MANY):
            for row in found[start : start + MANY]:
                rows[row[-1]].append(row)
            if start:
                await asyncio.sleep(0)
        pages = self._pages(rows, page)
        return [pages[parent] for parent in parents]

    async def counts(
        self, reader: Reader, parents: Collection[str | None], at_most: int | None = None
    ) -> dict[str | None, int]:
        """Count the rows of each parent's list, in one statement. A list without one has the parent None.

        A list of its own is counted no further than `at_most`. Those of several parents are counted to their ends: a
        limit for each parent would take a join that a cluster does not make.
        """
        parameters = {**self.condition, "parents": parents, "size": at_most}
        if self.shape.definition.parent is None:
            make = count_statement if at_most is None else count_at_most_statement
            [(count,)] = await reader.fetch(kept(reader.dialect, make, self.shape), parameters)
            return dict.fromkeys(parents, count)
        found = await reader.fetch(kept(reader.dialect, count_statement, self.shape), parameters)
        return {**dict.fromkeys(parents, 0), **{parent: count for count, parent in found}}

    def _parameters(self, page: PageArguments) -> dict[str, Any]:
        """Return the parameters of a page; raise BadUserInput where a cursor is not one of this order."""
        parameters: dict[str, Any] = {**self.condition, "size": page.size + 1}
        if page.after is not None:
            parameters |= self.shape.order.cursor_parameters("after", page.after)
        if page.before is not None:
            parameters |= self.shape.order.cursor_parameters("before", page.before)
        return parameters

    def _pages(
        self, lists: Mapping[Parent, list[Row]], page: PageArguments, total: int | None = None
    ) -> dict[Parent, Page[Row]]:
        """Cut lists to their pages: one row more than asked for was read, which tells whether more follows."""
        size, backward, after, before, _ = page
        begins_with, caller = self.shape.definition.begins_with, self.principal
        if backward:
            is_followed = before is not None
            return {
                parent: _new_page(
                    (
                        rows[:size][::-1],
                        is_followed,
                        len(rows) > size or not begins_with(rows[::-1], caller),
                        self,
                        parent,
                        total,
                    )
                )
                for parent, rows in lists.items()
            }
        is_preceded = after is not None
        return {
            parent: _new_page((rows[:size], True, is_preceded or not begins_with(rows, caller), self, parent, total))
            if len(rows) > size
            else _new_page((rows, False, is_preceded or not begins_with(rows, caller), self, parent, total))
            for parent, rows in lists.items()
        }


def listing(
    definition: ListDefinition[Row], principal: Principal, condition: SearchCondition, order: Order
) -> Listing[Row]:
    """Return the list of the rows that meet a condition, within the principal's reach."""
    shape = ListShape(definition, principal.reach, condition.shape, order)
    return Listing(shape, {**condition.parameters, "reached": principal.reached}, principal)
