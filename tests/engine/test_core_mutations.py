"""Mutations that are left to graphql-core, before and after those in columns."""

from asyncio import sleep
from typing import Any

import pytest
from graphql import GraphQLResolveInfo

from gateway.engine.document import ExecutableSchema
from tests.engine.execution import by_field, error, in_columns, schema
from tests.engine.resolvers import Calls, abandonable, later, recorded

pytestmark = pytest.mark.anyio

Info = GraphQLResolveInfo[Calls]

MUTATIONS = """
type Query { value: Int }
type Mutation { column(n: Int!): Step core(n: Int!): Step sureCore(n: Int!): Step! }
type Step { done: String sure: Int! }
"""


def stepping(result: Any) -> ExecutableSchema:
    """Return a schema whose mutations leave in the context value that they have ended, and that what they show has."""

    async def step(info: Info, n: int) -> Any:
        await sleep(0)
        info.context.append(f"{n} ends")
        return result

    async def done(_: Any, info: Info) -> str:
        await sleep(0)
        info.context.append(f"done {info.path.as_list()[0]}")
        return "done"

    def core(_: None, info: Info, n: int) -> Any:
        info.context.append(f"{n} begins")
        return abandonable(step(info, n))

    column = recorded("column", later({"done": "in a column"}))
    return schema(
        MUTATIONS,
        {"Mutation.column": column, "Mutation.core": core, "Mutation.sureCore": core, "Step.done": done},
    )


async def test_a_mutation_ends_before_the_next_one_begins() -> None:
    text = "mutation { a: core(n: 1) { done } b: column(n: 2) { done } c: core(n: 3) { done } }"
    for execute in (in_columns, by_field):
        calls: Calls = []
        response = await execute(stepping({}), text, calls=calls)
        assert list(response["data"].items()) == [(name, {"done": "done"}) for name in "abc"]
        assert calls == ["1 begins", "1 ends", "done a", ("column", 1), "done b", "3 begins", "3 ends", "done c"]


@pytest.mark.parametrize("result", [None, ValueError("no step"), {"sure": None}])
async def test_no_mutation_begins_once_one_has_left_no_data(result: Any) -> None:
    text = (
        "mutation { a: column(n: 1) { done } b: sureCore(n: 2) { sure } c: core(n: 3) { sure } column(n: 4) { sure } }"
    )
    for execute in (in_columns, by_field):
        calls: Calls = []
        response = await execute(stepping(result), text, calls=calls)
        assert response["data"] is None
        assert len(response["errors"]) == 1
        assert calls == [("column", 1), "done a", "2 begins", "2 ends"]


async def test_a_mutation_that_fails_does_not_keep_the_next_one_from_beginning() -> None:
    text = "mutation { a: core(n: 1) { sure } b: column(n: 2) { done } }"
    for execute in (in_columns, by_field):
        calls: Calls = []
        response = await execute(stepping(ValueError("no step")), text, calls=calls)
        assert response == {
            "data": {"a": None, "b": {"done": "done"}},
            "errors": [error("no step", ["a"], (1, 12))],
        }
        assert calls == ["1 begins", "1 ends", ("column", 1), "done b"]
