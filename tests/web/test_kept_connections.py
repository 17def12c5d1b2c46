"""What uvicorn does on a connection, the gateway's protocol does as well, whatever the application sends."""

import asyncio
import time
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.web.serving import limited, request, serving

pytestmark = pytest.mark.anyio

BODY = b"0123456789"
LENGTH = (b"content-length", b"10")
KEPT_SECONDS = 1
OURS = limited(keep_alive_seconds=KEPT_SECONDS)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the path says."""
    if scope["path"] == "/reads":
        assert (await receive())["body"] == b"abc"
    headers = {
        "/value": [LENGTH, (b"x-value", b"a\r\nx-other: b")],
        "/close": [LENGTH, (b"connection", b"close")],
        "/chunked": [],
        "/short": [(b"content-length", b"11")],
    }.get(scope["path"], [LENGTH])
    if scope["path"] == "/nothing":
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/fails":
        raise RuntimeError("planned")
    if scope["path"] == "/parts":
        await send({"type": "http.response.body", "body": BODY[:5], "more_body": True})
        await send({"type": "http.response.body", "body": BODY[5:]})
    else:
        await send({"type": "http.response.body", "body": BODY})


async def answers(protocol: Any, *requests: bytes) -> bytes:
    """Return all that comes back, without what tells the time."""
    async with serving(app, protocol) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each in requests:
            writer.write(each)
        content = await reader.read()
        writer.close()
        await writer.wait_closed()
    return b"\r\n".join(line for line in content.split(b"\r\n") if not line.startswith(b"date:"))


PATHS = ["/", "/parts", "/chunked", "/close", "/value", "/short", "/nothing"]


@pytest.mark.parametrize(
    "requests",
    [
        *([request(path), request("/last", "Connection: close")] for path in PATHS),
        [request("/", method="HEAD"), request("/last", "Connection: close")],
        [request("/", "Connection: close")],
        [b"GET / HTTP/1.0\r\n\r\n"],
        [request("/reads", "Content-Length: 3", "Expect: 100-continue", method="POST", body="abc"), request("/close")],
        [b"nonsense\r\n\r\n"],
        [request("/") * 5],
        [request("/parts") + request("/") + request("/chunked") + request("/close")],
    ],
    ids=lambda requests: requests[0][:30].decode(),
)
async def test_a_client_sees_what_uvicorn_would_send(requests: list[bytes]) -> None:
    seen = await answers(OURS, *requests)
    expected = await answers(HttpToolsProtocol, *requests)
    assert seen == expected


async def test_where_the_application_fails_before_the_body_the_head_says_so() -> None:
    failed, last = request("/fails"), request("/last", "Connection: close")
    assert (await answers(OURS, failed, last)).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert (await answers(HttpToolsProtocol, failed, last)).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_connection_is_closed_when_it_was_idle_for_long_and_not_before() -> None:
    async with serving(app, OURS) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(request("/"))
            assert (await reader.read(10_000)).endswith(BODY)
            last = time.monotonic()
            await asyncio.sleep(KEPT_SECONDS * 0.7)
        assert await reader.read() == b""
        assert KEPT_SECONDS * 0.9 < time.monotonic() - last < KEPT_SECONDS * 1.6
        writer.close()
        await writer.wait_closed()
