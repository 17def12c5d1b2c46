"""What a balancer asks: whether the process lives, and whether it can serve."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases, file_of

pytestmark = pytest.mark.anyio


def garble(file: Path) -> None:
    file.write_bytes(b"no database " * 1000)


def put_a_folder_there(file: Path) -> None:
    file.unlink()
    file.mkdir()


def remove_the_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def put_back(file: Path, saved: Path) -> None:
    file.rmdir()
    saved.rename(file)


@pytest.fixture
async def embedded(sqlite: SQLiteDatabases, tmp_path: Path) -> AsyncIterator[GatewayClient]:
    """A gateway whose database is a file."""
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


@pytest.mark.parametrize("damage", [garble, put_a_folder_there, remove_the_folder])
async def test_a_process_whose_database_cannot_be_read_is_live_but_not_ready(
    embedded: GatewayClient, database_file: Path, damage: Callable[[Path], None]
) -> None:
    damage(database_file)

    response = await embedded.http.get("/health/ready")
    assert (response.status_code, response.json()) == (503, {"status": "the database does not answer"})
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
