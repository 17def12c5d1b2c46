"""The arguments of fields (GraphQL specification, section 6.4.1), and that they are each execution's own."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.engine.execution import both, both_executing, document, error, in_columns, schema
from tests.engine.resolvers import each_parent

pytestmark = pytest.mark.anyio

TEXT = """
type Query {
  echo(
    text: String
    count: Int = 7
    sure: Int! = 8
    needed: Int
    ids: [Int!]
    pairs: [[Int]]
    size: Size
    by: By
    defaultIds: [Int!] = [1, 2]
    defaultBy: By = {ids: [3]}
  ): String
  needs(value: Int!): String
  box: Box
}
type Box { echo(text: String): String }
enum Size { SMALL LARGE }
input By { name: String = "any" ids: [Int!] = [4] inner: By size: Size! = SMALL }
"""
DEFAULTS = {
    "count": 7,
    "sure": 8,
    "defaultIds": [1, 2],
    "defaultBy": {"name": "any", "ids": [3], "size": "SMALL"},
}


def shown(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)


ECHO = schema(
    TEXT,
    {
        "Query.echo": each_parent(lambda _, **arguments: shown(arguments)),
        "Query.needs": each_parent(lambda _, value: str(value)),
        "Query.box": each_parent(lambda _: {"box": "A"}),
        "Box.echo": each_parent(lambda box, text=None: f"{box['box']} {text}"),
    },
)


async def taken(arguments: str, declared: str = "", **variables: Any) -> dict[str, Any]:
    """Return the arguments that a resolver takes, but for those that have their defaults."""
    text = f"query {f'({declared})' if declared else ''} {{ echo{f'({arguments})' if arguments else ''} }}"
    response = await both(ECHO, text, variables)
    assert "errors" not in response
    echo: dict[str, Any] = json.loads(response["data"]["echo"])
    return {name: value for name, value in echo.items() if (name, value) not in DEFAULTS.items()}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        ('text: "a"', {"text": "a"}),
        ("count: 1, text: null", {"text": None, "count": 1}),
        ("count: null", {"count": None}),
        ("sure: 9", {"sure": 9}),
        ("ids: [1, 2]", {"ids": [1, 2]}),
        ("ids: 1", {"ids": [1]}),
        ("ids: []", {"ids": []}),
        ("pairs: [[1, null], null]", {"pairs": [[1, None], None]}),
        ("pairs: 1", {"pairs": [[1]]}),
        ("size: LARGE", {"size": "LARGE"}),
        ("by: {}", {"by": {"name": "any", "ids": [4], "size": "SMALL"}}),
        ("by: {name: null, ids: 5}", {"by": {"name": None, "ids": [5], "size": "SMALL"}}),
    ],
)
async def test_literals(arguments: str, expected: dict[str, Any]) -> None:
    assert await taken(arguments) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({"v": 1}, {"needed": 1}), ({"v": None}, {"needed": None}), ({}, {})],
)
async def test_null_is_not_missing(variables: dict[str, Any], expected: dict[str, Any]) -> None:
    assert await taken("needed: $v", "$v: Int", **variables) == expected


@pytest.mark.parametrize(
    ("variables", "expected"), [({"v": 1}, {"count": 1}), ({"v": None}, {"count": None}), ({}, {})]
)
async def test_a_variable_that_is_missing_leaves_the_default_of_its_argument(
    variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await taken("count: $v", "$v: Int", **variables) == expected


@pytest.mark.parametrize(
    ("variables", "expected"), [({"v": 1}, {"count": 1}), ({"v": None}, {"count": None}), ({}, {"count": 5})]
)
async def test_the_default_of_a_variable_goes_before_that_of_its_argument(
    variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await taken("count: $v", "$v: Int = 5", **variables) == expected


@pytest.mark.parametrize(("variables", "expected"), [({"v": 1}, {"sure": 1}), ({}, {})])
async def test_a_nullable_variable_may_be_missing_where_a_non_null_argument_has_a_default(
    variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert await taken("sure: $v", "$v: Int", **variables) == expected


async def test_null_fails_the_field_where_a_non_null_argument_has_a_default() -> None:
    response = await both(ECHO, "query ($v: Int) { echo(sure: $v) needs(value: 1) }", {"v": None})
    assert response["data"] == {"echo": None, "needs": "1"}
    [found] = response["errors"]
    assert found == error(
        "Argument 'sure' has invalid value: Expected variable '$v' provided to non-null type 'Int!' not to be None.",
        ["echo"],
        (1, 30),
    )


async def test_null_fails_the_field_where_only_the_variable_has_a_default() -> None:
    text = "query ($v: Int = 3) { needs(value: $v) }"
    asked = document(ECHO, text)
    assert await both_executing(asked, {}) == {"data": {"needs": "3"}}
    response = await both_executing(asked, {"v": None})
    assert response["data"] == {"needs": None}
    assert [each["path"] for each in response["errors"]] == [["needs"]]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"v": 1}, {"ids": [1, 2], "by": {"name": "any", "ids": [1], "size": "SMALL"}}),
        ({"v": 9}, {"ids": [9, 2], "by": {"name": "any", "ids": [9], "size": "SMALL"}}),
    ],
)
async def test_variables_inside_lists_and_input_objects(variables: dict[str, Any], expected: dict[str, Any]) -> None:
    assert await taken("ids: [$v, 2], by: {ids: [$v]}", "$v: Int!", **variables) == expected


async def test_a_missing_variable_inside_a_list_is_null() -> None:
    assert await taken("pairs: [[$v]]", "$v: Int") == {"pairs": [[None]]}


async def test_a_missing_variable_inside_an_input_object_leaves_the_default_of_its_field() -> None:
    assert await taken("by: {name: $v}", "$v: String") == {"by": {"name": "any", "ids": [4], "size": "SMALL"}}
    assert await taken("by: {name: $v}", "$v: String", v=None) == {"by": {"name": None, "ids": [4], "size": "SMALL"}}


async def test_an_input_object_may_be_a_variable() -> None:
    assert await taken("by: $v", "$v: By", v={"ids": [1], "inner": {"name": "b"}}) == {
        "by": {"name": "any", "ids": [1], "inner": {"name": "b", "ids": [4], "size": "SMALL"}, "size": "SMALL"}
    }


async def test_constants_and_variables_of_one_field() -> None:
    assert await taken('text: "a", count: $v, ids: [1]', "$v: Int", v=2) == {"text": "a", "count": 2, "ids": [1]}


async def test_each_response_name_has_its_own_arguments() -> None:
    text = 'query ($t: String) { box { a: echo(text: "a") b: echo(text: $t) echo } }'
    assert await both(ECHO, text, {"t": "t"}) == {"data": {"box": {"a": "A a", "b": "A t", "echo": "A None"}}}


async def test_one_document_takes_other_values_each_time() -> None:
    asked = document(ECHO, "query ($v: Int) { echo(count: $v) }")
    for value in (1, None, 2):
        response = await both_executing(asked, {"v": value})
        assert json.loads(response["data"]["echo"]) == {**DEFAULTS, "count": value}
    response = await both_executing(asked)
    assert json.loads(response["data"]["echo"]) == DEFAULTS


async def test_the_names_that_a_resolver_gives_to_arguments() -> None:
    def resolve(_: object, how_many: int, *, kind: str | None = None) -> str:
        return f"{how_many} {kind}"

    names = {"count": "how_many", "size": "kind"}
    echo = each_parent(
        resolve,
        argument_names=names,
        convert_arguments=lambda given: {names[name]: value for name, value in given.items()},
    )
    renamed = schema(
        "enum Size { SMALL LARGE } type Query { echo(count: Int = 1, size: Size): String }", {"Query.echo": echo}
    )
    text = "query ($v: Int, $s: Size) { a: echo b: echo(size: SMALL) c: echo(count: $v, size: $s) }"
    assert await both(renamed, text, {"v": 3, "s": "LARGE"}) == {
        "data": {"a": "1 None", "b": "1 SMALL", "c": "3 LARGE"}
    }
    assert await both(renamed, text) == {"data": {"a": "1 None", "b": "1 SMALL", "c": "1 None"}}


async def test_a_conversion_that_fails_fails_the_field() -> None:
    def convert(given: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(f"not {given['count']}")

    text = "type Query { echo(count: Int): String other: Int }"
    refusing = schema(
        text,
        {
            "Query.echo": each_parent(lambda _, **arguments: shown(arguments), convert_arguments=convert),
            "Query.other": each_parent(lambda _: 1),
        },
    )
    for asked in ("query ($v: Int = 5) { echo(count: $v) other }", "query { echo(count: 5) other }"):
        assert await both(refusing, asked) == {
            "data": {"echo": None, "other": 1},
            "errors": [error("not 5", ["echo"], (1, asked.index("echo") + 1))],
        }


async def test_arguments_of_a_field_are_the_same_for_all_parents() -> None:
    text = "type Query { boxes: [Box] } type Box { echo(text: String): String name: String }"
    boxes = schema(
        text,
        {
            "Query.boxes": each_parent(lambda _: [{"name": "A"}, {"name": "B"}]),
            "Box.echo": each_parent(lambda box, text: box["name"] + text),
        },
    )
    response = await in_columns(boxes, "query ($t: String) { boxes { echo(text: $t) } }", {"t": "!"})
    assert response == {"data": {"boxes": [{"echo": "A!"}, {"echo": "B!"}]}}
