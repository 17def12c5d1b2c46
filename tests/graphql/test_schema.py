"""The schema: the committed file is the code's, and keeps what the contract promises."""

from pathlib import Path

import pytest
from graphql import build_schema, find_breaking_changes

from gateway.graphql.schema import graphql_schema, schema

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contract.graphql"


def test_the_committed_schema_is_that_of_the_code() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{schema}\n"


@pytest.mark.skipif(not CONTRACT.exists(), reason="The contract does not lie beside this checkout.")
def test_nothing_of_the_contract_is_broken() -> None:
    assert find_breaking_changes(build_schema(CONTRACT.read_text()), graphql_schema) == []
