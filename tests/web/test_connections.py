"""What a client may keep waiting, and for how long."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from tests.waiting import until
from tests.web.serving import limited, request, serving

pytestmark = pytest.mark.anyio

SECONDS = 0.2
SOON = 4.0
"""More seconds than a limit takes on a busy machine, and fewer than the limits that are not set."""
LARGE = 8_000_000
HUGE = 40_000_000
UNREAD = 10
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Return the event loop that `gateway serve` runs on."""
    return "asyncio", {"use_uvloop": True}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the method, the path and the body; with a large answer, or late, where the path says so."""
    body, more = b"", True
    while more and scope["path"] != "/unheard":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    if scope["path"] == "/late":
        await asyncio.sleep(2 * SECONDS)
    answer = f"{scope['method']} {scope['path']} ".encode() + body
    if scope["path"] in {"/large", "/huge"}:
        answer = b"x" * (LARGE if scope["path"] == "/large" else HUGE)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def error_of(answer: bytes) -> tuple[int, str]:
    """Return the status and the message of an answer in GraphQL's form that closes its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head
    [error] = orjson.loads(body)["errors"]
    return int(head.split()[1]), error["message"]


async def end_of(stream: Stream) -> tuple[bytes, float]:
    """Return what comes before the end of the connection, and after how many seconds it has ended."""
    start = time.monotonic()
    async with asyncio.timeout(10):
        return await stream[0].read(), time.monotonic() - start


