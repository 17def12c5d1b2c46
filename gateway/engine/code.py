"""Functions that are compiled for a selection set.

Reading values straight off the objects into the dicts and lists of the response takes a fraction of the time that a
column for each field takes. It is done where a schema says that values are trusted (`ColumnResolver.trusted`).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

# Python compiles no expression that is nested more than about a hundred levels.
DEEPEST = 50


class Code:
    """The code of one function. Its expressions refer to variables, and to values by names that are made here."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._variables = 0

    def name_of(self, value: Any) -> str:
        """Return a name by which expressions refer to `value`."""
        name = f"value_{len(self._values)}"
        self._values[name] = value
        return name

    def variable(self) -> str:
        """Return a name that nothing has yet."""
        self._variables += 1
        return f"each_{self._variables}"

    def unless_null(self, value: str, complete: Callable[[str], str], *, nullable: bool) -> str:
        """Return what completes the value of an expression by a name; null stays null where the value is nullable."""
        if not nullable and value.isidentifier():
            return complete(value)
        name = self.variable()
        return f"(None if ({name} := {value}) is None else {complete(name)})"

    def function(self, parameters: Sequence[str], expression: str) -> Callable[..., Any]:
        namespace = dict(self._values)
        exec(_compiled(f"def complete({', '.join(parameters)}):\n    return {expression}"), namespace)  # noqa: S102  # see below
        # Else the function would refer to itself, and only the garbage collector would free it.
        function: Callable[..., Any] = namespace.pop("complete")
        return function


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> Any:
    """Compile text that holds only names of a schema and keys of GraphQL: ASCII letters, digits and underscores."""
    return compile(text, "<selection set>", "exec")
