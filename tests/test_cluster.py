"""A cluster of Citus under traffic: races over shards, servers that lose their connections, and shards that move.

Each device that was acknowledged is there whole, by each of its names, and nothing else is.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from gateway.cli.fleet import imei
from tests.citus import CitusDatabases
from tests.databases import fetched
from tests.factories import PROJECT, SPECIFICATION, new_uuid
from tests.server import Server, output_of, running_server

pytestmark = pytest.mark.anyio

CLIENTS = [new_uuid() for _ in range(6)]
CREATE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { id } userErrors { code } }
}"""
MOVE = """mutation ($input: UpdateDeviceInput!) {
  updateDevice(input: $input) { device { id clientId } userErrors { code } }
}"""
FIND = "query ($identifier: DeviceIdentifier!) { device(identifier: $identifier) { id clientId name urns } }"
# What a client is told to try again, or to look at before it does.
RETRIED = {"SERVICE_UNAVAILABLE", "TRY_AGAIN"}
WRITERS = 6
ROUNDS = 4

END_OTHERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
PLACEMENTS = (
    "SELECT shardid, nodename, nodeport FROM citus_shards WHERE table_name = 'device'::regclass ORDER BY shardid"
)
PREPARED = "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"


@pytest.fixture
def url(citus: CitusDatabases) -> Iterator[str]:
    with citus.copy() as url:
        yield url


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path, workers=2, GATEWAY_DATABASE_URL=url) as server:
        yield server


class Caller:
    """Asks a gateway until it is told to stop, and knows what it was told."""

    def __init__(self, server: Server) -> None:
        self._url = f"{server.url}/graphql"
        self._headers = {"Authorization": f"Bearer {server.token()}"}
        self._http = httpx.AsyncClient(timeout=30)
        self._serials = count(1)
        self.owners: dict[str, str] = {}
        """The client of each device that was acknowledged, by its IMEI."""
        self.doubtful: set[str] = set()
        """The IMEIs of devices whose move may have been made or not."""
        self.errors: Counter[tuple[str, str]] = Counter()

    async def ask(self, query: str, **variables: Any) -> dict[str, Any] | None:
        """Return the data; None where there was an error."""
        response = await self._http.post(
            self._url, json={"query": query, "variables": variables}, headers=self._headers
        )
        answer: dict[str, Any] = response.json()
        self.errors.update((error["extensions"]["code"], error["message"]) for error in answer.get("errors", ()))
        return None if "errors" in answer else answer["data"]

    async def create(self, number: str, client: str) -> str | None:
        """Create a device with an IMEI; return the code of what was wrong, or nothing."""
        input_ = {
            "name": number,
            "clientId": client,
            "projectId": PROJECT,
            "deviceSpecificationId": SPECIFICATION,
            "networkAdapters": [{"cellular": {"imei": number}}],
        }
        data = await self.ask(CREATE, input=input_)
        if data is None:
            return "error"
        code: str | None
        [code] = [error["code"] for error in data["createDevice"]["userErrors"]] or [None]
        if code is None:
            self.owners[number] = client
        return code

    async def create_and_move(self, writer: int) -> None:
        """Create devices, and give every second one to another client."""
        while True:
            serial = next(self._serials)
            number, client = imei(serial), CLIENTS[serial % len(CLIENTS)]
            if await self.create(number, client) is None and serial % 2:
                await self.move(number, CLIENTS[(serial + 1 + writer) % len(CLIENTS)])

    async def move(self, number: str, client: str) -> None:
        self.doubtful.add(number)
        data = await self.ask(MOVE, input={"device": f"imei:{number}", "clientId": client})
        if data is not None:
            assert data["updateDevice"]["userErrors"] == []
            self.owners[number] = client
            self.doubtful.discard(number)

    async def read(self) -> None:
        """Read what was acknowledged, again and again. What is read is never wrong."""
        while True:
            for number, owner in list(self.owners.items())[-20:]:
                data = await self.ask(FIND, identifier=f"imei:{number}")
                if data is not None and number not in self.doubtful and self.owners[number] == owner:
                    assert data["device"] is not None, number
            await asyncio.sleep(0.01)

    async def check(self) -> None:
        """Find each device that was acknowledged by its IMEI and by its id, at its client."""
        for number, owner in self.owners.items():
            data = await self.ask(FIND, identifier=f"imei:{number}")
            assert data is not None
            device = data["device"]
            assert device["urns"] == [f"urn:dev:imei:{number}"]
            assert number in self.doubtful or device["clientId"] == owner
            assert await self.ask(FIND, identifier=device["id"]) == data

    async def close(self) -> None:
        await self._http.aclose()


