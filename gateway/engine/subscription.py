"""Subscriptions: a source stream, and an execution for each of its events (GraphQL specification, section 6.2.3).

Where the schema tells the source of a subscription's field, its events are executed in columns, as many at a time as
there are, for all who subscribe to the same. Any other field is subscribed to by graphql-core, event by event.
"""

from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, NamedTuple

from graphql import (
    SKIP,
    ArgumentNode,
    ExecutionResult,
    GraphQLError,
    VariableNode,
    Visitor,
    VisitorAction,
    execute,
    located_error,
    subscribe,
    visit,
)

from gateway.engine.document import Document, Executed
from gateway.engine.execution import Execution
from gateway.engine.null_propagation import propagate_nulls
from gateway.engine.operation import Operation
from gateway.engine.plan import Admit, Plan
from gateway.engine.planned_fields import ColumnField
from gateway.engine.resolvers import Source
from gateway.engine.response_path import ROOT, ItemPaths


class _Admitted(NamedTuple):
    """An operation that may be executed, with the values of the variables as the request has them, and as coerced."""

    operation: Operation
    plan: Plan
    given: Mapping[str, Any]
    coerced: dict[str, Any]
    operation_name: str | None


@dataclass(kw_only=True, eq=False)
class Subscription:
    """A subscription to a source that the schema tells."""

    source: Any
    """What the source returned when it was opened."""
    is_shareable: bool
    """Whether all of its fields are executed in columns, of which none asks who the caller is."""
    variables: Hashable
    """The values of the variables, but for those that only tell where the stream begins."""
    _document: Document
    _admitted: _Admitted
    _by_field: bool

    async def execute(self, context: Any, events: Sequence[Any]) -> list[Executed]:
        """Return the data and the errors of each event."""
        admitted = self._admitted
        if self._by_field or admitted.plan.selection_set is None:
            return [await self._execute_by_field(context, event) for event in events]
        execution = Execution(admitted.operation, context, admitted.given, admitted.coerced)
        paths = ItemPaths(ROOT, [len(events)], nullable=True)
        data = list(await admitted.plan.selection_set.execute(events, paths, execution))
        if not execution.errors and not execution.core_executor:
            return [(each, None) for each in data]
        _, errors = propagate_nulls(data, execution.errors, execution.located_errors)
        by_event: list[list[GraphQLError]] = [[] for _ in events]
        for error in self._document.reported(errors, execution.values):
            index, *path = error.path or [0]
            by_event[int(index)].append(_at(error, path))
        return [(each, of_event or None) for each, of_event in zip(data, by_event, strict=True)]

    async def _execute_by_field(self, context: Any, event: Any) -> Executed:
        document, admitted = self._document, self._admitted
        result = execute(
            document.schema.schema,
            document.ast,
            root_value=event,
            context_value=context,
            variable_values=dict(admitted.given),
            operation_name=admitted.operation_name,
            executor_class=document.schema.executor_class,
        )
        data, errors = await result if isawaitable(result) else result
        return data, errors


Subscribed = Subscription | AsyncGenerator[Executed, None] | list[GraphQLError]
"""A subscription, the responses to a source that only graphql-core knows, or why there is no stream."""


async def open_subscription(
    document: Document,
    context: Any,
    variables: Mapping[str, Any],
    operation_name: str | None,
    *,
    admit: Admit | None = None,
    in_columns: bool = True,
) -> Subscribed:
    """Open the source stream of a subscription. Raise what `admit` raises."""
    found = await document.admitted(variables, operation_name, admit)
    if isinstance(found, list):
        return found
    operation, plan, coerced = found
    admitted = _Admitted(operation, plan, variables, coerced, operation_name)
    field = _root_field(admitted)
    source = field.resolver.source if field else None
    if field is None or source is None:
        return await _open_by_graphql_core(document, context, admitted)
    execution = Execution(admitted.operation, context, admitted.given, admitted.coerced)
    try:
        if field.resolver.check:
            field.resolver.check(context)
        opened = await source.open(context, field.arguments.values(execution))
    except Exception as error:  # noqa: BLE001  # whatever a source fails with is an error of the request
        failed = located_error(error, field.nodes, [field.step.key])
        return document.reported([failed], execution.values)
    return Subscription(
        source=opened,
        is_shareable=admitted.plan.in_columns and in_columns,
        variables=_shared(document, admitted, field, source),
        _document=document,
        _admitted=admitted,
        _by_field=not in_columns,
    )


async def _open_by_graphql_core(document: Document, context: Any, admitted: _Admitted) -> Subscribed:
    opened = subscribe(
        document.schema.schema,
        document.ast,
        context_value=context,
        variable_values=dict(admitted.given),
        operation_name=admitted.operation_name,
        executor_class=document.schema.executor_class,
    )
    stream = await opened if isawaitable(opened) else opened
    if isinstance(stream, ExecutionResult):
        return stream.errors or []
    return _responses(stream)


async def _responses(stream: Any) -> AsyncGenerator[Executed, None]:
    try:
        async for result in stream:
            yield result.data, result.errors
    except Exception as error:  # noqa: BLE001  # what a source fails with is the last response, as Strawberry has it
        yield None, [located_error(error)]
    finally:
        await stream.aclose()


def _root_field(admitted: _Admitted) -> ColumnField | None:
    """Return the only field of a subscription (GraphQL specification, section 5.2.3.1)."""
    selection_set = admitted.plan.selection_set
    field = selection_set.fields[0] if selection_set else None
    return field if isinstance(field, ColumnField) else None


def _shared(document: Document, admitted: _Admitted, field: ColumnField, source: Source) -> Hashable:
    """Return what the responses depend on of the values of variables."""
    own = {
        id(argument)
        for node in field.nodes
        for argument in node.arguments or ()
        if argument.name.value in source.own_arguments
    }
    used = _UsedVariables(own)
    visit(document.ast, used)
    return repr(sorted((name, value) for name, value in admitted.given.items() if name in used.names))


class _UsedVariables(Visitor):
    """Finds the names of the variables that a document uses, but for those in arguments of these identities."""

    def __init__(self, arguments: set[int]) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._arguments = arguments

    def enter_variable_definition(self, *_: object) -> VisitorAction:
        return SKIP

    def enter_argument(self, node: ArgumentNode, *_: object) -> VisitorAction:
        return SKIP if id(node) in self._arguments else None

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


def _at(error: GraphQLError, path: list[str | int]) -> GraphQLError:
    """Return an error at another path."""
    return GraphQLError(
        error.message, error.nodes, path=path, original_error=error.original_error, extensions=error.extensions
    )
