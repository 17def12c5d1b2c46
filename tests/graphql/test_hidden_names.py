"""No message depends on a name of a hidden schema that was not sent: the rules one by one, and at random.

Two schemas that differ in such names alone say the same of a request, whatever the words of the messages are.
"""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from graphql import (
    EnumValueNode,
    GraphQLScalarType,
    GraphQLSchema,
    NameNode,
    Visitor,
    build_ast_schema,
    get_operation_ast,
    parse,
    print_schema,
    specified_rules,
    validate,
    visit,
)
from graphql.error import GraphQLSyntaxError

from gateway.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, document_error, execution_error
from gateway.graphql.hidden_schema import Discretion, names_of
from gateway.graphql.hints import Hints
from gateway.graphql.reports import InputReports
from gateway.graphql.request import Request
from gateway.graphql.rewording import reword
from gateway.graphql.rules import validation_errors
from gateway.graphql.schema import graphql_schema
from tests.engine.operations import operation
from tests.engine.schema import MUTATION, QUERY
from tests.engine.values import Values
from tests.graphql import broken_values
from tests.graphql.hidden_names import WORD, unsent
from tests.graphql.test_input_errors_at_random import input_types
from tests.server import running_server

CASES = 25 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))
NAMES = frozenset(names_of(graphql_schema))
SCALARS = {"Boolean", "Float", "ID", "Int", "String"}
SPECIFIED = SCALARS | {"deprecated", "reason", "oneOf", "specifiedBy", "url", "include", "skip", "if"}
HIDDEN = Hints(hidden=True)
SDL = print_schema(graphql_schema)

# What breaks each of graphql-core's rules for documents.
BROKEN = {
    "ExecutableDefinitionsRule": "type Device { id: ID } { viewer { principal } }",
    "KnownOperationTypesRule": "subscription { __typename devices { totalCount } }",
    "UniqueOperationNamesRule": "query A { __typename } query A { __typename }",
    "LoneAnonymousOperationRule": "{ __typename } { __typename }",
    "SingleFieldSubscriptionsRule": "subscription { a: devices { totalCount } b: __typename }",
    "KnownTypeNamesRule": "{ viewer { ... on Devise { id } } }",
    "FragmentsOnCompositeTypesRule": "{ viewer { ... on DeviceStatus { id } } }",
    "VariablesAreInputTypesRule": "query ($v: Device) { viewer { principal @skip(if: $v) } }",
    "ScalarLeafsRule": "{ devices viewer { principal { name } } }",
    "FieldsOnCorrectTypeRule": "{ viewer { pricipal name } devices { name } }",
    "UniqueFragmentNamesRule": "{ ...A } fragment A on Query { __typename } fragment A on Query { __typename }",
    "KnownFragmentNamesRule": "{ ...Device }",
    "NoUnusedFragmentsRule": "{ __typename } fragment A on Query { __typename }",
    "PossibleFragmentSpreadsRule": "{ viewer { ... on Device { id } ...A } } fragment A on DeviceGroup { id }",
    "NoFragmentCyclesRule": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "UniqueVariableNamesRule": "query ($v: Int, $v: Int) { devices(first: $v) { totalCount } }",
    "NoUndefinedVariablesRule": "query A { devices(first: $v) { totalCount } }",
    "NoUnusedVariablesRule": "query A($v: Int) { __typename }",
    "KnownDirectivesRule": "query @include(if: true) { __typename @deprecatd }",
    "UniqueDirectivesPerLocationRule": "{ __typename @skip(if: true) @skip(if: true) }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer { __typename } deleteDevice @stream { __typename } }",
    "DeferStreamDirectiveOnValidOperationsRule": "subscription { devices { ... @defer { totalCount } } }",
    "DeferStreamDirectiveLabel": "{ ... @defer(label: 7) { __typename } }",
    "StreamDirectiveOnListField": "{ viewer @stream { principal } }",
    "KnownArgumentNamesRule": "{ devices(limit: 5, frist: 5) { totalCount @skip(iff: true, if: true) } }",
    "UniqueArgumentNamesRule": "{ devices(first: 5, first: 5) { totalCount } }",
    "ValuesOfCorrectTypeRule": '{ devices(first: "5", filter: { serach: "x", statuses: [active] }) { totalCount } }',
    "ProvidedRequiredArgumentsRule": "{ device { id } deviceHistory { totalCount @skip } }",
    "VariablesInAllowedPositionRule": "query ($v: String) { devices(first: $v) { totalCount } }",
    "OverlappingFieldsCanBeMergedRule": '{ node(id: "1") { ... on Device { a: name } ... on DeviceGroup { a: version } '
    "... on DeviceEvent { a: type b: id } } a: devices(first: 1) { b: totalCount } a: devices { b: __typename } }",
    "UniqueInputFieldNamesRule": '{ devices(filter: { search: "x", search: "y" }) { totalCount } }',
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
}


