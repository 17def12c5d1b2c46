"""The statements that read a page by an access path."""

from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Integer, Select, bindparam, func, literal_column, select, true

from gateway.db.rows import row_maker
from gateway.db.statements.access_paths import REACH, Findable, Term
from gateway.db.statements.conditions import Array, in_each_row, reached_parameter, within_reach
from gateway.db.statements.page_statements import SIZE, ListShape, PageShape, Row, page_bounds, page_columns
from gateway.db.statements.predicates import JoinedPredicates, named, numbered_parameter
from gateway.db.statements.statement import Statement

NUMBER = "number"
"""The name of the last column of what `found_statement` returns: how many were found."""
TOTAL = "total"
"""The name of the column before it where the whole list is counted too: how many of these are in it."""
SOUGHT = "sought"
"""The parameter with the value of a finder once more: its own index takes it in other words than a row does."""
MOST = "most"
"""The parameter with the number of rows that may be found, or walked along."""
END = "end"
"""What the parameters with the sort values begin with at which a walk ends."""
_MOST: BindParameter[int] = bindparam(MOST, type_=Integer)
# What no value comes before.
_FIRST_TEXT: ColumnElement[str] = literal_column("''")
_FIRST_NUMBER: ColumnElement[int] = literal_column("0")


def found_statement(
    shape: ListShape[Row], page: PageShape, finder: tuple[Term, ...], *, is_counted: bool
) -> Statement[Row]:
    """Select a page of the rows that a finder finds, if they are few: else, and where none matches, a row of NULLs.

    Where the page begins the list, all its rows may be counted with it.
    """
    findable, columns, order = _findable(shape), page_columns(shape, page), shape.order
    found = _keys(shape, finder).limit(_MOST + 1).cte("found")
    number = select(func.count()).select_from(found).scalar_subquery()
    few = (
        select(*(column.label(name) for name, column in columns.items()), *order.labelled())
        .where(number <= _MOST, findable.key.in_(select(found.c.key)))
        .where(in_each_row(*_conditions(shape), *page_bounds(shape, page)))
        .cte("few")
    )
    numbers = {NUMBER: number}
    if is_counted:
        numbers = {TOTAL: select(func.count()).select_from(few).scalar_subquery(), **numbers}
    one = select(*(each.label(name) for name, each in numbers.items())).subquery("numbers")
    statement = (
        select(*(few.c[name] for name in columns), *one.c)
        .select_from(one.outerjoin(few, true()))
        .order_by(*order.sorting(backward=page.backward, of=few))
        .limit(SIZE)
    )
    return Statement(statement, row_maker(shape.definition.row, [*columns, *numbers]))


def end_statement(shape: ListShape[Any], page: PageShape, within: tuple[Term, ...]) -> Statement[Any]:
    """Select the sort values at which a walk ends, or nothing where the list ends before."""
    statement = select(*(key.column for key in shape.order.keys)).where(
        *_all_of(shape, within), *page_bounds(shape, page)
    )
    return Statement(statement.order_by(*shape.order.sorting(backward=page.backward)).limit(1).offset(_MOST))


def walked_statement(
    shape: ListShape[Row], page: PageShape, within: tuple[Term, ...], *, has_end: bool
) -> Statement[Row]:
    """Select a page by a look at each row in its order, up to the sort values at which it ends."""
    columns, order = page_columns(shape, page), shape.order
    end = [order.beyond(END, backward=not page.backward)] if has_end else []
    statement = (
        select(*columns.values())
        .where(*_all_of(shape, within), in_each_row(*_conditions(shape)), *page_bounds(shape, page), *end)
        .order_by(*order.sorting(backward=page.backward))
        .limit(SIZE)
    )
    return Statement(statement, row_maker(shape.definition.row, columns))


