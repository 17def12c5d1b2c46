"""Statements as text, made once for each: all that changes from one execution to the next is given as parameters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import CompilerElement

# Of each kind: their shapes depend on what callers ask for.
KEPT_STATEMENTS = 1_000

Row = TypeVar("Row")
Make = Callable[[Sequence[Any]], Row]


class Statement(Generic[Row]):
    """A statement that is kept. The parameters of an execution are by the names that its `bindparam`s have."""

    def __init__(self, expression: CompilerElement, row: Make[Row] | None = None) -> None:
        """`row` makes a row of the values that are selected; without it, rows are tuples."""
        self._expression = expression
        self._row = row
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> "Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = Compiled(self._expression, dialect)
        return compiled

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        return list(found if self._row is None else map(self._row, found))  # type: ignore[arg-type]  # tuples are rows


class Parameter(NamedTuple):
    """A placeholder."""

    name: str
    given: bool
    """Whether its value is given, or part of the statement."""
    constant: Any
    process: Callable[[Any], Any] | None
    """Makes what the database takes."""


class Compiled:
    """The text of a statement for one dialect, and how its parameters are found."""

    def __init__(self, expression: CompilerElement, dialect: Dialect) -> None:
        compiler: Any = expression.compile(dialect=dialect)
        self.text: str = compiler.string
        self._parameters = [_parameter(compiler, name) for name in compiler.positiontup or ()]

    def parameters(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """In the order of the placeholders."""
        return tuple(
            [
                constant if not is_given else given[name] if process is None else process(given[name])
                for name, is_given, constant, process in self._parameters
            ]
        )


def _parameter(compiler: SQLCompiler, name: str) -> Parameter:
    found = compiler.binds[name]
    process = found.type.dialect_impl(compiler.dialect).bind_processor(compiler.dialect)
    constant = process(found.value) if process and not found.required else found.value
    return Parameter(name, found.required, constant, process)
