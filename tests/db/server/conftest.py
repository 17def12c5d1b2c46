"""What these tests find out they find out about a PostgreSQL server."""

import pytest

from gateway.db.engine import Database
from tests.databases import Databases, PostgreSQLDatabases


@pytest.fixture(scope="session")
def databases(postgresql: PostgreSQLDatabases) -> Databases:
    return postgresql


@pytest.fixture
def url(database: Database) -> str:
    return database.url
