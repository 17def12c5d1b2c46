"""An input has errors where graphql-core finds errors, and no others: over random values of random brokenness."""

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    VariableValues,
    build_schema,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    get_variable_values,
    is_composite_type,
    is_required_argument,
    parse,
    parse_value,
    validate,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.execution.values import VariableValueSource
from graphql.utilities import validate_input_literal, validate_input_value

from gateway.graphql.hints import Hints
from gateway.graphql.input_errors import InputError, InputErrors
from gateway.graphql.notations import Json, Literal
from gateway.graphql.reports import InputReports
from gateway.graphql.rules import validation_errors
from gateway.graphql.schema import schema as strawberry_schema
from tests.graphql.broken_values import Values, literal

CASES = 700 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))

SCHEMA = build_schema("""
enum Status { ACTIVE INACTIVE }
scalar Anything
input Adapter { imei: String! port: Int = 7 }
input OneOf @oneOf { cellular: Adapter lora: Adapter name: String ids: [ID!] }
input Deep { deeper: [[Deep!]] one: OneOf ones: [OneOf!]! status: Status! statuses: [Status!] }
input Plain { int: Int! float: Float string: String id: ID boolean: Boolean! = true anything: Anything }
input Everything { deep: Deep plain: Plain! plains: [Plain] one: OneOf! }
type Query {
  everything(everything: Everything, deep: Deep!, plains: [Plain!]!, one: OneOf, statuses: [[Status!]!], id: ID): Int
}
""")


def gateway_schema() -> GraphQLSchema:
    """The schema as clients see it, with the scalars as the gateway has them."""
    schema = build_schema(strawberry_schema.as_str())
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLScalarType):
            vars(type_).update(vars(strawberry_schema._schema.type_map[name]))
    return schema


GATEWAY = gateway_schema()
SCHEMAS = pytest.mark.parametrize("schema", [SCHEMA, GATEWAY], ids=["small", "gateway"])


def input_types(schema: GraphQLSchema) -> Iterator[GraphQLInputType]:
    """The types of all arguments of the fields of the roots."""
    for root in (schema.query_type, schema.mutation_type):
        for field in (root.fields if root else {}).values():
            yield from (argument.type for argument in field.args.values())


Paths = set[tuple[str | int, ...]]


def our_paths(errors: Iterator[InputError]) -> Paths:
    """A missing field is missed in its place here, and in its object by graphql-core."""
    return {
        error.path[:-1] if error.path and "nothing was given, but" in error.message else error.path for error in errors
    }


class TheirPaths:
    """Collects where graphql-core finds errors."""

    def __init__(self) -> None:
        self.found: list[tuple[tuple[str | int, ...], str]] = []

    def __call__(self, error: GraphQLError, path: list[str | int]) -> None:
        self.found.append((tuple(path), error.message))

    def paths(self, value: Any) -> Paths:
        """The null of a one-of input object is one of its field to graphql-core, and one of the object here."""
        paths = set()
        for path, message in self.found:
            null = message.startswith("Within OneOf") and self._at(value, path) is None
            paths.add(path[:-1] if null else path)
        return paths

    def _at(self, value: Any, path: tuple[str | int, ...]) -> Any:
        for step in path:
            value = value[step]
        return value


@SCHEMAS
def test_in_json(schema: GraphQLSchema) -> None:
    types = list(input_types(schema))
    wrong = 0
    for case in range(CASES):
        random = Random(case)
        type_ = random.choice(types)
        value = Values(random).of(type_)
        theirs = TheirPaths()
        validate_input_value(value, type_, theirs, hide_suggestions=True)
        ours = our_paths(InputErrors(Json(), Hints()).of(value, type_))
        assert ours == theirs.paths(value), f"case {case}: {type_}: {value}"
        wrong += bool(ours)
    assert CASES * 0.2 < wrong < CASES * 0.9


