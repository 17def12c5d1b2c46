"""Functions whose source is made for what is asked of values.

Reading values straight off the objects into the dicts and lists of the answer takes a fraction of the time that a
column for each field takes. It is done where a schema says that values need no look (`Column.plain`).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any


class Source:
    """The source of one function. Its expressions refer to variables, and to values by names that are made here."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._variables = 0

    def refer(self, value: Any) -> str:
        """A name for `value`."""
        name = f"known_{len(self._known)}"
        self._known[name] = value
        return name

    def variable(self) -> str:
        """A name that nothing has yet."""
        self._variables += 1
        return f"each_{self._variables}"

    def unless_null(self, value: str, shown: Callable[[str], str], *, nullable: bool) -> str:
        """What is `shown` of the value of an expression by a name; null where it may be null, and is."""
        if not nullable and value.isidentifier():
            return shown(value)
        name = self.variable()
        return f"(None if ({name} := {value}) is None else {shown(name)})"

    def function(self, parameters: Sequence[str], expression: str) -> Callable[..., Any]:
        namespace = dict(self._known)
        exec(_compiled(f"def made({', '.join(parameters)}):\n    return {expression}"), namespace)  # noqa: S102  # see below
        function: Callable[..., Any] = namespace["made"]
        return function


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> Any:
    """Of names of a schema and keys of GraphQL, which are ASCII letters, digits and underscores."""
    return compile(text, "<made>", "exec")
