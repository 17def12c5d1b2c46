"""`gateway migrate`."""

from pathlib import Path

from tests.cli.support import ids
from tests.server import output_of


def test_migrate_makes_an_empty_database_and_no_key(tmp_path: Path) -> None:
    assert output_of(tmp_path, "migrate") == ""
    assert ids(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.db"]
