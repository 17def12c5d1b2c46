"""Random input values, of which some fit their type and most do not quite."""

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLInputType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

UUID = "36e75427-4c6e-438c-89b5-0cbdb0d4068c"
TEXTS = (
    "",
    "x",
    "ACTIVE",
    "active",
    "İ",
    "NAMEİ",
    "ß" * 60,
    "\0",
    UUID,
    "2025-01-01T00:00:00Z",
    "imei:490154203237518",
)
NUMBERS = (0, 7, -1, 1.5, 7.0, -0.0, 2**31 - 1, 2**31, 2**53 + 1, 10**40, 1e300)
JUNK: tuple[Any, ...] = (
    *(None, True, False, [], [None], [[]], [7, "x"], {}, {"x": 1}, {"İ": {}}, {"a": {"b": [None]}}),
    *NUMBERS,
    *TEXTS,
)
DEEPEST = 4


@dataclass(frozen=True)
class Name:
    """A name in the place of a value, as a literal of an enum is."""

    name: str


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Values:
    """With `literals`, some are what JSON cannot say: names, and variables."""

    random: Random
    literals: bool = False
    variables: dict[str, GraphQLInputType] = field(default_factory=dict)
    """The types of the places where there are variables, by the names of these."""

    def of(self, type_: GraphQLInputType, depth: int = 0) -> Any:
        if self.literals and self.chance(0.1):
            name = f"v{len(self.variables)}"
            self.variables[name] = type_
            return Variable(name)
        if self.chance(0.06):
            return self._junk()
        if is_non_null_type(type_):
            return self._present(type_.of_type, depth)
        return None if self.chance(0.06) else self._present(type_, depth)

    def _present(self, type_: Any, depth: int) -> Any:
        if is_list_type(type_):
            return [self.of(type_.of_type, depth) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        if is_input_object_type(type_):
            return self._object(type_, depth)
        if is_enum_type(type_):
            name = self.random.choice(list(type_.values))
            return Name(name) if self.literals and not self.chance(0.05) else name
        return self.random.choice({"Boolean": (True, False), "Int": (0, 7), "Float": (7, 1.5)}.get(type_.name, TEXTS))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _junk(self) -> Any:
        return Name("RED") if self.literals and self.chance(0.2) else self.random.choice(JUNK)

    def _object(self, type_: Any, depth: int) -> dict[str, Any]:
        names = []
        for name, each in type_.fields.items():
            deeper = is_input_object_type(get_named_type(each.type))
            present = 0.9 if is_non_null_type(each.type) else 0.3
            if self.chance(present) and not (deeper and depth >= DEEPEST):
                names.append(name)
        if type_.is_one_of and names and self.chance(0.7):
            names = [self.random.choice(names)]
        made = {name: self.of(type_.fields[name].type, depth + 1) for name in names}
        if self.chance(0.05):
            made[self.random.choice(("x", "q", "clientld", "nmae"))] = self._junk()
        return made


def literal(value: Any) -> str:
    """As a document writes it; what has no name of a field for a key, it leaves out."""
    match value:
        case Name(name):
            return name
        case Variable(name):
            return f"${name}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            fields = {key: each for key, each in value.items() if re.fullmatch("[A-Za-z]+", key)}
            return f"{{{', '.join(f'{key}: {literal(each)}' for key, each in fields.items())}}}"
        case _:
            return json.dumps(value)
