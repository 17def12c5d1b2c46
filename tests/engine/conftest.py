"""Two gateways on one world: one executes in columns, the other by graphql-core."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.db.engine import Database
from tests.databases import Databases
from tests.engine import world
from tests.engine.gateways import Both, both_running
from tests.engine.places import places
from tests.engine.values import Values
from tests.factories import World


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The event loop of the server, which is also the faster one."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
async def world_url(databases: Databases) -> AsyncIterator[str]:
    """Of a database with the rows that random operations are about, which is there to be copied."""
    with databases.copy() as url:
        database = Database(url)
        await world.populate(World(database))
        await database.close()
        yield url


@pytest.fixture(scope="module")
async def both(databases: Databases, world_url: str) -> AsyncIterator[Both]:
    with databases.copy(world_url) as url:
        async with both_running(url, url) as both:
            yield both


@pytest.fixture(scope="module")
async def values(both: Both) -> Values:
    return Values(places=await places(both.by_field, [*world.DEVICES, *world.GROUPS]))
