"""Answers that go out in one write.

Of an answer, uvicorn looks at each header by itself, and writes the head before the body. This takes longer than what
the gateway does for a small query.
"""

from collections.abc import Awaitable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE

# In the values of headers.
_REFUSED = b"".join(HEADER_VALUE_RE.findall(bytes(range(256))))


def with_whole_answers(app: ASGIApp, cycle: Any, scope: Scope, receive: Receive, _: Send) -> Awaitable[None]:
    """Calls an application whose answer goes out in one write where its body comes whole."""
    start: Message | None = None

    async def send(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None:
            held, start = start, None
            if answer := _whole_answer(cycle, held, message):
                cycle.response_started = cycle.response_complete = True
                cycle.waiting_for_100_continue = False
                cycle.transport.write(answer)
                cycle.message_event.set()
                cycle.on_response()
                return
            await cycle.send(held)
        cycle.flow.last_write = len(message.get("body", b""))
        await cycle.send(message)
        cycle.flow.sent += 1

    return app(scope, receive, send)


def _whole_answer(cycle: Any, start: Message, message: Message) -> bytes | None:
    """Return the bytes of an answer that is whole, on a connection that stays; None leaves others to uvicorn."""
    if (
        message.get("more_body")
        or not cycle.keep_alive
        or cycle.disconnected
        or cycle.response_started
        or cycle.flow.write_paused
        or cycle.access_log
        or cycle.scope["method"] == "HEAD"
    ):
        return None
    body: bytes = message.get("body", b"")
    cycle.flow.last_write = length = len(body)
    headers = [*cycle.default_headers, *start.get("headers", ())]
    named = dict(headers)
    if named.get(b"content-length") != b"%d" % length or b"connection" in named or b"transfer-encoding" in named:
        return None
    lines = b"\r\n".join([b": ".join(header) for header in headers])
    between_lines = 2 * (len(headers) - 1)
    if len(lines.translate(None, _REFUSED)) != len(lines) - between_lines:
        return None
    return b"".join((STATUS_LINE[start["status"]], lines, b"\r\n\r\n", body))
