"""Selection sets: what is asked of objects, and how columns of objects are shown."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    VariableValues,
    get_argument_values,
    is_object_type,
)
from graphql.pyutils import inspect

from gateway.engine.column import Column, TypeName, each
from gateway.engine.failures import Inside, Picked, Positions, Root, Step, leaves_no_data
from gateway.engine.run import Run
from gateway.engine.shapes import Shape, show_present

MakeRows = Callable[[Sequence[Any], Sequence[Sequence[Any]]], list[dict[str, Any]]]
"""Makes a dict of each object, out of the columns of the fields."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a selection set, for all the nodes of a document that ask for it under one key."""

    step: Step
    nodes: list[FieldNode]
    definition: GraphQLField
    column: Column
    arguments: Mapping[str, Any] | None
    """None where they depend on variables."""
    shape: Shape

    @cached_property
    def waits(self) -> bool:
        return self.column.waits or self.shape.waits

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Of the parents; what a resolver reads of them, it has to know itself."""
        return self.shape.attributes | {self.column.attribute} if self.column.attribute else frozenset()

    async def show(self, parents: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
        """What is shown of each parent."""
        waits = at.waits
        try:
            arguments = self.arguments if self.arguments is not None else self.coerced(run.variables)
            waits += self.column.waits
            results: Any = self.column.resolve(parents, run.context, arguments, self.shape.attributes)
            if self.column.waits:
                results = await results
        except Exception as error:  # noqa: BLE001  # whatever a field fails with is an error in the answer
            results = [error] * len(parents)
        if self.shape.shows_as_they_are(results):
            return cast("Sequence[Any]", results)
        return await self.shape.complete(results, Inside(at, self.step, self.nodes, waits), run)

    def coerced(self, variables: VariableValues | None) -> Mapping[str, Any]:
        """The arguments. Raises GraphQLError, and what their conversion raises."""
        return self.column.convert(get_argument_values(self.definition, self.nodes[0], variables))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is asked of the objects of one type."""

    fields: Sequence[Field]
    make_rows: MakeRows

    @cached_property
    def waits(self) -> bool:
        return bool(self._waiting)

    @cached_property
    def attributes(self) -> frozenset[str]:
        return frozenset().union(*(field.attributes for field in self.fields))

    @cached_property
    def _waiting(self) -> list[int]:
        return [index for index, field in enumerate(self.fields) if field.waits]

    async def show(self, objects: Sequence[Any], at: Positions, run: Run) -> list[dict[str, Any]]:
        """What is shown of each object. Fields that wait for resolvers wait side by side."""
        columns: list[Any] = [None if field.waits else await field.show(objects, at, run) for field in self.fields]
        waiting = [self.fields[index].show(objects, at, run) for index in self._waiting]
        for index, column in zip(self._waiting, await side_by_side(waiting), strict=True):
            columns[index] = column
        return self.make_rows(objects, columns)

    async def show_serially(self, root: Any, run: Run) -> dict[str, Any]:
        """For mutations: a field ends before the next one begins, and none begins once there is no data to show."""
        shown = {}
        for field in self.fields:
            [shown[str(field.step.key)]] = await field.show([root], Root(), run)
            if leaves_no_data(run.failures):
                break
        return shown


@dataclass(frozen=True, kw_only=True)
class Object(Shape):
    selection: Selection

    @cached_property
    def waits(self) -> bool:
        return self.selection.waits

    @cached_property
    def attributes(self) -> frozenset[str]:
        return self.selection.attributes

    async def show(self, values: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
        return await self.selection.show(values, at, run)


@dataclass(frozen=True, kw_only=True)
class Abstract(Shape):
    """A value of an interface or a union: an object of one of several types, each with a selection of its own."""

    type: GraphQLAbstractType
    type_name: TypeName
    schema: GraphQLSchema
    selections: Mapping[str, Selection]
    """By the name of the object type."""

    @cached_property
    def waits(self) -> bool:
        return any(selection.waits for selection in self.selections.values())

    @cached_property
    def attributes(self) -> frozenset[str]:
        return frozenset().union(*(selection.attributes for selection in self.selections.values()))

    async def show(self, values: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
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
        columns = await side_by_side(
            self.selections[name].show([values[index] for index in of_type], Picked(at, of_type), run)
            for name, of_type in indexes.items()
        )
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


async def side_by_side(columns: Iterable[Awaitable[Sequence[Any]]]) -> Sequence[Sequence[Any]]:
    """A task for each costs more than it gains where there is one only."""
    columns = list(columns)
    return await gather(*columns) if len(columns) > 1 else [await column for column in columns]
