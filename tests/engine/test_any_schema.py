"""Whatever resolvers return or raise, both executors show the same: over schemas and values made at random."""

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLField, GraphQLObjectType, is_object_type, parse, validate

from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.null_propagation import FieldError, propagate_nulls
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver, Source
from gateway.engine.subscription import Subscription, open_subscription
from tests.engine.boxes import TYPE_NAMES, Colour, make_operation, make_subscription, schema_without_resolvers
from tests.engine.execution import executable, nulls, response
from tests.engine.resolvers import object_resolver

pytestmark = [
    pytest.mark.anyio,
    # Where a null spreads, graphql-core cancels coroutines of its own that have not begun; resolvers return futures.
    pytest.mark.filterwarnings("ignore:coroutine 'Executor.* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*<coroutine object Executor:pytest.PytestUnraisableExceptionWarning"),
]

CASES = 40 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))


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
        return self._right(chance, seed_, text)

    def _right(self, chance: random.Random, seed_: str, type_name: str) -> Any:
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


@cache
def schema_with(waiting: int) -> ExecutableSchema:
    """Return a schema whose context is `Values`.

    `waiting` decides which of its resolvers have to be awaited, and which fields it says nothing of, so that
    graphql-core executes them.
    """
    schema = schema_without_resolvers()
    resolvers = {}
    for type_ in schema.type_map.values():
        if is_object_type(type_) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                random_ = random.Random(f"{waiting}/{type_}.{name}")
                resolver = _resolver(type_, name, field, waits=random_.random() < 0.3)
                if type_ is schema.subscription_type:
                    resolvers[type_.name, name] = replace(resolver, source=Source(open=open_nothing))
                elif random_.random() < 0.8:
                    resolvers[type_.name, name] = resolver
    return executable(schema, resolvers, type_names=TYPE_NAMES)


async def open_nothing(*_: object) -> None:
    """Open the source of a subscription, whose events are made by the test."""


def _resolver(type_: GraphQLObjectType, name: str, field: GraphQLField, *, waits: bool) -> ColumnResolver:
    """Resolve a field with the same values for both executors."""

    def at_once(parents: Sequence[Any], values: Values, *_: object) -> list[Any]:
        return [values.of(parent, type_.name, name, field.type) for parent in parents]

    async def later(parents: Sequence[Any], values: Values, *_: object) -> list[Any]:
        return at_once(parents, values)

    resolver = ColumnResolver(resolve=later if waits else at_once, reads=NO_ATTRIBUTES)
    field.resolve = object_resolver(resolver)
    return resolver


@pytest.mark.parametrize("trouble", [0.0, 0.005, 0.02, 0.1])
@pytest.mark.parametrize("waiting", range(3))
async def test_both_executors_show_the_same(waiting: int, trouble: float, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[object] = []

    def recorded(data: dict[str, Any], field_errors: list[FieldError], located: list[GraphQLError]) -> Any:
        errors.extend([*field_errors, *located])
        return propagate_nulls(data, field_errors, located)

    monkeypatch.setattr("gateway.engine.document.propagate_nulls", recorded)
    schema = schema_with(waiting)
    for case in range(CASES):
        operation = make_operation(random.Random(f"{waiting}/{case}/{trouble}"), schema.schema)
        document = Document(schema, parse(operation))
        values = Values(f"{waiting}/{case}", trouble)
        where = f"waiting={waiting}, trouble={trouble}, case {case}: {operation}"
        errors.clear()
        in_columns = response(await document.execute(values, {}))
        by_field = response(await document.execute(values, {}, in_columns=False))
        assert json.dumps(in_columns["data"]) == json.dumps(by_field["data"]), where
        # Of several failures beneath one null, execution may name any (GraphQL specification, section 6.4.4).
        assert nulls(in_columns) == nulls(by_field), where
        if len(errors) == 1:
            assert in_columns == by_field, where


@pytest.mark.parametrize("trouble", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("waiting", range(2))
async def test_events_that_are_executed_together_show_what_each_shows_alone(
    waiting: int, trouble: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[object] = []

    def recorded(data: Any, field_errors: list[FieldError], located: list[GraphQLError]) -> Any:
        errors.extend([*field_errors, *located])
        return propagate_nulls(data, field_errors, located)

    monkeypatch.setattr("gateway.engine.subscription.propagate_nulls", recorded)
    schema = schema_with(waiting)
    for case in range(CASES // 2):
        operation = make_subscription(random.Random(f"{waiting}/{case}/{trouble}"), schema.schema)
        document = Document(schema, parse(operation))
        values = Values(f"{waiting}/{case}", trouble)
        in_columns = await open_subscription(document, values, {}, None)
        by_field = await open_subscription(document, values, {}, None, in_columns=False)
        assert isinstance(in_columns, Subscription)
        assert isinstance(by_field, Subscription)
        events = [Made("Subscription", f"event {number}") for number in range(3)]
        for event, executed in zip(events, await in_columns.execute(values, events), strict=True):
            where = f"waiting={waiting}, trouble={trouble}, case {case}, {event.seed}: {operation}"
            together = response(executed)
            errors.clear()
            assert [together["data"]] == [data for data, _ in await in_columns.execute(values, [event])], where
            [alone] = map(response, await by_field.execute(values, [event]))
            assert json.dumps(together["data"]) == json.dumps(alone["data"]), where
            assert nulls(together) == nulls(alone), where
            if len(errors) == 1:
                assert together == alone, where


def test_the_operations_are_valid() -> None:
    schema = schema_with(0).schema
    for case in range(CASES):
        for operation in (make_operation(random.Random(case), schema), make_subscription(random.Random(case), schema)):
            assert not validate(schema, parse(operation)), operation
