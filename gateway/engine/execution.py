"""One execution of an operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import Executor, GraphQLError, VariableValues

from gateway.engine.null_propagation import FieldError
from gateway.engine.response_path import ColumnPaths
from gateway.engine.variables import Variables


@dataclass(kw_only=True)
class Execution:
    context: Any
    variables: Variables
    given: Mapping[str, Any]
    """The values of the variables as the request has them."""
    coerced: dict[str, Any]
    """The values of the variables as their types make them."""
    operation_name: str | None
    concurrent: bool
    """Whether resolvers are awaited at the same time."""
    build_core_executor: Callable[[Any, Mapping[str, Any], str | None], Executor[Any]]
    core_executor: Executor[Any] | None = None
    """What executes the fields that are left to graphql-core, once there was one."""
    errors: list[FieldError] = field(default_factory=list)

    @cached_property
    def values(self) -> VariableValues:
        """The variables as graphql-core has them."""
        return self.variables.values(self.given, self.coerced)

    @property
    def located_errors(self) -> list[GraphQLError]:
        """The errors of fields that graphql-core executed."""
        return self.core_executor.collected_errors.errors if self.core_executor else []

    def use_core_executor(self) -> Executor[Any]:
        if self.core_executor is None:
            self.core_executor = self.build_core_executor(self.context, self.given, self.operation_name)
        return self.core_executor

    def fail(self, paths: ColumnPaths, index: int, error: Exception) -> None:
        self.errors.append(FieldError(paths, index, error))
