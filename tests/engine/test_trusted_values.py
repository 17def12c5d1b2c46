"""What a schema trusts is completed by compiled functions, with the same result as by graphql-core: at random."""

import json
import os
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLField, build_schema, is_object_type, parse

from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from tests.engine.boxes import SCHEMA, TYPE_NAMES, Colour, make_operation, schema_without_resolvers
from tests.engine.execution import executable, nulls, response
from tests.engine.resolvers import attribute

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
def trusted_schema() -> ExecutableSchema:
    """Return a schema whose context is a seed and how often there is a surprise. Only its roots have no attributes."""
    schema = schema_without_resolvers()
    resolvers = {}
    for type_ in schema.type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            is_root = type_ in (schema.query_type, schema.mutation_type)
            for name, field in type_.fields.items():
                resolvers[type_.name, name] = _root_resolver(name, field) if is_root else attribute(name)
    return executable(schema, resolvers, type_names=TYPE_NAMES)


def _root_resolver(name: str, field: GraphQLField) -> ColumnResolver:
    def resolve(parents: Sequence[None], context: tuple[str, float], *_: object) -> list[Any]:
        seed = f"{context[0]}.{name}"
        return [_value(random.Random(seed), seed, context[1], str(field.type)) for _ in parents]

    field.resolve = lambda _, info: resolve([None], info.context)[0]
    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES, trusted=True)


@pytest.mark.parametrize("surprise", [0.0, 0.05, 0.2])
async def test_trusted_values_are_completed_as_by_graphql_core(surprise: float) -> None:
    schema = trusted_schema()
    with_errors = 0
    for case in range(CASES):
        operation = make_operation(random.Random(f"{surprise}/{case}"), schema.schema)
        document = Document(schema, parse(operation))
        in_columns = response(await document.execute((f"{case}", surprise), {}))
        by_field = response(await document.execute((f"{case}", surprise), {}, in_columns=False))
        assert json.dumps(in_columns["data"]) == json.dumps(by_field["data"]), operation
        assert nulls(in_columns) == nulls(by_field), operation
        if len(by_field.get("errors", ())) == 1:
            assert in_columns == by_field, operation
        with_errors += "errors" in by_field
    assert (with_errors > 0) is (surprise > 0)


class Endless:
    """Holds itself."""

    name = "a"

    @property
    def inner(self) -> "Endless":
        return self


@pytest.mark.parametrize("depth", [3, 48, 60, 150])
async def test_what_is_nested_too_deeply_for_one_expression_is_completed_all_the_same(depth: int) -> None:
    schema = build_schema("type Query { outer: Thing } type Thing { inner: Thing name: String }")
    root = schema.get_type("Query")
    assert is_object_type(root)
    root.fields["outer"].resolve = lambda *_: Endless()
    outer = ColumnResolver(resolve=lambda parents, *_: [Endless()] * len(parents), reads=NO_ATTRIBUTES, trusted=True)
    resolvers = {("Query", "outer"): outer, **{("Thing", name): attribute(name) for name in ("inner", "name")}}
    document = Document(
        executable(schema, resolvers), parse(f"{{ outer {'{ inner ' * depth} {{ name }} {'}' * depth} }}")
    )
    data, errors = await document.execute(None, {})
    assert not errors
    assert (data, errors) == await document.execute(None, {}, in_columns=False)


async def test_what_is_nested_too_deeply_is_not_tried_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def recorded(text: str, *_: Any, **__: Any) -> Any:
        compiled.append(text)
        return compile(text, "<test>", "exec")

    monkeypatch.setattr("gateway.engine.code.compile", recorded, raising=False)
    schema = build_schema("type Query { outer: Thing } type Thing { inner: Thing name: String }")
    outer = ColumnResolver(resolve=lambda parents, *_: [Endless()] * len(parents), reads=NO_ATTRIBUTES, trusted=True)
    resolvers = {("Query", "outer"): outer, **{("Thing", name): attribute(name) for name in ("inner", "name")}}
    depth = 150
    document = Document(
        executable(schema, resolvers), parse(f"{{ outer {'{ inner ' * depth} {{ name }} {'}' * depth} }}")
    )
    await document.execute(None, {})
    before = len(compiled)
    await document.execute(None, {})
    assert len(compiled) == before
