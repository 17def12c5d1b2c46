"""The statements that read lists page by page, each for a page, or for a page of each of many parents."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    select,
)

from gateway.db.rows import Columns, columns_read, row_maker
from gateway.db.statements.access_paths import Findable
from gateway.db.statements.conditions import in_parameter, within_reach
from gateway.db.statements.keyset import Order
from gateway.db.statements.predicates import ALWAYS, JoinedPredicates, Predicates, named, predicate_names
from gateway.db.statements.statement import Statement
from gateway.domain.pages import PageArguments
from gateway.domain.principal import Principal, Reach

Row = TypeVar("Row", bound=tuple[Any, ...])

# As many rows are read sooner than ranked.
FEW = 1_000
SIZE: BindParameter[int] = bindparam("size", type_=Integer)
PARENT = "parent"
"""The name of the last column of a row of nested lists, which tells whose list the row is in."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ListDefinition(Generic[Row]):
    """What is in a list, before anybody asks for a part of it."""

    columns: Columns
    row: type[Row]
    from_clause: FromClause
    client_id: ColumnElement[Any]
    """The column that tells whose a row is."""
    predicates: Predicates
    """What the conditions on the list's rows are made of."""
    counted_by: Predicates = field(default_factory=dict)
    """Predicates that many rows meet, as an index finds these soonest where nothing else is read of them."""
    grouped_by: Predicates = field(default_factory=dict)
    """The same, as they are found soonest where each row is read."""
    parent: ColumnElement[Any] | None = None
    """The column that tells whose list a row is in, where the lists are those of many parents."""
    begins_with: Callable[[Sequence[Row], Principal], bool] = lambda *_: True
    """Tells whether a caller's list begins with the first of these rows, or what was before has been removed."""
    begins_reads: Collection[str] = ()
    """The attributes of rows that `begins_with` reads."""
    findable: Findable | None = None
    """By what the indexes of its table find rows."""


# A named tuple, as PageShape is: statements are kept by them, and a dataclass is hashed and compared in Python.
class ListShape(NamedTuple, Generic[Row]):
    """What the text of a list's statements depends on, whichever page is asked for."""

    definition: ListDefinition[Row]
    reach: Reach
    condition: str
    """The shape of the condition on the rows (`SearchCondition.shape`)."""
    order: Order

    @property
    def is_everything(self) -> bool:
        """Whether each row there is is in the list, or in those of all parents."""
        return self.reach is Reach.EVERY_CLIENT and self.condition == ALWAYS

    @property
    def condition_in_rows(self) -> str:
        """The shape of the condition where it is looked at in each row, and no index is asked."""
        condition = self.condition
        for indexed, in_row in (self.definition.findable.in_rows if self.definition.findable else {}).items():
            condition = condition.replace(named(indexed), named(in_row))
        return condition

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select of all the rows of the list, or of the lists of the parameter `parents`."""
        return self._select(columns, self.definition.predicates)

    def select_to_count(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select of the same rows, in no order, what an index has of them."""
        return self._select(columns, self._those_of_many(self.definition.counted_by))

    def select_to_group(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Select of the same rows, in no order."""
        return self._select(columns, self._those_of_many(self.definition.grouped_by))

    def _those_of_many(self, predicates: Predicates) -> Predicates:
        """Return `predicates` where the condition has no others, and no client narrows the rows that may meet it."""
        is_of_many = self.reach is Reach.EVERY_CLIENT and predicate_names(self.condition) <= predicates.keys()
        return predicates if is_of_many else self.definition.predicates

    def _select(self, columns: Sequence[ColumnElement[Any]], predicates: Predicates) -> Select[Any]:
        definition = self.definition
        # Where lists are those of parents, their rows are found by these.
        condition = self.condition if definition.parent is None else self.condition_in_rows
        by_id = any(each.by_id and named(name) in self.condition for name, each in predicates.items())
        statement = (
            select(*columns)
            .select_from(definition.from_clause)
            .where(
                within_reach(definition.client_id, self.reach, by_id=by_id),
                JoinedPredicates(condition, predicates, self.reach),
            )
        )
        return statement if definition.parent is None else statement.where(in_parameter(definition.parent, "parents"))


class PageShape(NamedTuple):
    """What the text of a page's statement depends on beside that."""

    backward: bool
    after: bool
    before: bool
    selected: frozenset[str] | None


def page_shape(page: PageArguments) -> PageShape:
    return PageShape(page.backward, page.after is not None, page.before is not None, page.selected)


def page_statement(shape: ListShape[Row], page: PageShape) -> Statement[Row]:
    """Select one page of a list."""
    columns = page_columns(shape, page)
    statement = shape.select(*columns.values()).where(*page_bounds(shape, page))
    statement = statement.order_by(*shape.order.sorting(backward=page.backward)).limit(SIZE)
    return Statement(statement, row_maker(shape.definition.row, columns))


def count_statement(shape: ListShape[Any]) -> Statement[Any]:
    """Count the rows of a list, or of the list of each parent."""
    parent = shape.definition.parent
    if parent is None:
        return Statement(shape.select_to_count(func.count()))
    return Statement(shape.select_to_count(func.count(), parent).group_by(parent))


def count_at_most_statement(shape: ListShape[Any]) -> Statement[Any]:
    """Count the rows of a list up to a number of them, and look at no more."""
    counted = shape.select_to_count(literal_column("1")).limit(SIZE).subquery("counted")
    return Statement(select(func.count()).select_from(counted))


def few_statement(shape: ListShape[Row], page: PageShape) -> Statement[Row]:
    """Select the rows of the lists of all parents, or more than a few of them."""
    columns = page_columns(shape, page)
    statement = shape.select(*columns.values()).where(*page_bounds(shape, page)).limit(FEW + 1)
    return Statement(statement, row_maker(shape.definition.row, columns))


def ranked_statement(shape: ListShape[Row], page: PageShape) -> Statement[Row]:
    """Select the page of each parent, by the rank of its rows."""
    columns = page_columns(shape, page)
    parent, order = shape.definition.parent, shape.order.sorting(backward=page.backward)
    rank = func.row_number().over(partition_by=parent, order_by=order).label("rank")
    named = (column.label(name) for name, column in columns.items())
    ranked = shape.select(rank, *named).where(*page_bounds(shape, page)).subquery()
    rank_, *values = ranked.c
    return Statement(select(*values).where(rank_ <= SIZE).order_by(rank_), row_maker(shape.definition.row, columns))


def page_columns(shape: ListShape[Any], page: PageShape) -> Columns:
    """Return no more columns than are read, since most of the time of a read goes into making text."""
    definition = shape.definition
    columns = definition.columns
    if page.selected is not None:
        order = (key.attribute for key in shape.order.keys)
        attributes = {"id", *page.selected, *order, *definition.begins_reads}
        columns = columns_read(definition.row, columns, attributes)
    return columns if definition.parent is None else {**columns, PARENT: definition.parent}


def page_bounds(shape: ListShape[Any], page: PageShape) -> list[ColumnElement[bool]]:
    """Return the conditions of the cursors that a page lies between."""
    bounds = []
    if page.after:
        bounds.append(shape.order.beyond("after"))
    if page.before:
        bounds.append(shape.order.beyond("before", backward=True))
    return bounds
