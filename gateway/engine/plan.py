"""Selection sets: what is asked of objects, and how columns of objects are shown."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLField, Undefined, get_argument_values

from gateway.engine.column import Column
from gateway.engine.failures import ROOT, Inside, Positions, Step, leaves_no_data
from gateway.engine.run import Run
from gateway.engine.shapes import Shape
from gateway.engine.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class VariableArgument:
    """An argument that is a variable."""

    name: str
    variable: str
    nullable: bool
    optional: bool
    """Whether it may be left out, and has no default then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenArguments:
    """Arguments of which each is a variable or a constant. Most are, and need not be looked through again and again."""

    constants: dict[str, Any]
    variables: Sequence[VariableArgument]
    convert: Callable[[dict[str, Any]], Mapping[str, Any]] | None
    """Column.convert, where that has something to do; if it has not, names are those of Column.names."""

    def values(self, variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """As the field's resolver takes them. Raises what their conversion raises.

        None where one is missing that has to be there, or has a default, or is null where it may not be.
        """
        given = self.constants.copy()
        for argument in self.variables:
            value = variables.get(argument.variable, Undefined)
            if value is Undefined:
                if not argument.optional:
                    return None
            elif value is None and not argument.nullable:
                return None
            else:
                given[argument.name] = value
        return given if self.convert is None else self.convert(given)


# What is asked for again and again is found out when a plan is made. Only functions are made when they are first used:
# most never are, and some expressions are nested too deeply for Python.


@dataclass(kw_only=True, eq=False)
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
    waits: bool = field(init=False)
    plain: bool = field(init=False)
    """Whether an expression shows it, of parents that need no look."""
    attributes: frozenset[str] = field(init=False)
    """Of the parents; what a resolver reads of them, it has to know itself."""

    def __post_init__(self) -> None:
        column, shape = self.column, self.shape
        self.waits = column.waits or shape.waits
        self.plain = self.constant is not None or (column.attribute is not None and shape.plain)
        self.attributes = shape.attributes if column.attribute or column.holds_parents else frozenset()
        if column.attribute:
            self.attributes |= {column.attribute}

    @property
    def key(self) -> str:
        return str(self.step.key)

    def expression(self, parent: str, source: Source) -> str:
        if self.constant is not None:
            return repr(self.constant)
        return self.shape.expression(f"{parent}.{self.column.attribute}", source)

    async def show(self, parents: Sequence[Any], at: Positions, run: Run) -> Sequence[Any]:
        """What is shown of each parent."""
        column = self.column
        waits = at.waits
        try:
            arguments = self.arguments
            if arguments is None:
                arguments = self.coerced(run)
            resolve: Any = column.resolve
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

    def coerced(self, run: Run) -> Mapping[str, Any]:
        """The arguments. Raises GraphQLError, and what their conversion raises."""
        if self.given is not None:
            arguments = self.given.values(run.coerced)
            if arguments is not None:
                return arguments
        return self.column.convert(get_argument_values(self.definition, self.nodes[0], run.values))


@dataclass(kw_only=True, eq=False)
class Selection:
    """What is asked of the objects of one type."""

    fields: Sequence[Field]
    trusted: bool
    """Whether values of the objects need no look (`Column.plain`)."""
    waits: bool = field(init=False)
    attributes: frozenset[str] = field(init=False)
    plain: bool = field(init=False)
    """Whether an expression shows the objects."""
    _ranks: Sequence[int] = field(init=False)
    """Of the fields that no expression shows."""
    _columns: Sequence[Field] = field(init=False)
    _make_rows: Callable[..., Sequence[dict[str, Any]]] | None = field(init=False)

    def __post_init__(self) -> None:
        self.waits = any(field.waits for field in self.fields)
        self.attributes = frozenset().union(*(field.attributes for field in self.fields))
        self._ranks = [rank for rank, field in enumerate(self.fields) if not (self.trusted and field.plain)]
        self._columns = [self.fields[rank] for rank in self._ranks]
        self.plain = self.trusted and not self._columns
        self._make_rows = None

    def expression(self, each: str, source: Source) -> str:
        """What is shown of an object that has a name; only of a plain selection."""
        return _row((field.key, field.expression(each, source)) for field in self.fields)

    async def show(self, objects: Sequence[Any], at: Positions, run: Run) -> Sequence[dict[str, Any]]:
        """What is shown of each object."""
        if len(self._columns) == 1:
            columns: Sequence[Any] = (await self._columns[0].show(objects, at, run),)
        else:
            showing = [field.show(objects, at, run) for field in self._columns]
            columns = await all_of(showing, side_by_side=run.side_by_side and self.waits)
        try:
            return (self._make_rows or self._row_maker())(objects, *columns)
        except Exception:  # noqa: BLE001  # a value that is not plain after all comes to light column by column
            return await self._rows_of_columns(objects, dict(zip(self._ranks, columns, strict=True)), at, run)

    async def _rows_of_columns(
        self, objects: Sequence[Any], columns: Mapping[int, Sequence[Any]], at: Positions, run: Run
    ) -> Sequence[dict[str, Any]]:
        all_columns = [
            columns[rank] if rank in columns else await field.show(objects, at, run)
            for rank, field in enumerate(self.fields)
        ]
        keys = [field.key for field in self.fields]
        return [dict(zip(keys, values, strict=True)) for values in zip(*all_columns, strict=True)]

    def _row_maker(self) -> Callable[..., Sequence[dict[str, Any]]]:
        """Makes what takes the objects, and the columns of the fields that have some."""
        source = Source()
        each = source.variable()
        shown = {rank: source.variable() for rank in self._ranks}
        row = _row(
            (field.key, shown[rank] if rank in shown else field.expression(each, source))
            for rank, field in enumerate(self.fields)
        )
        columns = [f"column_{rank}" for rank in shown]
        names, values = ", ".join([each, *shown.values()]), ", ".join(["objects", *columns])
        self._make_rows = source.function(["objects", *columns], f"[{row} for {names}, in zip({values})]")
        return self._make_rows

    async def show_serially(self, root: Any, run: Run) -> dict[str, Any]:
        """For mutations: a field ends before the next one begins, and none begins once there is no data to show."""
        shown = {}
        for asked in self.fields:
            [shown[asked.key]] = await asked.show([root], ROOT, run)
            if leaves_no_data(run.failures):
                break
        return shown


def _row(entries: Iterable[tuple[str, str]]) -> str:
    """The display of a dict of keys and expressions."""
    return f"{{{', '.join(f'{key!r}: {shown}' for key, shown in entries)}}}"


async def all_of(columns: Sequence[Awaitable[Sequence[Any]]], *, side_by_side: bool) -> Sequence[Sequence[Any]]:
    """One after the other, or side by side where that gains more than a task for each costs."""
    if side_by_side:
        return await gather(*columns)
    shown = []
    for column in columns:  # A comprehension that awaits is a coroutine of its own.
        shown.append(await column)  # noqa: PERF401  # see above
    return shown
