"""HTTP as uvicorn speaks it, but with one write for an answer.

uvicorn writes an answer's head by itself, before its body. The second call of the system, and the reader who wakes for
the head alone, take as long as all that the gateway does for a small query.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.transport = _JoinedWrites(transport, self.loop)  # type: ignore[assignment]  # it does what is asked of one


class _JoinedWrites:
    """A transport that writes at once what is written to it in the same turn of the event loop."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._waiting and not self._transport.is_closing():
            self._transport.writelines(self._waiting)
        self._waiting = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
