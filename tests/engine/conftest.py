"""Two gateways on one world: one executes in columns, the other by graphql-core."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.db.engine import Database
from tests.engine import world
from tests.engine.gateways import Both, both_running, settings_for
from tests.engine.places import places
from tests.engine.values import Values
from tests.factories import World


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The event loop of the server, which is also the faster one."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
async def world_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the rows that random operations are about, which those who change it copy."""
    file = tmp_path_factory.mktemp("world") / "gateway.db"
    shutil.copy(migrated_file, file)
    database = Database(settings_for(file).database_url)
    await world.populate(World(database))
    await database.close()
    return file


@pytest.fixture(scope="module")
async def both(world_file: Path) -> AsyncIterator[Both]:
    async with both_running(world_file, world_file) as both:
        yield both


@pytest.fixture(scope="module")
async def values(both: Both) -> Values:
    return Values(places=await places(both.by_field, [*world.DEVICES, *world.GROUPS]))
