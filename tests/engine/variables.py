"""The variables of a random operation, and what requests give for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLInputType, GraphQLNonNull

from tests.engine.values import Drawing, Position, Ref, Values, literal


@dataclass(frozen=True, kw_only=True)
class Variable:
    at: Position
    """Where it may stand."""
    type_: GraphQLInputType
    default: str | None = None
    choices: Sequence[Any] = ()
    """The values that it may have, where not all those of its type will do."""

    def definition(self, name: str) -> str:
        return f"${name}: {self.type_}" + (f" = {self.default}" if self.default else "")


class Variables:
    def __init__(self, random: Random, values: Values) -> None:
        self._random = random
        self._values = values
        self._by_name: dict[str, Variable] = {}

    def refer(self, at: Position, choices: Sequence[Any] = ()) -> Ref:
        """A variable for a position: often one that stands elsewhere already."""
        known = [
            name
            for name, each in self._by_name.items()
            if (each.at.name, str(each.at.type_), each.choices) == (at.name, str(at.type_), choices)
            # One with a default may be null or not, by where it stands.
            and each.at.takes_no_null is at.takes_no_null
            and each.at.has_default is at.has_default
        ]
        if known and self._random.random() < 0.5:
            return Ref(name=self._random.choice(known))
        name = f"v{len(self._by_name)}"
        self._by_name[name] = self._new(at, choices)
        return Ref(name=name)

    def definitions(self, names: Sequence[str]) -> str:
        return ", ".join(self._by_name[name].definition(name) for name in names)

    def given(self, names: Sequence[str], random: Random) -> dict[str, Any]:
        """Values for a request, in which some are left out or of no use."""
        given = {}
        for name in names:
            variable = self._by_name[name]
            nullable = not isinstance(variable.type_, GraphQLNonNull)
            if random.random() < (0.15 if nullable or variable.default else 0.004):
                continue
            null = random.random() < (0.07 if nullable else 0.004)
            given[name] = None if null else self._value(variable, random)
        return given

    def _value(self, variable: Variable, random: Random) -> Any:
        if variable.choices:
            return random.choice(variable.choices)
        at = Position(type_=variable.type_, name=variable.at.name)
        return Drawing(values=self._values, random=random, invalid=True).value(at)

    def _new(self, at: Position, choices: Sequence[Any]) -> Variable:
        type_, has_default = at.type_, self._random.random() < 0.25
        if not isinstance(type_, GraphQLNonNull):
            type_ = GraphQLNonNull(type_) if self._random.random() < 0.2 else type_
            default = self._default(type_, at.name, choices) if has_default else None
            return Variable(at=at, type_=type_, default=default, choices=choices)
        default = self._default(type_, at.name, choices) if has_default else None
        if at.has_default or (has_default and not at.takes_no_null):
            type_ = type_.of_type if self._random.random() < 0.5 else type_
        return Variable(at=at, type_=type_, default=default, choices=choices)

    def _default(self, type_: GraphQLInputType, name: str, choices: Sequence[Any]) -> str:
        if choices:
            return literal(self._random.choice(choices), type_)
        at = Position(type_=type_, name=name)
        return literal(Drawing(values=self._values, random=self._random).value(at), type_)
