"""Keyset pagination: a page starts at a position in the order, never at a count of rows (DESIGN, section 3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import BindParameter, ColumnElement, and_, or_, tuple_

from gateway.db.compiling import given
from gateway.domain.pagination import Kind, SortValue, decode_cursor, encode_cursor


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """One value that rows are sorted by, never NULL in the database."""

    name: str
    column: ColumnElement[Any]
    attribute: str
    """Where a fetched row has the value."""
    kind: Kind
    descending: bool = False

    def directed(self, *, descending: bool) -> Self:
        return replace(self, descending=descending)


@dataclass(frozen=True, kw_only=True)
class Order:
    """Sort keys of which the last ones tell any two rows apart."""

    keys: tuple[SortKey, ...]

    @cached_property
    def name(self) -> str:
        """What cursors of this order are marked with, such as `-created_at,-id`."""
        return ",".join(f"-{key.name}" if key.descending else key.name for key in self.keys)

    def sorting(self, *, backward: bool = False) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        return [key.column.desc() if key.descending is not backward else key.column.asc() for key in self.keys]

    def cursor(self, row: object) -> str:
        """The position of `row`."""
        return encode_cursor(self.name, tuple(get(row) for get in self._getters))

    def position(self, name: str, cursor: str) -> dict[str, SortValue]:
        """The parameters of `beyond` for a cursor; raises BadUserInput where it is not of this order."""
        values = decode_cursor(cursor, self.name, tuple(key.kind for key in self.keys))
        return {_parameter(name, key): value for key, value in zip(self.keys, values, strict=True)}

    def beyond(self, name: str, *, backward: bool = False) -> ColumnElement[bool]:
        """True for the rows after the position that is given as `name` when the statement runs, or before it."""
        values = [given(key.column, _parameter(name, key)) for key in self.keys]
        return _beyond(list(zip(self.keys, values, strict=True)), backward=backward)

    def sort(self, rows: list[Any], *, backward: bool = False) -> None:
        """As the database would: text by code point."""
        for descending, get in self._sorting:
            rows.sort(key=get, reverse=descending is not backward)

    @cached_property
    def _sorting(self) -> list[tuple[bool, Callable[[object], SortValue]]]:
        """The last key comes first: each sort leaves equal rows in the order that they have."""
        return [(key.descending, attrgetter(key.attribute)) for key in reversed(self.keys)]

    @cached_property
    def _getters(self) -> tuple[Callable[[object], SortValue], ...]:
        return tuple(attrgetter(key.attribute) for key in self.keys)


def _parameter(name: str, key: SortKey) -> str:
    return f"{name}_{key.name}"


_Position = Sequence[tuple[SortKey, BindParameter[Any]]]


def _beyond(position: _Position, *, backward: bool) -> ColumnElement[bool]:
    """Keys of one direction compare as a row value, which an index seeks.

    Where the direction changes, the rows beyond are those beyond in the first run of keys, or equal in it
    and beyond in the rest. The bound on the run alone is implied, but an index cannot seek without it.
    """
    descending = position[0][0].descending
    run = list(takewhile(lambda item: item[0].descending is descending, position))
    rest = position[len(run) :]
    columns = tuple_(*(key.column for key, _ in run))
    values = tuple_(*(value for _, value in run))
    less = descending is not backward
    beyond_run = columns < values if less else columns > values
    if not rest:
        return beyond_run
    bound = columns <= values if less else columns >= values
    return and_(bound, or_(beyond_run, and_(columns == values, _beyond(rest, backward=backward))))
