"""Scalars and enums, and values that are none (GraphQL specification, sections 3.5, 3.9 and 6.4.3)."""

from enum import Enum
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLScalarType, Undefined

from tests.engine.execution import both, by_field, error, in_columns, schema
from tests.engine.resolvers import always, attribute

pytestmark = pytest.mark.anyio


class Size(Enum):
    SMALL = 1
    LARGE = 2


@pytest.mark.parametrize(
    ("type_", "value", "shown"),
    [
        ("Int", 1, 1),
        ("Int", True, 1),
        ("Int", 2.0, 2),
        ("Int", "3", 3),
        ("Int", -(2**31), -(2**31)),
        ("Float", 1, 1.0),
        ("Float", "1.5", 1.5),
        ("Float", False, 0),
        ("String", "", ""),
        ("String", 1, "1"),
        ("String", True, "true"),
        ("Boolean", 0, False),
        ("Boolean", 1.0, True),
        ("ID", 7, "7"),
        ("ID", "a", "a"),
        ("Int", None, None),
        ("Int", Undefined, None),
    ],
)
async def test_what_is_shown_of_a_value(type_: str, value: object, shown: object) -> None:
    made = schema(f"type Query {{ value: {type_} }}", {"Query.value": always(value)})
    response = await both(made, "{ value }")
    assert response == {"data": {"value": shown}}
    assert type(response["data"]["value"]) is type(shown)


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Int", "one", "Int cannot represent non-integer value: 'one'"),
        ("Int", 1.5, "Int cannot represent non-integer value: 1.5"),
        ("Int", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("Float", "one", "Float cannot represent non numeric value: 'one'"),
        ("Float", float("inf"), "Float cannot represent non numeric value: inf"),
        ("String", [1], "String cannot represent value: [1]"),
        ("String", {}, "String cannot represent value: {}"),
        ("Boolean", "true", "Boolean cannot represent a non boolean value: 'true'"),
        ("ID", 1.5, "ID cannot represent value: 1.5"),
        ("Int", ValueError("no value"), "no value"),
    ],
)
@pytest.mark.parametrize("mark", ["", "!"])
async def test_a_value_that_is_not_of_its_scalar_is_an_error(
    type_: str, value: object, message: str, mark: str
) -> None:
    made = schema(f"type Query {{ value: {type_}{mark} }}", {"Query.value": always(value)})
    assert await both(made, "{ value }") == {
        "data": None if mark else {"value": None},
        "errors": [error(message, ["value"], (1, 3))],
    }


async def test_one_value_that_is_wrong_leaves_those_of_other_parents_as_they_are() -> None:
    made = schema(
        "type Query { boxes: [Box] } type Box { size: Int }",
        {"Query.boxes": always([{"size": 1}, {"size": "x"}, {"size": None}, {"size": 2}])},
    )
    assert await both(made, "{ boxes { size } }") == {
        "data": {"boxes": [{"size": 1}, {"size": None}, {"size": None}, {"size": 2}]},
        "errors": [error("Int cannot represent non-integer value: 'x'", ["boxes", 1, "size"], (1, 11))],
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(Size.SMALL, "SMALL"), ([Size.LARGE, None, Size.SMALL], ["LARGE", None, "SMALL"])]
)
async def test_members_of_an_enum_are_shown_by_their_names(value: Any, shown: Any) -> None:
    type_ = "[Size]" if isinstance(value, list) else "Size"
    made = schema(f"type Query {{ size: {type_} }} enum Size {{ SMALL LARGE }}", {"Query.size": always(value)})
    sizes = made.schema.type_map["Size"]
    assert isinstance(sizes, GraphQLEnumType)
    for name, each in sizes.values.items():
        each.value = Size[name]
    assert await both(made, "{ size }") == {"data": {"size": shown}}


@pytest.mark.parametrize(
    ("value", "shown"), [("HUGE", "'HUGE'"), (1, "1"), ([], "[]"), (Size.SMALL, "<Size instance>")]
)
async def test_what_is_no_member_of_an_enum_is_an_error(value: object, shown: str) -> None:
    made = schema("type Query { size: Size } enum Size { SMALL LARGE }", {"Query.size": always(value)})
    assert await both(made, "{ size }") == {
        "data": {"size": None},
        "errors": [error(f"Enum 'Size' cannot represent value: {shown}", ["size"], (1, 3))],
    }


def doubled(value: Any) -> Any:
    if value == "never":
        raise ValueError("never again")
    return {"none": None, "undefined": Undefined}.get(value, value * 2)