def test_each_rule_has_a_document_that_breaks_it() -> None:
    assert list(BROKEN) == [rule.__name__ for rule in specified_rules]
    whole = [rule for rule in specified_rules if not validate(graphql_schema, parse(BROKEN[rule.__name__]), [rule])]
    # The schema has operations of each type.
    assert [rule.__name__ for rule in whole] == ["KnownOperationTypesRule"]


@pytest.mark.parametrize("rule", BROKEN)
def test_no_rule_tells_a_name_that_was_not_sent(rule: str) -> None:
    query = BROKEN[rule]
    said = messages(query, {}, NO_OTHER_NAMES)
    assert said
    assert [unsent(message, NAMES, query, {}) for message in said] == [set()] * len(said)
    assert said == messages(query, {}, other_names(query, {}))


def test_no_random_request_is_told_a_name_that_it_does_not_have() -> None:
    failed = 0
    for case in range(CASES):
        random = Random(case)
        query, variables = damaged(random)
        said = messages(query, variables, NO_OTHER_NAMES)
        # What parses a document knows no schema, but has such words of its own.
        judged = [message for message in said if not message.startswith("Syntax Error")]
        assert [unsent(message, NAMES, query, variables) for message in judged] == [set()] * len(judged), query
        assert said == messages(query, variables, other_names(query, variables)), query
        failed += bool(said)
    assert failed > CASES * 0.7


def damaged(random: Random) -> tuple[str, dict[str, Any]]:
    """Return an operation in which a few words are not what they were, or one with variables of any type."""
    if random.random() < 0.3:
        types = list(input_types(graphql_schema))
        chosen = {name: random.choice(types) for name in "abc"}
        declared = ", ".join(f"${name}: {type_}" for name, type_ in chosen.items())
        made = broken_values.Values(random)
        return f"query ({declared}) {{ __typename }}", {name: made.of(type_) for name, type_ in chosen.items()}
    text = operation(random, Values(), random.choice((QUERY, MUTATION))).text
    words = list(re.finditer(WORD, text))
    for word in sorted(random.sample(words, min(3, len(words))), key=lambda each: each.start(), reverse=True):
        instead = random.choice((near(random, word[0]), random.choice(sorted(NAMES)), "7", '"x"', ""))
        text = f"{text[: word.start()]}{instead}{text[word.end() :]}"
    return text, {}


def near(random: Random, name: str) -> str:
    """Return a name that is none of the schema, but for which one is meant."""
    place = random.randrange(len(name))
    made = random.choice((f"{name[:place]}{name[place + 1 :]}", f"{name}s", f"{name[:-1]}q"))
    return made if made and made not in NAMES and not made[0].isdigit() else "nothing"


NO_OTHER_NAMES: frozenset[str] = frozenset()


def other_names(query: str, variables: dict[str, Any]) -> frozenset[str]:
    """Return the names that a request does not have."""
    return frozenset(name for name in NAMES - SPECIFIED if unsent(f'"{name}"', {name}, query, variables))


