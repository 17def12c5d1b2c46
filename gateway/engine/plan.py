"""Selection sets: what is asked of objects, and how columns of objects are shown."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from graphql import FieldNode, GraphQLField, Undefined, VariableValues, get_argument_values

from gateway.engine.column import Column
from gateway.engine.failures import Inside, Positions, Root, Step, leaves_no_data
from gateway.engine.run import Run
from gateway.engine.shapes import Shape
from gateway.engine.source import Source


class VariableArgument(NamedTuple):
    """An argument that is a variable."""

    name: str
    variable: str
    nullable: bool
    optional: bool
    """Whether it may be left out, and has no default then."""


class GivenArguments(NamedTuple):
    """Arguments of which each is a variable or a constant. Most are, and need not be looked through again and again."""

    constants: dict[str, Any]
    variables: Sequence[VariableArgument]

    def values(self, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        """None where one is missing that has to be there, or has a default, or is null where it may not be."""
        given = dict(self.constants)
        for name, variable, nullable, optional in self.variables:
            value = variables.get(variable, Undefined)
            if value is Undefined:
                if not optional:
                    return None
            elif value is None and not nullable:
                return None
            else:
                given[name] = value
        return given


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a selection set, for all the nodes of a document that ask for it under one key."""

    step: Step
    nodes: list[FieldNode]
    definition: GraphQLField
    column: Column
    constant: str | None
    """The value, where it is the same for all parents."""
    arguments: Mapping[str, Any] | None
    """None where they depend on variables."""
    given: GivenArguments | None
    """None where they are not as simple as that."""
    shape: Shape
    shared: Container[object]
    """The sources that the plan asks for more than once."""

    @property
    def key(self) -> str:
        return str(self.step.key)

    @cached_property
    def waits(self) -> bool:
        return self.column.waits or self.shape.waits

    @cached_property
    def plain(self) -> bool:
        """Whether an expression shows it, of parents that need no look."""
        return self.constant is not None or (self.column.attribute is not None and self.shape.plain)

    def expression(self, parent: str, source: Source) -> str:
        if self.constant is not None:
            return repr(self.constant)
        return self.shape.expression(f"{parent}.{self.column.attribute}", source)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Of the parents; what a resolver reads of them, it has to know itself."""
        if self.column.attribute:
            return self.shape.attributes | {self.column.attribute}
        return self.shape.attributes if self.column.holds_parents else frozenset()

    async def show(self, parents: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
        """What is shown of each parent."""
        column = self.column
        waits = at.waits
        resolve: Any = column.resolve
        try:
            arguments = self.arguments if self.arguments is not None else self.coerced(run.variables)
            waits += column.waits
            if not arguments and column.source in self.shared:
                # What is wanted of the results differs from place to place.
                results = await run.calls.together(
                    column.source, parents, lambda of_all: resolve(of_all, run.context, arguments, None)
                )
            else:
                results = resolve(parents, run.context, arguments, self.shape.attributes)
                if column.waits:
                    results = await results
            results = column.values(results)
        except Exception as error:  # noqa: BLE001  # whatever a field fails with is an error in the answer
            results = [error] * len(parents)
        return await self.shape.complete(results, Inside(at, self.step, self.nodes, waits), run)

    def coerced(self, variables: VariableValues) -> Mapping[str, Any]:
        """The arguments. Raises GraphQLError, and what their conversion raises."""
        given = None if self.given is None else self.given.values(variables.coerced)
        if given is None:
            given = get_argument_values(self.definition, self.nodes[0], variables)
        return self.column.convert(given)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is asked of the objects of one type."""

    fields: Sequence[Field]
    trusted: bool
    """Whether values of the objects need no look (`Column.plain`)."""

    @cached_property
    def waits(self) -> bool:
        return any(field.waits for field in self.fields)

    @cached_property
    def attributes(self) -> frozenset[str]:
        return frozenset().union(*(field.attributes for field in self.fields))

    @cached_property
    def plain(self) -> bool:
        """Whether an expression shows the objects."""
        return self.trusted and all(field.plain for field in self.fields)

    def expression(self, each: str, source: Source) -> str:
        """What is shown of an object that has a name; only of a plain selection."""
        return _row((field.key, field.expression(each, source)) for field in self.fields)

    async def show(self, objects: Sequence[Any], at: Positions, run: Run) -> Sequence[dict[str, Any]]:
        """What is shown of each object."""
        showing = [field.show(objects, at, run) for field in self._in_columns.values()]
        columns = [await showing[0]] if len(showing) == 1 else await all_of(showing, run, shares=self.shares)
        try:
            return self._make_rows(objects, *columns)
        except Exception:  # noqa: BLE001  # a value that is not plain after all comes to light column by column
            return await self._rows_of_columns(objects, dict(zip(self._in_columns, columns, strict=True)), at, run)

    async def _rows_of_columns(
        self, objects: Sequence[Any], columns: Mapping[int, Sequence[Any]], at: Positions, run: Run
    ) -> Sequence[dict[str, Any]]:
        all_columns = [
            columns[rank] if rank in columns else await field.show(objects, at, run)
            for rank, field in enumerate(self.fields)
        ]
        keys = [field.key for field in self.fields]
        return [dict(zip(keys, values, strict=True)) for values in zip(*all_columns, strict=True)]

    @cached_property
    def _make_rows(self) -> Callable[..., Sequence[dict[str, Any]]]:
        """Takes the objects, and the columns of the fields that have some."""
        source = Source()
        each = source.variable()
        shown = {rank: source.variable() for rank in self._in_columns}
        row = _row(
            (field.key, shown[rank] if rank in shown else field.expression(each, source))
            for rank, field in enumerate(self.fields)
        )
        columns = [f"column_{rank}" for rank in shown]
        names, values = ", ".join([each, *shown.values()]), ", ".join(["objects", *columns])
        return source.function(["objects", *columns], f"[{row} for {names}, in zip({values})]")

    @cached_property
    def _in_columns(self) -> dict[int, Field]:
        return {rank: field for rank, field in enumerate(self.fields) if not (self.trusted and field.plain)}

    @cached_property
    def shares(self) -> bool:
        """Whether fields of the plan may share a call, for which they have to wait side by side."""
        return any(field.waits and field.shared for field in self.fields)

    async def show_serially(self, root: Any, run: Run) -> dict[str, Any]:
        """For mutations: a field ends before the next one begins, and none begins once there is no data to show."""
        shown = {}
        for field in self.fields:
            [shown[field.key]] = await field.show([root], Root(), run)
            if leaves_no_data(run.failures):
                break
        return shown


def _row(entries: Iterable[tuple[str, str]]) -> str:
    """The display of a dict of keys and expressions."""
    return f"{{{', '.join(f'{key!r}: {shown}' for key, shown in entries)}}}"


async def all_of(columns: Sequence[Awaitable[Sequence[Any]]], run: Run, *, shares: bool) -> Sequence[Sequence[Any]]:
    """One after the other, or side by side where that gains more than a task for each costs."""
    if shares or run.side_by_side:
        return await gather(*columns)
    shown = []
    for column in columns:  # A comprehension that awaits is a coroutine of its own.
        shown.append(await column)  # noqa: PERF401  # see above
    return shown
