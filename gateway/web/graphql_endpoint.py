"""`/graphql`: GraphQL by POST and GET, and GraphiQL for a browser."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway.auth.key_sets import RETRY_SECONDS, KeysUnavailable
from gateway.auth.tokens import TokenVerifier
from gateway.db.database import Database
from gateway.db.session import EVERYWHERE, Session
from gateway.domain.errors import BadUserInput, TooExpensive, Unauthenticated, Unavailable
from gateway.domain.positions import Position, parse_position
from gateway.domain.quoting import quoted
from gateway.graphql.context import Context
from gateway.graphql.errors import INTERNAL, request_error
from gateway.graphql.execution import POSITION, ReadOnly, RequestExecutor, TakesNoStream
from gateway.graphql.heavy import CallerGone
from gateway.graphql.rate_limits import RateLimited, RateLimiter
from gateway.graphql.request import CostReport, Request
from gateway.graphql.response_streams import ResponseStream
from gateway.web.drain import Drain
from gateway.web.event_stream import EVENT_STREAM, EventStream, as_event_stream, is_all_that_is_accepted
from gateway.web.graphiql import GraphiQL
from gateway.web.graphql_request import (
    JSON,
    HttpError,
    HttpRequest,
    ReceivedRequest,
    bearer_token,
    request_in_url,
    request_of,
)
from gateway.web.protected_resource import ProtectedResource, challenge
from gateway.web.rate_limit_headers import rate_limit_headers
from gateway.web.request_log import REQUEST_ID_HEADER, RequestIds
from gateway.web.websocket_messages import SUBPROTOCOL

GRAPHQL_RESPONSE = b"application/graphql-response+json"
POSITION_HEADER = b"gateway-position"
COST_HEADER = b"graphql-cost"
LAST_EVENT_ID_HEADER = b"last-event-id"
_Refusal = HttpError | Unauthenticated | RateLimited | KeysUnavailable | ReadOnly | TakesNoStream
_REFUSALS = (HttpError, Unauthenticated, RateLimited, KeysUnavailable, ReadOnly, TakesNoStream)
CLIENT_IS_GONE = 499
"""The status in logs of a request that is not answered, since nobody waits for it any more."""


Note = Callable[[ReceivedRequest, int, float], None]
"""Takes a request, the status of its answer, and how many seconds that took."""


@dataclass(frozen=True, kw_only=True)
class GraphQLEndpoint:
    """An ASGI application, so that every method gets an answer in GraphQL's form."""

    database: Database
    executor: RequestExecutor
    verifier: TokenVerifier
    graphiql: GraphiQL | None
    max_body_bytes: int
    max_answer_bytes: int
    ids: RequestIds
    drain: Drain
    rate_limiter: RateLimiter | None = None
    resource: ProtectedResource | None = None
    """What tells a caller where its tokens come from, where that is known."""
    notes: Sequence[Note] = ()
    """What is told of each request once it is answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        if http.method != "POST" and self.graphiql and self.graphiql.wanted_by(http):
            await self.graphiql.page()(scope, receive, send)
            return
        http.started = started = perf_counter()
        http.id = self.ids.of(http)
        try:
            content = await self._execute(http)
            if not isinstance(content, dict):
                await self._stream(http, content, send)
                return  # It has told of itself.
            status, headers, body = self._answer(http, content)
        except _REFUSALS as error:
            status, headers, body = self._refusal(http, error)
        except (ClientDisconnect, CallerGone):
            self.note(http, CLIENT_IS_GONE)
            return  # Nobody is there to be answered.
        except Exception:
            http.errors = [{"extensions": {"code": INTERNAL}}]
            self.note(http, 500)
            raise
        if http.account is not None:
            headers += rate_limit_headers(await http.account.standing())
        seconds = perf_counter() - started
        headers.append((REQUEST_ID_HEADER, http.id))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        for note in self.notes:
            note(http, status, seconds)

    def note(self, request: ReceivedRequest, status: int) -> None:
        """Tell of a request that has just come to its end."""
        for note in self.notes:
            note(request, status, perf_counter() - request.started)

    async def _stream(self, http: HttpRequest, responses: ResponseStream, send: Send) -> None:
        http.is_streamed = True
        status = CLIENT_IS_GONE
        try:
            async with aclosing(responses):
                headers = [(REQUEST_ID_HEADER, http.id)]
                if http.account is not None:
                    headers += rate_limit_headers(await http.account.standing())
                seconds = http.expires - self.verifier.clock()
                status = await EventStream(http, responses, send).send_all(headers, seconds, self.drain)
        finally:
            self.note(http, status)

    def _answer(self, http: HttpRequest, content: dict[str, Any]) -> "_Answer":
        answer = _answer(http, 200, content, _position(content) if "extensions" in content else None)
        if len(answer[2]) > self.max_answer_bytes:
            answer = _answer(http, 200, self.too_large(len(answer[2])))
        if http.accepts_events and is_all_that_is_accepted(http.headers[b"accept"]):
            return as_event_stream(*answer)
        return answer

    def too_large(self, size: int) -> dict[str, Any]:
        """Return the answer in place of one that has so many bytes."""
        found = f"The answer has {size} bytes; expected at most {self.max_answer_bytes}."
        error = TooExpensive(found, "What was changed is changed.")
        return {"errors": [request_error(error)], "data": None}

    def _refusal(self, http: HttpRequest, error: "_Refusal") -> "_Answer":
        """Return the answer to a request of which no operation was executed."""
        match error:
            case HttpError():
                content = {"errors": [{"message": str(error), "extensions": {"code": BadUserInput.code}}]}
                return _answer(http, error.status, content, error.headers)
            case Unauthenticated():
                headers = {"WWW-Authenticate": challenge(error, self.resource)}
                return _answer(http, 401, {"errors": [request_error(error)]}, headers)
            case RateLimited():
                headers = {"Retry-After": str(error.seconds)}
                return _answer(http, 429, {"errors": [request_error(error)]}, headers)
            case KeysUnavailable():
                message = "The keys that tokens are verified with cannot be read now; try again later."
                content = {"errors": [request_error(Unavailable(message))]}
                return _answer(http, 503, content, {"Retry-After": str(RETRY_SECONDS)})
            case ReadOnly():
                return self._refusal(http, HttpError(405, "A mutation was sent by GET; expected POST.", Allow="POST"))
            case TakesNoStream():
                message = (
                    "A subscription was sent where one answer is expected; expected Accept: text/event-stream, or a "
                    f"WebSocket of the subprotocol {SUBPROTOCOL}."
                )
                return self._refusal(http, HttpError(400, message))

    async def _execute(self, http: HttpRequest) -> dict[str, Any] | ResponseStream:
        if http.method not in ("GET", "POST"):
            raise HttpError(405, f"The method {http.method} is not supported; expected POST or GET.", Allow="GET, POST")
        verified = await self.verifier.verified(_token(http))
        http.principal, http.expires = verified.principal, verified.expires
        if self.rate_limiter is not None:
            http.account = self.rate_limiter.account(verified.principal.subject)
        if http.method == "POST":
            request = request_of(await http.json(self.max_body_bytes))
        else:
            request = request_in_url(http)
            request.is_read_only = True
        http.received = perf_counter()
        request.gone = http.gone
        if COST_HEADER in http.headers:
            request.cost_report = _cost_report(http)
        session = Session(self.database, _seen(http, request), verified.principal.subject)
        http.context = context = Context(verified.principal, session, http.account)
        context.request_id = http.id
        accept = http.headers.get(b"accept")
        if accept is None or EVENT_STREAM not in accept:
            return await self.executor.execute(request, context)
        http.accepts_events = True
        request.last_event_id = http.header(LAST_EVENT_ID_HEADER) or None
        return await self.executor.respond(request, context)


def _token(http: HttpRequest) -> str:
    token = bearer_token(http.headers.get(b"authorization", b""))
    if not token:
        raise Unauthenticated("The request has no bearer token; expected the header Authorization: Bearer <token>.")
    return token


def _cost_report(http: HttpRequest) -> CostReport:
    wanted = http.header(COST_HEADER)
    try:
        return CostReport(wanted.strip().lower())
    except ValueError as error:
        message = f"GraphQL-Cost: {quoted(wanted)} is unknown; expected {' or '.join(CostReport)}."
        raise HttpError(400, message) from error


def _seen(http: HttpRequest, request: Request) -> Position:
    """Return the position of earlier mutations that the caller sends back, and that it has to be shown."""
    given = http.headers.get(POSITION_HEADER)
    return seen_position(given.decode("latin-1") if given else request.extensions.get(POSITION))


def seen_position(shown: Any) -> Position:
    """Return the position that a caller sends back. Raise HttpError where it is none."""
    if shown is None:
        return EVERYWHERE
    try:
        return parse_position(shown)
    except BadUserInput as error:
        raise HttpError(400, str(error)) from error


_Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""A status, headers and a body, ready to be sent."""


def _answer(
    http: HttpRequest, status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> _Answer:
    """Return an answer, in the media type of GraphQL where the caller knows it, with a status that tells success."""
    accept = http.headers.get(b"accept")
    knows = accept is not None and GRAPHQL_RESPONSE in accept
    if knows and status == HTTPStatus.OK and "data" not in content:
        status = HTTPStatus.BAD_REQUEST
    http.errors = content.get("errors")
    body = orjson.dumps(content)
    sent = [
        (b"content-type", GRAPHQL_RESPONSE if knows else JSON),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if headers:
        sent += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return status, sent, body


def _position(content: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the header that has the position of what was written."""
    position = content["extensions"].get(POSITION)
    return {POSITION_HEADER.decode(): position} if position else None
