"""Null propagation (GraphQL specification, section 6.4.4, "Handling Execution Errors")."""

from typing import Any

import pytest

from tests.engine.execution import both, by_field, error, in_columns, schema
from tests.engine.resolvers import always, each_parent, failing, later

pytestmark = pytest.mark.anyio

TEXT = """
type Query { box: Box sure: Box! boxes: [Box] sureBoxes: [Box!] surest: [Box!]! other: Int }
type Box { number: Int sureNumber: Int! box: Box sureBox: Box! boxes: [Box!] surest: [Box!]! }
"""
NULL = "Cannot return null for non-nullable field Box.sureNumber."
GOOD: dict[str, Any] = {"number": 1, "sureNumber": 2}
BAD: dict[str, Any] = {"number": 3, "sureNumber": None}


def boxed(box: Any, **fields: Any) -> Any:
    """Return a schema whose roots are a box, or lists of it between two good ones."""
    boxes = [GOOD, box, GOOD]
    roots = {"box": box, "sure": box, "boxes": boxes, "sureBoxes": boxes, "surest": boxes, "other": 7}
    return schema(TEXT, {f"Query.{name}": always(root) for name, root in roots.items()} | fields)


async def test_null_of_a_nullable_field_is_no_error() -> None:
    made = boxed({**GOOD, "number": None})
    assert await both(made, "{ box { number } }") == {"data": {"box": {"number": None}}}


async def test_an_error_of_a_nullable_field_goes_no_further() -> None:
    made = boxed({**GOOD, "number": ValueError("no number")})
    assert await both(made, "{ sure { number sureNumber } }") == {
        "data": {"sure": {"number": None, "sureNumber": 2}},
        "errors": [error("no number", ["sure", "number"], (1, 10))],
    }


async def test_null_of_a_non_null_field_makes_its_object_null() -> None:
    assert await both(boxed(BAD), "{ box { number sureNumber } other }") == {
        "data": {"box": None, "other": 7},
        "errors": [error(NULL, ["box", "sureNumber"], (1, 16))],
    }


async def test_an_error_of_a_non_null_field_makes_its_object_null() -> None:
    made = boxed({**GOOD, "sureNumber": ValueError("no number")})
    assert await both(made, "{ other box { number sureNumber } }") == {
        "data": {"other": 7, "box": None},
        "errors": [error("no number", ["box", "sureNumber"], (1, 22))],
    }


async def test_null_spreads_through_non_null_objects() -> None:
    made = boxed({"box": {"sureBox": {"sureBox": BAD}}})
    assert await both(made, "{ box { box { sureBox { sureBox { sureNumber } } } } }") == {
        "data": {"box": {"box": None}},
        "errors": [error(NULL, ["box", "box", "sureBox", "sureBox", "sureNumber"], (1, 35))],
    }


async def test_null_spreads_as_far_as_the_whole_data() -> None:
    assert await both(boxed(BAD), "{ other sure { sureNumber } }") == {
        "data": None,
        "errors": [error(NULL, ["sure", "sureNumber"], (1, 16))],
    }


async def test_null_spreads_no_further_than_to_an_item_that_may_be_null() -> None:
    assert await both(boxed(BAD), "{ boxes { sureNumber } }") == {
        "data": {"boxes": [{"sureNumber": 2}, None, {"sureNumber": 2}]},
        "errors": [error(NULL, ["boxes", 1, "sureNumber"], (1, 11))],
    }


async def test_null_spreads_through_items_that_may_not_be_null() -> None:
    assert await both(boxed(BAD), "{ sureBoxes { sureNumber } }") == {
        "data": {"sureBoxes": None},
        "errors": [error(NULL, ["sureBoxes", 1, "sureNumber"], (1, 15))],
    }


async def test_null_spreads_through_lists_that_may_not_be_null() -> None:
    assert await both(boxed(BAD), "{ surest { sureNumber } }") == {
        "data": None,
        "errors": [error(NULL, ["surest", 1, "sureNumber"], (1, 12))],
    }


async def test_null_spreads_through_lists_inside_lists() -> None:
    empty: dict[str, Any] = {"surest": []}
    boxes = [{"surest": [empty, {"surest": [GOOD, BAD]}]}, {"surest": [empty]}]
    made = schema(TEXT, {"Query.boxes": always(boxes)})
    assert await both(made, "{ boxes { surest { surest { sureNumber } } } }") == {
        "data": {"boxes": [None, {"surest": [empty]}]},
        "errors": [error(NULL, ["boxes", 0, "surest", 1, "surest", 1, "sureNumber"], (1, 29))],
    }


async def test_each_object_that_becomes_null_has_its_error() -> None:
    made = schema(TEXT, {"Query.boxes": always([BAD, GOOD, BAD])})
    assert await both(made, "{ boxes { sureNumber } }") == {
        "data": {"boxes": [None, {"sureNumber": 2}, None]},
        "errors": [
            error(NULL, ["boxes", 0, "sureNumber"], (1, 11)),
            error(NULL, ["boxes", 2, "sureNumber"], (1, 11)),
        ],
    }


