"""The variables of an operation, and what requests give for them (GraphQL specification, section 6.1.2)."""

import json
from typing import Any

import pytest
from graphql import GraphQLScalarType

from gateway.engine.document import ExecutableSchema
from tests.engine.execution import both, both_executing, document, schema
from tests.engine.resolvers import always, each_parent

pytestmark = pytest.mark.anyio

TEXT = """
type Query {
  int(v: Int): String
  float(v: Float): String
  id(v: ID): String
  text(v: String): String
  truth(v: Boolean): String
  size(v: Size): String
  ints(v: [Int]): String
  sure(v: [Int!]!): String
  by(v: By): String
  only(v: Only): String
  even(v: Even): String
}
enum Size { SMALL LARGE }
input By { name: String! = "any" size: Size pages: [Int!] inner: By even: Even }
input Only @oneOf { name: String pages: Int }
scalar Even
"""


class Unfit(Exception):
    """A value is not of a scalar."""


def even(value: object) -> int | None:
    """Return half of an even number; None for zero."""
    if not isinstance(value, int) or value % 2:
        raise Unfit(f"{value} is not even.")
    return value // 2 or None


def echoing() -> ExecutableSchema:
    """Return a schema whose fields are what their arguments are."""
    names = ("int", "float", "id", "text", "truth", "size", "ints", "sure", "by", "only", "even")
    echo = each_parent(lambda _, **arguments: json.dumps(arguments))
    made = schema(TEXT, {f"Query.{name}": echo for name in names})
    scalar = made.schema.type_map["Even"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.coerce_input_value = even
    return made


ECHO = echoing()
LEFT_OUT = object()


@pytest.mark.parametrize(
    ("field", "type_", "given", "taken"),
    [
        ("int", "Int", 1, 1),
        ("int", "Int", 2.0, 2),
        ("int", "Int", None, None),
        ("float", "Float", 1, 1.0),
        ("float", "Float", 1.5, 1.5),
        ("id", "ID", 7, "7"),
        ("id", "ID", "a", "a"),
        ("text", "String", "", ""),
        ("truth", "Boolean", False, False),
        ("size", "Size", "LARGE", "LARGE"),
        ("ints", "[Int]", [1, None], [1, None]),
        ("ints", "[Int]", 1, [1]),
        ("ints", "[Int]", [], []),
        ("ints", "[Int!]", None, None),
        ("sure", "[Int!]!", [1], [1]),
        ("by", "By", {}, {"name": "any"}),
        ("by", "By", {"size": None, "pages": 1}, {"name": "any", "size": None, "pages": [1]}),
        (
            "by",
            "By",
            {"inner": {"inner": {"even": 4}}},
            {"name": "any", "inner": {"name": "any", "inner": {"name": "any", "even": 2}}},
        ),
        ("only", "Only", {"pages": 1}, {"pages": 1}),
        ("even", "Even", 6, 3),
        ("even", "Even", 0, None),
    ],
)
async def test_values(field: str, type_: str, given: Any, taken: Any) -> None:
    response = await both(ECHO, f"query ($v: {type_}) {{ {field}(v: $v) }}", {"v": given})
    assert "errors" not in response
    assert json.loads(response["data"][field]) == {"v": taken}


ONE_OF = (
    "Within OneOf Input Object type 'Only', exactly one field must be specified, "
    "and the value for that field must be non-null."
)


@pytest.mark.parametrize(
    ("field", "type_", "given", "message"),
    [
        ("int", "Int!", LEFT_OUT, ": Expected a value of non-null type 'Int!' to be provided."),
        ("int", "Int!", None, ": Expected value of non-null type 'Int!' not to be None."),
        ("int", "Int", "1", ": Int cannot represent non-integer value: '1'"),
        ("int", "Int", 2**31, ": Int cannot represent non 32-bit signed integer value: 2147483648"),
        ("int", "Int", True, ": Int cannot represent non-integer value: True"),
        ("text", "String", 1, ": String cannot represent a non string value: 1"),
        ("size", "Size", "HUGE", ": Value 'HUGE' does not exist in 'Size' enum."),
        ("sure", "[Int!]!", [1, None], " at [1]: Expected value of non-null type 'Int!' not to be None."),
        (
            "by",
            "By",
            {"weight": 1},
            ": Expected value of type 'By' not to include unknown field 'weight', found: {'weight': 1}.",
        ),
        ("by", "By", {"name": None}, " at .name: Expected value of non-null type 'String!' not to be None."),
        ("by", "By", 1, ": Expected value of type 'By' to be an object, found: 1."),
        ("only", "Only", {}, f": {ONE_OF}"),
        ("only", "Only", {"name": "a", "pages": 1}, f": {ONE_OF}"),
        ("only", "Only", {"name": None}, f" at .name: {ONE_OF}"),
        ("even", "Even", 3, ": Expected value of type 'Even', but encountered error '3 is not even.'; found: 3."),
        (
            "by",
            "By",
            {"even": 3},
            " at .even: Expected value of type 'Even', but encountered error '3 is not even.'; found: 3.",
        ),
    ],
)
async def test_a_value_that_is_not_of_its_type_leaves_no_data(field: str, type_: str, given: Any, message: str) -> None:
    variables = {} if given is LEFT_OUT else {"v": given}
    assert await both(ECHO, f"query ($v: {type_}) {{ {field}(v: $v) }}", variables) == {
        "data": None,
        "errors": [{"message": f"Variable '$v' has invalid value{message}", "locations": [{"line": 1, "column": 8}]}],
    }


async def test_each_value_that_is_wrong_is_an_error() -> None:
    text = "query ($a: Int, $b: [Int!], $c: By) { int(v: $a) sure(v: [1]) ints(v: $b) by(v: $c) }"
    given = {"a": "1", "b": [None, 2, "3"], "c": {"pages": ["4"], "weight": 5}}
    response = await both(ECHO, text, given)
    assert response["data"] is None
    assert [each["message"].partition(":")[0] for each in response["errors"]] == [
        "Variable '$a' has invalid value",
        "Variable '$b' has invalid value at [0]",
        "Variable '$b' has invalid value at [2]",
        "Variable '$c' has invalid value at .pages[0]",
        "Variable '$c' has invalid value",
    ]


async def test_there_is_an_end_of_the_errors_of_variables() -> None:
    response = await both(ECHO, "query ($v: [Int]) { ints(v: $v) }", {"v": ["a"] * 60})
    assert len(response["errors"]) == 51
    assert response["errors"][-1] == {
        "message": "Too many errors processing variables, error limit reached. Execution aborted."
    }


@pytest.mark.parametrize(
    ("given", "taken"), [({}, {"v": 5}), ({"v": 6}, {"v": 6}), ({"v": None}, {"v": None}), ({"w": 7}, {"v": 5})]
)
async def test_defaults(given: dict[str, Any], taken: dict[str, Any]) -> None:
    response = await both(ECHO, "query ($v: Int = 5) { int(v: $v) }", given)
    assert json.loads(response["data"]["int"]) == taken


async def test_null_may_be_a_default() -> None:
    response = await both(ECHO, "query ($v: Int = null) { int(v: $v) }")
    assert response == {"data": {"int": '{"v": null}'}}


async def test_a_non_null_variable_that_has_a_default_may_be_left_out_but_not_be_null() -> None:
    asked = document(ECHO, "query ($v: Int! = 5) { int(v: $v) }")
    assert await both_executing(asked, {}) == {"data": {"int": '{"v": 5}'}}
    response = await both_executing(asked, {"v": None})
    assert response["data"] is None


async def test_the_default_of_an_input_object_has_the_defaults_of_its_fields() -> None:
    response = await both(ECHO, "query ($v: By = {pages: 1}) { by(v: $v) }")
    assert json.loads(response["data"]["by"]) == {"v": {"name": "any", "pages": [1]}}


async def test_a_variable_that_is_used_in_several_places() -> None:
    text = "query ($v: Int!) { int(v: $v) ints(v: [$v]) again: by(v: {pages: [$v, 1]}) }"
    response = await both(ECHO, text, {"v": 2})
    assert response["data"] == {
        "int": '{"v": 2}',
        "ints": '{"v": [2]}',
        "again": '{"v": {"name": "any", "pages": [2, 1]}}',
    }


async def test_what_is_given_for_no_variable_is_left_alone() -> None:
    assert await both(ECHO, "{ int(v: 1) }", {"v": object()}) == {"data": {"int": '{"v": 1}'}}


async def test_a_value_that_is_nested_too_deeply_leaves_no_data() -> None:
    value: dict[str, Any] = {}
    for _ in range(1_000):
        value = {"inner": value}
    response = await both(ECHO, "query ($v: By) { by(v: $v) }", {"v": value})
    assert response == {"data": None, "errors": [{"message": "Variable values are nested too deeply."}]}


async def test_variables_of_a_mutation() -> None:
    made = schema(
        "type Query { a: Int } type Mutation { add(v: Int!): Int }", {"Mutation.add": each_parent(lambda _, v: v + 1)}
    )
    assert await both(made, "mutation ($v: Int!) { add(v: $v) }", {"v": 1}) == {"data": {"add": 2}}


async def test_no_resolver_is_called_where_a_variable_is_wrong() -> None:
    def resolve(*_: object) -> None:
        raise AssertionError

    made = schema("type Query { a(v: Int): Int b: Int }", {"Query.a": each_parent(resolve), "Query.b": always(1)})
    response = await both(made, "query ($v: Int) { b a(v: $v) }", {"v": "x"})
    assert response["data"] is None
    assert len(response["errors"]) == 1
