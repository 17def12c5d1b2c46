"""One execution of an operation."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from graphql import Executor, GraphQLError, VariableValues

from gateway.engine.null_propagation import FieldError
from gateway.engine.operation import Operation
from gateway.engine.response_path import ColumnPaths


class Execution:
    def __init__(self, operation: Operation, context: Any, given: Mapping[str, Any], coerced: dict[str, Any]) -> None:
        """`given` are the values of the variables as the request has them, `coerced` as their types make them."""
        self.operation = operation
        self.context = context
        self.given = given
        self.coerced = coerced
        self.core_executor: Executor[Any] | None = None
        """What executes the fields that are left to graphql-core, once there was one."""
        self.errors: list[FieldError] = []

    @cached_property
    def values(self) -> VariableValues:
        """The variables as graphql-core has them."""
        return self.operation.variables.values(self.given, self.coerced)

    @property
    def located_errors(self) -> list[GraphQLError]:
        """The errors of fields that graphql-core executed."""
        return self.core_executor.collected_errors.errors if self.core_executor else []

    def use_core_executor(self) -> Executor[Any]:
        if self.core_executor is None:
            self.core_executor = self.operation.build_core_executor(self.context, self.given)
        return self.core_executor

    def fail(self, paths: ColumnPaths, index: int, error: Exception) -> None:
        self.errors.append(FieldError(paths, index, error))
