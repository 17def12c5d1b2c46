"""The response streams of subscriptions: who may have one, and what each of its responses is made by."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple, Self

import orjson
from graphql import GraphQLError

from gateway.db.queries.events import events_cursor
from gateway.db.rows import DeviceEventRow
from gateway.db.statements import orders
from gateway.db.statements.listing import Edge
from gateway.domain.errors import RequestError, TooExpensive, Unavailable
from gateway.domain.principal import Principal
from gateway.engine.cost import count
from gateway.engine.document import Executed
from gateway.engine.subscription import Subscription
from gateway.events.audience import Message
from gateway.events.feed import Feed
from gateway.graphql.context import Context
from gateway.graphql.errors import execution_error, request_error
from gateway.graphql.heavy import LIGHT, HeavyOperations
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import Account, RateLimited
from gateway.graphql.request import never

MOST_AT_ONCE = 50
COST_AT_ONCE = 20_000
"""So many events are executed together, and no more than may cost so much."""


class Response(NamedTuple):
    body: bytes
    """JSON of one response."""
    cursor: str | None
    """A later subscription with this cursor as `after` misses nothing; None where a stream has none."""


class TooManySubscriptions(RequestError):
    """A principal subscribes to more at the same time than it may."""

    code = "TOO_MANY_SUBSCRIPTIONS"

    def __init__(self, most: int) -> None:
        super().__init__(f"This caller has {most} subscriptions open already, which is the most; end some of them.")


class ResponseStream:
    """The responses to the events of a subscription. Who has one closes it."""

    def __init__(self, responses: AsyncGenerator[Response, None], on_close: Callable[[], None]) -> None:
        self._responses = responses
        self._on_close: Callable[[], None] | None = on_close

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Response:
        """Return the next response. Raise RequestError where the stream cannot go on."""
        return await anext(self._responses)

    async def aclose(self) -> None:
        on_close, self._on_close = self._on_close, None
        if on_close:
            try:
                await self._responses.aclose()
            finally:
                on_close()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a caller has asked for, and was admitted with."""

    context: Context
    document: str
    """The digest of its text."""
    by_id: bool
    """Whether the caller sent an id in its place."""
    operation_name: str | None
    cost: int
    """What the response to one event may cost."""
    price: int
    """What of it is for what resolvers do."""


