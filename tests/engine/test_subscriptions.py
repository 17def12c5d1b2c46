"""Subscriptions: the events of a source that the schema tells are executed together (specification, section 6.2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema, is_abstract_type, is_object_type

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver, Source
from gateway.engine.subscription import Subscription, open_subscription
from tests.engine.execution import Response, document, error, executable, response
from tests.engine.resolvers import (
    Calls,
    ObjectResolver,
    always,
    awaited,
    each_parent,
    key,
    object_resolver,
    recorded,
)

pytestmark = pytest.mark.anyio

TEXT = """
type Query { unused: Int }
type Subscription { box(after: String, colour: String): Box sureBox: Box! boxes: [Box!]! thing: Thing }
union Thing = Box | Ball
type Box { name: String size: Int! inner: Box boxes: [Box!] words: [String] things: [Thing!] }
type Ball { weight: Int! }
"""


async def _opened(_: object, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return arguments


EVENTS = ColumnResolver(
    resolve=lambda events, *_: events,
    reads=NO_ATTRIBUTES,
    source=Source(open=_opened, own_arguments=frozenset({"after"})),
)


def schema(fields: Mapping[str, ColumnResolver | ObjectResolver] | None = None) -> ExecutableSchema:
    """Return a schema whose subscriptions have their events from a source, and whose other fields are keys of a dict.

    Fields with a function for one object are left to graphql-core.
    """
    made = build_schema(TEXT)
    roots = dict.fromkeys((f"Subscription.{name}" for name in ("box", "sureBox", "boxes", "thing")), EVENTS)
    given = {**roots, **(fields or {})}
    resolvers = {}
    for type_name in ("Subscription", "Box", "Ball"):
        type_ = made.type_map[type_name]
        assert is_object_type(type_)
        for name, field in type_.fields.items():
            resolver = given.get(f"{type_name}.{name}", key(name))
            if isinstance(resolver, ColumnResolver):
                resolvers[type_name, name] = resolver
                field.resolve = object_resolver(resolver)
            else:
                field.resolve = resolver
    thing = made.type_map["Thing"]
    assert is_abstract_type(thing)
    thing.resolve_type = lambda value, *_: _type_name(value)
    return executable(made, resolvers, type_names={"Thing": _type_name})


def _type_name(value: Any) -> str:
    return "Ball" if "weight" in value else "Box"


async def subscribed(
    schema: ExecutableSchema, text: str, variables: Mapping[str, Any] | None = None, *, in_columns: bool = True
) -> Subscription:
    opened = await open_subscription(document(schema, text), [], variables or {}, None, in_columns=in_columns)
    assert isinstance(opened, Subscription)
    return opened


async def responses(
    schema: ExecutableSchema, text: str, events: Sequence[Any], variables: Mapping[str, Any] | None = None
) -> list[Response]:
    """Return the responses to events that are executed together, which are those of graphql-core to each alone."""
    subscription = await subscribed(schema, text, variables)
    together = [response(each) for each in await subscription.execute([], events)]
    by_field = await subscribed(schema, text, variables, in_columns=False)
    assert together == [response(each) for each in await by_field.execute([], events)]
    return together


async def test_each_event_has_its_own_data() -> None:
    assert await responses(schema(), "subscription { box { name } }", [{"name": "A"}, {"name": "B"}]) == [
        {"data": {"box": {"name": "A"}}},
        {"data": {"box": {"name": "B"}}},
    ]


async def test_an_event_may_be_null() -> None:
    assert await responses(schema(), "subscription { box { name } }", [None, {"name": "B"}]) == [
        {"data": {"box": None}},
        {"data": {"box": {"name": "B"}}},
    ]


async def test_no_events_have_no_responses() -> None:
    assert await responses(schema(), "subscription { box { name } }", []) == []


async def test_a_resolver_is_called_once_for_all_events() -> None:
    calls: Calls = []
    made = schema({"Box.name": recorded("name", key("name"))})
    subscription = await subscribed(made, "subscription { box { name } }")
    await subscription.execute(calls, [{"name": "A"}, {"name": "B"}, {"name": "C"}])
    assert calls == [("name", 3)]


async def test_the_path_of_an_error_begins_with_the_field_and_not_with_the_event() -> None:
    made = schema({"Box.name": each_parent(lambda box: box["name"] if box["size"] else ValueError("empty"))})
    events = [{"name": "A", "size": 1}, {"name": "B", "size": 0}, {"name": "C", "size": 0}]
    assert await responses(made, "subscription { box { name size } }", events) == [
        {"data": {"box": {"name": "A", "size": 1}}},
        *[
            {"data": {"box": {"name": None, "size": 0}}, "errors": [error("empty", ["box", "name"], (1, 22))]}
            for _ in range(2)
        ],
    ]


async def test_a_null_propagates_to_the_data_of_its_own_event_only() -> None:
    made = schema({"Box.size": each_parent(lambda box: box["size"] or ValueError("empty"))})
    events = [{"size": 1}, {"size": 0}, {"size": 3}]
    assert await responses(made, "subscription { sureBox { size } }", events) == [
        {"data": {"sureBox": {"size": 1}}},
        {"data": None, "errors": [error("empty", ["sureBox", "size"], (1, 26))]},
        {"data": {"sureBox": {"size": 3}}},
    ]


async def test_lists_of_events_have_indexes_of_their_own() -> None:
    made = schema({"Box.name": each_parent(lambda box: box["name"] or ValueError("nameless"))})
    events = [[{"name": "A"}, {"name": ""}], [], [{"name": ""}]]
    assert await responses(made, "subscription { boxes { name } }", events) == [
        {
            "data": {"boxes": [{"name": "A"}, {"name": None}]},
            "errors": [error("nameless", ["boxes", 1, "name"], (1, 24))],
        },
        {"data": {"boxes": []}},
        {"data": {"boxes": [{"name": None}]}, "errors": [error("nameless", ["boxes", 0, "name"], (1, 24))]},
    ]


async def test_events_of_a_union_are_each_of_their_type() -> None:
    text = "subscription { thing { __typename ... on Box { name } ... on Ball { weight } } }"
    assert await responses(schema(), text, [{"weight": 3}, {"name": "A"}, {"weight": 5}]) == [
        {"data": {"thing": {"__typename": "Ball", "weight": 3}}},
        {"data": {"thing": {"__typename": "Box", "name": "A"}}},
        {"data": {"thing": {"__typename": "Ball", "weight": 5}}},
    ]


async def test_a_field_that_is_left_to_graphql_core_fails_for_its_own_event() -> None:
    def size(box: Any, *_: object) -> int:
        if not box["size"]:
            raise ValueError("empty")
        return int(box["size"])

    made = schema({"Box.size": size, "Box.name": awaited("later")})
    events = [{"inner": {"size": 0}}, {"inner": {"size": 2}}, {"inner": None}]
    assert await responses(made, "subscription { box { inner { size name } } }", events) == [
        {"data": {"box": {"inner": None}}, "errors": [error("empty", ["box", "inner", "size"], (1, 30))]},
        {"data": {"box": {"inner": {"size": 2, "name": "later"}}}},
        {"data": {"box": {"inner": None}}},
    ]


async def test_a_field_that_is_left_to_graphql_core_makes_the_responses_the_callers_own() -> None:
    made = schema({"Box.size": lambda box, *_: box["size"]})
    shared, own = "subscription { box { name } }", "subscription { box { inner { size } } }"
    assert (await subscribed(made, shared)).is_shareable
    assert not (await subscribed(made, own)).is_shareable
    assert not (await subscribed(made, shared, in_columns=False)).is_shareable


async def test_variables_in_the_selection_set_have_the_values_of_the_subscription() -> None:
    text = "subscription ($named: Boolean!) { box { name @include(if: $named) size } }"
    events = [{"name": "A", "size": 1}]
    assert await responses(schema(), text, events, {"named": True}) == [{"data": {"box": {"name": "A", "size": 1}}}]
    assert await responses(schema(), text, events, {"named": False}) == [{"data": {"box": {"size": 1}}}]


VARIABLES = "subscription ($a: String, $c: String, $b: Boolean!) { box(after: $a, colour: $c) { name @skip(if: $b) } }"


@pytest.mark.parametrize(
    ("variables", "same"),
    [
        ({"a": "5", "c": "red", "b": True}, True),  # `after` only tells where the stream begins.
        ({"a": "4", "c": "red", "b": True, "unknown": 1}, True),
        ({"a": "4", "c": "green", "b": True}, False),
        ({"a": "4", "b": True}, False),
        ({"a": "4", "c": "red", "b": False}, False),
    ],
)
async def test_responses_depend_on_the_variables_that_are_used(variables: dict[str, Any], same: bool) -> None:  # noqa: FBT001  # a parameter of the test
    first = await subscribed(schema(), VARIABLES, {"a": "4", "c": "red", "b": True})
    other = await subscribed(schema(), VARIABLES, variables)
    assert (first.variables == other.variables) is same


async def test_responses_depend_on_a_variable_that_is_also_used_elsewhere() -> None:
    text = "subscription ($a: String) { box(after: $a, colour: $a) { name } }"
    first, other = [await subscribed(schema(), text, {"a": value}) for value in ("4", "5")]
    assert first.variables != other.variables


async def test_a_source_that_cannot_be_opened_is_an_error_at_its_field() -> None:
    async def refuse(*_: object) -> None:
        raise ValueError("not now")

    refused = ColumnResolver(resolve=lambda events, *_: events, reads=NO_ATTRIBUTES, source=Source(open=refuse))
    made = schema({"Subscription.box": refused})
    opened = await open_subscription(document(made, "subscription { b: box { name } }"), [], {}, None)
    assert response((None, opened)) == {"data": None, "errors": [error("not now", ["b"], (1, 16))]}  # type: ignore[arg-type]


async def test_a_source_is_not_opened_for_whom_its_field_is_refused() -> None:
    def refuse(_: object) -> None:
        raise PermissionError("not for you")

    async def fail(*_: object) -> None:
        raise AssertionError

    guarded = ColumnResolver(
        resolve=lambda events, *_: events, reads=NO_ATTRIBUTES, check=refuse, source=Source(open=fail)
    )
    opened = await open_subscription(
        document(schema({"Subscription.box": guarded}), "subscription { box { name } }"), [], {}, None
    )
    assert response((None, opened)) == {"data": None, "errors": [error("not for you", ["box"], (1, 16))]}  # type: ignore[arg-type]


async def test_a_source_takes_the_arguments_of_its_field() -> None:
    text = 'subscription ($a: String) { box(after: $a, colour: "red") { name } }'
    assert (await subscribed(schema(), text, {"a": "4"})).source == {"after": "4", "colour": "red"}


async def test_arguments_are_not_looked_at_again_for_each_event() -> None:
    given: list[Any] = []

    def resolve(events: Sequence[Any], _: object, arguments: Mapping[str, Any], __: object) -> Sequence[Any]:
        given.append(arguments)
        return events

    made = schema({"Subscription.box": replace(EVENTS, resolve=resolve)})
    subscription = await subscribed(made, "subscription ($c: String) { box(colour: $c) { name } }", {"c": "red"})
    await subscription.execute([], [{"name": "A"}])
    assert (subscription.source, given) == ({"colour": "red"}, [{}])


async def test_a_constant_result_is_that_of_each_event() -> None:
    made = schema({"Box.words": always(["x", None])})
    assert await responses(made, "subscription { box { words } }", [{}, {}]) == [
        {"data": {"box": {"words": ["x", None]}}} for _ in range(2)
    ]