def messages(query: str, variables: dict[str, Any], renamed: frozenset[str]) -> list[str]:
    """Return what is said of a request where the schema has other names for those that are to be renamed."""
    schema = schema_of(renamed)
    discretion = Discretion(frozenset(names_of(schema)), Request(query, variables))
    return [discretion.error(error)["message"] for error in _errors(schema, query, variables)]


def _errors(schema: GraphQLSchema, query: str, variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        yield document_error(reword(error), PARSE_FAILED)
        return
    if errors := validation_errors(schema, document, HIDDEN):
        yield from (document_error(error, VALIDATION_FAILED) for error in errors)
    elif found := get_operation_ast(document):
        definitions = found.variable_definitions or ()
        yield from map(execution_error, InputReports(HIDDEN).of_variables(schema, definitions, variables))


@lru_cache(maxsize=4)
def schema_of(renamed: frozenset[str]) -> GraphQLSchema:
    """Return the gateway's schema, in which nothing but some names is different."""
    schema = build_ast_schema(visit(parse(SDL), _Renaming(renamed)))
    for name, type_ in graphql_schema.type_map.items():
        if isinstance(type_, GraphQLScalarType) and name not in SPECIFIED:
            other = schema.type_map[_renamed(name, renamed)]
            assert isinstance(other, GraphQLScalarType)
            for way in ("parse_value", "parse_literal", "coerce_input_value", "coerce_input_literal"):
                setattr(other, way, getattr(type_, way))
    return schema


class _Renaming(Visitor):
    """Renames what definitions and defaults name."""

    def __init__(self, renamed: frozenset[str]) -> None:
        super().__init__()
        self._renamed = renamed

    def enter_name(self, node: NameNode, *_: object) -> NameNode:
        return NameNode(value=_renamed(node.value, self._renamed))

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> EnumValueNode:
        return EnumValueNode(value=_renamed(node.value, self._renamed))


def _renamed(name: str, renamed: frozenset[str]) -> str:
    return f"x{name[::-1]}x" if name in renamed else name


def test_probing_a_server_by_names_that_are_nearly_right_finds_none(tmp_path: Path) -> None:
    """Send what clairvoyance does: words in the place of fields, arguments, values and types, to read the answers."""
    random = Random(7)
    words = sorted({near(random, name) for name in NAMES if len(name) > 3})
    with running_server(tmp_path, GATEWAY_INTROSPECTION="false") as server, httpx.Client() as http:
        headers = {"Authorization": f"Bearer {server.token()}"}
        for query in probes(words):
            answer = http.post(f"{server.url}/graphql", json={"query": query}, headers=headers).json()
            assert "data" not in answer
            for error in answer["errors"]:
                assert unsent(error["message"], NAMES, query, {}) == set()
                assert unsent(" ".join(map(str, error.get("path", ()))), NAMES, query, {}) == set()


def probes(words: list[str]) -> Iterator[str]:
    for start in range(0, len(words), 64):
        some = words[start : start + 64]
        fields = " ".join(some)
        yield f"{{ {fields} }}"
        yield f"mutation {{ {fields} }}"
        yield f"{{ devices {{ {fields} nodes {{ {fields} }} }} }}"
        arguments = ", ".join(f"{word}: 7" for word in some)
        yield f"{{ devices({arguments}) {{ totalCount }} }}"
        yield f"{{ devices(filter: {{ {arguments} }}) {{ totalCount }} }}"
        yield f"{{ devices(orderBy: [{{ field: {some[0]} }}, {{ {arguments} }}]) {{ totalCount }} }}"
        yield f"mutation {{ createDevice(input: {{ {arguments} }}) {{ __typename }} }}"
        yield f"{{ viewer {{ {' '.join(f'... on {word} {{ id }}' for word in some)} }} }}"
        yield f"query ({', '.join(f'${word}: {word}' for word in some)}) {{ __typename }}"
        yield f"{{ __typename {' '.join(f'@{word}' for word in some)} }}"
    yield "{ devices viewer { principal { lol } } lol }"
