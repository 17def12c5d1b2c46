"""Processes of the gateway without HTTP, and those who subscribe to what happens."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.enums import Scope
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.engine.document import ExecutableSchema
from gateway.events.feed import Feed
from gateway.events.log import EventLog
from gateway.graphql.context import Context
from gateway.graphql.digests import digest_of
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import RateLimiter
from gateway.graphql.request import Request
from gateway.graphql.response_streams import ResponseStream
from gateway.graphql.schema import gateway_schema
from tests.factories import CLIENT, PROJECT, SPECIFICATION, new_uuid

SECONDS_TO_COME = 10
"""So long an event may take to come."""
SECONDS_OF_SILENCE = 0.1
"""What has not come after so long does not come."""

EVENT = "{ cursor node { type deviceId clientId version occurredAt occurredBy changes { field before after } } }"
SUBSCRIPTION = f"""subscription ($after: String, $filter: DeviceEventFilter) {{
  deviceEvents(after: $after, filter: $filter) {EVENT}
}}"""
PAST = f"""query ($after: String, $filter: DeviceEventFilter) {{
  deviceEvents(first: 250, after: $after, filter: $filter) {{ edges {EVENT} pageInfo {{ hasNextPage }} }}
}}"""
LAST = "{ deviceEvents(last: 1) { pageInfo { endCursor } } }"
CREATE = """mutation ($name: String!, $client: UUID!, $project: UUID!, $specification: UUID!) {
  createDevice(input: {
    name: $name, clientId: $client, projectId: $project, deviceSpecificationId: $specification
  }) { device { id } userErrors { code } }
}"""


def caller(*clients: Uuid, subject: Uuid | None = None, scopes: frozenset[str] = frozenset(Scope)) -> Principal:
    """Return who reaches some clients, or all of them where none is named."""
    return Principal(subject=subject or new_uuid(), scopes=scopes, clients=frozenset(clients) if clients else None)


EVERYBODY = caller()


class Refused(Exception):
    """There is no stream."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(*(error["message"] for error in errors))
        self.codes = [error["extensions"]["code"] for error in errors]


class Process:
    def __init__(
        self,
        url: str,
        *,
        limits: Limits | None = None,
        rate_limiter: RateLimiter | None = None,
        schema: ExecutableSchema | None = None,
        in_columns: bool = True,
    ) -> None:
        self.database = Database(url)
        self.log = EventLog(self.database)
        self.feed = Feed(self.log)
        self.executor = RequestExecutor(
            schema or gateway_schema(), limits or Limits(), feed=self.feed, in_columns=in_columns
        )
        self._rate_limiter = rate_limiter
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Follow the log from now on."""
        self._tasks += [asyncio.create_task(self.log.follow()), asyncio.create_task(self.feed.run())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()

    async def ask(self, query: str, caller: Principal = EVERYBODY, **variables: Any) -> Any:
        """Return the data of an answer, which has no errors."""
        answer = await self.executor.execute(Request(query, variables), self._context(caller))
        if "errors" in answer:
            raise Refused(answer["errors"])
        return answer["data"]

    async def open(
        self, caller: Principal = EVERYBODY, query: str = SUBSCRIPTION, *, by_id: bool = False, **variables: Any
    ) -> ResponseStream:
        """Return the stream of a subscription; `by_id`, of one that was asked for before. Raise Refused."""
        request = Request(query, variables)
        if by_id:
            request.query, request.document_id = "", digest_of(query)
        stream = await self.executor.respond(request, self._context(caller))
        if isinstance(stream, dict):
            raise Refused(stream["errors"])
        return stream

    async def create(self, name: str = "Device", client: Uuid = CLIENT) -> str:
        """Create a device and return its id."""
        owners: dict[str, Any] = {"client": client, "project": PROJECT, "specification": SPECIFICATION}
        made = await self.ask(CREATE, name=name, **owners)
        assert made["createDevice"]["userErrors"] == []
        return str(made["createDevice"]["device"]["id"])

    async def now(self) -> str | None:
        """Return the cursor of the last event."""
        cursor: str | None = (await self.ask(LAST))["deviceEvents"]["pageInfo"]["endCursor"]
        return cursor

    async def past(
        self, caller: Principal = EVERYBODY, filter_: Mapping[str, Any] | None = None, after: str | None = None
    ) -> list[Any]:
        """Return the edges of all events that `Query.deviceEvents` knows."""
        edges: list[Any] = []
        while True:
            page = (await self.ask(PAST, caller, filter=filter_, after=after))["deviceEvents"]
            edges += page["edges"]
            if not page["pageInfo"]["hasNextPage"]:
                return edges
            after = edges[-1]["cursor"]

    def _context(self, caller: Principal) -> Context:
        account = self._rate_limiter.account(caller.subject) if self._rate_limiter else None
        return Context(caller, Session(self.database, caller=caller.subject), account)


@asynccontextmanager
async def running(url: str, **options: Any) -> AsyncIterator[Process]:
    process = Process(url, **options)
    process.start()
    try:
        yield process
    finally:
        await process.stop()


async def next_edge(stream: ResponseStream) -> Any:
    """Return the next event of a stream, which comes in time and without errors."""
    async with asyncio.timeout(SECONDS_TO_COME):
        response = await anext(stream)
    body = orjson.loads(response.body)
    assert body.keys() == {"data"}, body
    edge = body["data"]["deviceEvents"]
    assert response.cursor == edge.get("cursor", response.cursor)
    return edge


async def next_edges(stream: ResponseStream, count: int) -> list[Any]:
    return [await next_edge(stream) for _ in range(count)]


async def is_silent(stream: ResponseStream, seconds: float = SECONDS_OF_SILENCE) -> bool:
    """Tell whether no event comes. The stream is at its end then."""
    try:
        async with asyncio.timeout(seconds):
            await anext(stream)
    except TimeoutError:
        return True
    return False