@SCHEMAS
def test_in_literals(schema: GraphQLSchema) -> None:
    types = list(input_types(schema))
    wrong = 0
    for case in range(CASES):
        random = Random(case)
        type_ = random.choice(types)
        value = Values(random, literals=True).of(type_)
        node = parse_value(literal(value))
        theirs = TheirPaths()
        validate_input_literal(node, type_, theirs, hide_suggestions=True)
        ours = our_paths(InputErrors(Literal(), Hints()).of(node, type_))
        assert ours == theirs.paths(value), f"case {case}: {type_}: {literal(value)}"
        wrong += bool(ours)
    assert CASES * 0.2 < wrong < CASES * 0.9


def test_in_literals_with_variables_that_have_values() -> None:
    types = list(input_types(SCHEMA))
    for case in range(CASES):
        random = Random(case)
        type_ = random.choice(types)
        broken = Values(random, literals=True)
        value = broken.of(type_)
        node = parse_value(literal(value))
        values = {name: random.choice((None, 7, Undefined)) for name in broken.variables}
        given = VariableValues(
            {name: VariableValueSource(signature(name), each) for name, each in values.items()},
            {name: each for name, each in values.items() if each is not Undefined},
        )
        theirs = TheirPaths()
        validate_input_literal(node, type_, theirs, given, hide_suggestions=True)
        ours = our_paths(InputErrors(Literal(given), Hints()).of(node, type_))
        assert ours == theirs.paths(value), f"case {case}: {type_}: {literal(value)} {values}"


@SCHEMAS
def test_in_documents(schema: GraphQLSchema) -> None:
    cases, wrong = CASES // 5, 0
    for case in range(cases):
        text = document(Random(case), schema)
        ast = parse(text)
        theirs = {error.message.replace("'", '"') for error in validate(schema, ast, hide_suggestions=True)}
        ours = {error.message for error in validation_errors(schema, ast, Hints())}
        # graphql-core passes over one-of input objects that are required.
        more = {message for message in ours - theirs if "to be used for OneOf Input Object" in message}
        assert bool(theirs) is bool(ours - more), text
        assert {message for message in theirs if message.startswith("Variable")} <= ours, text
        wrong += bool(theirs)
    assert cases * 0.2 < wrong < cases * 0.95


def document(random: Random, schema: GraphQLSchema) -> str:
    """An operation that asks for one field, with variables that may not be of the type of their place."""
    root = random.choice([each for each in (schema.query_type, schema.mutation_type) if each])
    name, field = random.choice([item for item in root.fields.items() if item[1].args])
    values = Values(random, literals=True)
    given = [
        f"{argument}: {literal(values.of(each.type))}"
        for argument, each in field.args.items()
        if is_required_argument(each) or random.random() < 0.3
    ]
    declared = []
    for variable, type_ in values.variables.items():
        other = random.choice([*input_types(schema), get_nullable_type(type_)])
        default = f" = {literal(Values(random).of(type_))}" if random.random() < 0.1 else ""
        declared.append(f"${variable}: {other if random.random() < 0.3 else type_}{default}")
    variables = f"({', '.join(declared)})" if declared else ""
    arguments = f"({', '.join(given)})" if given else ""
    selection = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"{'query' if root is schema.query_type else 'mutation'} {variables} {{ {name}{arguments}{selection} }}"


@SCHEMAS
def test_in_variables(schema: GraphQLSchema) -> None:
    types = list(input_types(schema))
    for case in range(CASES):
        random = Random(case)
        chosen = {name: random.choice(types) for name in "abc"}
        declared = ", ".join(f"${name}: {type_}" for name, type_ in chosen.items())
        operation = get_operation_ast(parse(f"query ({declared}) {{ __typename }}"))
        assert operation is not None
        definitions = operation.variable_definitions or ()
        given = {name: Values(random).of(type_) for name, type_ in chosen.items() if random.random() < 0.9}
        theirs = get_variable_values(schema, definitions, given, hide_suggestions=True)
        ours = InputReports(Hints()).of_variables(schema, definitions, given)
        assert bool(ours) is isinstance(theirs, list), f"case {case}: {declared}: {given}"


def signature(name: str) -> GraphQLVariableSignature:
    return GraphQLVariableSignature(name, GraphQLInt, None)
