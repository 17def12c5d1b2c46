"""Statements as text, made once for each: statements that are kept cost nothing but the look-up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Select
from sqlalchemy.engine import Dialect


class Compiled(NamedTuple):
    """The text of a statement, and how its parameters are found."""

    text: str
    names: Sequence[str]
    """What the placeholders stand for, in their order."""
    values: Mapping[str, Any]
    """Of the parameters that are part of the statement."""
    processors: Mapping[str, Callable[[Any], Any]]

    def parameters(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**self.values, **{name: self._processed(name, value) for name, value in given.items()}}
        return tuple(values[name] for name in self.names)

    def _processed(self, name: str, value: Any) -> Any:
        process = self.processors.get(name)
        return process(value) if process else value


class Compiler:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: WeakKeyDictionary[Select[Any], Compiled] = WeakKeyDictionary()

    def compiled(self, statement: Select[Any]) -> Compiled:
        compiled = self._compiled.get(statement)
        if compiled is None:
            compiled = self._compiled[statement] = self._compile(statement)
        return compiled

    def _compile(self, statement: Select[Any]) -> Compiled:
        compiler = statement.compile(dialect=self._dialect)
        processors = {}
        for name, parameter in compiler.binds.items():
            processor = parameter.type.dialect_impl(self._dialect).bind_processor(self._dialect)
            if processor:
                processors[name] = processor
        values = {
            name: processors[name](parameter.value) if name in processors else parameter.value
            for name, parameter in compiler.binds.items()
            if not parameter.required
        }
        return Compiled(compiler.string, compiler.positiontup or (), values, processors)
