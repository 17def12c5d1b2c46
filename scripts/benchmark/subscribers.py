"""How soon subscribers are told of changes, of which each sees one in a hundred, and what memory each of them takes."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from .memory import resident_mb
from .servers import Server, ServerFailed

CLIENTS = 100
CHANGES_A_SECOND = 200
WRITERS = 4
SECONDS_TO_SETTLE = 2.0
AT_ONCE = 50
"""So many subscribers connect at the same time."""

_QUERIES = Path(__file__).parent / "queries"
_PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, kw_only=True)
class FanOut:
    delivered: int
    expected: int
    p50_ms: float
    """From the moment at which a change was sent to that at which a subscriber has its event."""
    p99_ms: float
    change_p50_ms: float
    """From the moment at which a change was sent to that of its answer, which comes after the commit."""
    changes_a_second: float
    kilobytes: float
    """The memory that each subscriber takes."""


@dataclass
class _Run:
    server: Server
    clients: Sequence[str]
    sent: dict[str, float] = field(default_factory=dict)
    """When each change was sent, by the name of its device."""
    seconds: list[float] = field(default_factory=list)
    """How long each delivery took."""
    changes: list[float] = field(default_factory=list)


def fan_out(server: Server, subscribers: int, seconds: int) -> FanOut:
    """Raise ServerFailed where an event is missing."""
    return uvloop.run(_fan_out(server, subscribers, seconds))


async def _fan_out(server: Server, subscribers: int, seconds: int) -> FanOut:
    clients = [f"00000000-0000-4000-8000-{index:012}" for index in range(CLIENTS)]
    run = _Run(server, clients)
    before = resident_mb(server.process_id)
    connections: list[ClientConnection] = []
    for start in range(0, subscribers, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, subscribers))
        connections += await asyncio.gather(*(_subscribed(server, clients[each % CLIENTS]) for each in numbers))
    await asyncio.sleep(SECONDS_TO_SETTLE)
    kilobytes = (resident_mb(server.process_id) - before) * 1024 / subscribers
    receiving = [asyncio.create_task(_receive(run, each)) for each in connections]
    began = time.perf_counter()
    await _change(run, seconds)
    took = time.perf_counter() - began
    await asyncio.sleep(SECONDS_TO_SETTLE)
    for task in receiving:
        task.cancel()
    await asyncio.gather(*receiving, return_exceptions=True)
    await asyncio.gather(*(each.close() for each in connections))
    expected = len(run.changes) * subscribers // CLIENTS
    if len(run.seconds) != expected:
        raise ServerFailed(f"{server.name} delivered {len(run.seconds)} events; expected {expected}.")
    cuts = quantiles(run.seconds, n=100)
    return FanOut(
        delivered=len(run.seconds),
        expected=expected,
        p50_ms=round(cuts[49] * 1_000, 2),
        p99_ms=round(cuts[98] * 1_000, 2),
        change_p50_ms=round(quantiles(run.changes, n=2)[0] * 1_000, 2),
        changes_a_second=round(len(run.changes) / took, 1),
        kilobytes=round(kilobytes, 1),
    )


async def _subscribed(server: Server, client: str) -> ClientConnection:
    connection = await connect(
        server.url.replace("http", "ws", 1), subprotocols=[_PROTOCOL], compression=None, ping_interval=None
    )
    await connection.send(_message("connection_init", payload={"Authorization": f"Bearer {server.token}"}))
    if json.loads(await connection.recv())["type"] != "connection_ack":
        raise ServerFailed(f"{server.name} does not take a subscriber.")
    query = (_QUERIES / "device_events.graphql").read_text()
    payload = {"query": query, "variables": {"clients": [client]}}
    await connection.send(_message("subscribe", id="1", payload=payload))
    return connection


def _message(type_: str, **values: Any) -> str:
    return json.dumps({"type": type_, **values})


async def _receive(run: _Run, connection: ClientConnection) -> None:
    async for text in connection:
        now = time.perf_counter()
        message = json.loads(text)
        if message["type"] == "next":
            changes = message["payload"]["data"]["deviceEvents"]["node"]["changes"]
            [name] = [each["after"] for each in changes if each["field"] == "name"]
            run.seconds.append(now - run.sent[name])
        elif message["type"] == "ping":
            await connection.send(_message("pong"))


async def _change(run: _Run, seconds: int) -> None:
    """Create devices at an even pace, for one client after the other."""
    numbers = iter(range(CHANGES_A_SECOND * seconds))
    owners = cycle(run.clients)
    began = time.perf_counter()
    query = (_QUERIES / "create_device.graphql").read_text()
    async with httpx.AsyncClient(headers=run.server.headers, timeout=30) as http:

        async def write() -> None:
            for number in numbers:
                await asyncio.sleep(began + number / CHANGES_A_SECOND - time.perf_counter())
                name = f"Fan-out {number}"
                client = next(owners)
                owner = {"clientId": client, "projectId": client, "deviceSpecificationId": client}
                input_ = {**owner, "name": name, "status": "ACTIVE", "networkAdapters": []}
                body = {"query": query, "variables": {"input": input_}}
                sent = run.sent[name] = time.perf_counter()
                answer = (await http.post(run.server.url, json=body)).raise_for_status().json()
                if answer.get("errors") or answer["data"]["createDevice"]["userErrors"]:
                    raise ServerFailed(f"{run.server.name} made no device: {answer}")
                run.changes.append(time.perf_counter() - sent)

        await asyncio.gather(*(write() for _ in range(WRITERS)))
