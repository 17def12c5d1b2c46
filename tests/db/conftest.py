"""What tests of `gateway.db` read from and change."""

import pytest

from gateway.db.database import Database
from gateway.db.session import Session


@pytest.fixture
def session(database: Database) -> Session:
    return Session(database)
