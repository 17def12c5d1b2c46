"""What a message says of an input value that does not fit: the place, the part that does not, and what does."""

from typing import Any

import pytest
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLScalarType,
    VariableValues,
    build_schema,
    parse_type,
    parse_value,
    type_from_ast,
)

from gateway.graphql.hints import Hints
from gateway.graphql.input_errors import InputErrors
from gateway.graphql.notations import Json, Literal

SCHEMA = build_schema("""
enum Status { ACTIVE INACTIVE SOLD_OUT }
enum OrderField { CREATED_AT NAME }
enum Direction { ASC DESC }
scalar Even
input Order { field: OrderField! direction: Direction! = ASC }
input Cellular { imei: String! }
input Adapter @oneOf { cellular: Cellular lora: ID generic: ID }
input Filter {
  and: [Filter!] status: Status! ids: [ID!] even: Even count: Int
  size: Float name: String open: Boolean adapter: Adapter
}
type Query { devices(filter: Filter, orderBy: [Order!]): Int }
""")


def even(value: object) -> object:
    if value == 7:
        raise GraphQLError("7 is odd; expected an even number.")
    if value == 9:
        raise ValueError(value)
    return value


EVEN = SCHEMA.type_map["Even"]
assert isinstance(EVEN, GraphQLScalarType)
EVEN.coerce_input_value = even


def type_of(text: str) -> GraphQLInputType:
    type_: Any = type_from_ast(SCHEMA, parse_type(text))
    return type_  # type: ignore[no-any-return]


def in_json(type_: str, value: object, *, hidden: bool = False) -> list[str]:
    """The messages, each with the place."""
    errors = InputErrors(Json(), Hints(hidden=hidden)).of(value, type_of(type_))
    return [f"{error.at('v')} {error.message}".strip() for error in errors]


def in_literal(type_: str, value: str, variables: dict[str, Any] | None = None) -> list[str]:
    notation = Literal(None if variables is None else VariableValues({}, variables))
    errors = InputErrors(notation, Hints()).of(parse_value(value), type_of(type_))
    return [f"{error.at('v')} {error.message}".strip() for error in errors]


STATUS = "expected ACTIVE, INACTIVE or SOLD_OUT"
INT = "is not an Int; expected a whole number of 32 bits, from -2147483648 to 2147483647."
ORDER = "is not an object; expected { field: OrderField!, direction: Direction! }."
FILTER = "{ status: Status!, and: [Filter!], ids: [ID!], even: Even, count: Int, size: Float, … }"
ONE_OF = "expected exactly one of cellular, lora and generic, not null."


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Status!", None, "null was given, but Status! is required."),
        ("Filter", {}, "at v.status nothing was given, but Status! is required."),
        ("Filter", {"status": None}, "at v.status null was given, but Status! is required."),
        ("[ID!]", ["a", None], "at v[1] null was given, but ID! is required."),
        ("Int", "7", f'"7" {INT}'),
        ("Int", 2**31, f"2147483648 {INT}"),
        pytest.param("Int", 10**5_000, f"1.0e+5000 {INT}", id="an integer of thousands of digits"),
        ("Float", "1", '"1" is not a Float; expected a number that 64 bits hold exactly.'),
        ("String", True, "true is not a String; expected text in double quotes."),
        ("Boolean", 0, "0 is not a Boolean; expected true or false."),
        ("ID", 1.5, "1.5 is not an ID; expected text in double quotes, or a whole number."),
        ("Even", 7, "7 is odd; expected an even number."),
        ("Even", 9, "9 is not a value of Even."),
        ("Status", "BROKEN", f'"BROKEN" is not a value of Status; {STATUS}.'),
        ("Status", "active", f'"active" is not a value of Status; {STATUS}. Did you mean ACTIVE?'),
        ("Status", "soldOut", f'"soldOut" is not a value of Status; {STATUS}. Did you mean SOLD_OUT?'),
        ("Status", ["ACTIVE"], f'["ACTIVE"] is not a value of Status; {STATUS}.'),
        ("Status", "İ", f'"İ" is not a value of Status; {STATUS}.'),
        ("Order", [], f"[] {ORDER}"),
        ("Order", {"field": "NAME", "İ": 1}, 'Order has no field "İ"; it has "field" and "direction".'),
        ("Filter", {"status": "ACTIVE", "sise": 1}, 'Filter has no field "sise". Did you mean "size"?'),
        ("Adapter", {}, f"nothing was given; {ONE_OF}"),
        ("Adapter", {"lora": None}, f"lora: null was given; {ONE_OF}"),
        ("Adapter", {"lora": "a", "generic": None}, f"lora and generic: null were given; {ONE_OF}"),
        ("Adapter", {"wifi": "a"}, 'Adapter has no field "wifi"; it has "cellular", "lora" and "generic".'),
        ("Adapter", {"cellular": {}}, "at v.cellular.imei nothing was given, but String! is required."),
    ],
)
def test_a_value_in_json(type_: str, value: object, message: str) -> None:
    assert in_json(type_, value) == [message]


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Status!", "null", "null was given, but Status! is required."),
        ("Status", "active", f"active is not a value of Status; {STATUS}. Did you mean ACTIVE?"),
        ("Status", '"active"', f'"active" is not a value of Status; {STATUS}. Did you mean ACTIVE, without quotes?'),
        ("Status", '"BROKEN"', f'"BROKEN" is not a value of Status; {STATUS}, without quotes.'),
        ("Status", "{ a: [B, 1, $c] }", f"{{ a: [B, 1, $c] }} is not a value of Status; {STATUS}."),
        pytest.param("Int", "9" * 900_000, f"{'9' * 99}… {INT}", id="900,000 digits"),
        pytest.param("Int", f'"{"x" * 900_000}"', f'"{"x" * 97}…" {INT}', id="900,000 letters"),
        ("String", "abc", "abc is not a String; expected text in double quotes."),
        ("Even", "7", "7 is odd; expected an even number."),
        ("[Order!]", "{}", "at v.field nothing was given, but OrderField! is required."),
        ("Adapter", "{ lora: $a, generic: null }", f"lora and generic: null were given; {ONE_OF}"),
    ],
)
def test_a_literal_in_a_document(type_: str, value: str, message: str) -> None:
    assert in_literal(type_, value) == [message]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("createdAt", "[{ field: CREATED_AT, direction: ASC }]"),
        ("-createdAt", "[{ field: CREATED_AT, direction: DESC }]"),
        ("CREATED_AT", "[{ field: CREATED_AT, direction: ASC }]"),
        ("name,-createdAt", "[{ field: NAME, direction: ASC }, { field: CREATED_AT, direction: DESC }]"),
        ("+name, -createdAt", "[{ field: NAME, direction: ASC }, { field: CREATED_AT, direction: DESC }]"),
    ],
)
def test_the_sort_of_rest_gets_the_order_that_it_means(text: str, order: str) -> None:
    assert in_json("[Order!]", text) == [f'"{text}" {ORDER} Did you mean {order}?']
    assert in_literal("[Order!]", f'"{text}"') == [f'"{text}" {ORDER} Did you mean {order}?']


