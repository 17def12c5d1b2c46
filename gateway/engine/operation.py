"""An operation of a document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import Executor, OperationDefinitionNode

from gateway.engine.variables import Variables


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """An operation, and all that its executions have in common."""

    ast: OperationDefinitionNode
    variables: Variables
    is_serial: bool
    concurrent: bool
    """Whether resolvers are awaited at the same time."""
    build_core_executor: Callable[[Any, Mapping[str, Any]], Executor[Any]]
    """Takes the context value and the values of the variables, and returns what executes fields by graphql-core."""
