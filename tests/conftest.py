"""What every test may use: a migrated database of its own, and the gateway in front of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.db.engine import Database
from gateway.db.migrate import migrate
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import World
from tests.statements import Statements


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("GATEWAY_"):
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the tables and nothing in them, which each test copies."""
    file = tmp_path_factory.mktemp("template") / "gateway.db"

    async def make() -> None:
        database = Database(_url(file))
        await migrate(database)
        await database.close()

    asyncio.run(make())
    return file


@pytest.fixture
def settings(migrated_file: Path, tmp_path: Path) -> Settings:
    file = tmp_path / "gateway.db"
    shutil.copy(migrated_file, file)
    return Settings(database_url=_url(file))


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url)
    yield database
    await database.close()


@pytest.fixture
async def world(database: Database) -> World:
    return World(database)


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[GatewayClient]:
    """The whole gateway in this process; its client is for a caller who may do everything."""
    client = GatewayClient(settings)
    yield client
    await client.close()


@pytest.fixture
def statements(gateway: GatewayClient) -> Statements:
    """The SQL that the gateway runs."""
    return Statements(gateway.database)


def _url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"
