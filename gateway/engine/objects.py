"""How objects are shown, each by the selection of its type."""

from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLSchema, is_object_type
from graphql.pyutils import inspect

from gateway.engine.column import TypeName, each
from gateway.engine.failures import Picked, Positions
from gateway.engine.plan import Selection, all_of
from gateway.engine.run import Run
from gateway.engine.shapes import Inner, Shape, show_present
from gateway.engine.source import Source


@dataclass(kw_only=True, eq=False)
class Object(Shape):
    selection: Selection

    def inner(self) -> Collection[Inner]:
        return (self.selection,)

    def expression(self, value: str, source: Source) -> str:
        return source.unless_null(value, lambda name: self.selection.expression(name, source), nullable=self.nullable)

    def _show(self, values: Sequence[Any], at: Positions, run: Run) -> Coroutine[Any, Any, Sequence[Any]]:
        return self.selection.show(values, at, run)


@dataclass(kw_only=True, eq=False)
class Abstract(Shape):
    """A value of an interface or a union: an object of one of several types, each with a selection of its own."""

    type: GraphQLAbstractType
    type_name: TypeName
    schema: GraphQLSchema
    selections: Mapping[str, Selection]
    """By the name of the object type."""

    def inner(self) -> Collection[Inner]:
        return self.selections.values()

    def expression(self, value: str, source: Source) -> str:
        def shown(name: str) -> str:
            type_name = source.variable()
            found = f"({type_name} := {source.refer(self.type_name)}({name}))"
            rows = []
            for type_, selection in self.selections.items():
                rows.append(f"{selection.expression(name, source)} if {found} == {type_!r}")
                found = type_name
            # Of a type that is none of these, there is nothing to show.
            return f"({' else '.join(rows)} else {source.refer({})}[{found}])"

        return source.unless_null(value, shown, nullable=self.nullable)

    async def _show(self, values: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
        names = each(self.type_name, values)
        if {str}.issuperset(map(type, names)) and self.selections.keys() >= set(names):
            return await self._show_by_type(values, names, at, run)
        checked = [self._with_type(value, name) for value, name in zip(values, names, strict=True)]
        return await show_present(checked, at, run, self.show)

    async def _show_by_type(
        self, values: Sequence[Any], names: Sequence[str], at: Positions, run: Run
    ) -> Sequence[Any]:
        indexes: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            indexes.setdefault(name, []).append(index)
        if len(indexes) == 1:
            return await self.selections[names[0]].show(values, at, run)
        showing = [
            self.selections[name].show([values[index] for index in of_type], Picked(at, of_type), run)
            for name, of_type in indexes.items()
        ]
        columns = await all_of(showing, side_by_side=run.side_by_side and self.waits)
        shown: list[Any] = [None] * len(values)
        for of_type, column in zip(indexes.values(), columns, strict=True):
            for index, value in zip(of_type, column, strict=True):
                shown[index] = value
        return shown

    def _with_type(self, value: object, name: object) -> object:
        """The value, or an exception where `name` is not the name of one of the types."""
        if isinstance(name, Exception):
            return name
        known = type(name) is str and name in self.selections
        return value if known else GraphQLError(self._problem(value, name))

    def _problem(self, value: object, name: object) -> str:
        """What is wrong with the name of the type of `value`, in graphql-core's words."""
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
