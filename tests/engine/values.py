"""Random values of any input type, and how a document writes them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    is_required_input_field,
)

from tests.engine.input_values import INPUT_VALUES, InputValuesByName

DEEPEST_OBJECT = 3
TOO_MANY = 101
"""Ids for one request."""


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A variable in the place of a value."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a document needs a value."""

    type_: GraphQLInputType
    name: str
    """The name of the argument or the field that has the value."""
    has_default: bool = False
    takes_no_null: bool = False
    """Whether a variable there has to be of a non-null type, even where it has a default."""


@dataclass(frozen=True, kw_only=True)
class OrderedConnection:
    """A connection in one of its orders."""

    order_by: Sequence[Mapping[str, Any]] | None
    cursors: Sequence[str]
    """The cursors of some of its rows."""


@dataclass(frozen=True, kw_only=True)
class Values:
    inputs: InputValuesByName = field(default_factory=lambda: INPUT_VALUES)
    connections: Mapping[tuple[str, str], Sequence[OrderedConnection]] = field(default_factory=dict)
    """Connections by the names of a type and of its field."""


Refer = Callable[[Position], Ref | None]
"""Returns a variable for a position, or none."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    values: Values
    random: Random
    refer: Refer = lambda _: None
    invalid: bool = False
    """Whether values may be of a wrong type, as only those of variables may."""

    def value(self, at: Position, depth: int = 0) -> Any:
        """Return a value as JSON, in which `Ref` stands for a variable."""
        if variable := self.refer(at):
            return variable
        if isinstance(at.type_, GraphQLNonNull):
            return self._present(at.type_.of_type, at.name, depth)
        return None if self.chance(0.04) else self._present(at.type_, at.name, depth)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _present(self, type_: GraphQLInputType, name: str, depth: int) -> Any:
        if isinstance(type_, GraphQLList):
            return self._list(type_.of_type, name, depth)
        if isinstance(type_, GraphQLInputObjectType):
            return self._one_of(type_, depth) if type_.is_one_of else self._object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return "NO_SUCH_VALUE" if self.invalid and self.chance(0.03) else self.random.choice(list(type_.values))
        assert isinstance(type_, GraphQLScalarType)
        return self._leaf(type_, name)

    def _list(self, item: GraphQLInputType, name: str, depth: int) -> Any:
        length = self.random.choice((0, 1, 1, 2, 2, 3))
        if self.invalid and self.chance(0.02):
            length = TOO_MANY
        if length == 1 and self.chance(0.3):
            # A value in the place of a list is a list of it; a variable is not.
            return self._present(item.of_type if isinstance(item, GraphQLNonNull) else item, name, depth)
        return [self.value(Position(type_=item, name=name), depth) for _ in range(length)]

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        optional = [
            name
            for name, each in type_.fields.items()
            if not is_required_input_field(each)
            and not (depth >= DEEPEST_OBJECT and isinstance(get_named_type(each.type), GraphQLInputObjectType))
        ]
        wanted = self.random.sample(optional, min(len(optional), self.random.choice((0, 1, 1, 2, 3))))
        return {
            name: self.value(Position(type_=each.type, name=name, has_default=_has_default(each)), depth + 1)
            for name, each in type_.fields.items()
            if is_required_input_field(each) or name in wanted
        }

    def _one_of(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        wanted = self.random.sample(list(type_.fields), 2 if self.invalid and self.chance(0.05) else 1)
        return {
            name: self.value(
                Position(type_=GraphQLNonNull(type_.fields[name].type), name=name, takes_no_null=True), depth + 1
            )
            for name in wanted
        }

    def _leaf(self, type_: GraphQLScalarType, name: str) -> Any:
        inputs = self.values.inputs.get(name) or self.values.inputs[type_.name]
        if self.invalid and inputs.invalid and self.chance(0.03):
            return self.random.choice(inputs.invalid)
        return self.random.choice(inputs.failing if inputs.failing and self.chance(0.04) else inputs.common)


def literal(value: Any, type_: GraphQLInputType) -> str:
    """Return a value as a document writes it."""
    if isinstance(value, Ref):
        return f"${value.name}"
    if isinstance(type_, GraphQLNonNull):
        return literal(value, type_.of_type)
    if isinstance(type_, GraphQLList):
        if isinstance(value, list):
            return f"[{', '.join(literal(item, type_.of_type) for item in value)}]"
        return literal(value, type_.of_type)
    if isinstance(type_, GraphQLInputObjectType) and value is not None:
        return f"{{{', '.join(f'{name}: {literal(each, type_.fields[name].type)}' for name, each in value.items())}}}"
    return value if isinstance(type_, GraphQLEnumType) and value is not None else json.dumps(value)


def _has_default(each: GraphQLInputField) -> bool:
    return isinstance(each.type, GraphQLNonNull) and not is_required_input_field(each)
