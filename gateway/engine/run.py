"""One execution of a plan."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from graphql import VariableValues

from gateway.engine.calls import Calls
from gateway.engine.failures import Failure, Positions
from gateway.engine.variables import Variables


class Run:
    def __init__(
        self,
        *,
        context: Any,
        variables: Variables,
        given: Mapping[str, Any],
        coerced: dict[str, Any],
        side_by_side: bool,
    ) -> None:
        """`given` and `coerced` are what `variables` are this time. Resolvers may wait `side_by_side`."""
        self.context = context
        self.coerced = coerced
        self.side_by_side = side_by_side
        self.failures: list[Failure] = []
        self._variables = variables
        self._given = given

    @cached_property
    def calls(self) -> Calls:
        return Calls()

    @cached_property
    def values(self) -> VariableValues:
        """The variables as graphql-core has them."""
        return self._variables.values(self._given, self.coerced)

    def fail(self, at: Positions, index: int, error: Exception) -> None:
        self.failures.append(Failure(at, index, error))
