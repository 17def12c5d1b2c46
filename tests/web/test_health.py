"""What a balancer asks: whether the process lives, and whether it can serve; and what keeps it from starting."""

import asyncio
import logging
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.db.migrations.migrate import UnusableDatabase
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases, file_of, migrated
from tests.postgres import PostgresServer
from tests.server import free_port

pytestmark = pytest.mark.anyio


def garble(file: Path) -> None:
    file.write_bytes(b"no database " * 1000)


def put_a_folder_there(file: Path) -> None:
    file.unlink()
    file.mkdir()


def remove_the_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def rename(file: Path, name: Path) -> None:
    file.rename(name)


def put_back(file: Path, saved: Path) -> None:
    file.rmdir()
    saved.rename(file)


@pytest.fixture
async def embedded(sqlite: SQLiteDatabases, tmp_path: Path) -> AsyncIterator[GatewayClient]:
    """Yield a gateway whose database is a file."""
    with sqlite.copy() as url:
        client = GatewayClient(Settings(database_url=url, key_file=tmp_path / "gateway.key"))
        yield client
        await client.close()


@pytest.fixture
def database_file(embedded: GatewayClient) -> Path:
    return file_of(embedded.database.url)


async def test_a_process_that_runs_is_live(gateway: GatewayClient) -> None:
    response = await gateway.http.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_process_whose_database_answers_is_ready(gateway: GatewayClient) -> None:
    response = await gateway.http.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("damage", "status"),
    [
        (garble, "the database is damaged"),
        (put_a_folder_there, "the database file cannot be opened"),
        (remove_the_folder, "the database file is missing"),
    ],
)
async def test_a_process_whose_database_cannot_be_read_is_live_but_not_ready(
    embedded: GatewayClient, database_file: Path, damage: Callable[[Path], None], status: str
) -> None:
    damage(database_file)

    response = await embedded.http.get("/health/ready")
    assert (response.status_code, response.json()) == (503, {"status": status})
    assert (await embedded.http.get("/health/live")).status_code == 200


async def test_a_process_is_ready_again_once_its_database_is_back(embedded: GatewayClient, database_file: Path) -> None:
    saved = Path(shutil.copy(database_file, f"{database_file}.saved"))
    put_a_folder_there(database_file)
    assert (await embedded.http.get("/health/ready")).status_code == 503

    put_back(database_file, saved)
    assert (await embedded.http.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_health_needs_no_token_and_tells_nothing_else(gateway: GatewayClient, path: str) -> None:
    response = await gateway.http.get(path)
    assert "www-authenticate" not in response.headers
    assert list(response.json()) == ["status"]


async def test_readiness_is_told_in_time_while_the_database_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{silent.getsockname()[1]}/gateway"
        settings = Settings(database_url=url, database_timeout=4, key_file=tmp_path / "gateway.key")
        gateway = GatewayClient(settings)
        start = time.monotonic()
        answers = await asyncio.gather(*(readiness(gateway) for _ in range(20)))
        assert answers == [(503, "the database does not answer")] * 20
        assert time.monotonic() - start < 3
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):  # However many ask, one connection is tried.
            silent.accept()
        await gateway.close()


async def test_a_worker_starts_while_its_file_is_missing_and_says_so(
    embedded: GatewayClient, database_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    saved = database_file.with_name("saved.db")
    rename(database_file, saved)
    async with embedded.app.router.lifespan_context(embedded.app):
        assert "gateway.db cannot be read: unable to open database file." in caplog.text
        assert await readiness(embedded) == (503, "the database file is missing")
        rename(saved, database_file)
        assert await readiness(embedded) == (200, "ok")


OTHER_VERSIONS = {
    "newer": "UPDATE alembic_version SET version_num = '9999'",
    "older": "UPDATE alembic_version SET version_num = '0000'",
    "none": "DELETE FROM alembic_version",
}
each_other_version = pytest.mark.parametrize("statement", OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)


async def run(gateway: GatewayClient, statement: str) -> None:
    async with gateway.database.writing() as connection:
        await connection.exec_driver_sql(statement)


async def readiness(gateway: GatewayClient) -> tuple[int, str]:
    response = await gateway.http.get("/health/ready")
    return response.status_code, response.json()["status"]


@each_other_version
async def test_a_process_whose_database_is_of_another_version_is_not_ready(
    gateway: GatewayClient, statement: str
) -> None:
    await run(gateway, statement)
    assert await readiness(gateway) == (503, "the database is of another version")
    assert (await gateway.http.get("/health/live")).status_code == 200


async def test_a_process_is_ready_once_its_database_is_migrated(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'gateway.db'}"
    gateway = GatewayClient(Settings(database_url=url, key_file=tmp_path / "gateway.key"))
    assert await readiness(gateway) == (503, "the database file is missing")
    await migrated(url)
    assert await readiness(gateway) == (200, "ok")
    await gateway.close()


async def start_and_end(gateway: GatewayClient) -> None:
    """Let a worker of this gateway start, and end once it has started."""
    async with gateway.app.router.lifespan_context(gateway.app):
        pass


@each_other_version
async def test_a_worker_does_not_start_on_a_database_of_another_version(gateway: GatewayClient, statement: str) -> None:
    await run(gateway, statement)
    # A file is looked at before it is opened for use, which tells more.
    told = "is not of this version of the gateway; run gateway migrate first"
    if gateway.database.is_sqlite:
        told = "is from a newer version of the gateway|is the database of another program"
    with pytest.raises(UnusableDatabase, match=told):
        await start_and_end(gateway)


async def test_a_worker_starts_on_a_database_of_this_version(
    gateway: GatewayClient, caplog: pytest.LogCaptureFixture
) -> None:
    await start_and_end(gateway)
    assert caplog.records == []


async def test_a_worker_starts_while_its_server_is_away_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/gateway"
    gateway = GatewayClient(Settings(database_url=url, key_file=tmp_path / "gateway.key"))
    await start_and_end(gateway)
    [record] = caplog.records
    assert (record.name, record.levelno) == ("gateway.web.app", logging.WARNING)
    assert record.getMessage().startswith("gateway on 127.0.0.1 cannot be reached: ")
    await gateway.close()


async def test_a_worker_that_started_without_its_server_is_ready_when_it_comes(tmp_path: Path) -> None:
    server = PostgresServer.new()
    try:
        gateway = GatewayClient(Settings(database_url=server.url(), key_file=tmp_path / "gateway.key"))
        async with gateway.app.router.lifespan_context(gateway.app):
            assert await readiness(gateway) == (503, "the database does not answer")
            server.start()
            await migrated(server.url())
            assert await readiness(gateway) == (200, "ok")
        await gateway.close()
    finally:
        server.remove()
