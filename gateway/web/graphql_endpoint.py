"""`/graphql`: GraphQL by POST and GET, and GraphiQL for a browser."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway.auth.tokens import TokenVerifier
from gateway.db.database import Database
from gateway.db.session import EVERYWHERE, Session
from gateway.domain.errors import BadUserInput, TooExpensive, Unauthenticated
from gateway.domain.positions import Position, parse_position
from gateway.domain.quoting import quoted
from gateway.graphql.context import Context
from gateway.graphql.errors import INTERNAL, request_error
from gateway.graphql.execution import POSITION, RequestExecutor
from gateway.graphql.heavy import CallerGone
from gateway.graphql.rate_limits import RateLimiter
from gateway.graphql.request import CostReport, Request
from gateway.graphql.response_streams import ResponseStream
from gateway.web.answers import OK, POSITION_HEADER, REFUSALS, Answer, answer, position_header, refusal, status_of
from gateway.web.content_codings import CODINGS, IDENTITY, SMALLEST, Compressor
from gateway.web.drain import Drain
from gateway.web.event_stream import EventStream, as_event_stream
from gateway.web.graphiql import GraphiQL
from gateway.web.graphql_request import (
    HttpError,
    HttpRequest,
    ReceivedRequest,
    bearer_token,
    request_in_url,
    request_of,
)
from gateway.web.kept_answers import kept_answer
from gateway.web.media_types import EVENT_STREAM, MEDIA_TYPES
from gateway.web.protected_resource import ProtectedResource
from gateway.web.rate_limit_headers import rate_limit_headers
from gateway.web.request_log import REQUEST_ID_HEADER, RequestIds

COST_HEADER = b"graphql-cost"
LAST_EVENT_ID_HEADER = b"last-event-id"
METHODS = frozenset({"GET", "HEAD", "POST"})
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
    compressor: Compressor = field(default_factory=Compressor)
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
        except REFUSALS as error:
            status, headers, body = refusal(http, error, self.resource)
        except (ClientDisconnect, CallerGone):
            self.note(http, CLIENT_IS_GONE)
            return  # Nobody is there to be answered.
        except Exception:
            http.errors = [{"extensions": {"code": INTERNAL}}]
            self.note(http, 500)
            raise
        if http.account is not None:
            headers += rate_limit_headers(await http.account.standing())
        if len(body) >= SMALLEST or http.codings.small is not IDENTITY or http.method != "POST":
            status, headers, body = await self._sent(http, (status, headers, body))
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

    def _answer(self, http: HttpRequest, content: dict[str, Any]) -> Answer:
        status = OK if "errors" not in content else status_of(http, content)
        whole = answer(http, status, content, position_header(content) if "extensions" in content else None)
        if len(whole[2]) > self.max_answer_bytes:
            content = self.too_large(len(whole[2]))
            whole = answer(http, status_of(http, content), content, None)
        return as_event_stream(*whole) if http.accepted.media_type is EVENT_STREAM else whole

    async def _sent(self, http: HttpRequest, whole: Answer) -> Answer:
        """Return what is sent of an answer: less where the client has it, compressed, or only its head is asked for."""
        if http.accepted.media_type is not EVENT_STREAM:
            if http.may_be_kept and whole[0] == OK and not http.errors:
                whole = await kept_answer(http, whole)
            whole = await self._compressed(http, whole)
        status, headers, body = whole
        return status, headers, b"" if http.method == "HEAD" else body

    async def _compressed(self, http: HttpRequest, whole: Answer) -> Answer:
        status, headers, body = whole
        coding = http.codings.of(len(body))
        if coding in (IDENTITY, None) or not body:
            return whole
        caller = http.principal.subject if http.principal else ""
        compressed = await self.compressor.compressed(body, coding, caller)
        if compressed is None:
            return whole
        kept = [header for header in headers if header[0] != b"content-length"]
        coded = [(b"content-encoding", coding), (b"content-length", b"%d" % len(compressed))]
        return status, [*kept, *coded], compressed

    def too_large(self, size: int) -> dict[str, Any]:
        """Return the answer in place of one that has so many bytes."""
        found = f"The answer has {size} bytes; expected at most {self.max_answer_bytes}."
        error = TooExpensive(found, "What was changed is changed.")
        return {"errors": [request_error(error)], "data": None}

    async def _execute(self, http: HttpRequest) -> dict[str, Any] | ResponseStream:
        if http.method not in METHODS or http.accepted.media_type is None or http.codings.small is None:
            raise _unanswerable(http)
        verified = await self.verifier.verified(_token(http))
        http.principal, http.expires = verified.principal, verified.expires
        if self.rate_limiter is not None:
            http.account = self.rate_limiter.account(verified.principal.subject)
        if http.method == "POST":
            request = request_of(await http.json(self.max_body_bytes))
        else:
            request = request_in_url(http)
            request.is_read_only = True
            http.may_be_kept = request.document_id is not None
        http.received = perf_counter()
        request.gone = http.gone
        if COST_HEADER in http.headers:
            request.cost_report = _cost_report(http)
        session = Session(self.database, _seen(http, request), verified.principal.subject)
        http.context = context = Context(verified.principal, session, http.account)
        context.request_id = http.id
        if not http.accepted.takes_events or http.method == "HEAD":
            return await self.executor.execute(request, context)
        request.last_event_id = http.header(LAST_EVENT_ID_HEADER) or None
        return await self.executor.respond(request, context)


def _unanswerable(http: HttpRequest) -> HttpError:
    """Return why there is no answer to any request with such a head."""
    if http.method not in METHODS:
        message = f"The method {http.method} is not supported; expected POST or GET."
        return HttpError(405, message, Allow=", ".join(sorted(METHODS)))
    if http.accepted.media_type is None:
        return _not_acceptable(http, b"accept", MEDIA_TYPES)
    return _not_acceptable(http, b"accept-encoding", CODINGS)


def _not_acceptable(http: HttpRequest, name: bytes, expected: Sequence[bytes]) -> HttpError:
    wanted, known = quoted(http.header(name)), b", ".join(expected).decode()
    return HttpError(406, f"{name.decode().title()}: {wanted} has nothing that there is; expected one of {known}.")


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
