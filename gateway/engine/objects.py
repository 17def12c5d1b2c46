"""The completion of objects, each by the selection set of its type."""

from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLSchema, is_object_type
from graphql.pyutils import inspect

from gateway.engine.code import Code
from gateway.engine.completion import Completer, Part, complete_those_present
from gateway.engine.execution import Execution
from gateway.engine.planned_fields import await_all
from gateway.engine.resolvers import Column, TypeName, each
from gateway.engine.response_path import ColumnPaths, PickedPaths
from gateway.engine.selection_set import SelectionSet


@dataclass(kw_only=True, eq=False)
class ObjectCompleter(Completer):
    selection_set: SelectionSet

    def parts(self) -> Collection[Part]:
        return (self.selection_set,)

    def expression(self, value: str, code: Code) -> str:
        return code.unless_null(value, lambda name: self.selection_set.expression(name, code), nullable=self.nullable)

    def _complete_by_column(
        self, values: Column, paths: ColumnPaths, execution: Execution
    ) -> Coroutine[Any, Any, Column]:
        return self.selection_set.execute(values, paths, execution)


@dataclass(kw_only=True, eq=False)
class AbstractCompleter(Completer):
    """Completes the values of an interface or a union: objects of several types, each by its own selection set."""

    type: GraphQLAbstractType
    type_name: TypeName
    schema: GraphQLSchema
    selection_sets: Mapping[str, SelectionSet]
    """The selection set of each object type, by its name."""

    def parts(self) -> Collection[Part]:
        return self.selection_sets.values()

    def expression(self, value: str, code: Code) -> str:
        def complete(name: str) -> str:
            type_name = code.variable()
            found = f"({type_name} := {code.name_of(self.type_name)}({name}))"
            branches = []
            for type_, selection_set in self.selection_sets.items():
                branches.append(f"{selection_set.expression(name, code)} if {found} == {type_!r}")
                found = type_name
            # For a type that is none of these, the look-up fails.
            return f"({' else '.join(branches)} else {code.name_of({})}[{found}])"

        return code.unless_null(value, complete, nullable=self.nullable)

    async def _complete_by_column(self, values: Column, paths: ColumnPaths, execution: Execution) -> Column:
        names = each(self.type_name, values)
        if self.selection_sets.keys() >= {name for name in names if isinstance(name, str)} and _are_text(names):
            return await self._complete_by_type(values, names, paths, execution)
        checked = [self._check_type(value, name) for value, name in zip(values, names, strict=True)]
        return await complete_those_present(checked, paths, execution, self.complete_present)

    async def _complete_by_type(
        self, values: Column, names: Sequence[str], paths: ColumnPaths, execution: Execution
    ) -> Column:
        indexes: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            indexes.setdefault(name, []).append(index)
        if len(indexes) == 1:
            return await self.selection_sets[names[0]].execute(values, paths, execution)
        executing = [
            self.selection_sets[name].execute([values[i] for i in of_type], PickedPaths(paths, of_type), execution)
            for name, of_type in indexes.items()
        ]
        columns = await await_all(executing, concurrent=execution.operation.concurrent and self.is_async)
        completed: list[Any] = [None] * len(values)
        for of_type, column in zip(indexes.values(), columns, strict=True):
            for index, value in zip(of_type, column, strict=True):
                completed[index] = value
        return completed

    def _check_type(self, value: object, name: object) -> object:
        """Return the value, or an exception where `name` is not the name of one of the types."""
        if isinstance(name, Exception):
            return name
        is_known = isinstance(name, str) and name in self.selection_sets
        return value if is_known else GraphQLError(self._type_error(value, name))

    def _type_error(self, value: object, name: object) -> str:
        """Say what is wrong with the name of the type of `value`, in graphql-core's words."""
        nothing = f"Abstract type '{self.type}' must resolve to an Object type at runtime for field '{self.place}'"
        if name is None:
            return (
                f"{nothing}. Either the '{self.type}' type should provide a 'resolve_type' function or each possible "
                "type should provide an 'is_type_of' function."
            )
        if not isinstance(name, str):
            return (
                f"{nothing} with value {inspect(value)}, received '{inspect(name)}', "
                "which is not a valid Object type name."
            )
        type_ = self.schema.get_type(name)
        if type_ is None:
            return f"Abstract type '{self.type}' was resolved to a type '{name}' that does not exist inside the schema."
        if not is_object_type(type_):
            return f"Abstract type '{self.type}' was resolved to a non-object type '{name}'."
        return f"Runtime Object type '{name}' is not a possible type for '{self.type}'."


def _are_text(names: Sequence[object]) -> bool:
    return all(issubclass(kind, str) for kind in set(map(type, names)))
