"""GraphQL over server-sent events, in distinct connections mode (PROTOCOL.md of the npm package graphql-sse).

A stream that ends without the event `complete` is one that its client resumes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import orjson
from starlette.types import Send

from gateway.domain.errors import RequestError
from gateway.graphql.errors import INTERNAL, internal_error, request_error
from gateway.graphql.response_streams import ResponseStream
from gateway.web.drain import Drain, end_now
from gateway.web.graphql_request import HttpRequest
from gateway.web.media_types import EVENT_STREAM

SECONDS_BETWEEN_HEARTBEATS = 12.0
HEARTBEAT = b":\n\n"
"""A comment, which clients pass over."""
COMPLETE = b"event: complete\ndata:\n\n"
Headers = list[tuple[bytes, bytes]]
_HEADERS = [
    (b"content-type", EVENT_STREAM + b"; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    # nginx would collect events before it passes them on.
    (b"x-accel-buffering", b"no"),
]
_REPLACED = {b"content-length", *dict(_HEADERS)}


@dataclass(frozen=True)
class EventStream:
    """The answer to a subscription over HTTP."""

    http: HttpRequest
    responses: ResponseStream
    send: Send

    async def send_all(self, headers: Headers, seconds: float, drain: Drain) -> int:
        """Send the responses, and return the status for logs.

        They end by themselves, after so many seconds, once the client is gone, or with the process.
        """
        await self.send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        # A server may hold the head until there is something of a body.
        await self._send(HEARTBEAT)
        last = b""
        try:
            async with asyncio.timeout(seconds) as time, self._watching(time):
                with drain.ending(partial(end_now, time)):
                    last = await self._send_responses()
        except TimeoutError:
            pass  # Without `complete`, so that the client comes back.
        await self._send(last, more_body=False)
        return 200 if self.http.errors is None or self.http.errors[0]["extensions"]["code"] != INTERNAL else 500

    async def _send_responses(self) -> bytes:
        """Send the responses until they end, and return what comes after the last one."""
        try:
            async for body, cursor in self.responses:
                await self._send(_event(body, cursor))
                # Others have their turn, also where neither source nor client has to be waited for.
                await asyncio.sleep(0)
        except RequestError as error:
            self.http.errors = [request_error(error)]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is logged, and masked
            self.http.errors = [internal_error(error, self.http.id)]
        else:
            return COMPLETE
        return _event(orjson.dumps({"errors": self.http.errors})) + COMPLETE

    @asynccontextmanager
    async def _watching(self, time: asyncio.Timeout) -> AsyncIterator[None]:
        watcher = asyncio.create_task(self._watch(time))
        try:
            yield
        finally:
            watcher.cancel()

    async def _watch(self, time: asyncio.Timeout) -> None:
        """Let the time be over once the client is gone; until then, send it heartbeats."""
        while True:
            try:
                async with asyncio.timeout(SECONDS_BETWEEN_HEARTBEATS):
                    await self.http.gone()
            except TimeoutError:
                await self._send(HEARTBEAT)
            else:
                end_now(time)
                return

    async def _send(self, body: bytes, *, more_body: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more_body})


def as_event_stream(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """Return an answer as the only one of an event stream."""
    kept = [header for header in headers if header[0] not in _REPLACED]
    events = _event(body) + COMPLETE
    return status, [*_HEADERS, (b"content-length", b"%d" % len(events)), *kept], events


def _event(body: bytes, cursor: str | None = None) -> bytes:
    id_ = b"" if cursor is None else b"id: %s\n" % cursor.encode()
    return b"event: next\n%sdata: %s\n\n" % (id_, body)
