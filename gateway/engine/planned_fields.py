"""The fields of selection sets, as a plan has them (GraphQL specification, section 6.4)."""

from asyncio import gather, sleep
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

from graphql import FieldNode

from gateway.engine.arguments import FieldArguments
from gateway.engine.code import Code
from gateway.engine.completion import Completer
from gateway.engine.execution import Execution
from gateway.engine.pieces import MOST_SECONDS_AT_A_TIME, SECONDS_FOR_OTHERS
from gateway.engine.resolvers import NO_ATTRIBUTES, Attributes, Column, ColumnResolver, WrongNumberOfResults, union
from gateway.engine.response_path import ColumnPaths, FieldPaths, PathStep

MOST_AT_A_TIME = 4
"""So many columns are awaited at the same time: what they wait for serves no more, and others want to be served too."""


class PlannedField(Protocol):
    """A field of a selection set, for all the nodes of a document that ask for it under one response name."""

    step: PathStep
    is_async: bool
    reads: Attributes
    """The attributes that are read from the objects which have the field."""
    compilable: bool
    """Whether an expression resolves and completes the field, of objects that are trusted."""
    depth: int

    def expression(self, object_: str, code: Code) -> str:
        """Return the expression that resolves and completes the field of an object; only where it is compilable."""

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Column:
        """Resolve and complete the field of each object."""


@dataclass(kw_only=True, eq=False)
class ColumnField:
    """A field that a column resolver resolves."""

    step: PathStep
    nodes: list[FieldNode]
    resolver: ColumnResolver
    arguments: FieldArguments
    completer: Completer
    is_async: bool = field(init=False)
    compilable: bool = field(init=False)
    depth: int = field(init=False)
    reads: Attributes = field(init=False)
    result_reads: Attributes = field(init=False)
    """The attributes that are read from the results."""

    def __post_init__(self) -> None:
        resolver, completer = self.resolver, self.completer
        self.is_async = resolver.is_async or completer.is_async
        self.compilable = resolver.attribute is not None and resolver.check is None and completer.compilable
        self.depth = completer.depth
        self.result_reads = resolver.transform_reads if resolver.transform else completer.reads
        # The attributes of what is an attribute itself are named beside it.
        self.reads = resolver.reads if resolver.attribute is None else union([resolver.reads, completer.reads])

    @property
    def batch(self) -> object:
        """What makes the results, where other fields may share its call."""
        return self.resolver.batch if self.arguments.constant == {} else None

    def expression(self, object_: str, code: Code) -> str:
        return self.completer.expression(f"{object_}.{self.resolver.attribute}", code)

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Column:
        results = await self.resolve(objects, execution, self.result_reads)
        return await self.complete(results, paths, execution)

    async def resolve(self, objects: Column, execution: Execution, result_reads: Attributes) -> Column:
        """Return the results, which are the exception where one is raised."""
        resolver = self.resolver
        try:
            # Those of a subscription have told its source, and events are many.
            constant = self.arguments.constant if resolver.source is None else {}
            # A copy, since a resolver may change its own.
            arguments = self.arguments.values(execution) if constant is None else dict(constant)
            if resolver.check is not None:
                resolver.check(execution.context)
            results: Any = resolver.resolve(objects, execution.context, arguments, result_reads)
            if resolver.is_async:
                results = await results
            if len(results) != len(objects):
                raise WrongNumberOfResults(results, objects)  # noqa: TRY301  # as if the resolver had raised it
        except Exception as error:  # noqa: BLE001  # whatever a field fails with is an error in the response
            results = [error] * len(objects)
        return results  # type: ignore[no-any-return]  # what resolvers return is not checked

    def complete(self, results: Column, paths: ColumnPaths, execution: Execution) -> Coroutine[Any, Any, Column]:
        field_paths = FieldPaths(paths, self.step, self.nodes, paths.turn + self.resolver.is_async)
        return self.completer.complete(self.resolver.transformed(results), field_paths, execution)


@dataclass(kw_only=True, eq=False)
class TypeNameField:
    """The field `__typename`."""

    step: PathStep
    type_name: str
    is_async = False
    compilable = True
    depth = 1
    reads = NO_ATTRIBUTES

    def expression(self, object_: str, code: Code) -> str:  # noqa: ARG002  # all objects have the same
        return repr(self.type_name)

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Column:  # noqa: ARG002  # see above
        return [self.type_name] * len(objects)


@dataclass(kw_only=True, eq=False)
class SharedFields:
    """Fields of one selection set that are made of the results of one call."""

    fields: Sequence[ColumnField]
    result_reads: Attributes = field(init=False)

    def __post_init__(self) -> None:
        self.result_reads = union(each.result_reads for each in self.fields)

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Sequence[Column]:
        """Resolve and complete each of the fields."""
        results = await self.fields[0].resolve(objects, execution, self.result_reads)
        completing = [each.complete(results, paths, execution) for each in self.fields]
        return await await_all(completing, concurrent=execution.operation.concurrent)


async def await_all(columns: Sequence[Coroutine[Any, Any, Any]], *, concurrent: bool) -> Sequence[Any]:
    """Await columns one after another, or some at the same time where that gains more than a task for each costs."""
    step = MOST_AT_A_TIME if concurrent else 1
    awaited: list[Any] = []
    begun = 0
    since = perf_counter()
    try:
        for start in range(0, len(columns), step):
            if start and perf_counter() - since > MOST_SECONDS_AT_A_TIME:
                # What was awaited may have been there at once, each time.
                await sleep(SECONDS_FOR_OTHERS)
                since = perf_counter()
            begun = start + step
            if concurrent:
                awaited += await gather(*columns[start : start + step])
            else:
                awaited.append(await columns[start])
    except BaseException:
        for column in columns[begun:]:
            column.close()  # Nobody will await it.
        raise
    return awaited
