"""Two processes of the gateway deliver from one file, and one of them is killed while it does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.db.database import Database
from gateway.domain.instants import now
from tests.databases import SQLiteDatabases, sqlite_url
from tests.events.receiver import Receiver, receiving
from tests.events.support import names, set_rows
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.server import Server

pytestmark = pytest.mark.anyio

CREATE_WEBHOOK = """mutation ($url: String!, $client: UUID!) {
  createWebhook(input: { url: $url, clientId: $client, types: [DEVICE_CREATED] }) { secret userErrors { message } }
}"""
CREATE_DEVICE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { userErrors { message } }
}"""


async def ask(server: Server, query: str, **variables: Any) -> Any:
    [payload] = (await asyncio.to_thread(server.data, query, **variables)).values()
    assert payload.pop("userErrors") == []
    return payload


async def create_devices(servers: Sequence[Server], new: Sequence[str]) -> None:
    owner = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
    for number, name in enumerate(new):
        await ask(servers[number % len(servers)], CREATE_DEVICE, input={"name": name, **owner})


def has_connection(process_id: int, port: int) -> bool:
    """Tell whether a process has the end of a connection of loopback that is at a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if int(row[1].partition(":")[2], 16) == port}
    return not sockets.isdisjoint(
        str(each.readlink()) for each in Path(f"/proc/{process_id}/fd").iterdir() if each.is_symlink()
    )


class Held:
    """An answer that does not come, and who waits for it."""

    def __init__(self) -> None:
        self.port = 0
        self._begun = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport
        self.port = request.transport.get_extra_info("peername")[1]
        self._begun.set()
        await asyncio.sleep(60)
        return web.Response()

    async def begun(self) -> None:
        await asyncio.wait_for(self._begun.wait(), 5)


async def test_each_event_arrives_once_and_after_a_kill_at_least_once_and_in_order(
    sqlite: SQLiteDatabases, tmp_path: Path
) -> None:
    (tmp_path / "gateway.db").write_bytes(sqlite.template.read_bytes())
    servers = [Server(tmp_path, GATEWAY_WEBHOOK_HOSTS="127.0.0.1") for _ in range(2)]
    try:
        for server in servers:
            await asyncio.to_thread(server.wait_until_ready)
        async with receiving() as receiver:
            await _deliver_and_kill(servers, receiver, Database(sqlite_url(tmp_path / "gateway.db")))
    finally:
        for server in servers:
            server.kill()


async def _deliver_and_kill(servers: Sequence[Server], receiver: Receiver, database: Database) -> None:
    secret = (await ask(servers[0], CREATE_WEBHOOK, url=receiver.url, client=CLIENT))["secret"]
    before = [f"before {number}" for number in range(10)]
    await create_devices(servers, before)
    assert names(await receiver.has(10), secret) == before
    await asyncio.sleep(0.7)  # Until it is known to have been received.
    held, accept = Held(), receiver.answer
    receiver.answer = held.answer
    after = [f"after {number}" for number in range(5)]
    await create_devices(servers, after)
    await held.begun()
    [busy] = [server for server in servers if has_connection(server._process.pid, held.port)]
    busy.kill()
    receiver.answer = accept
    await asyncio.sleep(0.2)
    assert len(receiver.received) == 11  # The other one leaves the lease alone,
    await set_rows(database, leased_until=now())  # and has it once the time is over.
    assert names(await receiver.has(16), secret) == [*before, after[0], *after]
    await database.close()
