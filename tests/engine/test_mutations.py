"""The serial execution of mutations (GraphQL specification, section 6.2.2)."""

from asyncio import sleep
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from tests.engine.execution import Response, both, by_field, error, in_columns, schema
from tests.engine.resolvers import Calls, always

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("execute", [in_columns, by_field])]

TEXT = """
type Query { other: Int }
type Mutation { add(n: Int!, fail: Boolean): Counter addSure(n: Int!, fail: Boolean): Counter! }
type Counter { added: Int slow: Int sure: Int! }
"""


def adding(*, waits: int = 0) -> ColumnResolver:
    """Return what leaves in the context value when it begins and when it ends."""

    def add(calls: Calls, n: int, *, fail: bool) -> dict[str, Any]:
        calls.append(f"{n} ends")
        if fail:
            raise ValueError(f"no {n}")
        return {"n": n}

    def resolve(_: Sequence[None], calls: Calls, arguments: Mapping[str, Any], __: object) -> list[Any]:
        n, fail = arguments["n"], arguments.get("fail", False)
        calls.append(f"{n} begins")
        return [add(calls, n, fail=fail)]

    async def resolve_later(roots: Sequence[None], calls: Calls, arguments: Mapping[str, Any], *_: object) -> list[Any]:
        n, fail = arguments["n"], arguments.get("fail", False)
        calls.append(f"{n} begins")
        for _turn in range(waits - n):
            await sleep(0)
        return [add(calls, n, fail=fail) for _ in roots]

    return ColumnResolver(resolve=resolve_later if waits else resolve, reads=NO_ATTRIBUTES)


def read(name: str) -> ColumnResolver:
    """Return what leaves in the context value that a field of a counter is resolved, after a while."""

    async def resolve(counters: Sequence[dict[str, Any]], calls: Calls, *_: object) -> list[Any]:
        await sleep(0)
        calls.extend(f"{name} of {counter['n']}" for counter in counters)
        return [counter["n"] for counter in counters]

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)


def counting(*, waits: int = 0, sure: ColumnResolver | None = None, **more: Any) -> ExecutableSchema:
    add = adding(waits=waits)
    counters = {"Counter.added": read("added"), "Counter.slow": read("slow"), "Counter.sure": sure or read("sure")}
    return schema(TEXT, {"Mutation.add": add, "Mutation.addSure": add, **counters}, **more)


@pytest.mark.parametrize("waits", [0, 4])
@pytest.mark.parametrize("concurrent", [True, False])
async def test_a_field_ends_before_the_next_one_begins(execute: Any, waits: int, *, concurrent: bool) -> None:
    calls: Calls = []
    text = "mutation { a: add(n: 1) { added slow } b: add(n: 2) { added } c: add(n: 3) { __typename } }"
    response = await execute(counting(waits=waits, concurrent=concurrent), text, calls=calls)
    assert response == {"data": {"a": {"added": 1, "slow": 1}, "b": {"added": 2}, "c": {"__typename": "Counter"}}}
    assert list(response["data"]) == ["a", "b", "c"]
    assert calls == [
        "1 begins",
        "1 ends",
        "added of 1",
        "slow of 1",
        "2 begins",
        "2 ends",
        "added of 2",
        "3 begins",
        "3 ends",
    ]


async def test_a_field_that_fails_does_not_keep_the_next_one_from_beginning(execute: Any) -> None:
    calls: Calls = []
    text = "mutation { a: add(n: 1, fail: true) { added } b: add(n: 2) { added } }"
    assert await execute(counting(), text, calls=calls) == {
        "data": {"a": None, "b": {"added": 2}},
        "errors": [error("no 1", ["a"], (1, 12))],
    }
    assert calls == ["1 begins", "1 ends", "2 begins", "2 ends", "added of 2"]


@pytest.mark.parametrize("waits", [0, 4])
async def test_no_field_begins_once_no_data_is_left(execute: Any, waits: int) -> None:
    calls: Calls = []
    text = "mutation { a: add(n: 1) { added } b: addSure(n: 2, fail: true) { added } c: add(n: 3) { added } }"
    assert await execute(counting(waits=waits), text, calls=calls) == {
        "data": None,
        "errors": [error("no 2", ["b"], (1, 35))],
    }
    assert calls == ["1 begins", "1 ends", "added of 1", "2 begins", "2 ends"]


async def test_no_field_begins_once_a_null_from_further_inside_has_left_no_data(execute: Any) -> None:
    calls: Calls = []
    text = "mutation { a: addSure(n: 1) { sure } b: add(n: 2) { added } }"
    assert await execute(counting(sure=always(None)), text, calls=calls) == {
        "data": None,
        "errors": [error("Cannot return null for non-nullable field Counter.sure.", ["a", "sure"], (1, 31))],
    }
    assert calls == ["1 begins", "1 ends"]


async def test_the_next_field_begins_where_a_null_stays_inside_one(execute: Any) -> None:
    calls: Calls = []
    text = "mutation { a: add(n: 1) { sure } b: add(n: 2) { added } }"
    assert await execute(counting(sure=always(None)), text, calls=calls) == {
        "data": {"a": None, "b": {"added": 2}},
        "errors": [error("Cannot return null for non-nullable field Counter.sure.", ["a", "sure"], (1, 27))],
    }
    assert calls == ["1 begins", "1 ends", "2 begins", "2 ends", "added of 2"]


async def test_merged_fields_are_one_field(execute: Any) -> None:
    calls: Calls = []
    text = """
    mutation { a: add(n: 1) { added } ...F a: add(n: 1) { slow } }
    fragment F on Mutation { b: add(n: 2) { added } }
    """
    response: Response = await execute(counting(), text, calls=calls)
    assert response == {"data": {"a": {"added": 1, "slow": 1}, "b": {"added": 2}}}
    assert calls == ["1 begins", "1 ends", "added of 1", "slow of 1", "2 begins", "2 ends", "added of 2"]


async def test_one_field_under_two_names_is_executed_twice(execute: Any) -> None:
    calls: Calls = []
    await execute(counting(), "mutation { a: add(n: 1) { __typename } b: add(n: 1) { __typename } }", calls=calls)
    assert calls == ["1 begins", "1 ends"] * 2


async def test_a_field_that_is_skipped_is_not_executed(execute: Any) -> None:
    calls: Calls = []
    text = "mutation ($no: Boolean!) { a: add(n: 1) @include(if: $no) { added } b: add(n: 2) { added } __typename }"
    response = await execute(counting(), text, {"no": False}, calls)
    assert response == {"data": {"b": {"added": 2}, "__typename": "Mutation"}}
    assert calls == ["2 begins", "2 ends", "added of 2"]


async def test_the_fields_of_a_query_are_not_serial(execute: Any) -> None:
    async def resolve(_: Sequence[None], calls: Calls, arguments: Mapping[str, Any], __: object) -> list[int]:
        calls.append(f"{arguments['n']} begins")
        await sleep(0)
        calls.append(f"{arguments['n']} ends")
        return [arguments["n"]]

    calls: Calls = []
    made = schema(
        "type Query { wait(n: Int!): Int }", {"Query.wait": ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)}
    )
    assert await execute(made, "{ a: wait(n: 1) b: wait(n: 2) }", calls=calls) == {"data": {"a": 1, "b": 2}}
    assert calls == ["1 begins", "2 begins", "1 ends", "2 ends"]


async def test_mutations_are_planned(execute: Any) -> None:  # noqa: ARG001  # both are executed
    assert await both(counting(), "mutation { add(n: 1) { added } }") == {"data": {"add": {"added": 1}}}
