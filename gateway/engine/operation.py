"""An operation of a document."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import Executor, OperationDefinitionNode

from gateway.engine.variables import Variables

LONGEST_SHORT_NAME = 64
_LONG_NUMBER = re.compile(r"(?<=[0-9]{8})[0-9]+")


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

    @cached_property
    def kind(self) -> str:
        """Whether it is a `query`, a `mutation` or a `subscription`."""
        return self.ast.operation.value

    @cached_property
    def short_name(self) -> str | None:
        """The name as logs may repeat it, since a caller chose it: cut, and with 8 digits of a number at most."""
        if self.ast.name is None:
            return None
        return _LONG_NUMBER.sub("_", self.ast.name.value[:LONGEST_SHORT_NAME])
