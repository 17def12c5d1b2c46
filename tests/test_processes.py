"""Several processes before one database, SQLite or PostgreSQL, and a server that ends while they write."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import Databases, PostgreSQLDatabases, migrated
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.postgres import PostgresServer
from tests.server import Server, running_server
from tests.waiting import until

pytestmark = pytest.mark.anyio

IMEI = "490154203237518"
CREATE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { id } userErrors { code } }
}"""
NAMES = "{ devices(first: 250) { nodes { name } totalCount } }"
READY = {"status": "ok"}
AWAY = {"status": "the database does not answer"}
WORKERS = 2
# A process takes seconds to start, and longer on a busy machine.
SECONDS_TO_REPLACE = 60


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.copy() as url:
        yield url


def new_device(name: str, *adapters: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        "networkAdapters": adapters,
    }


async def create(http: httpx.AsyncClient, server: Server, token: str, input_: dict[str, Any]) -> dict[str, Any]:
    response = await http.post(
        f"{server.url}/graphql",
        json={"query": CREATE, "variables": {"input": input_}},
        headers={"Authorization": f"Bearer {token}"},
    )
    answer: dict[str, Any] = response.json()
    return answer


async def readiness(server: Server) -> tuple[int, Any]:
    async with httpx.AsyncClient(timeout=20) as http:
        response = await http.get(f"{server.url}/health/ready")
    return response.status_code, response.json()


async def test_of_fifty_requests_for_one_identifier_to_several_processes_one_wins(
    postgresql: PostgreSQLDatabases, tmp_path: Path
) -> None:
    with (
        postgresql.copy() as url,
        running_server(tmp_path, workers=WORKERS, GATEWAY_DATABASE_URL=url) as one,
        running_server(tmp_path, GATEWAY_DATABASE_URL=url) as other,
    ):
        token = one.token()
        async with httpx.AsyncClient(timeout=30) as http:
            answers = await asyncio.gather(
                *(
                    create(http, server, token, new_device(f"Device {number}", {"cellular": {"imei": IMEI}}))
                    for number in range(25)
                    for server in (one, other)
                )
            )
        outcomes = Counter(
            tuple(error["code"] for error in answer["data"]["createDevice"]["userErrors"]) for answer in answers
        )
        assert outcomes == {(): 1, ("IDENTIFIER_TAKEN",): 49}
        assert other.data(NAMES)["devices"]["totalCount"] == 1


async def test_workers_share_a_database_and_one_that_ends_is_replaced(url: str, tmp_path: Path) -> None:
    with running_server(tmp_path, workers=WORKERS, GATEWAY_DATABASE_URL=url) as server:
        first, _ = server.workers
        token = server.token()
        async with httpx.AsyncClient(timeout=30) as http:
            await asyncio.gather(*(create(http, server, token, new_device(f"Device {n}")) for n in range(20)))
        os.kill(first, signal.SIGKILL)

        async def replaced() -> bool:
            workers = server.workers
            return first not in workers and len(workers) == WORKERS

        await until(replaced, SECONDS_TO_REPLACE)
        server.wait_until_ready()
        assert server.data(NAMES)["devices"]["totalCount"] == 20


class Writers:
    """Clients that create devices until they are told to stop, whatever the answers are."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token = server.token()
        self.acknowledged: list[str] = []
        self.codes: Counter[str] = Counter()

    async def write(self, writer: int) -> None:
        async with httpx.AsyncClient(timeout=30) as http:
            number = 0
            while True:
                number += 1
                name = f"Device {writer} {number}"
                answer = await create(http, self._server, self._token, new_device(name))
                if "errors" in answer:
                    self.codes.update(error["extensions"]["code"] for error in answer["errors"])
                    await asyncio.sleep(0.05)
                else:
                    self.acknowledged.append(name)

    async def until(self, count: int) -> None:
        """Wait until so many have been acknowledged."""

        async def enough() -> bool:
            return len(self.acknowledged) >= count

        await until(enough)


@pytest.fixture
def durable() -> Iterator[PostgresServer]:
    """Yield a server that keeps what it has committed, with a database that has been migrated."""
    server = PostgresServer.new(options=())
    try:
        server.start()
        asyncio.run(migrated(server.url()))
        yield server
    finally:
        server.remove()


async def test_a_server_that_is_killed_keeps_every_acknowledged_write_and_the_gateway_goes_on(
    durable: PostgresServer, tmp_path: Path
) -> None:
    with running_server(tmp_path, GATEWAY_DATABASE_URL=durable.url()) as server:
        writers = Writers(server)
        tasks = [asyncio.create_task(writers.write(number)) for number in range(4)]
        await writers.until(40)
        durable.stop("immediate")
        before = len(writers.acknowledged)
        await asyncio.sleep(0.5)
        away = await readiness(server)
        durable.start()
        await writers.until(before + 40)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        assert (away, await readiness(server)) == ((503, AWAY), (200, READY))
        assert set(writers.codes) == {"SERVICE_UNAVAILABLE"}
        assert set(writers.acknowledged) <= set(await _names(server))
        assert "Traceback" not in server.output


async def _names(server: Server) -> list[str]:
    """Return the names of all devices, read page by page."""
    names: list[str] = []
    after = ""
    while True:
        query = f"{{ devices(first: 250{after}) {{ nodes {{ name }} pageInfo {{ endCursor hasNextPage }} }} }}"
        page = server.data(query)["devices"]
        names += (node["name"] for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return names
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
