"""Value completion, a column at a time (GraphQL specification, section 6.4.3).

A completer is an output type of the schema together with what is selected of its objects. A value that cannot be
completed is null in the column, and an error of the execution.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType
from typing import Any, Protocol

from graphql import GraphQLEnumType, GraphQLError, GraphQLLeafType, Undefined
from graphql.pyutils import inspect, is_iterable

from gateway.engine.code import DEEPEST, Code
from gateway.engine.execution import Execution
from gateway.engine.pieces import PIECE, in_pieces
from gateway.engine.resolvers import Attributes, Column, each, union
from gateway.engine.response_path import ColumnPaths, ItemPaths, PickedPaths

Complete = Callable[[Column, ColumnPaths, Execution], Awaitable[Column]]


class Part(Protocol):
    """What completes a part of values."""

    is_async: bool
    reads: Attributes
    compilable: bool
    depth: int


@dataclass(kw_only=True, eq=False)
class Completer:
    place: str
    """The field that has the values, as errors name it: `Device.name`."""
    nullable: bool
    trusted: bool
    """Whether values are completed without a look at them (`ColumnResolver.trusted`)."""
    is_async: bool = field(init=False)
    """Whether completion has to wait for resolvers."""
    reads: Attributes = field(init=False)
    """The attributes that completion reads from the values, or from what these attributes hold."""
    compilable: bool = field(init=False)
    """Whether an expression completes the values."""
    depth: int = field(init=False)
    """The number of completers inside one another."""
    _complete_compiled: Callable[[Column], Column] | None = field(init=False)

    def __post_init__(self) -> None:
        parts = self.parts()
        self.is_async = any(part.is_async for part in parts)
        self.reads = union(part.reads for part in parts)
        self.depth = 1 + max((part.depth for part in parts), default=0)
        self.compilable = self.trusted and self.depth <= DEEPEST and all(part.compilable for part in parts)
        self._complete_compiled = None

    def parts(self) -> Collection[Part]:
        """Return what completes what the values hold."""
        return ()

    def expression(self, value: str, code: Code) -> str:
        """Return the expression that completes the value of another; only of a completer that is compilable."""
        raise NotImplementedError

    def complete(self, results: Column, paths: ColumnPaths, execution: Execution) -> Coroutine[Any, Any, Column]:
        """Complete the results of a resolver, which may be null or exceptions."""
        if are_all_present(results):
            return self.complete_present(results, paths, execution)
        checked = [self._check_null(result) for result in results]
        return complete_those_present(checked, paths, execution, self.complete_present)

    def complete_present(self, values: Column, paths: ColumnPaths, execution: Execution) -> Coroutine[Any, Any, Column]:
        """Complete values of which none is null or an exception."""
        if self.compilable:
            return self._complete_by_code(values, paths, execution)
        return self._complete_by_column(values, paths, execution)

    async def _complete_by_code(self, values: Column, paths: ColumnPaths, execution: Execution) -> Column:
        try:
            complete = self._complete_compiled or self._compile()
            return complete(values) if len(values) <= PIECE else await in_pieces(complete, values)
        except Exception:  # noqa: BLE001  # a value that was trusted wrongly comes to light column by column
            return await self._complete_by_column(values, paths, execution)

    async def _complete_by_column(self, values: Column, paths: ColumnPaths, execution: Execution) -> Column:
        raise NotImplementedError

    def _compile(self) -> Callable[[Column], Column]:
        code = Code()
        value = code.variable()
        completed = self.expression(value, code)
        self._complete_compiled = code.function(["values"], f"[{completed} for {value} in values]")
        return self._complete_compiled

    def _check_null(self, result: Any) -> Any:
        if result is not None and result is not Undefined:
            return result
        return None if self.nullable else TypeError(f"Cannot return null for non-nullable field {self.place}.")


def are_all_present(results: Column) -> bool:
    """Tell whether none is null or an exception. There are few types in a column, and finding them costs little."""
    for kind in set(map(type, results)):  # noqa: SIM110  # a generator takes as long as all else
        if issubclass(kind, _ABSENT):
            return False
    return True


_ABSENT = (NoneType, type(Undefined), Exception)


async def complete_those_present(
    results: Column, paths: ColumnPaths, execution: Execution, complete: Complete
) -> Column:
    """Complete the results that are present. Null stays null, and exceptions become errors."""
    if are_all_present(results):
        return await complete(results, paths, execution)
    for index, result in enumerate(results):
        if isinstance(result, Exception):
            execution.fail(paths, index, result)
    present = [
        index for index, result in enumerate(results) if result is not None and not isinstance(result, Exception)
    ]
    values = await complete([results[index] for index in present], PickedPaths(paths, present), execution)
    completed: list[Any] = [None] * len(results)
    for index, value in zip(present, values, strict=True):
        completed[index] = value
    return completed


@dataclass(kw_only=True, eq=False)
class LeafCompleter(Completer):
    type: GraphQLLeafType

    def expression(self, value: str, code: Code) -> str:
        if not isinstance(self.type, GraphQLEnumType):
            return value
        names = code.name_of(EnumNames(self.type))
        return code.unless_null(value, lambda name: f"{names}[{name}]", nullable=self.nullable)

    async def _complete_by_column(self, values: Column, paths: ColumnPaths, execution: Execution) -> Column:
        return await complete_those_present(each(self.coerce_output, values), paths, execution, _as_they_are)

    def coerce_output(self, value: object) -> Any:
        coerced = self.type.coerce_output_value(value)
        if coerced is None or coerced is Undefined:
            raise TypeError(
                f"Expected `{inspect(self.type)}.coerce_output_value({inspect(value)})` "
                f"to return non-nullable value, returned: {inspect(coerced)}"
            )
        return coerced


@dataclass(kw_only=True, eq=False)
class ListCompleter(Completer):
    item: Completer

    def parts(self) -> Collection[Part]:
        return (self.item,)

    def expression(self, value: str, code: Code) -> str:
        def items(values: str) -> str:
            item = code.variable()
            return f"[{self.item.expression(item, code)} for {item} in {values}]"

        return code.unless_null(value, items, nullable=True) if self.nullable else items(value)

    async def _complete_by_column(self, values: Column, paths: ColumnPaths, execution: Execution) -> Column:
        if set(map(type, values)) == {list}:
            return await self._complete_lists(values, paths, execution)
        return await complete_those_present(each(self._as_list, values), paths, execution, self._complete_lists)

    async def _complete_lists(self, lists: Column, paths: ColumnPaths, execution: Execution) -> Column:
        lengths = list(map(len, lists))
        items = list(chain.from_iterable(lists))
        completed = await self.item.complete(items, ItemPaths(paths, lengths, self.item.nullable), execution)
        return _cut(completed, lengths)

    def _as_list(self, value: object) -> list[Any]:
        if not is_iterable(value):
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{self.place}'.")
        return list(value)


class EnumNames(dict[Any, str]):
    """The names of the values of an enum."""

    def __init__(self, type_: GraphQLEnumType) -> None:
        super().__init__()
        self._type = type_

    def __missing__(self, value: Any) -> str:
        name = self[value] = self._type.coerce_output_value(value)
        return name


async def _as_they_are(values: Column, _paths: ColumnPaths, _execution: Execution) -> Column:
    return values


def _cut(items: Column, lengths: Iterable[int]) -> list[Column]:
    """Cut the items of lists apart again."""
    lists = []
    start = 0
    for length in lengths:
        lists.append(items[start : start + length])
        start += length
    return lists
