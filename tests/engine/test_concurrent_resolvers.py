"""Resolvers that gain from being awaited at the same time, or do not."""

from asyncio import sleep
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from tests.engine.execution import both, error, in_columns, schema
from tests.engine.resolvers import Calls, always

pytestmark = pytest.mark.anyio

TEXT = """
type Query { a: Box b: Box works: [Work] }
type Box { c: Int d: Int! }
type Book { e: Int }
type Film { f: Int }
union Work = Book | Film
"""


def slow(name: str, result: Any) -> ColumnResolver:
    """Return what leaves in the context value when it begins and when it ends."""

    async def resolve(parents: Sequence[Any], calls: Calls, *_: object) -> list[Any]:
        calls.append(f"{name} begins")
        await sleep(0)
        calls.append(f"{name} ends")
        if isinstance(result, Exception):
            raise result
        return [result] * len(parents)

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)


def waiting(*, concurrent: bool, d: Any = 2) -> ExecutableSchema:
    return schema(
        TEXT,
        {
            "Query.a": slow("a", {}),
            "Query.b": slow("b", {}),
            "Query.works": always([{"type": "Book"}, {"type": "Film"}]),
            "Box.c": slow("c", 1),
            "Box.d": slow("d", d),
            "Book.e": slow("e", 3),
            "Film.f": slow("f", 4),
        },
        concurrent=concurrent,
    )


def in_turn(*names: str) -> Calls:
    return [f"{name} {what}" for name in names for what in ("begins", "ends")]


async def called(made: ExecutableSchema, text: str) -> Calls:
    calls: Calls = []
    await in_columns(made, text, calls=calls)
    return calls


async def test_fields_are_awaited_at_the_same_time() -> None:
    calls = await called(waiting(concurrent=True), "{ a { __typename } b { __typename } }")
    assert calls == ["a begins", "b begins", "a ends", "b ends"]
    calls = await called(waiting(concurrent=True), "{ a { c d } }")
    assert calls == ["a begins", "a ends", "c begins", "d begins", "c ends", "d ends"]


async def test_fields_are_awaited_one_after_another() -> None:
    assert await called(waiting(concurrent=False), "{ a { c d } b { d } }") == in_turn("a", "c", "d", "b", "d")


async def test_what_is_inside_a_field_does_not_wait_for_the_fields_beside_it() -> None:
    calls = await called(waiting(concurrent=True), "{ a { c } b { d } }")
    assert calls.index("c begins") < calls.index("b ends")
    assert sorted(calls) == sorted(in_turn("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("concurrent", "calls"),
    [(True, ["e begins", "f begins", "e ends", "f ends"]), (False, in_turn("e", "f"))],
)
async def test_the_types_of_a_union(calls: Calls, *, concurrent: bool) -> None:
    assert await called(waiting(concurrent=concurrent), "{ works { ... on Book { e } ... on Film { f } } }") == calls


@pytest.mark.parametrize("concurrent", [True, False])
async def test_both_ways_give_the_same_response(*, concurrent: bool) -> None:
    text = "{ b { d c } works { ... on Film { f } ... on Book { e } } a { c } }"
    response = await both(waiting(concurrent=concurrent), text)
    assert response == {"data": {"b": {"d": 2, "c": 1}, "works": [{"e": 3}, {"f": 4}], "a": {"c": 1}}}
    assert list(response["data"]) == ["b", "works", "a"]


@pytest.mark.parametrize("concurrent", [True, False])
async def test_both_ways_execute_everything_beside_what_fails(*, concurrent: bool) -> None:
    made = waiting(concurrent=concurrent, d=ValueError("no d"))
    assert await both(made, "{ a { d c } b { c } }") == {
        "data": {"a": None, "b": {"c": 1}},
        "errors": [error("no d", ["a", "d"], (1, 7))],
    }
    assert sorted(await called(made, "{ a { d c } b { c } }")) == sorted(in_turn("a", "b", "c", "c", "d"))
