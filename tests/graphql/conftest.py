"""A gateway with a fleet that the tests of a module share, and what is parsed of documents."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from graphql import DocumentNode, parse

from gateway.graphql import documents
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


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that graphql-core has parsed, in order."""
    texts: list[str] = []

    def record(text: str, **options: Any) -> DocumentNode:
        texts.append(text)
        return parse(text, **options)

    monkeypatch.setattr(documents, "parse", record)
    return texts
