"""How the values of a type are shown, a column at a time.

A shape is an output type of the schema, together with what is asked of its objects. A value that cannot be shown is
null in the column, and a failure of the run.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import NoneType
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLLeafType, Undefined
from graphql.pyutils import inspect, is_iterable

from gateway.engine.column import each
from gateway.engine.failures import Items, Picked, Positions
from gateway.engine.run import Run
from gateway.engine.source import Source

Column = Sequence[Any]
Show = Callable[[Column, Positions, Run], Awaitable[Column]]


@dataclass(frozen=True, kw_only=True)
class Shape:
    place: str
    """What errors call the field that has the values."""
    nullable: bool
    trusted: bool
    """Whether values need no look (`Column.plain`)."""

    @cached_property
    def waits(self) -> bool:
        """Whether showing the values has to wait for resolvers."""
        return False

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The names of the attributes that are read from the values, or from what these attributes hold."""
        return frozenset()

    @cached_property
    def plain(self) -> bool:
        """Whether an expression shows the values."""
        return self.trusted

    def expression(self, value: str, source: Source) -> str:
        """What is shown of the value of an expression; only of a plain shape."""
        raise NotImplementedError

    async def complete(self, results: Column, at: Positions, run: Run) -> Column:
        """What is shown of resolvers' results, which may be null or exceptions."""
        if all_present(results):
            return await self.show(results, at, run)
        return await show_present([self._checked(result) for result in results], at, run, self.show)

    def show(self, values: Column, at: Positions, run: Run) -> Coroutine[Any, Any, Column]:
        """What is shown of values, all of which are present."""
        return self._show_as_plain(values, at, run) if self.plain else self._show(values, at, run)

    async def _show_as_plain(self, values: Column, at: Positions, run: Run) -> Column:
        try:
            return self._show_plain(values)
        except Exception:  # noqa: BLE001  # one that is not plain after all comes to light column by column
            return await self._show(values, at, run)

    async def _show(self, values: Column, at: Positions, run: Run) -> Column:
        """Column by column."""
        raise NotImplementedError

    @cached_property
    def _show_plain(self) -> Callable[[Column], Column]:
        source = Source()
        each = source.variable()
        return source.function(["values"], f"[{self.expression(each, source)} for {each} in values]")

    def _checked(self, result: Any) -> Any:
        if result is not None and result is not Undefined:
            return result
        return None if self.nullable else TypeError(f"Cannot return null for non-nullable field {self.place}.")


def all_present(results: Column) -> bool:
    """Whether none is null or an exception. There are few types in a column, and finding them costs little."""
    for kind in set(map(type, results)):  # noqa: SIM110  # a generator takes as long as all else
        if issubclass(kind, _ABSENT):
            return False
    return True


_ABSENT = (NoneType, type(Undefined), Exception)


async def show_present(results: Column, at: Positions, run: Run, show: Show) -> Column:
    """Shows those that are present. Null stays null, and exceptions become failures."""
    if all_present(results):
        return await show(results, at, run)
    for index, result in enumerate(results):
        if isinstance(result, Exception):
            run.fail(at, index, result)
    present = [
        index for index, result in enumerate(results) if result is not None and not isinstance(result, Exception)
    ]
    shown: list[Any] = [None] * len(results)
    for index, value in zip(present, await show([results[i] for i in present], Picked(at, present), run), strict=True):
        shown[index] = value
    return shown


@dataclass(frozen=True, kw_only=True)
class Leaf(Shape):
    type: GraphQLLeafType

    def expression(self, value: str, source: Source) -> str:
        if not isinstance(self.type, GraphQLEnumType):
            return value
        names = source.refer(Names(self.type))
        return source.unless_null(value, lambda name: f"{names}[{name}]", nullable=self.nullable)

    async def _show(self, values: Column, at: Positions, run: Run) -> Column:
        return await show_present(each(self.coerced, values), at, run, _as_they_are)

    def coerced(self, value: object) -> Any:
        coerced = self.type.coerce_output_value(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(self.type)}.coerce_output_value({inspect(value)})` "
                f"to return non-nullable value, returned: {inspect(coerced)}"
            )
        return coerced


@dataclass(frozen=True, kw_only=True)
class List(Shape):
    item: Shape

    @cached_property
    def waits(self) -> bool:
        return self.item.waits

    @cached_property
    def attributes(self) -> frozenset[str]:
        return self.item.attributes

    @cached_property
    def plain(self) -> bool:
        return self.trusted and self.item.plain

    def expression(self, value: str, source: Source) -> str:
        def items(values: str) -> str:
            each = source.variable()
            return f"[{self.item.expression(each, source)} for {each} in {values}]"

        return source.unless_null(value, items, nullable=True) if self.nullable else items(value)

    async def _show(self, values: Column, at: Positions, run: Run) -> Column:
        if set(map(type, values)) == {list}:
            return await self._show_lists(values, at, run)
        return await show_present(each(self._as_list, values), at, run, self._show_lists)

    async def _show_lists(self, lists: Column, at: Positions, run: Run) -> Column:
        lengths = list(map(len, lists))
        items = list(chain.from_iterable(lists))
        shown = await self.item.complete(items, Items(at, lengths, self.item.nullable), run)
        return _cut(shown, lengths)

    def _as_list(self, value: object) -> list[Any]:
        if not is_iterable(value):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{self.place}'.")
        return list(value)


class Names(dict[Any, str]):
    """What the values of an enum are called."""

    def __init__(self, type_: GraphQLEnumType) -> None:
        super().__init__()
        self._type = type_

    def __missing__(self, value: Any) -> str:
        name = self[value] = self._type.coerce_output_value(value)
        return name


async def _as_they_are(values: Column, _at: Positions, _run: Run) -> Column:
    return values


def _cut(items: Column, lengths: Iterable[int]) -> list[Column]:
    lists = []
    start = 0
    for length in lengths:
        lists.append(items[start : start + length])
        start += length
    return lists
