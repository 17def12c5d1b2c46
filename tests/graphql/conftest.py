"""A gateway with a fleet that the tests of a module share."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import World
from tests.graphql.fleet import Fleet


@pytest.fixture(scope="module")
async def listed(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[GatewayClient, Fleet]]:
    file = tmp_path_factory.mktemp("fleet") / "gateway.db"
    shutil.copy(migrated_file, file)
    gateway = GatewayClient(Settings(database_url=f"sqlite+aiosqlite:///{file}"))
    fleet = Fleet()
    await fleet.populate(World(gateway.database), 60, Random(7))
    yield gateway, fleet
    await gateway.close()
