"""WebSockets among the connections of a process: how they begin, what they may hold up, and bytes that are none."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from tests.web.serving import request
from tests.web.streams import RunningGateway, bearer, running_gateway

pytestmark = pytest.mark.anyio

KEY = base64.b64encode(bytes(16)).decode()
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
SUBPROTOCOL = "Sec-WebSocket-Protocol: graphql-transport-ws"
HEAD = request("/graphql", *UPGRADE, SUBPROTOCOL)
FLOOD = "subscription { flood }"
CONTINUED, TEXT, CLOSE, PING = 0x0, 0x1, 0x8, 0x9


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Return the event loop that `gateway serve` runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module", params=[False, True], ids=["gateway's HTTP", "uvicorn's HTTP"])
async def gateway(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway"), uvicorns_http=request.param) as gateway:
        yield gateway


def frame(opcode: int, payload: bytes, *, is_last: bool = True) -> bytes:
    """Return a frame as a client sends it, masked with zeros."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([(0x80 if is_last else 0) | opcode]) + length + bytes(4) + payload


async def answer_to(gateway: RunningGateway, head: bytes, frames: bytes = b"") -> bytes:
    """Return what comes of a head, or of frames once that is answered, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        writer.write(head)
        async with asyncio.timeout(5):
            if frames:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
                writer.write(frames)
            return await reader.read()
    finally:
        writer.transport.abort()


async def test_it_begins_with_the_head_in_any_pieces(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    for start in range(0, len(HEAD), 50):
        writer.write(HEAD[start : start + 50])
        await asyncio.sleep(0.005)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n" in head
    writer.transport.abort()


async def test_it_begins_after_an_answer_on_the_same_connection(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request("/graphql"))
    assert (await reader.readuntil(b"UNAUTHENTICATED")).startswith(b"HTTP/1.1 401 ")
    await reader.readuntil(b"}}]}")
    writer.write(HEAD)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    writer.transport.abort()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request("/graphql", *UPGRADE[:3]), 400),
        (request("/graphql", *UPGRADE[:2], "Sec-WebSocket-Version: 12", UPGRADE[3]), 400),
        (request("/graphql", *UPGRADE, f"Authorization: Bearer {'x' * 12_000}"), 431),
        (request("/graphql", *UPGRADE, *(f"X-{number}: 1" for number in range(200))), 431),
    ],
    ids=["no key", "another version", "a long header", "many headers"],
)
async def test_a_head_that_is_none_of_a_websocket_is_a_bad_request(
    gateway: RunningGateway, head: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await answer_to(gateway, head)).startswith(b"HTTP/1.1 %d " % status)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(TEXT, b"\xff"), 1007),
        (frame(CONTINUED, b""), 1002),
        (frame(TEXT, b"", is_last=False) + frame(CONTINUED, b"", is_last=False) * 2_000, 1009),
        (b"\x81\xff" + (2_000_000).to_bytes(8, "big") + bytes(4), 1009),
    ],
    ids=["no UTF-8", "a continuation of nothing", "without end", "too large"],
)
async def test_frames_that_break_the_protocol_close_the_connection(
    gateway: RunningGateway, frames: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await answer_to(gateway, HEAD, frames)
    assert answer[0] == 0x80 | CLOSE
    assert int.from_bytes(answer[2:4], "big") == code
    assert caplog.records == []


async def test_frames_that_come_before_the_answer_do_no_harm(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    for pause in (0.0, 0.001):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(HEAD)
        await asyncio.sleep(pause)
        writer.write(frame(TEXT, b"\xff") + b"\xff" * 20_000)
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read()
        writer.transport.abort()
    assert caplog.records == []


async def test_a_message_may_come_in_several_frames(gateway: RunningGateway) -> None:
    async with gateway.socket() as socket:
        await socket.connection.send(['{"type":', '"ping"}'])
        assert await socket.next() == {"type": "pong"}


@pytest.mark.parametrize("sent", [frame(PING, b""), frame(TEXT, b'{"type":"pong"}')], ids=["frames", "messages"])
async def test_a_client_that_sends_much_that_is_small_holds_up_nobody(gateway: RunningGateway, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=2_000_000)
    writer.write(HEAD)
    await reader.readuntil(b"\r\n\r\n")
    last = frame(TEXT, b'{"type":"ping"}')
    writer.write(sent * (500_000 // len(sent)) + last)
    answer = asyncio.create_task(reader.readuntil(b'{"type":"pong"}'))
    longest = 0.0
    while not answer.done():
        start = time.thread_time()  # Others of this machine may take its time.
        await asyncio.sleep(0.001)
        longest = max(longest, time.thread_time() - start)
    writer.transport.abort()
    assert longest < 0.2


async def test_addresses_and_what_comes_are_not_logged(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        async with gateway.socket(path="/graphql?query=secret") as socket:
            await socket.send({"type": "connection_init", "payload": bearer()})
            await socket.next()
    assert [record.getMessage() for record in caplog.records if record.name.startswith(("uvicorn", "gateway"))] == []


async def test_a_websocket_is_one_of_the_connections_that_there_may_be(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, connections=1) as gateway:
        async with gateway.ready_socket():
            refused = await answer_to(gateway, HEAD)
            assert refused.startswith(b"HTTP/1.1 503 ")
        await until(gateway.has_no_connection)
        async with gateway.ready_socket():
            pass


async def test_where_uvicorn_speaks_http_websockets_are_bounded_by_themselves(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, uvicorns_http=True, connections=1) as gateway:
        async with gateway.ready_socket():
            assert (await answer_to(gateway, HEAD)).startswith(b"HTTP/1.1 503 ")
        await until(gateway.has_no_connection)
        async with gateway.ready_socket():
            pass


# Less than is written before a source has to wait.
@pytest.mark.parametrize("limit", [{"unread_seconds": 0.3}, {"unread_bytes": 50_000}], ids=["time", "bytes"])
async def test_a_client_that_does_not_read_is_cut_off_and_its_subscription_ended(
    tmp_path: Path, limit: dict[str, Any]
) -> None:
    async with running_gateway(tmp_path, **limit) as gateway, gateway.ready_socket() as socket:
        socket.connection.transport.pause_reading()
        await socket.subscribe(FLOOD)
        await until(gateway.streams.are_all_closed, seconds=5)
        await until(gateway.has_no_connection)
        socket.connection.transport.abort()


async def test_a_client_that_reads_slowly_is_not_cut_off(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, unread_seconds=1) as gateway, gateway.ready_socket(buffer=4_096) as socket:
        await socket.subscribe(FLOOD)
        for _ in range(40):
            await socket.next()
            await asyncio.sleep(0.05)
        assert await gateway.streams.go_on_somewhere()
        socket.connection.transport.abort()


async def test_what_a_client_does_not_read_is_not_made(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, gateway.ready_socket() as socket:
        socket.connection.transport.pause_reading()
        await socket.subscribe(FLOOD)
        await asyncio.sleep(0.3)
        made = gateway.streams.made
        await asyncio.sleep(0.2)
        assert gateway.streams.made == made
        socket.connection.transport.abort()
