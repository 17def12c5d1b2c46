"""The random operations are what the tests of the executors rely on: valid, and of everything that there is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_introspection_type,
    parse,
    validate,
)

from gateway.graphql.limits import Limits, check_document
from gateway.graphql.schema import graphql_schema
from tests.databases import Databases, SQLiteDatabases
from tests.engine.cases import mutation_cases, query_cases
from tests.engine.features import features
from tests.engine.gateways import running, settings_for
from tests.engine.operations import operation
from tests.engine.schema import MUTATION, QUERY, SCHEMA
from tests.engine.values import Values

pytestmark = pytest.mark.anyio

SAMPLE, QUERIES, MUTATIONS = 600, 300, 60
TYPES = [each for each in SCHEMA.type_map.values() if not is_introspection_type(each)]
OBJECTS = [each for each in TYPES if isinstance(each, GraphQLObjectType) and each is not SCHEMA.subscription_type]
ADAPTERS = [f"{each}NetworkAdapter" for each in ("Cellular", "Lora", "Generic")]
FEATURES = {
    *((type_.name, "__typename") for type_ in OBJECTS),
    *(("Node", "id"), ("Node", "__typename"), ("NetworkAdapter", "__typename")),
    *(("Query", "__schema"), ("Query", "__type")),
    *(("a fragment", "NetworkAdapter", "on", type_) for type_ in (*ADAPTERS, "Node", "NetworkAdapter")),
    *(("a fragment", "Node", "on", type_) for type_ in (*ADAPTERS, "Device", "DeviceGroup", "NetworkAdapter")),
    *(("a fragment", "Device", "on", type_) for type_ in ("Device", "Node", "")),
    ("a fragment more than once",),
    ("an object more than once",),
    *product(("a field", "an inline fragment", "a fragment spread"), ("skip", "include", "a literal", "a variable")),
    *product(("a field", "an inline fragment"), ("include",), ("skip",)),
    *product(("non-null", "nullable"), ("a default", "no default")),
}


# What operations are made of is the same whatever the database is.
@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> SQLiteDatabases:
    return sqlite


@pytest.fixture(scope="module")
async def documents(values: Values) -> list[DocumentNode]:
    return [parse(operation(Random(seed), values, root).text) for root in (QUERY, MUTATION) for seed in range(SAMPLE)]


async def test_operations_are_valid_and_within_the_limits(documents: list[DocumentNode]) -> None:
    for document in documents[::6]:
        check_document(document, Limits())
        assert validate(graphql_schema, document) == []


async def test_operations_are_of_everything_that_there_is(documents: list[DocumentNode]) -> None:
    inputs = [each for each in TYPES if isinstance(each, GraphQLInputObjectType)]
    fields = {(type_.name, name): field for type_ in OBJECTS for name, field in type_.fields.items()}
    arguments = {(*place, name): argument for place, field in fields.items() for name, argument in field.args.items()}
    taken = [*arguments.values(), *(field for type_ in inputs for field in type_.fields.values())]
    found = features(documents)
    assert fields.keys() - found == set()
    assert arguments.keys() - found == set()
    assert {("a variable", str(get_named_type(each.type))) for each in taken} - found == set()
    assert FEATURES - found == set()


async def test_answers_show_objects_of_every_type_and_errors_of_every_kind(
    values: Values, databases: Databases, sample_url: str
) -> None:
    queries = [case for seed in range(QUERIES) for case in query_cases(seed, values)[:1]]
    mutations = [case for seed in range(MUTATIONS) for case in mutation_cases(seed, values)]
    with databases.copy(sample_url) as url:
        async with running(settings_for(url)) as gateway:
            of_queries, of_mutations = [
                [await gateway.ask(replace(case, query=with_types(case.query))) for case in cases]
                for cases in (queries, mutations)
            ]
    # Without a limit there is nothing to tell of one.
    assert {type_.name for type_ in OBJECTS} - shown(of_queries + of_mutations) == {"RateLimit"}
    assert codes(of_queries) == {"BAD_USER_INPUT", "FORBIDDEN", "INTERNAL_SERVER_ERROR"}
    assert codes(of_mutations) >= {"BAD_USER_INPUT", "FORBIDDEN"}


def with_types(query: str) -> str:
    """The same query, in which every object also shows its type."""
    return query.replace("{ ", "{ typename: __typename ")


def shown(answers: list[Any]) -> set[str]:
    return {text for answer in answers for text in texts(answer.get("data"))}


def texts(value: Any) -> Iterator[str]:
    """Those in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def codes(answers: list[Any]) -> set[str]:
    return {error["extensions"]["code"] for answer in answers for error in answer.get("errors", ())}