@pytest.mark.parametrize("before", ["nothing", "an answer"])
async def test_a_head_that_does_not_come_whole_is_answered_and_the_connection_closed(before: str) -> None:
    async with serving(app, limited(head_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        if before == "an answer":
            writer.write(request("/"))
            await reader.readuntil(b"GET / ")
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        answer, seconds = await end_of((reader, writer))
    assert error_of(answer) == (408, f"The head did not come within {SECONDS} seconds.")
    assert SECONDS * 0.9 < seconds < SOON


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for_longer() -> None:
    async with serving(app, limited(head_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        ended = asyncio.create_task(end_of((reader, writer)))
        while not ended.done():
            writer.write(b"x")
            await asyncio.sleep(SECONDS / 10)
        answer, seconds = await ended
    assert error_of(answer)[0] == 408
    assert seconds < SOON


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"], ids=["nothing", "empty lines"])
async def test_a_connection_without_a_request_is_closed(sent: bytes) -> None:
    async with serving(app, limited(head_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        writer.write(sent)
        assert (await end_of((reader, writer)))[0] == b""


async def test_a_body_that_does_not_come_whole_is_answered_and_the_connection_closed() -> None:
    async with serving(app, limited(body_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        writer.write(request("/", "Content-Length: 10", method="POST", body="abc"))
        answer, seconds = await end_of((reader, writer))
    assert error_of(answer) == (408, f"The body did not come within {SECONDS} seconds.")
    assert SECONDS * 0.9 < seconds < SOON


async def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for() -> None:
    async with serving(app, limited(body_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        writer.write(request("/unheard", "Content-Length: 10", method="POST", body="abc"))
        await reader.readuntil(b"POST /unheard ")
        assert (await end_of((reader, writer)))[0] == b""


async def test_a_body_that_comes_late_but_whole_leaves_the_connection_open() -> None:
    async with serving(app, limited(body_seconds=SECONDS)) as port, connected(port) as (reader, writer):
        writer.write(request("/unheard", "Content-Length: 3", method="POST"))
        await reader.readuntil(b"POST /unheard ")
        writer.write(b"abc")
        await asyncio.sleep(SECONDS * 2)
        writer.write(request("/last", "Connection: close"))
        assert body_of((await end_of((reader, writer)))[0]) == b"GET /last "


async def test_a_request_that_takes_the_gateway_long_is_not_the_clients_fault() -> None:
    limits = limited(head_seconds=SECONDS, body_seconds=SECONDS, keep_alive_seconds=SECONDS)
    async with serving(app, limits) as port, connected(port) as (reader, writer):
        writer.write(request("/late") + request("/last", "Connection: close") + b"GET / HT")
        answers = (await end_of((reader, writer)))[0].split(b"HTTP/1.1 ")[1:]
    assert [body_of(answer) for answer in answers] == [b"GET /late ", b"GET /last "]


def memory() -> int:
    """Return how many bytes of this process are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def do_not_read(stack: AsyncExitStack, port: int, path: str) -> list[Stream]:
    """Return connections on which an answer has been asked for, and will not be read."""
    streams = []
    for _ in range(UNREAD):
        reader, writer = await stack.enter_async_context(connected(port))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(request(path, "Connection: close"))
        streams.append((reader, writer))
    return streams


async def test_answers_that_are_not_read_in_time_are_given_up_and_their_memory_is_free_again() -> None:
    async with serving(app, limited(unread_seconds=1.0)) as port, AsyncExitStack() as stack:
        before = memory()
        await do_not_read(stack, port, "/huge")
        most = 0

        async def are_given_up() -> bool:
            nonlocal most
            most = max(most, memory() - before)
            return most > UNREAD * HUGE / 2 and memory() < before * 1.2

        await until(are_given_up, 5)


async def test_of_answers_that_are_not_read_those_are_kept_for_which_there_is_memory() -> None:
    async with serving(app, limited(unread_bytes=3 * LARGE, head_seconds=1)) as port, AsyncExitStack() as stack:
        streams = await do_not_read(stack, port, "/large")
        await asyncio.sleep(1)
        for _, writer in streams:
            writer.transport.resume_reading()  # type: ignore[attr-defined]
        sizes = [len(body_of((await end_of(stream))[0])) for stream in streams]
    assert sizes.count(LARGE) == 3


async def test_a_large_answer_that_is_read_slowly_but_in_time_comes_whole() -> None:
    async with serving(app, limited(unread_seconds=SOON)) as port, connected(port) as (reader, writer):
        writer.write(request("/large", "Connection: close"))
        await asyncio.sleep(SECONDS)
        answer, _ = await end_of((reader, writer))
    assert len(body_of(answer)) == LARGE


HEADS = {
    "a header": b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000,
    "many headers": b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 30_000,
    "an address": b"GET /" + b"a" * 200_000,
    "trailers": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + b"x: y\r\n" * 30_000,
    "an extension of a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=" + b"a" * 200_000,
}


@pytest.mark.parametrize("part", HEADS)
async def test_a_head_that_is_too_large_is_refused(part: str) -> None:
    head = HEADS[part]
    async with serving(app, limited(head_bytes=16_384)) as port:
        for piece in (1_000, 1_000_000):
            async with connected(port) as (reader, writer):
                for start in range(0, len(head), piece):
                    writer.write(head[start : start + piece])
                    await asyncio.sleep(0)
                answer, _ = await end_of((reader, writer))
            status = 414 if part == "an address" else 431
            assert error_of(answer) == (status, "The head is larger than 16384 bytes.")


async def test_a_head_below_the_limit_and_a_body_above_it_are_read() -> None:
    body = "x" * 500_000
    async with serving(app, limited(head_bytes=16_384)) as port, connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(request("/", "x: " + "a" * 15_000, f"Content-Length: {len(body)}", method="POST", body=body))
            assert (await reader.readuntil(b"POST / ")).startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(len(body)) == body.encode()


async def test_connections_beyond_the_limit_are_refused_until_another_one_closes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def is_logged() -> bool:
        return caplog.messages == ["1 connections were one too many and have been refused"]

    async with serving(app, limited(connections=2)) as port, connected(port) as first, connected(port) as second:
        for reader, writer in (first, second):
            writer.write(request("/"))
            await reader.readuntil(b"GET / ")
        async with connected(port) as third:
            third[1].write(request("/"))
            answer, _ = await end_of(third)
        assert error_of(answer) == (503, "The gateway has too many connections; try again later.")
        assert b"\r\nretry-after: 1\r\n" in answer
        first[1].close()
        await asyncio.sleep(0.05)
        async with connected(port) as (reader, writer):
            writer.write(request("/again", "Connection: close"))
            assert body_of(await reader.read()) == b"GET /again "
        await until(is_logged)


@pytest.mark.parametrize("requests", [request("/late") + request("/") * 50, request("/late") + request("/large") * 3])
async def test_a_client_that_sends_several_requests_and_leaves_is_no_error(
    requests: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(app, limited()) as port:
        for _ in range(5):
            async with connected(port) as (_, writer):
                writer.write(requests)
                await writer.drain()
                await asyncio.sleep(0.02)
        await asyncio.sleep(SECONDS * 3)
    assert caplog.records == []


async def test_a_client_that_sends_hundreds_of_requests_without_waiting_is_cut_off() -> None:
    async with serving(app, limited()) as port, connected(port) as (reader, writer):
        writer.write(request("/late") + request("/") * 1_000)
        assert (await end_of((reader, writer)))[0] == b""


UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
async def test_an_offer_of_another_protocol_is_passed_over_and_the_body_is_read(protocol: str) -> None:
    first = request("/", *UPGRADE, f"Upgrade: {protocol}", "Content-Length: 5", method="POST", body="abcde")
    sent = first + request("/last", "Connection: close")
    async with serving(app, limited(), ws="none") as port:
        for size in (len(sent), len(first) - 5, len(first) - 2, 40):
            async with connected(port) as (reader, writer):
                for start in range(0, len(sent), size):
                    writer.write(sent[start : start + size])
                    await asyncio.sleep(0.01)
                answers = (await end_of((reader, writer)))[0].split(b"HTTP/1.1 ")[1:]
            assert [body_of(answer) for answer in answers] == [b"POST / abcde", b"GET /last "]


async def test_an_offer_of_another_protocol_without_a_body_is_passed_over() -> None:
    sent = request("/", *UPGRADE, "Upgrade: h2c") * 50 + request("/last", "Connection: close")
    async with serving(app, limited(), ws="none") as port, connected(port) as (reader, writer):
        writer.write(sent)
        answers = (await end_of((reader, writer)))[0].split(b"HTTP/1.1 ")[1:]
    assert [body_of(answer) for answer in answers] == [b"GET / "] * 50 + [b"GET /last "]


async def test_a_tunnel_is_not_dug() -> None:
    async with serving(app, limited()) as port, connected(port) as (reader, writer):
        writer.write(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("/"))
        answer, _ = await end_of((reader, writer))
    assert answer.count(b"HTTP/1.1 ") == 1