async def test_errors_of_fields_that_stay_are_listed_in_the_order_of_the_document() -> None:
    made = boxed({"number": ValueError("inner"), "box": None}, **{"Query.other": failing("outer")})
    assert await both(made, "{ a: box { number } other b: box { number } }") == {
        "data": {"a": {"number": None}, "other": None, "b": {"number": None}},
        "errors": [
            error("inner", ["a", "number"], (1, 12)),
            error("outer", ["other"], (1, 21)),
            error("inner", ["b", "number"], (1, 36)),
        ],
    }


async def test_an_error_beneath_a_null_is_not_listed_where_the_null_came_first() -> None:
    made = boxed({"sureNumber": None, "number": ValueError("later")})
    assert await both(made, "{ box { sureNumber number } }") == {
        "data": {"box": None},
        "errors": [error(NULL, ["box", "sureNumber"], (1, 9))],
    }


async def test_of_several_errors_that_make_one_null_the_first_is_listed() -> None:
    made = boxed({"sureNumber": ValueError("no number")})
    assert await both(made, "{ box { a: sureNumber b: sureNumber } }") == {
        "data": {"box": None},
        "errors": [error("no number", ["box", "a"], (1, 9))],
    }
    items = schema(TEXT, {"Query.sureBoxes": always([GOOD, BAD, BAD])})
    assert await both(items, "{ sureBoxes { sureNumber } }") == {
        "data": {"sureBoxes": None},
        "errors": [error(NULL, ["sureBoxes", 1, "sureNumber"], (1, 15))],
    }


async def test_a_null_inside_a_null_is_one_null() -> None:
    made = boxed({"box": BAD, "sureNumber": ValueError("no number")})
    response = await in_columns(made, "{ box { sureNumber box { sureNumber } } }")
    assert response == {
        "data": {"box": None},
        "errors": [error("no number", ["box", "sureNumber"], (1, 9))],
    }
    assert (await by_field(made, "{ box { sureNumber box { sureNumber } } }")) == response


async def test_the_error_that_goes_further_makes_the_null_that_counts() -> None:
    made = boxed({"box": BAD, "sureNumber": None})
    text = "{ box { box { sureNumber } sureNumber } }"
    null = error(NULL, ["box", "sureNumber"], (1, 28))
    first = error(NULL, ["box", "box", "sureNumber"], (1, 15))
    # The specification lets a response list the error that is beneath the other's null, or not.
    for execute in (in_columns, by_field):
        response = await execute(made, text)
        assert response["data"] == {"box": None}
        assert null in response["errors"]
        assert all(each in (first, null) for each in response["errors"])


async def test_null_spreads_from_what_is_awaited() -> None:
    made = boxed({"box": GOOD, **GOOD}, **{"Box.sureNumber": later(None)})
    assert await both(made, "{ other box { number box { sureNumber } } }") == {
        "data": {"other": 7, "box": {"number": 1, "box": None}},
        "errors": [error(NULL, ["box", "box", "sureNumber"], (1, 28))],
    }


async def test_null_spreads_from_one_of_several_fields_that_are_awaited() -> None:
    made = boxed({}, **{"Box.sureNumber": later(ValueError("no number")), "Box.number": later(3)})
    assert await both(made, "{ sure { number sureNumber } other }") == {
        "data": None,
        "errors": [error("no number", ["sure", "sureNumber"], (1, 17))],
    }


async def test_the_root_may_be_null_for_the_sake_of_one_field() -> None:
    made = schema("type Query { sure: Int! other: Int }", {"Query.sure": always(None), "Query.other": later(1)})
    assert await both(made, "{ other sure }") == {
        "data": None,
        "errors": [error("Cannot return null for non-nullable field Query.sure.", ["sure"], (1, 9))],
    }


async def test_merged_fields_are_all_located() -> None:
    assert await both(boxed(BAD), "{ box { sureNumber } box { sureNumber } }") == {
        "data": {"box": None},
        "errors": [error(NULL, ["box", "sureNumber"], (1, 9), (1, 28))],
    }


async def test_paths_have_response_names() -> None:
    assert await both(boxed(BAD), "{ found: boxes { same: sureNumber } }") == {
        "data": {"found": [{"same": 2}, None, {"same": 2}]},
        "errors": [error(NULL, ["found", 1, "same"], (1, 18))],
    }


async def test_an_object_of_a_list_that_is_asked_for_twice_fails_for_each() -> None:
    made = schema(TEXT, {"Query.boxes": always([BAD, BAD]), "Box.number": each_parent(lambda _: 1)})
    response = await both(made, "{ a: boxes { sureNumber } b: boxes { number } }")
    assert response["data"] == {"a": [None, None], "b": [{"number": 1}, {"number": 1}]}
    assert [each["path"] for each in response["errors"]] == [["a", 0, "sureNumber"], ["a", 1, "sureNumber"]]
