"""HTTP as uvicorn speaks it, with less to do for each request of a connection that stays.

Of an answer, uvicorn looks at each header by itself, and writes the head before the body; and it starts a timer after
each, to stop it at the next request. All this takes longer than what the gateway does for a small query.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

# In the values of headers.
_REFUSED = b"".join(HEADER_VALUE_RE.findall(bytes(range(256))))


class HttpProtocol(HttpToolsProtocol):
    _idle_since: float | None = None
    """None while there is something to do."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, partial(_with_whole_answers, app, cycle))

    # One timer for a connection: when it is due, it finds out how long there was nothing to do.

    def on_response_complete(self) -> None:
        is_idle = not self.pipeline
        if self.timeout_keep_alive_task is None or not is_idle:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            if not self.transport.is_closing():
                self.flow.resume_reading()
        self._idle_since = self.loop.time() if is_idle else None

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # The next answer starts it again.
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()


def _with_whole_answers(app: ASGIApp, cycle: Any, scope: Scope, receive: Receive, _: Send) -> Awaitable[None]:
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
        await cycle.send(message)

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
    headers = [*cycle.default_headers, *start.get("headers", ())]
    if (b"content-length", b"%d" % len(body)) not in headers:
        return None
    names, values = zip(*headers, strict=True)
    if b"connection" in names or b"transfer-encoding" in names:
        return None
    joined = b"".join(values)
    if joined != joined.translate(None, _REFUSED):
        return None
    lines = b"\r\n".join([b": ".join(header) for header in headers])
    return b"".join((STATUS_LINE[start["status"]], lines, b"\r\n\r\n", body))
