"""What every test may use: a migrated database of its own, and the gateway in front of it."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.settings import Settings
from tests.citus import CLUSTER_URL, CitusDatabases, citus_databases
from tests.client import GatewayClient
from tests.databases import SERVER_URL, Databases, PostgreSQLDatabases, SQLiteDatabases, postgresql_databases
from tests.factories import RowFactory
from tests.statements import Statements


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("GATEWAY_") and name not in {SERVER_URL, CLUSTER_URL}:
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SQLiteDatabases:
    return SQLiteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQLDatabases]:
    with postgresql_databases() as databases:
        yield databases


@pytest.fixture(scope="session")
def citus() -> Iterator[CitusDatabases]:
    if CLUSTER_URL not in os.environ:
        pytest.skip(f"{CLUSTER_URL} names no coordinator of a cluster")
    with citus_databases() as databases:
        yield databases


# Where there is a cluster, it takes the place of the others: on these, the suite runs everywhere else.
@pytest.fixture(scope="session", params=["citus"] if CLUSTER_URL in os.environ else ["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Return databases of each kind: a test that takes them runs on all."""
    made: Databases = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def settings(databases: Databases, tmp_path: Path) -> Iterator[Settings]:
    with databases.copy() as url:
        yield Settings(database_url=url, key_file=tmp_path / "gateway.key")


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url)
    yield database
    await database.close()


@pytest.fixture
async def factory(database: Database) -> RowFactory:
    return RowFactory(database)


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[GatewayClient]:
    """Yield a client of the whole gateway in this process, for a caller who may do everything."""
    client = GatewayClient(settings)
    yield client
    await client.close()


@pytest.fixture
def statements(gateway: GatewayClient) -> Statements:
    """Return what records the SQL that the gateway runs."""
    return Statements(gateway.database)
