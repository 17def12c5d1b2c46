"""The schema that is built from Strawberry's types does what the one does that a client builds from its text."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLSchema,
    build_schema,
    get_operation_ast,
    get_variable_values,
    graphql_sync,
    introspection_from_schema,
    is_input_object_type,
    is_object_type,
    is_scalar_type,
    parse,
    print_schema,
    validate,
)

from gateway.graphql.scalars import SCALARS
from gateway.graphql.schema import graphql_schema, schema_text
from tests.graphql.input_values import as_literal, input_value

COUNT = 60
"""How many values of each argument are tried, right and wrong."""


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    """The schema of the text, with what only code can say: which values custom scalars accept."""
    schema = build_schema(schema_text())
    for name in (scalar.name for scalar in SCALARS.values()):
        scalar, original = schema.type_map[name], graphql_schema.type_map[name]
        assert is_scalar_type(scalar)
        assert is_scalar_type(original)
        for attribute in ("parse_value", "parse_literal", "coerce_input_value", "coerce_input_literal"):
            setattr(scalar, attribute, getattr(original, attribute))
    return schema


ARGUMENTS = [
    (operation, field, argument)
    for operation, root in (("query", graphql_schema.query_type), ("mutation", graphql_schema.mutation_type))
    if root
    for field, definition in root.fields.items()
    for argument in definition.args
]
each_argument = pytest.mark.parametrize(("operation", "field", "argument"), ARGUMENTS)


def _field(operation: str, field: str) -> GraphQLField:
    root = graphql_schema.query_type if operation == "query" else graphql_schema.mutation_type
    assert root
    found: GraphQLField = root.fields[field]
    return found


def _values(type_: GraphQLInputType, seed: str) -> list[Any]:
    """Return values of a type, the same in each run; every third of them is right."""
    random = Random(seed)
    return [input_value(type_, random, (0, 0.1, 0.4)[number % 3]) for number in range(COUNT)]


def _document(operation: str, field: str, argument: str, value: str, variables: str = "") -> str:
    others = [name for name in REQUIRED if name in _field(operation, field).args and name != argument]
    arguments = ", ".join([f"{argument}: {value}", *(f"{name}: {as_literal(REQUIRED[name])}" for name in others)])
    return f"{operation} {variables} {{ {field}({arguments}) {{ __typename }} }}"


REQUIRED = {"deviceId": "00000000-0000-4000-8000-000000000000"}
"""Values of arguments that have to be there beside the one that is tried."""


def _errors(schema: GraphQLSchema, document: str) -> list[tuple[str, Any]]:
    return [(error.message, error.locations) for error in validate(schema, parse(document))]


def test_the_text_of_the_printed_schema_is_the_same(printed: GraphQLSchema) -> None:
    assert print_schema(printed) == schema_text()


def test_introspection_tells_the_same(printed: GraphQLSchema) -> None:
    # Strawberry changes graphql-core's resolver of `isOneOf`, which then knows Strawberry's own types only.
    built, read = (introspection_from_schema(each, one_of=False)["__schema"] for each in (graphql_schema, printed))
    types = [{type_["name"]: type_ for type_ in each["types"]} for each in (built, read)]
    assert types[0] == types[1]
    assert {**built, "types": []} == {**read, "types": []}


def test_the_same_inputs_take_one_of_their_fields(printed: GraphQLSchema) -> None:
    flags = [
        {type_.name: type_.is_one_of for type_ in schema.type_map.values() if is_input_object_type(type_)}
        for schema in (graphql_schema, printed)
    ]
    assert flags[0] == flags[1]
    assert [name for name, is_one_of in flags[0].items() if is_one_of] == ["NetworkAdapterInput"]
    query = '{ yes: __type(name: "NetworkAdapterInput") { isOneOf } no: __type(name: "DeviceFilter") { isOneOf } }'
    assert graphql_sync(graphql_schema, query).data == {"yes": {"isOneOf": True}, "no": {"isOneOf": False}}


@each_argument
def test_a_literal_is_valid_in_both_or_has_the_same_errors_in_both(
    printed: GraphQLSchema, operation: str, field: str, argument: str
) -> None:
    seen: Counter[bool] = Counter()
    type_ = _field(operation, field).args[argument].type
    for value in _values(type_, f"{field}.{argument}"):
        document = _document(operation, field, argument, as_literal(value))
        errors = _errors(graphql_schema, document)
        assert errors == _errors(printed, document), document
        seen[not errors] += 1
    # Both kinds were among them.
    assert seen[True]
    assert seen[False]


@each_argument
def test_a_variable_is_accepted_by_both_or_has_the_same_errors_in_both(
    printed: GraphQLSchema, operation: str, field: str, argument: str
) -> None:
    type_ = _field(operation, field).args[argument].type
    document = parse(_document(operation, field, argument, "$value", f"($value: {type_})"))
    definition = get_operation_ast(document)
    assert definition
    for value in _values(type_, f"{field}.{argument}"):
        variables = {"value": json.loads(json.dumps(value))}
        built, read = (
            get_variable_values(schema, definition.variable_definitions or (), variables)
            for schema in (graphql_schema, printed)
        )
        assert isinstance(built, list) is isinstance(read, list), variables
        if isinstance(built, list) and isinstance(read, list):
            assert [error.message for error in built] == [error.message for error in read]


ADAPTERS = {
    "": False,
    'lora: { devEui: "1" }': True,
    "lora: null": False,
    'lora: { devEui: "1" }, generic: null': False,
    'lora: { devEui: "1" }, cellular: { imei: "1" }': False,
    # graphql-core misses that the variable may be null where the input around it is non-null; `graphql.rules` do not.
    "lora: $adapter": True,
    "lora: $required": True,
    "lora: $required, generic: null": False,
    "lora: { devEui: $text }": True,
    "lora: $required, nonsense: 1": False,
    "lora: [$required]": False,
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("place", ["networkAdapter: {%}", "networkAdapter: {%} idempotencyKey: null"])
def test_a_literal_of_a_one_of_input_is_validated_in_both(printed: GraphQLSchema, adapter: str, place: str) -> None:
    input_ = f'device: "imei:490154203237518" {place.replace("%", adapter)}'
    uses = [name for name in VARIABLES if f"${name}" in adapter]
    variables = f"({', '.join(f'${name}: {VARIABLES[name]}' for name in uses)})" if uses else ""
    document = f"mutation {variables} {{ addNetworkAdapter(input: {{ {input_} }}) {{ __typename }} }}"
    errors = _errors(graphql_schema, document)
    assert errors == _errors(printed, document)
    assert (not errors) is ADAPTERS[adapter]


VARIABLES = {"adapter": "LoraNetworkAdapterInput", "required": "LoraNetworkAdapterInput!", "text": "String!"}


@pytest.mark.parametrize("selection", ["", "{ id }", "{ nonsense }", "{ ... on Device { id } }"])
def test_a_selection_is_valid_in_both_or_has_the_same_errors_in_both(printed: GraphQLSchema, selection: str) -> None:
    for type_ in filter(is_object_type, graphql_schema.type_map.values()):
        for name in type_.fields:
            document = f"fragment F on {type_.name} {{ {name} {selection} }} {{ ...F }}"
            assert _errors(graphql_schema, document) == _errors(printed, document)
