"""Two gateways on the same rows: one executes in columns, the other by graphql-core."""

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gateway.db.database import Database
from tests.databases import Databases
from tests.engine import sample_rows
from tests.engine.connections import connections
from tests.engine.gateways import Both, both_running
from tests.engine.values import Values
from tests.factories import RowFactory

pytest.register_assert_rewrite("tests.engine.execution")


@pytest.fixture(autouse=True)
def _no_coroutine_is_forgotten() -> Iterator[None]:
    """Have the test fail that left a coroutine which was never awaited, and not whichever runs when it is found."""
    gc.freeze()  # Only what the test leaves is looked through, which takes no time.
    yield
    gc.collect()
    gc.unfreeze()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The event loop of the server, which is also the faster one."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
async def sample_url(databases: Databases) -> AsyncIterator[str]:
    """Of a database with the rows that random operations are about, which is there to be copied."""
    with databases.copy() as url:
        database = Database(url)
        await sample_rows.populate(RowFactory(database))
        await database.close()
        yield url


@pytest.fixture(scope="module")
async def both(databases: Databases, sample_url: str) -> AsyncIterator[Both]:
    with databases.copy(sample_url) as url:
        async with both_running(url, url) as both:
            yield both


@pytest.fixture(scope="module")
async def values(both: Both) -> Values:
    return Values(connections=await connections(both.by_field, [*sample_rows.DEVICES, *sample_rows.GROUPS]))
