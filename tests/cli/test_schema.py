"""`gateway schema`."""

from pathlib import Path

from gateway.graphql.federation import subgraph_text
from tests.cli.support import Invoke
from tests.server import output_of


def test_schema_prints_the_schema_and_needs_no_database(tmp_path: Path) -> None:
    schema = output_of(tmp_path, "schema", GATEWAY_DATABASE_URL="nonsense")
    assert "\ntype Query {\n" in schema
    assert list(tmp_path.iterdir()) == []


def test_schema_prints_that_of_the_subgraph(invoke: Invoke) -> None:
    assert invoke("schema", "--federation").output == f"{subgraph_text()}\n"
