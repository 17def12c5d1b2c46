"""A database for processes of the gateway, one process that follows it, and a second gateway of a test's database."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.db.database import Database
from gateway.settings import Settings
from tests.databases import Databases
from tests.events.processes import Process, running


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.copy() as url:
        yield url


@pytest.fixture
async def process(url: str) -> AsyncIterator[Process]:
    async with running(url) as process:
        yield process


@pytest.fixture
async def other(settings: Settings) -> AsyncIterator[Database]:
    """Yield the same database as another gateway has it."""
    database = Database(settings.database_url)
    yield database
    await database.close()
