"""Keyset pagination: a page starts after a cursor, which holds a row's sort values, and never at a count of rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import BindParameter, ColumnElement, FromClause, Label, and_, or_, tuple_

from gateway.db.statements.statement import parameter
from gateway.domain.cursors import IsSortValue, SortValue, decode_cursor, encode_cursor
from gateway.domain.errors import BadUserInput


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """One value that rows are sorted by, never NULL in the database."""

    name: str
    column: ColumnElement[Any]
    attribute: str
    """The attribute of a row that has the value."""
    is_value: IsSortValue
    descending: bool = False

    def directed(self, *, descending: bool) -> Self:
        return replace(self, descending=descending)


@dataclass(frozen=True, kw_only=True, eq=False)
class Order:
    """Sort keys of which the last ones tell any two rows apart."""

    keys: tuple[SortKey, ...]

    @cached_property
    def name(self) -> str:
        """The name that cursors of this order carry, such as `-created_at,-id`."""
        return ",".join(f"-{key.name}" if key.descending else key.name for key in self.keys)

    def sorting(self, *, backward: bool = False, of: FromClause | None = None) -> list[ColumnElement[Any]]:
        """Return the expressions for ORDER BY, made of the `labelled` columns of a subquery where one is given."""
        columns = [key.column if of is None else of.c[_label(key)] for key in self.keys]
        descending = [key.descending is not backward for key in self.keys]
        return [column.desc() if down else column.asc() for column, down in zip(columns, descending, strict=True)]

    def labelled(self) -> list[Label[Any]]:
        """Return the columns that a subquery needs beside its own to be sorted outside."""
        return [key.column.label(_label(key)) for key in self.keys]

    def cursor(self, row: object) -> str:
        """Return the cursor of `row`."""
        return encode_cursor(self.name, tuple(get(row) for get in self._getters))

    def cursor_parameters(self, name: str, cursor: str) -> dict[str, SortValue]:
        """Return the parameters of `beyond` for a cursor; raise BadUserInput, naming the argument, if it is useless."""
        try:
            values = decode_cursor(cursor, self.name, tuple(key.is_value for key in self.keys))
        except BadUserInput as error:
            raise BadUserInput(f"{name}: {error}") from error
        return self.parameters(name, values)

    def parameters(self, name: str, values: Iterable[SortValue]) -> dict[str, SortValue]:
        """Return the parameters of `beyond` for the values of a row's sort keys."""
        return {_parameter(name, key): value for key, value in zip(self.keys, values, strict=True)}

    def beyond(self, name: str, *, backward: bool = False) -> ColumnElement[bool]:
        """Return the condition of the rows after the cursor of the parameter `name`, or before it."""
        values = [parameter(key.column, _parameter(name, key)) for key in self.keys]
        return _beyond(list(zip(self.keys, values, strict=True)), backward=backward)

    def sort(self, rows: list[Any], *, backward: bool = False) -> None:
        """Sort rows as the database does: text by code point."""
        for descending, get in self._sorting:
            rows.sort(key=get, reverse=descending is not backward)

    @cached_property
    def _sorting(self) -> list[tuple[bool, Callable[[object], SortValue]]]:
        """The sorts to make, last key first: each leaves equal rows in the order that they have."""
        return [(key.descending, attrgetter(key.attribute)) for key in reversed(self.keys)]

    @cached_property
    def _getters(self) -> tuple[Callable[[object], SortValue], ...]:
        return tuple(attrgetter(key.attribute) for key in self.keys)


def _label(key: SortKey) -> str:
    return f"sorted_by_{key.name}"


def _parameter(name: str, key: SortKey) -> str:
    return f"{name}_{key.name}"


_SortValues = Sequence[tuple[SortKey, BindParameter[Any]]]


def _beyond(values: _SortValues, *, backward: bool) -> ColumnElement[bool]:
    """Compare keys of one direction as a row value, which an index seeks.

    Where the direction changes, the rows beyond are those beyond in the first run of keys, or equal in it
    and beyond in the rest. The bound on the run alone is implied, but an index cannot seek without it.
    """
    descending = values[0][0].descending
    run = list(takewhile(lambda item: item[0].descending is descending, values))
    rest = values[len(run) :]
    columns = tuple_(*(key.column for key, _ in run))
    bounds = tuple_(*(value for _, value in run))
    less = descending is not backward
    beyond_run = columns < bounds if less else columns > bounds
    if not rest:
        return beyond_run
    bound = columns <= bounds if less else columns >= bounds
    return and_(bound, or_(beyond_run, and_(columns == bounds, _beyond(rest, backward=backward))))
