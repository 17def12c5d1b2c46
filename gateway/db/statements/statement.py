"""Statements as text, compiled once for each: all that changes from one execution to the next are parameters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import CompilerElement

# The class of its rows above all.
_BYTES_OF_A_STATEMENT = 8_000
# A part of the text is in the shapes that it was made of.
_BYTES_OF_A_CHARACTER = 2
_BYTES_OF_A_PARAMETER = 400

Row = TypeVar("Row")
MakeRow = Callable[[Sequence[Any]], Row]


def parameter(column: ColumnElement[Any], name: str | None = None) -> BindParameter[Any]:
    """Return a parameter of a column's type; it has the column's name unless another is given."""
    return bindparam(name or column.key, type_=column.type)


class Statement(Generic[Row]):
    """A statement that is compiled once for each dialect, and executed with parameters by name."""

    def __init__(self, expression: CompilerElement, make_row: MakeRow[Row] | None = None) -> None:
        """`make_row` makes a row of the values that are selected; without it, rows are tuples."""
        self._expression = expression
        self._make_row = make_row
        self._compiled: dict[str, CompiledStatement[Row]] = {}

    def compiled(self, dialect: Dialect) -> "CompiledStatement[Row]":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._expression, dialect, self._make_row)
        return compiled


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledStatement(Generic[Row]):
    """A statement for one dialect. It takes a hundredth of the memory of what it was compiled of."""

    text: str
    constants: dict[str, Any]
    """The values of the parameters that are part of the statement."""
    processes: list[tuple[str, Callable[[Any], Any]]]
    """The functions that make what the database takes of the parameters called so."""
    in_order: Callable[[Mapping[str, Any]], Sequence[Any]]
    """Returns the values of parameters in the order of the placeholders."""
    make_row: MakeRow[Row] | None
    size: int
    """About how many bytes it takes, with what a cache of statements knows it by."""

    def compiled(self, _: Dialect) -> Self:
        return self

    def bind(self, parameters: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """Return the text, and the values of its placeholders in their order."""
        values = {**self.constants, **parameters}
        for name, process in self.processes:
            values[name] = process(values[name])
        return self.text, self.in_order(values)

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        return list(found if self.make_row is None else map(self.make_row, found))  # type: ignore[arg-type]  # tuples are rows


AnyStatement = Statement[Row] | CompiledStatement[Row]


def _compile(expression: CompilerElement, dialect: Dialect, make_row: MakeRow[Row] | None) -> CompiledStatement[Row]:
    compiler: Any = expression.compile(dialect=dialect)
    names = compiler.positiontup or ()
    constants: dict[str, Any] = {}
    processes = []
    of_types: dict[int, Callable[[Any], Any] | None] = {}  # Many parameters are of the same type.
    for name in dict.fromkeys(names):
        parameter = compiler.binds[name]
        type_ = parameter.type
        if id(type_) not in of_types:
            of_types[id(type_)] = type_.dialect_impl(dialect).bind_processor(dialect)
        process = of_types[id(type_)]
        if not parameter.required:
            value = process(parameter.value) if process else parameter.value
            # sqlite3 looks for a way to adapt what is no plain text, each time.
            constants[name] = str(value) if isinstance(value, StrEnum) else value
        elif process:
            processes.append((name, process))
    return CompiledStatement(
        text=compiler.string,
        constants=constants,
        processes=processes,
        in_order=_picker(names),
        make_row=make_row,
        size=_BYTES_OF_A_STATEMENT + _BYTES_OF_A_CHARACTER * len(compiler.string) + _BYTES_OF_A_PARAMETER * len(names),
    )


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]
