"""These tests have databases of a PostgreSQL server; those of SQLite open files of their own."""

import pytest

from gateway.db.database import Database
from tests.databases import Databases, PostgreSQLDatabases


@pytest.fixture(scope="session")
def databases(postgresql: PostgreSQLDatabases) -> Databases:
    return postgresql


@pytest.fixture
def url(database: Database) -> str:
    return database.url
