"""Lists, and where null may stand in them (GraphQL specification, sections 3.11 and 6.4.3)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.execution import Response, both, error, schema
from tests.engine.resolvers import always, each_parent, later

pytestmark = pytest.mark.anyio

NULL = "Cannot return null for non-nullable field Query.numbers."
TYPES = ("[Int]", "[Int]!", "[Int!]", "[Int!]!")


async def listed(type_: str, value: Any) -> Response:
    """Return the response of a field of a list type, which is the same at once and later."""
    text = f"type Query {{ numbers: {type_} }}"
    at_once = await both(schema(text, {"Query.numbers": always(value)}), "{ numbers }")
    assert at_once == await both(schema(text, {"Query.numbers": later(value)}), "{ numbers }")
    return at_once


@pytest.mark.parametrize("type_", TYPES)
async def test_a_list_of_values(type_: str) -> None:
    assert await listed(type_, [1, 2]) == {"data": {"numbers": [1, 2]}}


@pytest.mark.parametrize("type_", TYPES)
async def test_an_empty_list(type_: str) -> None:
    assert await listed(type_, []) == {"data": {"numbers": []}}


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("[Int]", {"numbers": [1, None, 2]}),
        ("[Int]!", {"numbers": [1, None, 2]}),
        ("[Int!]", {"numbers": None}),
        ("[Int!]!", None),
    ],
)
async def test_a_list_with_a_null(type_: str, data: dict[str, Any] | None) -> None:
    response: Response = {"data": data}
    if "Int!" in type_:
        response["errors"] = [error(NULL, ["numbers", 1], (1, 3))]
    assert await listed(type_, [1, None, 2]) == response


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("[Int]", {"numbers": [1, None, 2]}),
        ("[Int]!", {"numbers": [1, None, 2]}),
        ("[Int!]", {"numbers": None}),
        ("[Int!]!", None),
    ],
)
async def test_a_list_with_an_exception(type_: str, data: dict[str, Any] | None) -> None:
    assert await listed(type_, [1, ValueError("no number"), 2]) == {
        "data": data,
        "errors": [error("no number", ["numbers", 1], (1, 3))],
    }


@pytest.mark.parametrize(
    ("type_", "data"),
    [("[Int]", {"numbers": None}), ("[Int!]", {"numbers": None}), ("[Int]!", None), ("[Int!]!", None)],
)
async def test_null_in_the_place_of_a_list(type_: str, data: dict[str, Any] | None) -> None:
    response: Response = {"data": data}
    if data is None:
        response["errors"] = [error(NULL, ["numbers"], (1, 3))]
    assert await listed(type_, None) == response


@pytest.mark.parametrize("value", [(1, 2), {1: 0, 2: 0}.keys(), range(1, 3)])
async def test_whatever_can_be_iterated_over_is_a_list(value: Any) -> None:
    assert await listed("[Int]", value) == {"data": {"numbers": [1, 2]}}


async def test_what_can_be_iterated_over_once_is_a_list() -> None:
    made = schema("type Query { numbers: [Int] }", {"Query.numbers": each_parent(lambda _: iter([1, 2]))})
    assert await both(made, "{ numbers }") == {"data": {"numbers": [1, 2]}}


@pytest.mark.parametrize("value", ["12", b"12", 12, {"1": 2}, object()])
async def test_anything_else_is_not_a_list(value: object) -> None:
    message = "Expected Iterable, but did not find one for field 'Query.numbers'."
    assert await listed("[Int]", value) == {
        "data": {"numbers": None},
        "errors": [error(message, ["numbers"], (1, 3))],
    }


async def test_iteration_that_fails_fails_the_list() -> None:
    def numbers(_: None) -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    made = schema("type Query { numbers: [Int] }", {"Query.numbers": each_parent(numbers)})
    assert await both(made, "{ numbers }") == {
        "data": {"numbers": None},
        "errors": [error("no more", ["numbers"], (1, 3))],
    }


async def test_a_list_that_is_none_leaves_those_of_other_parents_as_they_are() -> None:
    boxes = [{"of": lambda: iter([1, 2])}, {"of": lambda: 3}, {"of": lambda: iter([4])}, {"of": lambda: None}]
    made = schema(
        "type Query { boxes: [Box] } type Box { numbers: [Int] }",
        {"Query.boxes": always(boxes), "Box.numbers": each_parent(lambda box: box["of"]())},
    )
    message = "Expected Iterable, but did not find one for field 'Box.numbers'."
    assert await both(made, "{ boxes { numbers } }") == {
        "data": {"boxes": [{"numbers": [1, 2]}, {"numbers": None}, {"numbers": [4]}, {"numbers": None}]},
        "errors": [error(message, ["boxes", 1, "numbers"], (1, 11))],
    }


@pytest.mark.parametrize(
    ("type_", "numbers"),
    [
        ("[[Int]]", [[1, None], [], None]),
        ("[[Int]!]", None),
        ("[[Int!]]", [None, [], None]),
    ],
)
async def test_lists_of_lists(type_: str, numbers: Any) -> None:
    response = await listed(type_, [[1, None], [], None])
    assert response["data"] == {"numbers": numbers}
    paths = {"[[Int]]": [], "[[Int]!]": [["numbers", 2]], "[[Int!]]": [["numbers", 0, 1]]}
    assert [each["path"] for each in response.get("errors", ())] == paths[type_]


async def test_lists_are_cut_apart_where_they_were_joined() -> None:
    boxes = [{"boxes": [{"name": f"{outer}{inner}"} for inner in range(outer)]} for outer in (2, 0, 3, 1)]
    made = schema("type Query { boxes: [Box] } type Box { name: String boxes: [Box] }", {"Query.boxes": always(boxes)})
    assert await both(made, "{ boxes { boxes { name } } }") == {"data": {"boxes": boxes}}


@pytest.mark.parametrize(
    ("type_", "boxes"),
    [
        ("[Box]", [{"name": "A"}, None, {"name": "B"}]),
        ("[Box!]", None),
    ],
)
async def test_lists_of_objects_with_a_null(type_: str, boxes: Any) -> None:
    made = schema(
        f"type Query {{ boxes: {type_} }} type Box {{ name: String }}",
        {"Query.boxes": always([{"name": "A"}, None, {"name": "B"}])},
    )
    response = await both(made, "{ boxes { name } }")
    assert response["data"] == {"boxes": boxes}
    assert [each["path"] for each in response.get("errors", ())] == ([] if boxes else [["boxes", 1]])


async def test_a_number_of_failing_items_is_as_many_errors() -> None:
    made = schema(
        "type Query { boxes: [Box!] } type Box { number: Int }",
        {"Query.boxes": always([{"number": 1}, {"number": "a"}, {"number": 2}, {"number": "b"}])},
    )
    assert await both(made, "{ boxes { number } }") == {
        "data": {"boxes": [{"number": 1}, {"number": None}, {"number": 2}, {"number": None}]},
        "errors": [
            error("Int cannot represent non-integer value: 'a'", ["boxes", 1, "number"], (1, 11)),
            error("Int cannot represent non-integer value: 'b'", ["boxes", 3, "number"], (1, 11)),
        ],
    }
