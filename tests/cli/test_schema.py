"""`gateway schema`."""

from pathlib import Path

from tests.server import output_of


def test_schema_prints_the_schema_and_needs_no_database(tmp_path: Path) -> None:
    schema = output_of(tmp_path, "schema", GATEWAY_DATABASE_URL="nonsense")
    assert "\ntype Query {\n" in schema
    assert list(tmp_path.iterdir()) == []