@pytest.mark.parametrize("value", [1, "a", [1], {"a": [None]}])
async def test_a_scalar_without_functions_of_its_own_shows_values_as_they_are(value: object) -> None:
    made = schema("type Query { any: Any } scalar Any", {"Query.any": always(value)})
    assert await both(made, "{ any }") == {"data": {"any": value}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("never", "never again"),
        ("none", "Expected `Double.coerce_output_value('none')` to return non-nullable value, returned: None"),
        (
            "undefined",
            "Expected `Double.coerce_output_value('undefined')` to return non-nullable value, returned: Undefined",
        ),
    ],
)
async def test_a_scalar_that_makes_nothing_of_a_value_is_an_error(value: str, message: str) -> None:
    made = schema(
        "type Query { boxes: [Box] } type Box { value: Double } scalar Double",
        {"Query.boxes": always([{"value": 1}, {"value": value}, {"value": "a"}])},
    )
    double = made.schema.type_map["Double"]
    assert isinstance(double, GraphQLScalarType)
    double.coerce_output_value = doubled
    assert await both(made, "{ boxes { value } }") == {
        "data": {"boxes": [{"value": 2}, {"value": None}, {"value": "aa"}]},
        "errors": [error(message, ["boxes", 1, "value"], (1, 11))],
    }


async def test_a_scalar_sees_each_value_once() -> None:
    seen: list[object] = []

    def noted(value: int) -> int:
        seen.append(value)
        if value == 2:
            raise ValueError("two")
        return value

    made = schema("type Query { numbers: [Number] } scalar Number", {"Query.numbers": always([1, 2, 3])})
    number = made.schema.type_map["Number"]
    assert isinstance(number, GraphQLScalarType)
    number.coerce_output_value = noted
    assert await both(made, "{ numbers }") == {
        "data": {"numbers": [1, None, 3]},
        "errors": [error("two", ["numbers", 1], (1, 3))],
    }
    assert seen == [1, 2, 3] * 2  # Once for each executor.


@pytest.mark.parametrize("error_", [StopIteration("over"), StopAsyncIteration("over"), KeyError("over")])
async def test_whatever_a_scalar_raises_is_an_error_of_its_own_value(error_: Exception) -> None:
    def refused(value: int) -> int:
        if value == 1:
            raise error_
        return value

    made = schema("type Query { numbers: [Number] } scalar Number", {"Query.numbers": always([1, 2, 3])})
    number = made.schema.type_map["Number"]
    assert isinstance(number, GraphQLScalarType)
    number.coerce_output_value = refused
    assert await both(made, "{ numbers }") == {
        "data": {"numbers": [None, 2, 3]},
        "errors": [error(str(error_), ["numbers", 0], (1, 3))],
    }


class Trusted:
    def __init__(self, size: object, name: object) -> None:
        self.size = size
        self.name = name


BOXES = "type Query { boxes: [Box] } type Box { size: Size name: String } enum Size { SMALL LARGE }"


async def test_what_is_trusted_is_shown_as_it_is() -> None:
    fields = {f"Box.{name}": attribute(name) for name in ("size", "name")}
    boxes = [Trusted("SMALL", "a"), None, Trusted(None, None)]
    made = schema(BOXES, {"Query.boxes": always(boxes, trusted=True), **fields})
    assert await both(made, "{ boxes { size name } }") == {
        "data": {"boxes": [{"size": "SMALL", "name": "a"}, None, {"size": None, "name": None}]}
    }
    # There is no look at what graphql-core would make text of.
    made = schema(BOXES, {"Query.boxes": always([Trusted("SMALL", 7)], trusted=True), **fields})
    assert await in_columns(made, "{ boxes { name } }") == {"data": {"boxes": [{"name": 7}]}}
    assert await by_field(made, "{ boxes { name } }") == {"data": {"boxes": [{"name": "7"}]}}


async def test_a_member_that_was_trusted_wrongly_is_an_error() -> None:
    fields = {f"Box.{name}": attribute(name) for name in ("size", "name")}
    boxes = [Trusted("SMALL", "a"), Trusted("HUGE", "b"), Trusted("LARGE", "c")]
    made = schema(BOXES, {"Query.boxes": always(boxes, trusted=True), **fields})
    assert await both(made, "{ boxes { size name } }") == {
        "data": {
            "boxes": [{"size": "SMALL", "name": "a"}, {"size": None, "name": "b"}, {"size": "LARGE", "name": "c"}]
        },
        "errors": [error("Enum 'Size' cannot represent value: 'HUGE'", ["boxes", 1, "size"], (1, 11))],
    }


async def test_an_attribute_that_is_missing_is_an_error() -> None:
    fields = {f"Box.{name}": attribute(name) for name in ("size", "name")}
    box = Trusted("SMALL", "a")
    del box.name
    made = schema(BOXES, {"Query.boxes": always([box, Trusted("LARGE", "b")], trusted=True), **fields})
    assert await both(made, "{ boxes { size name } }") == {
        "data": {"boxes": [{"size": "SMALL", "name": None}, {"size": "LARGE", "name": "b"}]},
        "errors": [error("'Trusted' object has no attribute 'name'", ["boxes", 0, "name"], (1, 16))],
    }