def merged_statement(shape: ListShape[Row], page: PageShape, merged: Term, within: tuple[Term, ...]) -> Statement[Row]:
    """Select a page of the rows with any of many values, each of which has its rows in order.

    SQLite looks at no more rows of a value once those that follow would come after the page. It finds that out only
    where the index of the order is the one that it chooses, so there is a bound on the order, if only one that all are
    within.
    """
    findable, columns = _findable(shape), page_columns(shape, page)
    column, array = _merged(shape, merged)
    values = select(func.json_each(array).table_valued("value").c.value).distinct().subquery("each_value")
    first = next(key.column for key in shape.order.keys if key.column is not column)
    statement = (
        select(*columns.values())
        .select_from(values.join(findable.table, column == values.c.value))
        .where(
            first >= (_FIRST_NUMBER if isinstance(first.type, Integer) else _FIRST_TEXT),
            *_all_of(shape, within),
            in_each_row(*_conditions(shape)),
            *page_bounds(shape, page),
        )
        .order_by(*shape.order.sorting(backward=page.backward))
        .limit(SIZE)
    )
    return Statement(statement, row_maker(shape.definition.row, columns))


def lateral_statement(shape: ListShape[Row], page: PageShape, merged: Term, within: tuple[Term, ...]) -> Statement[Row]:
    """Select the same on PostgreSQL, where nothing else is asked of a row.

    By its statistics, PostgreSQL takes each value to have some rows, and would look through all rows there are, in
    their order, for those of values that have none. So the rows that may be on the page are read of each value.
    """
    columns, order = page_columns(shape, page), shape.order
    column, array = _merged(shape, merged)
    value = func.unnest(array, type_=column.type).label("value")
    values = select(value).distinct().subquery("each_value")
    own = (
        select(*(each.label(name) for name, each in columns.items()), *order.labelled())
        .where(column == values.c.value, *_all_of(shape, within), *page_bounds(shape, page))
        .order_by(*order.sorting(backward=page.backward))
        .limit(SIZE)
        .lateral("own")
    )
    statement = (
        select(*(own.c[name] for name in columns))
        .select_from(values.join(own, true()))
        .order_by(*order.sorting(backward=page.backward, of=own))
        .limit(SIZE)
    )
    return Statement(statement, row_maker(shape.definition.row, columns))


def _merged(shape: ListShape[Any], merged: Term) -> tuple[ColumnElement[Any], BindParameter[Any]]:
    """Return the column of a predicate with many values, and the parameter with these."""
    name, number = merged
    column = _findable(shape).columns[name]
    parameter = bindparam(numbered_parameter(number), type_=Array(column.type))
    return column, reached_parameter(shape.reach) if name == REACH else parameter


def _keys(shape: ListShape[Any], finder: tuple[Term, ...]) -> Select[Any]:
    """Select the keys of the rows that a finder finds."""
    findable, (name, _) = _findable(shape), finder[0]
    if name in findable.found_by:
        return findable.found_by[name](SOUGHT)
    return select(findable.key.label("key")).select_from(findable.table).where(*_all_of(shape, finder))


def _condition(shape: ListShape[Any], name: str, number: int) -> ColumnElement[bool]:
    definition = shape.definition
    if name == REACH:
        return within_reach(definition.client_id, shape.reach)
    return JoinedPredicates(named(name), definition.predicates, shape.reach, number)


def _all_of(shape: ListShape[Any], terms: tuple[Term, ...]) -> list[ColumnElement[bool]]:
    return [_condition(shape, *term) for term in terms]


def _conditions(shape: ListShape[Any]) -> list[ColumnElement[bool]]:
    """Return the conditions on a row of the list, as a row itself tells whether they hold."""
    definition = shape.definition
    return [
        within_reach(definition.client_id, shape.reach),
        JoinedPredicates(shape.condition_in_rows, definition.predicates, shape.reach),
    ]


def _findable(shape: ListShape[Any]) -> Findable:
    return cast("Findable", shape.definition.findable)
