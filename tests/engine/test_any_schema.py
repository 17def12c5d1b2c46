"""Whatever resolvers return or raise, both executors show the same: over schemas and values made at random."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import isawaitable
from typing import Any, Self

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
    parse,
    validate,
)

from gateway.engine.column import Column, set_column, set_type_name
from gateway.engine.document import Document, Executed
from gateway.engine.failures import Failure, settle

pytestmark = [
    pytest.mark.anyio,
    # graphql-core leaves resolvers behind that it no longer needs, once a null has spread.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CASES = 40 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))

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
"""


class Colour(Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Made:
    """An object whose values depend on its seed alone, so that both executors meet the same ones."""

    type_name: Any
    seed: str


class Trouble(Exception):
    pass


@dataclass(frozen=True)
class Values:
    seed: str
    trouble: float
    """How often a value is one that its type does not allow."""

    def of(self, parent: object, type_name: str, field: str, type_: Any) -> Any:
        """The value of a field, which is an exception where the field fails."""
        seed_ = f"{self.seed}/{parent.seed if isinstance(parent, Made) else type_name}.{field}"
        return self._value(random.Random(seed_), seed_, type_)

    def _value(self, chance: random.Random, seed_: str, type_: Any) -> Any:
        if chance.random() < self.trouble:
            return chance.choice([None, Trouble(f"at {seed_}"), 7, "text", [None], object, {"a": 1}, 2**40, [[1], 2]])
        text = str(type_)
        if text.endswith("!"):
            return self._value(chance, seed_, type_.of_type)
        if chance.random() < 0.15:
            return None
        if text.startswith("["):
            items = [self._value(chance, f"{seed_}.{index}", type_.of_type) for index in range(chance.randrange(4))]
            return chance.choice([list, tuple])(items)
        return self._plain(chance, seed_, text)

    def _plain(self, chance: random.Random, seed_: str, type_name: str) -> Any:
        match type_name:
            case "String" | "ID":
                return chance.choice(["", "ä", seed_, 3, True])
            case "Int":
                return chance.choice([0, -5, 1.0, "12", True])
            case "Boolean":
                return chance.choice([True, False, 0])
            case "Colour":
                return chance.choice([Colour.RED, Colour.GREEN])
            case "Thing" | "Named":
                wrong = [None, "Query", "Colour", "Nothing", 5] if chance.random() < self.trouble else []
                return Made(chance.choice(["Box", "Ball", *wrong]), seed_)
            case _:
                return Made(type_name, seed_)


def schema_without_resolvers() -> GraphQLSchema:
    schema = build_schema(SCHEMA)
    colour = schema.type_map["Colour"]
    assert isinstance(colour, GraphQLEnumType)
    for member, value in colour.values.items():
        value.value = Colour[member]
    for name in ("Thing", "Named"):
        set_type_name(schema.type_map[name], lambda made: made.type_name)  # type: ignore[arg-type]
    return schema


@cache
def schema_with(waiting: int) -> GraphQLSchema:
    """Its context is `Values`. `waiting` decides which of its resolvers have to be waited for."""
    schema = schema_without_resolvers()
    for type_ in schema.type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                waits = random.Random(f"{waiting}/{type_}.{name}").random() < 0.3
                _resolve(type_, name, field, waits=waits)
    return schema


def _resolve(type_: GraphQLObjectType, name: str, field: GraphQLField, *, waits: bool) -> None:
    """With the same values for both executors."""

    def at_once(parents: Sequence[Any], values: Values, *_: object) -> list[Any]:
        return [values.of(parent, type_.name, name, field.type) for parent in parents]

    async def later(parents: Sequence[Any], values: Values, *_: object) -> list[Any]:
        return at_once(parents, values)

    resolve: Any = later if waits else at_once

    def resolve_one(parent: Any, info: GraphQLResolveInfo[Values]) -> Any:
        results = resolve([parent], info.context, info.field_nodes[0], {})
        return _only(results) if isawaitable(results) else results[0]

    set_column(field, Column(resolve=resolve))
    field.resolve = resolve_one


async def _only(results: Any) -> Any:
    [result] = await results
    return result


def make_query(chance: random.Random, schema: GraphQLSchema) -> str:
    """A valid operation, with aliases, fragments, inline fragments and conditions."""
    operation = chance.choice(["query", "query", "mutation"])
    root = schema.query_type if operation == "query" else schema.mutation_type
    fragments: dict[str, str] = {}
    selection = _selection(chance, schema, root, 4, fragments)
    return "\n".join([f"{operation} {selection}", *fragments.values()])


def _selection(chance: random.Random, schema: GraphQLSchema, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    parts = [_part(chance, schema, type_, depth, fragments) for _ in range(chance.randint(1, 5))]
    return "{ __typename " + " ".join(parts) + " }"


def _part(chance: random.Random, schema: GraphQLSchema, type_: Any, depth: int, fragments: dict[str, str]) -> str:
    condition = chance.choice(["", "", "", " @skip(if: false)", " @include(if: false)"])
    fields = getattr(type_, "fields", {})
    if depth > 1 and (not fields or chance.random() < 0.2):
        names = [each.name for each in schema.get_possible_types(type_)] if is_abstract_type(type_) else [type_.name]
        on = chance.choice(names)
        inside = _selection(chance, schema, schema.type_map[on], depth - 1, fragments)
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
    return f"a{chance.randrange(10**6)}: {name}{condition} {_selection(chance, schema, inner, depth - 1, fragments)}"


@dataclass(frozen=True)
class Shown:
    """All there is to compare. The order of errors says nothing."""

    data: bytes
    errors: list[Any]

    @classmethod
    def of(cls, executed: Executed) -> Self:
        data, errors = executed
        shown = [(error.path, error.message, error.locations) for error in errors or ()]
        return cls(orjson.dumps(data), sorted(shown, key=repr))

    @property
    def nulls(self) -> set[tuple[str | int, ...]]:
        """Where the answer shows a null because of an error there or further inside."""
        return {self._null(path) for path, *_ in self.errors}

    def _null(self, path: list[str | int]) -> tuple[str | int, ...]:
        value = orjson.loads(self.data)
        for depth, key in enumerate(path):
            if value is None:
                return tuple(path[:depth])
            value = value[key]
        assert value is None
        return tuple(path)


@pytest.mark.parametrize("trouble", [0.0, 0.005, 0.02, 0.1])
@pytest.mark.parametrize("waiting", range(3))
async def test_both_executors_show_the_same(waiting: int, trouble: float, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[Failure] = []

    def recorded(failed: list[Failure], data: dict[str, Any]) -> Any:
        failures.extend(failed)
        return settle(failed, data)

    monkeypatch.setattr("gateway.engine.document.settle", recorded)
    schema = schema_with(waiting)
    for case in range(CASES):
        query = make_query(random.Random(f"{waiting}/{case}/{trouble}"), schema)
        document = Document(schema, parse(query))
        values = Values(f"{waiting}/{case}", trouble)
        where = f"waiting={waiting}, trouble={trouble}, case {case}: {query}"
        failures.clear()
        in_columns = Shown.of(await document.execute(values, {}))
        by_field = Shown.of(await document.execute_by_field(values, {}))
        assert in_columns.data == by_field.data, where
        # Of several failures beneath one null, execution may name any (GraphQL specification, section 6.4.4).
        assert in_columns.nulls == by_field.nulls, where
        if len(failures) == 1:
            assert in_columns == by_field, where


def test_the_operations_are_valid() -> None:
    schema = schema_with(0)
    for case in range(CASES):
        query = make_query(random.Random(case), schema)
        assert not validate(schema, parse(query)), query
