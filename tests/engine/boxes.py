"""A schema of boxes and balls, which has every kind of output type, and random operations over it."""

import random
from collections.abc import Mapping
from enum import Enum
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from gateway.engine.resolvers import TypeName

SCHEMA = """
enum Colour { RED GREEN }
interface Named { name: String }
union Thing = Box | Ball
type Box implements Named {
  name: String
  sure: String!
  count: Int
  id: ID!
  flag: Boolean
  colour: Colour
  shade: Colour!
  words: [String!]
  lines: [[String]!]!
  ball: Ball
  inner: Box!
  boxes: [Box!]!
  maybe: [Box]
  thing: Thing
  things: [Thing!]!
  named: [Named]
}
type Ball implements Named { name: String size: Int! box: Box boxes: [Box!] }
type Query { box: Box sureBox: Box! boxes: [Box!]! maybe: [Box] thing: Thing! things: [Thing] }
type Mutation { make: Box sureMake: Box! makeAll: [Box!]! }
type Subscription { box: Box sureBox: Box! boxes: [Box!]! maybe: [Box] thing: Thing! things: [Thing] count: Int! }
"""


class Colour(Enum):
    RED = 1
    GREEN = 2


TYPE_NAMES: Mapping[str, TypeName] = dict.fromkeys(("Thing", "Named"), lambda value: value.type_name)


def schema_without_resolvers() -> GraphQLSchema:
    """Return a schema that knows its colours, and of things their types."""
    schema = build_schema(SCHEMA)
    colour = schema.type_map["Colour"]
    assert isinstance(colour, GraphQLEnumType)
    for member, value in colour.values.items():
        value.value = Colour[member]
    for name, type_name in TYPE_NAMES.items():
        abstract_type = schema.type_map[name]
        assert is_abstract_type(abstract_type)
        abstract_type.resolve_type = lambda value, *_, type_name=type_name: type_name(value)
    return schema


def make_operation(chance: random.Random, schema: GraphQLSchema) -> str:
    """Return a valid operation, with aliases, fragments, inline fragments and conditions."""
    operation = chance.choice(["query", "query", "mutation"])
    root = schema.query_type if operation == "query" else schema.mutation_type
    fragments: dict[str, str] = {}
    selections = _selection_set(chance, schema, root, 4, fragments)
    return "\n".join([f"{operation} {selections}", *fragments.values()])


def make_subscription(chance: random.Random, schema: GraphQLSchema) -> str:
    """Return a valid subscription, with aliases, fragments, inline fragments and conditions."""
    root = schema.subscription_type
    assert root
    fragments: dict[str, str] = {}
    name = chance.choice(list(root.fields))
    inner = get_named_type(root.fields[name].type)
    inside = _selection_set(chance, schema, inner, 4, fragments) if is_composite_type(inner) else ""
    return "\n".join([f"subscription {{ a: {name} {inside} }}", *fragments.values()])


def _selection_set(
    chance: random.Random, schema: GraphQLSchema, type_: Any, depth: int, fragments: dict[str, str]
) -> str:
    selections = [_selection(chance, schema, type_, depth, fragments) for _ in range(chance.randint(1, 5))]
    return "{ __typename " + " ".join(selections) + " }"


def _selection(chance: random.Random, schema: GraphQLSchema, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    condition = chance.choice(["", "", "", " @skip(if: false)", " @include(if: false)"])
    fields = getattr(type_, "fields", {})
    if depth > 1 and (not fields or chance.random() < 0.2):
        names = [each.name for each in schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_.name]
        on = chance.choice(names)
        inside = _selection_set(chance, schema, schema.type_map[on], depth - 1, fragments)
        if chance.random() < 0.5:
            return f"... on {on}{condition} {inside}"
        name = f"F{len(fragments)}"
        fragments[name] = f"fragment {name} on {on} {inside}"
        return f"...{name}{condition}"
    if not fields:
        return f"__typename{condition}"
    name = chance.choice(list(fields))
    inner = get_named_type(fields[name].type)
    if not is_composite_type(inner):
        return f"a{chance.randrange(10**6)}: {name}{condition}"
    if depth == 1:
        return f"t{chance.randrange(10**6)}: __typename"
    return (
        f"a{chance.randrange(10**6)}: {name}{condition} {_selection_set(chance, schema, inner, depth - 1, fragments)}"
    )
