"""What a schema says of its fields, so that they can be executed in columns.

A column is the values of one field for all the objects of a level. A field of which the schema says nothing is executed
by graphql-core, object by object (`graphql_core`).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any

from gateway.engine.field_cost import FieldCost

Column = Sequence[Any]

Attributes = frozenset[str] | None
"""The names of attributes that are read from objects; None where any may be."""

NO_ATTRIBUTES: Attributes = frozenset()

Resolve = Callable[[Column, Any, Mapping[str, Any], Attributes], Column | Awaitable[Column]]
"""Takes the parents, the context value, the arguments, and the attributes that are read from the results.

The results are in the order of the parents; an exception among them fails that one parent's field. One that is raised
fails them all. What is not a coroutine function has its results at once.
"""

TypeName = Callable[[Any], str]
"""Returns the name of the object type of a value of an interface or a union."""


def copy_of(value: Any) -> Any:
    """Return a value whose lists and dicts are nobody else's."""
    if isinstance(value, dict):
        return {key: copy_of(inner) for key, inner in value.items()}
    return [copy_of(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a field of a subscription has its events from."""

    open: Callable[[Any, Mapping[str, Any]], Awaitable[Any]]
    """Takes the context value and the arguments, and returns what tells the stream, or raises where there is none."""
    own_arguments: frozenset[str] = frozenset()
    """The arguments, by their names in the schema, that only tell where the stream begins."""


@dataclass(frozen=True, kw_only=True)
class ColumnResolver:
    """Resolves a field for all the parents of a level at once."""

    resolve: Resolve
    reads: Attributes
    """The attributes that `resolve` reads from the parents."""
    attribute: str | None = None
    """The attribute of the parents that the results are, where they are one."""
    check: Callable[[Any], None] | None = None
    """Takes the context value, and raises where the field is refused."""
    trusted: bool = False
    """Whether results are completed without a look at them.

    Then what their attributes hold is shown as it is: the values of scalars are of the built-in types that JSON has,
    and there are no exceptions, and no nulls where the schema allows none. The results themselves may be either.
    """
    argument_names: Mapping[str, str] = field(default_factory=dict)
    """What `resolve` calls the arguments that it takes as GraphQL coerced them, by their names in the schema."""
    convert_arguments: Callable[[dict[str, Any]], Mapping[str, Any]] = copy_of
    """Makes what `resolve` takes of coerced arguments, where not all of them are in `argument_names`.

    Lists and input objects are made anew, since a resolver may change its own.
    """
    batch: object = None
    """What makes the results. Fields of one selection set with the same batch, and no arguments, share one call."""
    transform: Callable[[Any], Any] | None = None
    """Makes the value of each result."""
    transform_reads: Attributes = NO_ATTRIBUTES
    """The attributes that `transform` reads from a result."""
    source: Source | None = None
    """Where the parents come from, of a field of a subscription's root: they are its events."""
    is_async: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_async", iscoroutinefunction(self.resolve))

    def transformed(self, results: Column) -> Column:
        """Return the values that `transform` makes of results; an exception among them stays one."""
        transform = self.transform
        if transform is None:
            return results
        return each(lambda result: result if isinstance(result, Exception) else transform(result), results)


@dataclass(frozen=True, kw_only=True)
class ColumnSchema:
    """What a schema says of its fields and types beyond what graphql-core's objects do."""

    resolvers: Mapping[tuple[str, str], ColumnResolver]
    """The resolvers of fields, by the names of the object type and the field."""
    type_names: Mapping[str, TypeName]
    """What tells the types of values, by the name of the interface or union."""
    trusted_types: frozenset[str]
    """The names of object types whose `is_type_of` need not be asked of what column resolvers return."""
    costs: Mapping[tuple[str, str], FieldCost] = field(default_factory=dict)
    """The costs of fields, by the names of the object type and the field."""
    paged: frozenset[tuple[str, str]] = frozenset()
    """The lists of objects that are pages: the fields that have the objects say how long they may be."""


class WrongNumberOfResults(Exception):
    """A resolver returned more or fewer results than there are parents, so that nobody knows whose they are."""

    def __init__(self, results: Column, parents: Column) -> None:
        super().__init__(f"There are {len(results)} results for {len(parents)} parents.")


def union(attributes: Iterable[Attributes]) -> Attributes:
    """Return all the attributes that any of several reads."""
    joined: frozenset[str] = frozenset()
    for some in attributes:
        if some is None:
            return None
        joined |= some
    return joined


def attribute_of(name: str) -> Resolve:
    """Return what resolves a field whose values are an attribute of the parents."""
    get = attrgetter(name)

    def resolve(parents: Column, *_: object) -> Column:
        return each(get, parents)

    return resolve


def each(function: Callable[[Any], Any], values: Column) -> list[Any]:
    """Return the result of each value, which is the exception where one is raised. Each value is used once."""
    results: list[Any] = []
    for value in values:
        try:
            results.append(function(value))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is that value's own
            results.append(error)
    return results
