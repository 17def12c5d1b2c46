"""What a schema says of its fields and types, so that they can be executed in columns.

It says so in the extensions of graphql-core's objects. What says nothing is left to graphql-core.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any

from graphql import GraphQLAbstractType, GraphQLField

Wanted = frozenset[str] | None
"""The names of the attributes that are asked of a field's values, or of what these hold; None where it is not known."""

Resolve = Callable[[Sequence[Any], Any, Mapping[str, Any], Wanted], Sequence[Any] | Awaitable[Sequence[Any]]]
"""Takes the parents, the context value, the arguments, and what is wanted of the results.

The results are in the order of the parents; an exception among them fails that one parent's field. One that is raised
fails them all. What is not a coroutine function has its results at once.
"""

TypeName = Callable[[Any], str]
"""Tells the object type of a value of an interface or a union."""

_COLUMN = "column"
_TYPE_NAME = "type_name"


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a field gets its values for all the parents of a level at once."""

    resolve: Resolve
    convert: Callable[[dict[str, Any]], Mapping[str, Any]] = dict
    """Makes the arguments that `resolve` takes out of those that GraphQL coerced, where not all are in `names`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What `resolve` calls the arguments that it takes just as GraphQL coerced them."""
    attribute: str | None = None
    """The attribute of the parents that the values are, if they are one."""
    plain: bool = False
    """Whether what the results hold needs no look.

    Then their attributes are shown as they are: values of scalars are of the built-in types that JSON has, and there
    are no exceptions, and no nulls where the schema allows none. The results themselves may be either.
    """
    holds_parents: bool = False
    """Whether results are made of what the parents have, so that what is wanted of the results is wanted of these."""
    source: object = None
    """Without arguments, columns of the same source have the same results, of which one call is enough."""
    make: Callable[[Any], Any] | None = None
    """Makes a value of each result."""
    waits: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "waits", iscoroutinefunction(self.resolve))

    def values(self, results: Sequence[Any]) -> Sequence[Any]:
        return results if self.make is None else each(self.make, results)


def set_column(field: GraphQLField, column: Column) -> None:
    field.extensions[_COLUMN] = column


def column_of(field: GraphQLField) -> Column | None:
    column: Column | None = field.extensions.get(_COLUMN)
    return column


def set_type_name(abstract_type: GraphQLAbstractType, type_name: TypeName) -> None:
    """For graphql-core too."""
    abstract_type.extensions[_TYPE_NAME] = type_name
    abstract_type.resolve_type = lambda value, *_: type_name(value)


def type_name_of(abstract_type: GraphQLAbstractType) -> TypeName | None:
    type_name: TypeName | None = abstract_type.extensions.get(_TYPE_NAME)
    return type_name


def attribute(name: str) -> Resolve:
    """Values that are attributes of the parents."""
    get = attrgetter(name)

    def resolve(parents: Sequence[Any], *_: object) -> list[Any]:
        return each(get, parents)

    return resolve


def each(function: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """The result of each value, which is the exception where one is raised."""
    try:
        return list(map(function, values))
    except Exception:  # noqa: BLE001  # whatever it is, it is that value's own
        return [_outcome(function, value) for value in values]


def _outcome(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(value)
    except Exception as error:  # noqa: BLE001  # see above
        return error