class ResponseStreams:
    def __init__(self, limits: Limits, heavy: HeavyOperations, feed: Feed | None) -> None:
        self._limits = limits
        self._heavy = heavy
        self._feed = feed
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many subscriptions there are."""
        return self._open.total()

    def take(self, principal: Principal) -> None:
        """Count one more subscription of a principal. Raise TooManySubscriptions."""
        if self._open[principal.subject] >= self._limits.subscriptions:
            raise TooManySubscriptions(self._limits.subscriptions)
        self._open[principal.subject] += 1

    def give_back(self, principal: Principal) -> None:
        self._open[principal.subject] -= 1
        if not self._open[principal.subject]:
            del self._open[principal.subject]

    def stream(self, opened: Subscription | AsyncGenerator[Executed, None], asked: Asked) -> ResponseStream:
        """Return the stream of a subscription, which has been counted."""
        if not isinstance(opened, Subscription):
            responses = self._of_others(opened, asked)
        elif self._feed is None:
            raise RuntimeError("Events are subscribed to, but the executor was given no feed of them.")
        else:
            responses = self._of_log(self._feed, opened, asked)
        return ResponseStream(responses, partial(self.give_back, asked.context.principal))

    async def _of_log(self, feed: Feed, subscription: Subscription, asked: Asked) -> AsyncGenerator[Response, None]:
        key, source = _key(subscription, asked), subscription.source
        make_execution = partial(_Execution, feed, self._heavy, self._limits, subscription, asked)
        audience = feed.audience(key, source.interest, make_execution, source.head)
        messages = audience.messages(
            source.position, asked.context.principal.subject, partial(_pay, asked.context.account)
        )
        # What was asked may be large, and all but the first of an audience need it no more.
        del subscription, asked, source, make_execution
        try:
            async for message in messages:
                yield Response(message.body, events_cursor(message.position))
        finally:
            await messages.aclose()
            feed.leave(key, audience)

    async def _of_others(
        self, executed: AsyncGenerator[Executed, None], asked: Asked
    ) -> AsyncGenerator[Response, None]:
        """Yield the responses to a source that only graphql-core knows."""
        try:
            async for each in executed:
                await _pay(asked.context.account, count(each[0]) + asked.price)
                yield Response(_body(each, asked, self._limits), None)
        finally:
            await executed.aclose()


def _key(subscription: Subscription, asked: Asked) -> Hashable:
    """Return what all have in common who get the same responses to the same events."""
    principal = asked.context.principal
    # Where the schema is hidden, who sent no text is told less of errors than others.
    text = repr((asked.document, asked.by_id, asked.operation_name, subscription.variables))
    return (
        sha256(text.encode("utf-8", "surrogatepass")).digest(),
        principal.clients,
        principal.scopes,
        None if subscription.is_shareable else principal.subject,
    )


class _Execution:
    """Executes events for all of an audience."""

    def __init__(
        self, feed: Feed, heavy: HeavyOperations, limits: Limits, subscription: Subscription, asked: Asked
    ) -> None:
        self._feed = feed
        self._heavy = heavy
        self._limits = limits
        self._subscription = subscription
        self._asked = asked
        self.most = max(1, min(COST_AT_ONCE // asked.cost, MOST_AT_ONCE))

    async def execute(self, events: Sequence[DeviceEventRow], callers: Iterable[str]) -> list[Message]:
        """Return the response to each event. Raise Unavailable where the database is away, and RequestTimeout."""
        # One who asks for nothing else now: what a member does beside holds up none of the others.
        principal = self._asked.context.principal
        caller = next((each for each in callers if not self._heavy.is_busy(each)), principal.subject)
        cost = self._asked.cost
        if cost <= LIGHT:
            return await self._execute(events, caller)
        operation = self._heavy.begin(caller, cost * len(events), never)
        try:
            if operation.turn is not None:
                await operation.wait(operation.turn)
            return await self._execute(events, caller)
        except asyncio.CancelledError:
            raise operation.given_up() from None
        finally:
            self._heavy.end(operation)

    async def _execute(self, events: Sequence[DeviceEventRow], caller: str) -> list[Message]:
        asked = self._asked
        context = Context(asked.context.principal, await self._feed.log.session(caller))
        context.request_id = asked.context.request_id
        edges = [Edge(event, orders.EVENTS) for event in events]
        executed = await self._subscription.execute(context, edges)
        return [
            Message(event.position, _body(each, asked, self._limits), count(each[0]) + asked.price)
            for event, each in zip(events, executed, strict=True)
        ]


def _body(executed: Executed, asked: Asked, limits: Limits) -> bytes:
    """Return the JSON of a response. Raise Unavailable where it would tell of nothing but that."""
    data, errors = executed
    context = asked.context
    if errors and any(isinstance(_cause(error), Unavailable) for error in errors):
        raise Unavailable("The database does not answer now.")
    answer: dict[str, Any] = {"data": data}
    if errors:
        answer["errors"] = context.show_errors([execution_error(error, context.request_id) for error in errors])
    body = orjson.dumps(answer)
    if len(body) <= limits.answer_bytes:
        return body
    error = TooExpensive(f"The response has {len(body)} bytes; expected at most {limits.answer_bytes}.")
    return orjson.dumps({"data": None, "errors": [request_error(error)]})


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


async def _pay(account: Account | None, cost: int) -> None:
    """Charge what a response took. Where the caller has spent what it may, wait until it may spend again."""
    while account is not None and cost:
        try:
            await account.charge(cost)
        except RateLimited as limited:
            await asyncio.sleep(limited.seconds)
        else:
            return
