"""Statements as text, compiled once for each: all that changes from one execution to the next are parameters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import CompilerElement

# So many of each function are kept: their shapes depend on what callers ask for.
KEPT_STATEMENTS = 1_000

Row = TypeVar("Row")


def parameter(column: ColumnElement[Any], name: str | None = None) -> BindParameter[Any]:
    """Return a parameter of a column's type; it has the column's name unless another is given."""
    return bindparam(name or column.key, type_=column.type)


class Statement(Generic[Row]):
    """A statement that is compiled once for each dialect, and executed with parameters by name."""

    def __init__(self, expression: CompilerElement, make_row: Callable[[Sequence[Any]], Row] | None = None) -> None:
        """`make_row` makes a row of the values that are selected; without it, rows are tuples."""
        self._expression = expression
        self._make_row = make_row
        self._compiled: dict[str, _Compiled] = {}

    def bind(self, dialect: Dialect, parameters: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Return the text, and the values of its placeholders in their order."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._expression, dialect)
        values = {**compiled.constants, **parameters}
        for name, process in compiled.processes:
            values[name] = process(values[name])
        return compiled.text, compiled.in_order(values)

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        return list(found if self._make_row is None else map(self._make_row, found))  # type: ignore[arg-type]  # tuples are rows


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    """A statement for one dialect."""

    text: str
    constants: dict[str, Any]
    """The values of the parameters that are part of the statement."""
    processes: list[tuple[str, Callable[[Any], Any]]]
    """The functions that make what the database takes of the parameters called so."""
    in_order: Callable[[Mapping[str, Any]], Sequence[Any]]
    """Returns the values of parameters in the order of the placeholders."""


def _compile(expression: CompilerElement, dialect: Dialect) -> _Compiled:
    compiler: Any = expression.compile(dialect=dialect)
    names = compiler.positiontup or ()
    constants: dict[str, Any] = {}
    processes = []
    for name in dict.fromkeys(names):
        parameter = compiler.binds[name]
        process = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if not parameter.required:
            value = process(parameter.value) if process else parameter.value
            # sqlite3 looks for a way to adapt what is no plain text, each time.
            constants[name] = str(value) if isinstance(value, StrEnum) else value
        elif process:
            processes.append((name, process))
    return _Compiled(
        text=compiler.string,
        constants=constants,
        processes=processes,
        in_order=_picker(names),
    )


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]
