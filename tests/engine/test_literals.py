"""Literals are coerced in the places of those of another document as they are in a document of their own."""

from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_argument_values,
    get_variable_values,
    parse,
    print_ast,
    validate,
)

from gateway.engine.literals import with_variables
from gateway.engine.shapes import ShapedText, shaped_text

SCHEMA = build_schema("""
type Query { field(value: Value, list: [ID!], number: Float = 1.5): Int }
input Value {
  text: String!, int: Int = 7, float: Float, id: ID, ids: [ID!], grid: [[Int]]
  odd: Odd, colour: Colour, inner: Value, one: One
}
input One @oneOf { int: Int, text: String }
enum Colour { RED, GREEN }
scalar Odd
directive @note(text: String) on FIELD
""")


def _odd_literal(node: Any) -> str:
    if getattr(node, "value", "") == "even":
        raise ValueError
    return f"literal {print_ast(node)}"


_ODD: Any = SCHEMA.type_map["Odd"]
_ODD.coerce_input_literal = _odd_literal
_ODD.coerce_input_value = lambda value: f"value {value}"


def shaped(text: str) -> ShapedText:
    found = shaped_text(text, 50)
    assert found is not None
    return found


def field_of(document: Any) -> FieldNode:
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    field = operation.selection_set.selections[0]
    assert isinstance(field, FieldNode)
    return field


def arguments(schema: GraphQLSchema, document: Any, given: dict[str, Any], literals: dict[str, Any]) -> dict[str, Any]:
    definition = schema.get_field(schema.query_type, "field")  # type: ignore[arg-type]
    assert definition is not None
    variables = get_variable_values(schema, document.definitions[0].variable_definitions or (), given)
    assert not isinstance(variables, list)
    variables.coerced.update(literals)
    return get_argument_values(definition, field_of(document), variables)


def by_shape(first: str, text: str, given: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of a text by the shape that another text has too; None where its literals do not fit."""
    document = parse(first)
    assert not validate(SCHEMA, document)
    assert shaped(first).shape == shaped(text).shape
    replaced, variables = with_variables(SCHEMA, document, shaped(first))
    literals = variables.values(shaped(text).literals)
    return None if literals is None else arguments(SCHEMA, replaced, given, literals)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ('{field(value: {text: "a", int: 1, id: 1})}', '{field(value: {text: "", int: -0, id: -0})}'),
        ('{field(value: {text: "a", float: 1.5})}', '{field(value: {text: "\\u00e4", float: 1e400})}'),
        ('{field(value: {text: "a", ids: "b", grid: 1})}', '{field(value: {text: "c", ids: "d", grid: 2})}'),
        ('{field(value: {text: "a", ids: ["b", 1], grid: [1, [2, null]]})}', None),
        ('{field(value: {text: "a", colour: RED, inner: {text: "b", int: null}, one: {int: 1}})}', None),
        ('{field(value: {text: "a", odd: "b"})}', '{field(value: {text: "c", odd: "d"})}'),
        (
            '{field(value: {text: "", odd: {b: 1, c: ["d", 2.5]}})}',
            '{field(value: {text: "e", odd: {b: 3, c: ["f", 0.5]}})}',
        ),
        ('{field(list: "a", number: 1)}', '{field(list: "b", number: 12345678901234567890)}'),
        ('query ($t: String!) {field(value: {text: $t, int: 1, ids: ["a"]}, list: ["b", 2])}', None),
        (
            'query ($t: String!, $i: Int) {field(value: {text: $t, grid: [1, [2, $i]], one: {text: $t}, odd: "x"})}',
            None,
        ),
        ('query ($t: String!) {field(value: {text: "a", odd: {b: 1, c: $t}})}', None),
        ("{field(value: null, number: 1)}", "{field(value: null, number: 2)}"),
        ('query ($t: String! = "a") {field(value: {text: $t}, number: 1) @note(text: "b")}', None),
    ],
)
def test_arguments_by_shape_are_those_of_the_text(first: str, other: str | None) -> None:
    given = {} if '= "a"' in first else {"t": "given"}
    for text in (first, other or first):
        expected = arguments(SCHEMA, parse(text), given, {})
        assert by_shape(first, text, given) == expected


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ('{field(value: {text: "a", int: 1})}', '{field(value: {text: "a", int: 2147483648})}'),
        ('{field(value: {text: "a", odd: "b"})}', '{field(value: {text: "a", odd: "even"})}'),
        (
            'query ($t: String! = "a") {field(value: {text: $t})}',
            'query ($t: String! = "b") {field(value: {text: $t})}',
        ),
        ('{field(number: 1) @note(text: "a")}', '{field(number: 1) @note(text: "b")}'),
    ],
    ids=["a type refuses it", "a scalar raises", "another default", "another argument of a directive"],
)
def test_a_text_does_not_fit(first: str, other: str) -> None:
    assert by_shape(first, other, {}) is None


def test_equal_literals_may_have_several_types() -> None:
    first, other = ('{field(value: {text: "%s", id: "%s", ids: ["%s"]}, list: "%s")}' % (4 * (each,)) for each in "ab")
    assert by_shape(first, other, {}) == {
        "value": {"text": "b", "int": 7, "id": "b", "ids": ["b"]},
        "list": ["b"],
        "number": 1.5,
    }