async def under_traffic(server: Server, disturb: Any) -> Caller:
    """Return what callers saw who created, moved and read devices while `disturb` ran."""
    caller = Caller(server)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(caller.create_and_move(writer)) for writer in range(WRITERS)]
        tasks.append(group.create_task(caller.read()))
        await asyncio.sleep(0.5)
        await disturb()
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
    return caller


def in_order(server: Server, url: str) -> None:
    shown = output_of(server.folder, "check", GATEWAY_DATABASE_URL=url)
    assert shown.endswith("All is in order.\n"), shown


async def test_of_many_requests_for_one_identifier_one_wins_whichever_shards_they_are_for(
    server: Server, url: str
) -> None:
    caller = Caller(server)
    codes = await asyncio.gather(*(caller.create(imei(1), CLIENTS[n % len(CLIENTS)]) for n in range(40)))
    assert Counter(codes) == {None: 1, "IDENTIFIER_TAKEN": 39}
    await caller.check()
    in_order(server, url)
    await caller.close()


async def test_servers_that_lose_their_connections_leave_nothing_half_done(
    server: Server, url: str, citus: CitusDatabases
) -> None:
    async def end_connections() -> None:
        for _ in range(ROUNDS):
            for node in citus.nodes_of(url):
                with suppress(asyncpg.PostgresError):
                    await fetched(node, END_OTHERS)
                await asyncio.sleep(0.3)

    caller = await under_traffic(server, end_connections)
    assert {code for code, _ in caller.errors} <= RETRIED, caller.errors
    assert len(caller.owners) > ROUNDS
    await fetched(url, "SELECT recover_prepared_transactions()")
    assert [await fetched(node, PREPARED) for node in citus.nodes_of(url)] == [[(0,)]] * len(citus.nodes_of(url))
    await caller.check()
    in_order(server, url)
    await caller.close()


@pytest.mark.parametrize("mode", ["block_writes", "force_logical"])
async def test_shards_move_while_requests_run(server: Server, url: str, mode: str) -> None:
    async def move_shards() -> None:
        nodes = {(name, port) for _, name, port in await fetched(url, PLACEMENTS)}
        for shard, name, port in (await fetched(url, PLACEMENTS))[:ROUNDS]:
            [(to_name, to_port), *_] = sorted(nodes - {(name, port)})
            move = "SELECT citus_move_shard_placement($1, $2, $3, $4, $5, $6::citus.shard_transfer_mode)"
            await fetched(url, move, shard, name, port, to_name, to_port, mode)

    caller = await under_traffic(server, move_shards)
    assert {code for code, _ in caller.errors} <= RETRIED, caller.errors
    assert len(caller.owners) > ROUNDS
    await caller.check()
    in_order(server, url)
    await caller.close()


async def test_a_client_gets_a_shard_of_its_own_while_requests_run(server: Server, url: str) -> None:
    async def isolate() -> None:
        await fetched(url, f"SELECT isolate_tenant_to_new_shard('device', '{CLIENTS[0]}', 'CASCADE', 'block_writes')")

    caller = await under_traffic(server, isolate)
    assert {code for code, _ in caller.errors} <= RETRIED, caller.errors
    await caller.check()
    in_order(server, url)
    await caller.close()
