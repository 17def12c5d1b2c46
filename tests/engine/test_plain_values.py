"""What a schema calls plain is shown by functions made for it, and the same as by graphql-core: at random."""

import os
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLSchema, build_schema, is_object_type, parse

from gateway.engine.column import Column, attribute, set_column
from gateway.engine.document import Document
from tests.engine.test_any_schema import SCHEMA, Colour, Shown, make_query, schema_without_resolvers

pytestmark = pytest.mark.anyio

CASES = 100 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))


SCALARS: dict[str, list[Any]] = {
    "String": ["", "ä", '"'],
    "ID": ["", "7"],
    "Int": [0, -5, 2**31 - 1],
    "Boolean": [True, False],
}


class Thing:
    """An object whose attributes depend on its seed alone, so that both executors meet the same ones."""

    def __init__(self, type_name: str, seed: str, surprise: float) -> None:
        self.type_name = type_name
        self.seed = seed
        self.surprise = surprise

    def __getattr__(self, name: str) -> Any:
        type_ = _types().get((self.type_name, name))
        if type_ is None:
            raise AttributeError(name)
        seed = f"{self.seed}.{name}"
        return _value(random.Random(seed), seed, self.surprise, type_)


def _value(chance: random.Random, seed: str, surprise: float, type_: str) -> Any:
    """`surprise` is how often a kind turns out to be none of those that the schema knows."""
    if type_.endswith("!"):
        type_ = type_[:-1]
    elif chance.random() < 0.2:
        return None
    if type_.startswith("["):
        items = [_value(chance, f"{seed}.{index}", surprise, type_[1:-1]) for index in range(chance.randrange(4))]
        return chance.choice([list, tuple])(items)
    if type_ in SCALARS:
        return chance.choice([seed, *SCALARS[type_]] if type_ in {"String", "ID"} else SCALARS[type_])
    if type_ == "Colour":
        return "PUCE" if chance.random() < surprise else chance.choice(list(Colour))
    if type_ in {"Thing", "Named"}:
        type_ = "Nothing" if chance.random() < surprise else chance.choice(["Box", "Ball"])
    return Thing(type_, seed, surprise)


@cache
def _types() -> dict[tuple[str, str], str]:
    types = build_schema(SCHEMA).type_map.values()
    return {
        (type_.name, name): str(field.type) for type_ in types for name, field in getattr(type_, "fields", {}).items()
    }


@cache
def plain_schema() -> GraphQLSchema:
    """Its context is a seed and how often there is a surprise. All but the fields of its roots are attributes."""
    schema = schema_without_resolvers()
    for type_ in schema.type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                if type_ in (schema.query_type, schema.mutation_type):
                    _resolve(name, field)
                else:
                    set_column(field, Column(resolve=attribute(name), attribute=name))
    return schema


def _resolve(name: str, field: GraphQLField) -> None:
    def resolve(parents: Sequence[None], context: tuple[str, float], *_: object) -> list[Any]:
        seed = f"{context[0]}.{name}"
        return [_value(random.Random(seed), seed, context[1], str(field.type)) for _ in parents]

    set_column(field, Column(resolve=resolve, plain=True))
    field.resolve = lambda _, info: resolve([None], info.context)[0]


@pytest.mark.parametrize("surprise", [0.0, 0.05, 0.2])
async def test_plain_values_are_shown_as_graphql_core_shows_them(surprise: float) -> None:
    schema = plain_schema()
    with_errors = 0
    for case in range(CASES):
        query = make_query(random.Random(f"{surprise}/{case}"), schema)
        document = Document(schema, parse(query))
        in_columns = Shown.of(await document.execute((f"{case}", surprise), {}))
        by_field = Shown.of(await document.execute_by_field((f"{case}", surprise), {}))
        assert in_columns.data == by_field.data, query
        assert in_columns.nulls == by_field.nulls, query
        if len(by_field.errors) == 1:
            assert in_columns == by_field, query
        with_errors += bool(by_field.errors)
    assert (with_errors > 0) is (surprise > 0)


class Endless:
    """Holds itself."""

    name = "a"

    @property
    def inner(self) -> "Endless":
        return self


@pytest.mark.parametrize("depth", [3, 150])
async def test_what_is_nested_too_deeply_for_one_expression_is_shown_all_the_same(depth: int) -> None:
    schema = build_schema("type Query { outer: Thing } type Thing { inner: Thing name: String }")
    root, thing = schema.get_type("Query"), schema.get_type("Thing")
    assert is_object_type(root)
    assert is_object_type(thing)
    root.fields["outer"].resolve = lambda *_: Endless()
    set_column(root.fields["outer"], Column(resolve=lambda parents, *_: [Endless()] * len(parents), plain=True))
    for name, field in thing.fields.items():
        set_column(field, Column(resolve=attribute(name), attribute=name))
    document = Document(schema, parse(f"{{ outer {'{ inner ' * depth} {{ name }} {'}' * depth} }}"))
    data, errors = await document.execute(None, {})
    assert not errors
    assert (data, errors) == await document.execute_by_field(None, {})
