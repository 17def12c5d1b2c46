"""Random input values, right and wrong, as literals and as JSON, for whatever type an argument has."""

import json
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from tests.factories import CLIENT

IMEI = "imei:490154203237518"
RIGHT: dict[str, tuple[Any, ...]] = {
    "Boolean": (True, False),
    "Int": (0, 7, -1, 2**31 - 1),
    "String": ("", "Pump", 'a"b\\c', "\n"),
    "ID": (CLIENT, "x", 7),
    "UUID": (CLIENT, CLIENT.upper()),
    "DateTime": ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00+01:00"),
    "DeviceIdentifier": (CLIENT, IMEI, f"urn:dev:{IMEI}:"),
}
"""What scalars accept."""


class Enum(str):
    """The name of an enum's value, which has no quotes in a literal."""

    __slots__ = ()


WRONG: tuple[Any, ...] = (
    None,
    True,
    1.5,
    2**31,
    "",
    "nonsense",
    Enum("NONSENSE"),
    [],
    [None],
    [[1]],
    {},
    {"nonsense": 1},
)
DEEPEST = 4


def input_value(type_: GraphQLInputType, random: Random, wrong: float, depth: int = 0) -> Any:
    """Return a value of a type, in which each part is wrong with the probability `wrong`."""
    if random.random() < wrong:
        return random.choice(WRONG)
    if is_non_null_type(type_):
        return _present(type_.of_type, random, wrong, depth)
    return None if random.random() < 0.1 else _present(type_, random, wrong, depth)


def _present(type_: GraphQLInputType, random: Random, wrong: float, depth: int) -> Any:
    if is_list_type(type_):
        if random.random() < 0.1:  # One item may stand for a list of it.
            return input_value(type_.of_type, random, wrong, depth)
        return [input_value(type_.of_type, random, wrong, depth + 1) for _ in range(random.choice([0, 1, 1, 2]))]
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_, random, wrong, depth)
    if isinstance(type_, GraphQLEnumType):
        return Enum(random.choice(list(type_.values)))
    return random.choice(RIGHT[get_named_type(type_).name])


def _object(type_: GraphQLInputObjectType, random: Random, wrong: float, depth: int) -> dict[str, Any]:
    if type_.is_one_of:
        count = random.choice([0, 2, 3]) if random.random() < wrong * 4 else 1
        names = random.sample(list(type_.fields), count)
        fields = {name: GraphQLNonNull(get_nullable_type(type_.fields[name].type)) for name in names}
        value = {name: input_value(field, random, wrong, depth + 1) for name, field in fields.items()}
        return {**value, **({random.choice(list(type_.fields)): None} if random.random() < wrong * 2 else {})}
    value = {
        name: input_value(field.type, random, wrong, depth + 1)
        for name, field in type_.fields.items()
        if _is_chosen(field, random, wrong, depth)
    }
    return {**value, "nonsense": 1} if random.random() < wrong else value


def _is_chosen(field: GraphQLInputField, random: Random, wrong: float, depth: int) -> bool:
    if is_required_input_field(field):
        return random.random() >= wrong
    nested = is_input_object_type(get_named_type(field.type))
    return random.random() < (0 if nested and depth >= DEEPEST else 0.3)


def as_literal(value: Any) -> str:
    """Return a value as it is written in a document."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {as_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_literal, value)) + "]"
    return value if isinstance(value, Enum) else json.dumps(value)