@pytest.mark.parametrize("text", ["", "-", "colour", "name,colour", "name,", "name " * 50])
def test_other_text_gets_the_shape_of_an_order_alone(text: str) -> None:
    [message] = in_json("[Order!]", text)
    assert message.endswith(ORDER)


@pytest.mark.parametrize(
    ("variables", "messages"),
    [
        ({"status": "ACTIVE", "id": "a", "lora": "a"}, []),
        ({"status": None, "id": "a", "lora": "a"}, ["at v.status $status is null, but Status! is required."]),
        ({"id": "a", "lora": "a"}, ["at v.status $status was not given, but Status! is required."]),
        ({"status": "ACTIVE", "id": None, "lora": "a"}, ["at v.ids[0] $id is null, but ID! is required."]),
        ({"status": "ACTIVE", "id": "a", "lora": None}, [f"at v.adapter lora: null was given; {ONE_OF}"]),
        ({"status": "ACTIVE", "id": "a"}, [f"at v.adapter lora: null was given; {ONE_OF}"]),
    ],
)
def test_a_variable_that_has_no_value_after_all(variables: dict[str, Any], messages: list[str]) -> None:
    literal = "{ status: $status, ids: [$id], adapter: { lora: $lora } }"
    assert in_literal("Filter", literal, variables) == messages
    assert in_literal("Filter", literal) == []


def test_errors_are_all_told_each_with_its_place() -> None:
    wrong = {"status": 1, "and": [{"status": "ACTIVE"}, {"status": "x", "ids": ["a", None]}, 5], "count": "x"}
    assert in_json("Filter!", wrong) == [
        f'at v.and[1].status "x" is not a value of Status; {STATUS}.',
        "at v.and[1].ids[1] null was given, but ID! is required.",
        f"at v.and[2] 5 is not an object; expected {FILTER}.",
        f"at v.status 1 is not a value of Status; {STATUS}.",
        f'at v.count "x" {INT}',
    ]


def test_a_value_that_is_nested_deeper_than_a_document_may_be_is_refused() -> None:
    value: dict[str, Any] = {"status": "ACTIVE"}
    for _ in range(10_000):
        value = {"status": "ACTIVE", "and": value}
    [message] = in_json("Filter", value)
    assert message == "at v.and it is nested more than 200 levels deep."


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("Status", "active", '"active" is not a value of this enum.'),
        ("Status!", None, "null was given, but a value is required."),
        ("Order", "-name", '"-name" is not an object.'),
        ("Order", {"field": "NAME", "x": 1}, 'this object has no field "x".'),
        ("Order", {}, "a field that is required was not given."),
        ("ID", 1.5, "1.5 is not accepted here; expected text in double quotes, or a whole number."),
        ("Adapter", {}, "nothing was given; expected exactly one field, not null."),
    ],
)
def test_hints_can_be_hidden(type_: str, value: object, message: str) -> None:
    assert in_json(type_, value, hidden=True) == [message]
