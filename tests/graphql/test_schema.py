"""The schema: the committed file is the code's, and keeps what the contract promises."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
)

from gateway.graphql.schema import graphql_schema, schema

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contract.graphql"


def test_the_committed_schema_is_that_of_the_code() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{schema}\n"


@pytest.mark.skipif(not CONTRACT.exists(), reason="The contract does not lie beside this checkout.")
def test_nothing_of_the_contract_is_missing_from_what_queries_reach() -> None:
    contract = _queries_of(build_schema(CONTRACT.read_text()))
    assert find_breaking_changes(contract, graphql_schema) == []


def _queries_of(contract: GraphQLSchema) -> GraphQLSchema:
    """The contract without mutations, and without what only they reach."""
    nodes = [type_ for type_ in contract.type_map.values() if isinstance(type_, GraphQLObjectType) and type_.interfaces]
    return GraphQLSchema(query=contract.query_type, types=nodes, directives=contract.directives)
