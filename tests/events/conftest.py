"""A database for processes of the gateway, and one process that follows it."""

from collections.abc import AsyncIterator, Iterator

import pytest

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
