"""A receiver of webhooks on loopback, which keeps what it gets and answers as a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from tests.waiting import until

Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes

    def verified(self, secret: str) -> Any:
        """Return the content, which has to be signed with a secret."""
        return Webhook(secret).verify(self.body, self.headers)


async def accept(_: web.Request) -> web.Response:
    return web.Response(status=204)


def answering(status: int, **headers: str) -> Answer:
    """Return what answers every request with a status, and a body that nobody should repeat."""

    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, headers=named, text="receiver's secret")

    return answer


@dataclass
class Receiver:
    port: int
    answer: Answer = accept
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(headers, await request.read()))
        return await self.answer(request)

    async def has(self, count: int, seconds: float = 5) -> list[Received]:
        """Return what it has received once that are so many."""

        async def there() -> bool:
            return len(self.received) >= count

        await until(there, seconds)
        return self.received


@asynccontextmanager
async def receiving(answer: Answer = accept) -> AsyncIterator[Receiver]:
    receiver = Receiver(0, answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
