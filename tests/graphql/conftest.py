"""A gateway with a fleet that the tests of a module share."""

from collections.abc import AsyncIterator
from random import Random

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases
from tests.factories import RowFactory
from tests.graphql.fleet import Fleet


@pytest.fixture(scope="module")
async def listed(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[GatewayClient, Fleet]]:
    with databases.copy() as url:
        gateway = GatewayClient(Settings(database_url=url, key_file=tmp_path_factory.mktemp("fleet") / "gateway.key"))
        fleet = Fleet()
        await fleet.populate(RowFactory(gateway.database), 60, Random(7))
        yield gateway, fleet
        await gateway.close()
