"""Small applications on uvicorn, in this process, with short limits to their connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from gateway.web.connections import ConnectionLimits, ConnectionWatch
from gateway.web.http_protocol import HttpProtocol


def limited(**limits: Any) -> Any:
    """Return the gateway's protocol with these limits, and otherwise with those that nobody reaches."""
    return partial(HttpProtocol, ConnectionWatch(ConnectionLimits(**limits)))


@asynccontextmanager
async def serving(app: ASGIApp, protocol: Any, **options: Any) -> AsyncIterator[int]:
    """Serve an application; yield the port."""
    config = uvicorn.Config(
        app,
        port=0,
        http=protocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        **options,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn sets no event
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


def request(path: str, *headers: str, method: str = "GET", body: str = "") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", body]).encode()
