"""PostgreSQL servers of the tests' own run for root and for anybody else, wherever their programs lie."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import postgres
from tests.databases import fetched
from tests.postgres import PostgresServer


@pytest.fixture
def private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that only who runs this may enter, with PostgreSQL's programs and for temporary files."""
    tmp_path.chmod(0o700)
    for part in postgres.PARTS:
        shutil.copytree(postgres.SITE_PACKAGES / part, tmp_path / part)
    monkeypatch.setattr(postgres, "SITE_PACKAGES", tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    postgres.programs.cache_clear()
    yield tmp_path
    postgres.programs.cache_clear()


def test_a_server_runs_from_a_private_folder(private_folder: Path) -> None:
    server = PostgresServer.new(options=())
    try:
        server.start()
        assert asyncio.run(fetched(server.url(), "SELECT 1")) == [(1,)]
        # For an ordinary user where they are, for root a copy.
        assert postgres.programs().is_relative_to(private_folder) is (postgres.USER is None)
    finally:
        server.remove()
