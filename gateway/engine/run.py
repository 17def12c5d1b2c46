"""One execution of a plan."""

from dataclasses import dataclass, field
from typing import Any

from graphql import VariableValues

from gateway.engine.calls import Calls
from gateway.engine.failures import Failure, Positions


@dataclass(kw_only=True, slots=True, eq=False)
class Run:
    context: Any
    variables: VariableValues
    side_by_side: bool = True
    """Whether resolvers that wait gain from waiting at the same time."""
    failures: list[Failure] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)

    def fail(self, at: Positions, index: int, error: Exception) -> None:
        self.failures.append(Failure(at, index, error))
