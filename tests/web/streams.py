"""A gateway whose subscriptions are as a test needs them, on uvicorn in this process, and clients of its WebSockets."""

import asyncio
import socket as socket_
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import strawberry
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.scalars import JSON
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from gateway.auth.keys import HMAC, Keys, OneKey
from gateway.auth.tokens import TokenVerifier, issue_token
from gateway.db.database import Database
from gateway.domain.errors import Unavailable
from gateway.graphql.columns import executable_schema
from gateway.graphql.counters import Counters
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import SECONDS, RateLimiter
from gateway.web.connections import ConnectionLimits, ConnectionWatch
from gateway.web.drain import Drain
from gateway.web.graphql_endpoint import GraphQLEndpoint
from gateway.web.graphql_request import ReceivedRequest
from gateway.web.http_protocol import HttpProtocol
from gateway.web.request_log import RequestIds
from gateway.web.websocket import GraphQLWebSocket
from gateway.web.websocket_protocol import WebSocketProtocol
from tests.client import SUBJECT
from tests.web.serving import serving

SECRET = "a secret of thirty-two characters"  # noqa: S105  # of a test
Json = dict[str, Any]
Noted = tuple[str | None, int, list[str]]
"""The type of an operation, the status for logs, and the codes of errors."""


@dataclass
class Streams:
    """What the subscriptions of a gateway have been through."""

    begun: int = 0
    closed: int = 0
    made: int = 0
    """How many responses of a flood there have been."""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Lets what waits go on."""

    def forget(self) -> None:
        self.begun = self.closed = 0
        self.go_on.clear()

    async def go_on_somewhere(self) -> bool:
        return self.begun > self.closed

    async def are_all_closed(self) -> bool:
        return 0 < self.begun == self.closed

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        self.begun += 1
        try:
            yield
        finally:
            self.closed += 1


def schema_of(streams: Streams) -> strawberry.Schema:  # noqa: C901  # each field is simple
    """Return a schema of ordinary fields of Strawberry."""

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self, name: str = "you") -> str:
            return f"Hello, {name}"

        @strawberry.field
        async def waits(self) -> str:
            async with streams.counted():
                await streams.go_on.wait()
            return "done"

        @strawberry.field
        def large(self, size: int = 1_000) -> str:
            return "x" * size

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        def change(self) -> int:
            return 1

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def count(self, to: int = 3) -> AsyncGenerator[int]:
            async with streams.counted():
                for number in range(to):
                    yield number

        @strawberry.subscription
        async def slowly(self) -> AsyncGenerator[int]:
            async with streams.counted():
                yield 0
                await streams.go_on.wait()
                yield 1

        @strawberry.subscription
        async def flood(self, size: int = 100_000) -> AsyncGenerator[str]:
            async with streams.counted():
                while True:
                    streams.made += 1
                    yield "x" * size

        @strawberry.subscription
        async def breaks(self) -> AsyncGenerator[JSON]:
            for value in (0, object()):  # The second is no JSON.
                yield value  # type: ignore[misc]  # as is meant

        @strawberry.subscription
        async def refused(self) -> AsyncGenerator[int]:
            yield 0
            raise Unavailable("a secret")

    return strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


@dataclass(frozen=True, kw_only=True)
class RunningGateway:
    port: int
    streams: Streams
    noted: list[Noted]
    """The requests that have come to their end."""
    drain: Drain
    watch: ConnectionWatch

    async def has_no_connection(self) -> bool:
        return not self.watch._seen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @asynccontextmanager
    async def socket(
        self,
        *subprotocols: str,
        headers: Mapping[str, str] | None = None,
        path: str = "/graphql",
        buffer: int | None = None,
    ) -> AsyncIterator["Socket"]:
        """Open a WebSocket with these subprotocols, or that of GraphQL; a small buffer holds little unread."""
        socket = socket_.socket()
        if buffer:
            socket.setsockopt(socket_.SOL_SOCKET, socket_.SO_RCVBUF, buffer)
        socket.connect(("127.0.0.1", self.port))
        socket.settimeout(0)
        offered = [Subprotocol(name) for name in subprotocols or ("graphql-transport-ws",)]
        address = f"ws://127.0.0.1:{self.port}{path}"
        async with connect(
            address,
            sock=socket,
            subprotocols=offered,
            additional_headers=headers,
            compression=None,
            max_queue=None if buffer is None else 1,
        ) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def ready_socket(self, seconds: float = 60, buffer: int | None = None) -> AsyncIterator["Socket"]:
        """Open a WebSocket whose client has said who it is, with a token for so many seconds."""
        async with self.socket(buffer=buffer) as socket:
            await socket.send({"type": "connection_init", "payload": bearer(seconds)})
            assert await socket.next() == {"type": "connection_ack"}
            yield socket


@dataclass(frozen=True)
class Socket:
    connection: ClientConnection

    async def send(self, *messages: Json | str | bytes) -> None:
        for message in messages:
            await self.connection.send(orjson.dumps(message).decode() if isinstance(message, dict) else message)

    async def subscribe(self, query: str, id_: str = "1", **more: Any) -> None:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, **more}})

    async def next(self) -> Json:
        async with asyncio.timeout(5):
            message: Json = orjson.loads(await self.connection.recv())
        return message

    async def closed(self) -> tuple[int, str]:
        """Return the code and the reason with which the connection is closed, once all that comes before is read."""
        async with asyncio.timeout(10):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


def bearer(seconds: float = 3_600, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(seconds, secret)}"}


def token(seconds: float = 3_600, secret: str = SECRET) -> str:
    ttl = timedelta(seconds=seconds)
    return issue_token(secret, subject=SUBJECT, scopes=(), clients=None, ttl=ttl)


@asynccontextmanager
async def running_gateway(
    folder: Path,
    *,
    rate_limit: int | None = None,
    max_answer_bytes: int = 16_000_000,
    initialisation_seconds: float = 10.0,
    keys: Keys | None = None,
    uvicorns_http: bool = False,
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    **limits: Any,
) -> AsyncIterator[RunningGateway]:
    streams, drain = Streams(), Drain(0, 10)
    noted: list[Noted] = []

    def note(request: ReceivedRequest, status: int, _: float) -> None:
        operation = request.context.operation if request.context else None
        codes = [error["extensions"]["code"] for error in request.errors or ()]
        noted.append((operation.kind if operation else None, status, codes))

    database = Database(f"sqlite+aiosqlite:///{folder / 'gateway.db'}")
    counters = Counters(SECONDS, None)
    endpoint = GraphQLEndpoint(
        database=database,
        executor=RequestExecutor(executable_schema(schema_of(streams), rows={}, type_names={}), Limits()),
        verifier=TokenVerifier(keys=keys or OneKey(key=SECRET, algorithms=HMAC)),
        graphiql=None,
        max_body_bytes=1_000_000,
        max_answer_bytes=max_answer_bytes,
        ids=RequestIds(),
        drain=drain,
        rate_limiter=RateLimiter(rate_limit, counters) if rate_limit else None,
        notes=[note],
    )
    websocket = GraphQLWebSocket(endpoint=endpoint, initialisation_seconds=initialisation_seconds)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (websocket if scope["type"] == "websocket" else endpoint)(scope, receive, send)

    watch = ConnectionWatch(ConnectionLimits(**limits))
    http = "httptools" if uvicorns_http else partial(HttpProtocol, watch)
    options: Any = {"ws": partial(WebSocketProtocol, watch), "ws_per_message_deflate": False, "ws_max_size": 1_000_000}
    async with serving(wrap(app), http, **options) as port:
        yield RunningGateway(port=port, streams=streams, noted=noted, drain=drain, watch=watch)
    await counters.close()
    await database.close()
