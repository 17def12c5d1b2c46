"""Fields that graphql-core executes: those of which the schema says nothing to the executor in columns.

Such a field, with all that is selected beneath it, behaves as under graphql-core, since it is executed by it: resolvers
of any kind, permissions, extensions, introspection. The fields beside it keep their columns.
"""

from asyncio import gather
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from gateway.engine.code import Code
from gateway.engine.execution import Execution
from gateway.engine.resolvers import Attributes, Column
from gateway.engine.response_path import ColumnPaths, FieldPaths, PathStep, path_of


@dataclass(kw_only=True, eq=False)
class CoreField:
    """A field that graphql-core executes for each object by itself."""

    step: PathStep
    parent_type: GraphQLObjectType
    details: FieldDetailsList
    is_async = True
    compilable = False
    depth = 1
    reads: Attributes = None

    def expression(self, object_: str, code: Code) -> str:
        raise NotImplementedError

    async def execute(self, objects: Column, paths: ColumnPaths, execution: Execution) -> Column:
        turn = paths.turn + 1
        at = FieldPaths(paths, self.step, [detail.node for detail in self.details], turn)
        outcomes = [self._begin(object_, at, index, execution) for index, object_ in enumerate(objects)]
        await _replace_awaitables(outcomes)
        for index, outcome in enumerate(outcomes):
            if isinstance(outcome, Exception):
                # Only what may not be null fails as a whole; its error is located already.
                execution.fail(at, index, outcome)
                outcomes[index] = None
        return outcomes

    def _begin(self, object_: Any, at: FieldPaths, index: int, execution: Execution) -> Any:
        """Return the completed value, what it can be awaited of, or an exception."""
        path = path_of(at.steps(index))
        try:
            return execution.use_core_executor().execute_field(self.parent_type, object_, self.details, path, None)
        except Exception as error:  # noqa: BLE001  # whatever a field fails with is an error in the response
            return error


async def _replace_awaitables(outcomes: list[Any]) -> None:
    """Replace each awaitable by what it came to. All of it is awaited, whatever fails."""
    pending = [index for index, outcome in enumerate(outcomes) if isawaitable(outcome)]
    awaitables: Sequence[Awaitable[Any]] = [outcomes[index] for index in pending]
    for index, outcome in zip(pending, await gather(*awaitables, return_exceptions=True), strict=True):
        outcomes[index] = outcome
