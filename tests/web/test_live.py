"""What happens to devices, as a server that is stopped, killed and started again tells it to its subscribers."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.server import Server, running_server

pytestmark = pytest.mark.anyio

DRAIN_SECONDS = 1.2
SUBSCRIPTION = """
subscription Changes($after: String) { deviceEvents(after: $after) { cursor node { type device { name } } } }
"""
CREATE = """
mutation {
  createDevice(input: {
    name: "%s"
    clientId: "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0"
    projectId: "82283d15-a9ec-4806-b05f-ca161622bd79"
    deviceSpecificationId: "9c359e94-ace1-448c-8ac9-443a7d3d963f"
  }) { userErrors { message } }
}
"""


@asynccontextmanager
async def websocket(server: Server) -> AsyncIterator[ClientConnection]:
    address = f"ws://127.0.0.1:{server.port}/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as connection:
        yield connection


async def send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(orjson.dumps(message).decode())


async def receive(connection: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return orjson.loads(await connection.recv())


@asynccontextmanager
async def subscribed(server: Server, after: str | None = None) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket with a subscription to all events."""
    async with websocket(server) as connection:
        await send(connection, type="connection_init", payload={"Authorization": f"Bearer {server.token()}"})
        assert await receive(connection) == {"type": "connection_ack"}
        payload = {"query": SUBSCRIPTION, "variables": {"after": after}}
        await send(connection, type="subscribe", id="1", payload=payload)
        yield connection


async def told(connection: ClientConnection) -> tuple[str, str]:
    """Return the name of the device of the next event, and its cursor."""
    message = await receive(connection)
    edge = message["payload"]["data"]["deviceEvents"]
    return edge["node"]["device"]["name"], edge["cursor"]


@asynccontextmanager
async def event_stream(server: Server, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
    """Open an event stream of all events; yield its lines."""
    headers = {"Authorization": f"Bearer {server.token()}", "Accept": "text/event-stream", **headers}
    async with (
        httpx.AsyncClient(timeout=5) as http,
        http.stream("POST", f"{server.url}/graphql", json={"query": SUBSCRIPTION}, headers=headers) as response,
    ):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        lines = response.aiter_lines()
        assert [await anext(lines), await anext(lines)] == [":", ""]
        yield lines


async def event_of(lines: AsyncIterator[str]) -> tuple[str, str]:
    """Return the name of the device of the next event, and its id."""
    assert await anext(lines) == "event: next"
    id_, data = (await anext(lines)).removeprefix("id: "), (await anext(lines)).removeprefix("data: ")
    assert await anext(lines) == ""
    edge = orjson.loads(data)["data"]["deviceEvents"]
    assert edge["cursor"] == id_
    return edge["node"]["device"]["name"], id_


async def create(server: Server, name: str) -> None:
    await asyncio.to_thread(server.data, CREATE % name)


async def closing_of(connection: ClientConnection) -> int:
    async with asyncio.timeout(5):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


async def test_a_subscriber_of_a_killed_server_goes_on_with_its_cursor_at_the_next(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        async with subscribed(server) as connection, event_stream(server) as lines:
            await create(server, "first")
            name, cursor = await told(connection)
            assert (name, cursor) == await event_of(lines)
            assert name == "first"
            server.kill()
            assert await closing_of(connection) == 1006
    with running_server(tmp_path) as server:
        await create(server, "second")
        async with subscribed(server, after=cursor) as connection:
            assert (await told(connection))[0] == "second"
            async with event_stream(server, **{"Last-Event-ID": cursor}) as lines:
                assert (await event_of(lines))[0] == "second"
                await create(server, "third")
                assert (await event_of(lines))[0] == (await told(connection))[0] == "third"


@pytest.mark.parametrize("protocol", ["gateway", "uvicorn"])
async def test_a_server_that_drains_sends_subscribers_elsewhere_and_waits_for_none(
    tmp_path: Path, protocol: str
) -> None:
    with running_server(
        tmp_path,
        GATEWAY_DRAIN_SECONDS=str(DRAIN_SECONDS),
        GATEWAY_HTTP_PROTOCOL=protocol,
        GATEWAY_REQUEST_LOG="all",
    ) as server:
        async with subscribed(server) as connection, event_stream(server) as lines:
            server.signal(signal.SIGTERM)
            start = time.monotonic()
            await asyncio.sleep(0.2)
            async with websocket(server) as late:
                assert await closing_of(late) == 1012
            await create(server, "last")
            assert (await told(connection))[0] == (await event_of(lines))[0] == "last"
            assert await closing_of(connection) == 1012
            assert [line async for line in lines] == []
            assert await asyncio.to_thread(server.wait, 5) in {0, -signal.SIGTERM}
            assert time.monotonic() - start < DRAIN_SECONDS + 3
    logged = [line for line in server.output.splitlines() if "type=subscription" in line]
    assert len(logged) == 2
    assert all("operation=Changes" in line and "status=200 codes=-" in line for line in logged)
    assert [line for line in server.output.splitlines() if "ERROR" in line or "Traceback" in line] == []
    assert "Bearer" not in server.output
    assert "WebSocket" not in server.output
