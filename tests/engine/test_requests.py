"""Which operation of a document is executed, and on which root (GraphQL specification, sections 6.1 and 6.2)."""

from asyncio import gather
from typing import Any

import pytest

from tests.engine.execution import both, both_executing, document, schema
from tests.engine.resolvers import always, each_parent, later

pytestmark = pytest.mark.anyio

TEXT = "type Query { one: Int two(n: Int): Int } type Mutation { one: Int }"
NUMBERS = schema(TEXT, {"Query.one": always(1), "Query.two": each_parent(lambda _, n=2: n), "Mutation.one": always(-1)})
SEVERAL = "query A { one } query B { two } mutation C { one }"


@pytest.mark.parametrize("text", ["{ one }", "query { one }", "query A { one }"])
async def test_the_only_operation_needs_no_name(text: str) -> None:
    assert await both(NUMBERS, text) == {"data": {"one": 1}}


@pytest.mark.parametrize(("name", "data"), [("A", {"one": 1}), ("B", {"two": 2}), ("C", {"one": -1})])
async def test_one_of_several_operations_is_executed_by_its_name(name: str, data: dict[str, int]) -> None:
    assert await both(NUMBERS, SEVERAL, operation_name=name) == {"data": data}


async def test_one_of_several_operations_has_to_be_named() -> None:
    assert await both(NUMBERS, SEVERAL) == {
        "data": None,
        "errors": [{"message": "Must provide operation name if query contains multiple operations."}],
    }


@pytest.mark.parametrize("text", ["query A { one }", SEVERAL])
async def test_a_name_that_no_operation_has_leaves_no_data(text: str) -> None:
    assert await both(NUMBERS, text, operation_name="D") == {
        "data": None,
        "errors": [{"message": "Unknown operation named 'D'."}],
    }


async def test_names_that_no_operation_has_are_not_kept() -> None:
    asked = document(NUMBERS, SEVERAL)
    for number in range(3):
        await both_executing(asked, operation_name=f"D{number}")
    await both_executing(asked, operation_name="A")
    assert list(asked._operations) == ["A"]


async def test_operations_of_one_document_have_variables_of_their_own() -> None:
    asked = document(NUMBERS, "query A($n: Int!) { two(n: $n) } query B($n: Int = 5) { two(n: $n) }")
    assert await both_executing(asked, {"n": 3}, "A") == {"data": {"two": 3}}
    assert await both_executing(asked, {}, "B") == {"data": {"two": 5}}


async def test_operations_of_one_document_share_fragments() -> None:
    asked = document(NUMBERS, "query A { ...F } query B { two ...F } fragment F on Query { one }")
    assert await both_executing(asked, operation_name="A") == {"data": {"one": 1}}
    assert await both_executing(asked, operation_name="B") == {"data": {"two": 2, "one": 1}}


async def test_a_deeply_nested_operation() -> None:
    def endless() -> dict[str, Any]:
        box: dict[str, Any] = {"name": "A"}
        box["box"] = box
        return box

    boxes = schema("type Query { box: Box } type Box { box: Box name: String }", {"Query.box": always(endless())})
    depth = 60
    response = await both(boxes, f"{'{ box ' * depth}{{ name }}{' }' * depth}")
    for _ in range(depth):
        response = {"data": response["data"]["box"]}
    assert response == {"data": {"name": "A"}}


async def test_executions_of_one_document_at_the_same_time_do_not_meet() -> None:
    numbers = schema(TEXT, {"Query.one": later(1), "Query.two": each_parent(lambda _, n=2: n)})
    asked = document(numbers, "query ($n: Int) { one two(n: $n) }")
    responses = await gather(*(both_executing(asked, {"n": n}) for n in range(5)))
    assert responses == [{"data": {"one": 1, "two": n}} for n in range(5)]
