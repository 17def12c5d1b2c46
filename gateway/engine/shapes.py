"""How the values of a type are shown, a column at a time.

A shape is an output type of the schema, together with what is asked of its objects. A value that cannot be shown is
null in the column, and a failure of the run.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType
from typing import Any, Protocol

from graphql import GraphQLEnumType, GraphQLError, GraphQLLeafType, Undefined
from graphql.pyutils import inspect, is_iterable

from gateway.engine.column import each
from gateway.engine.failures import Items, Picked, Positions
from gateway.engine.run import Run
from gateway.engine.source import Source

Column = Sequence[Any]
Show = Callable[[Column, Positions, Run], Awaitable[Column]]


class Inner(Protocol):
    """What shows a part of values."""

    waits: bool
    attributes: frozenset[str]
    plain: bool


@dataclass(kw_only=True, eq=False)
class Shape:
    place: str
    """What errors call the field that has the values."""
    nullable: bool
    trusted: bool
    """Whether values need no look (`Column.plain`)."""
    waits: bool = field(init=False)
    """Whether showing the values has to wait for resolvers."""
    attributes: frozenset[str] = field(init=False)
    """The names of the attributes that are read from the values, or from what these attributes hold."""
    plain: bool = field(init=False)
    """Whether an expression shows the values."""
    _show_plain: Callable[[Column], Column] | None = field(init=False)

    def __post_init__(self) -> None:
        inner = self.inner()
        self.waits = any(each.waits for each in inner)
        self.attributes = frozenset().union(*(each.attributes for each in inner))
        self.plain = self.trusted and all(each.plain for each in inner)
        self._show_plain = None

    def inner(self) -> Collection[Inner]:
        """What shows what the values hold."""
        return ()

    def expression(self, value: str, source: Source) -> str:
        """What is shown of the value of an expression; only of a plain shape."""
        raise NotImplementedError

    def complete(self, results: Column, at: Positions, run: Run) -> Coroutine[Any, Any, Column]:
        """What is shown of resolvers' results, which may be null or exceptions."""
        if all_present(results):
            return self.show(results, at, run)
        return show_present([self._checked(result) for result in results], at, run, self.show)

    def show(self, values: Column, at: Positions, run: Run) -> Coroutine[Any, Any, Column]:
        """What is shown of values, all of which are present."""
        return self._show_as_plain(values, at, run) if self.plain else self._show(values, at, run)

    async def _show_as_plain(self, values: Column, at: Positions, run: Run) -> Column:
        try:
            return (self._show_plain or self._plain_shower())(values)
        except Exception:  # noqa: BLE001  # one that is not plain after all comes to light column by column
            return await self._show(values, at, run)

    async def _show(self, values: Column, at: Positions, run: Run) -> Column:
        """Column by column."""
        raise NotImplementedError

    def _plain_shower(self) -> Callable[[Column], Column]:
        source = Source()
        each = source.variable()
        self._show_plain = source.function(["values"], f"[{self.expression(each, source)} for {each} in values]")
        return self._show_plain

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


@dataclass(kw_only=True, eq=False)
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


@dataclass(kw_only=True, eq=False)
class List(Shape):
    item: Shape

    def inner(self) -> Collection[Inner]:
        return (self.item,)

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
