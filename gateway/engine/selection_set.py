"""Selection sets, as a plan has them (GraphQL specification, section 6.3).

What is asked again and again is found out when a plan is made. Only functions are compiled when they are first used:
most never are.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from gateway.engine.code import DEEPEST, Code
from gateway.engine.execution import Execution
from gateway.engine.null_propagation import leaves_no_data
from gateway.engine.pieces import PIECE, in_pieces
from gateway.engine.planned_fields import ColumnField, PlannedField, SharedFields, await_all
from gateway.engine.resolvers import Attributes, Column, union
from gateway.engine.response_path import ROOT, ColumnPaths


@dataclass(kw_only=True, eq=False)
class SelectionSet:
    """What is selected of the objects of one type."""

    fields: Sequence[PlannedField]
    trusted: bool
    """Whether what the objects hold is shown without a look at it (`ColumnResolver.trusted`)."""
    is_async: bool = field(init=False)
    reads: Attributes = field(init=False)
    compilable: bool = field(init=False)
    depth: int = field(init=False)
    _columns: Sequence[PlannedField] = field(init=False)
    """The fields that are executed in a column of their own."""
    _shared: Sequence[SharedFields] = field(init=False)
    _ranks: Sequence[int] = field(init=False)
    """The places of the fields of `_columns`, and then of those of `_shared`, among `fields`."""
    _make_objects: Callable[..., Column] | None = field(init=False)

    def __post_init__(self) -> None:
        self.is_async = any(each.is_async for each in self.fields)
        self.reads = union(each.reads for each in self.fields)
        self.depth = 1 + max((each.depth for each in self.fields), default=0)
        in_columns = [each for each in self.fields if not (self.trusted and each.compilable)]
        self.compilable = self.trusted and self.depth <= DEEPEST and not in_columns
        self._shared = _shared_fields(in_columns)
        shared = list(chain.from_iterable(each.fields for each in self._shared))
        self._columns = [each for each in in_columns if each not in shared]
        self._ranks = [each.step.rank for each in (*self._columns, *shared)]
        self._make_objects = None

    def expression(self, object_: str, code: Code) -> str:
        """Return the expression that executes the selection set of an object; only where it is compilable."""
        return _dict((each.step.key, each.expression(object_, code)) for each in self.fields)

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Sequence[dict[str, Any]]:
        """Return what is selected of each object."""
        if not objects:
            return []
        columns: Sequence[Column]
        if len(self._columns) == 1 and not self._shared:
            columns = (await self._columns[0].execute(objects, paths, execution),)
        else:
            columns = await self._execute_columns(objects, paths, execution)
        try:
            make = self._make_objects or self._compile()
            return make(objects, *columns) if len(objects) <= PIECE else await in_pieces(make, objects, *columns)
        except Exception:  # noqa: BLE001  # a value that was trusted wrongly comes to light column by column
            executed = dict(zip(self._ranks, columns, strict=True))
            return await self._complete_rest(objects, executed, paths, execution)

    async def execute_serially(self, root: Any, execution: Execution) -> dict[str, Any]:
        """Return what is selected of the root of a mutation.

        A field ends before the next one begins, and none begins once there is no data to show.
        """
        data = {}
        for each in self.fields:
            [data[str(each.step.key)]] = await each.execute([root], ROOT, execution)
            if leaves_no_data(execution.errors):
                break
        return data

    async def _execute_columns(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Sequence[Column]:
        executing: list[Coroutine[Any, Any, Any]] = [each.execute(objects, paths, execution) for each in self._columns]
        executing += [each.execute(objects, paths, execution) for each in self._shared]
        executed = await await_all(executing, concurrent=execution.operation.concurrent and self.is_async)
        if not self._shared:
            return executed
        count = len(self._columns)
        return [*executed[:count], *chain.from_iterable(executed[count:])]

    async def _complete_rest(
        self, objects: Column, executed: Mapping[int, Column], paths: ColumnPaths, execution: Execution
    ) -> Sequence[dict[str, Any]]:
        columns = [
            executed[rank] if rank in executed else await each.execute(objects, paths, execution)
            for rank, each in enumerate(self.fields)
        ]
        keys = [str(each.step.key) for each in self.fields]
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]

    def _compile(self) -> Callable[..., Column]:
        """Compile what makes dicts of the objects and the columns."""
        code = Code()
        object_ = code.variable()
        values = {rank: code.variable() for rank in self._ranks}
        made = _dict(
            (each.step.key, values[rank] if rank in values else each.expression(object_, code))
            for rank, each in enumerate(self.fields)
        )
        columns = [f"column_{rank}" for rank in values]
        names, iterables = ", ".join([object_, *values.values()]), ", ".join(["objects", *columns])
        self._make_objects = code.function(["objects", *columns], f"[{made} for {names}, in zip({iterables})]")
        return self._make_objects


def _shared_fields(fields: Iterable[PlannedField]) -> list[SharedFields]:
    """Return those fields that share a call, by the call."""
    by_batch: dict[object, list[ColumnField]] = {}
    for each in fields:
        if isinstance(each, ColumnField) and each.batch is not None:
            by_batch.setdefault(each.batch, []).append(each)
    return [SharedFields(fields=sharing) for sharing in by_batch.values() if len(sharing) > 1]


def _dict(entries: Iterable[tuple[str | int, str]]) -> str:
    """Return the display of a dict of keys and expressions."""
    return f"{{{', '.join(f'{key!r}: {value}' for key, value in entries)}}}"
