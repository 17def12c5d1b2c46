"""`/graphql`: GraphQL by POST and GET, and GraphiQL for a browser."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.auth.keys import RETRY_SECONDS, KeysUnavailable
from gateway.auth.tokens import TokenVerifier
from gateway.db.engine import Database
from gateway.domain.errors import Unauthenticated
from gateway.domain.principal import Principal
from gateway.graphql.context import Budget, Context
from gateway.graphql.errors import BAD_USER_INPUT, INTERNAL, request_error
from gateway.graphql.execution import Executor
from gateway.web.graphiql import GraphiQL
from gateway.web.graphql_request import HttpError, read_request

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


@dataclass(frozen=True, kw_only=True)
class GraphQLEndpoint:
    """An ASGI application, so that every method gets an answer in GraphQL's form."""

    database: Database
    executor: Executor
    verifier: TokenVerifier
    graphiql: GraphiQL | None
    max_body_bytes: int
    max_nodes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):  # Nobody is there to be answered.
            response = await self._respond(HttpRequest(scope, receive))
            await response(scope, receive, send)

    async def _respond(self, http: HttpRequest) -> ASGIApp:
        if self.graphiql and self.graphiql.wanted_by(http):
            return self.graphiql.page(http)
        try:
            return await self._answer(http)
        except HttpError as error:
            content = {"errors": [{"message": str(error), "extensions": {"code": BAD_USER_INPUT}}]}
            return _response(http, error.status, content, error.headers)
        except Unauthenticated as error:
            challenge = {"WWW-Authenticate": "Bearer"}
            return _response(http, 401, {"errors": [request_error(error)]}, challenge)
        except KeysUnavailable:
            message = "The keys that tokens are verified with cannot be read now; try again later."
            content = {"errors": [{"message": message, "extensions": {"code": INTERNAL}}]}
            return _response(http, 503, content, {"Retry-After": str(RETRY_SECONDS)})

    async def _answer(self, http: HttpRequest) -> ASGIApp:
        if http.method not in ("GET", "POST"):
            raise HttpError(405, f"The method {http.method} is not supported; expected POST or GET.", Allow="GET, POST")
        principal = await self._authenticate(http)
        request = await read_request(http, self.max_body_bytes)
        if http.method == "GET" and self.executor.prepare(request.query).may_change_data(request.operation_name):
            raise HttpError(405, "A mutation was sent by GET; expected POST.", Allow="POST")
        answer = await self.executor.execute(
            request, Context(principal=principal, database=self.database, budget=Budget(self.max_nodes))
        )
        return _response(http, 200, answer)

    async def _authenticate(self, http: HttpRequest) -> Principal:
        scheme, _, token = http.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("The request has no bearer token; expected the header Authorization: Bearer <token>.")
        return await self.verifier.principal(token.strip())


def _response(
    http: HttpRequest, status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> "_JSONResponse":
    """In the media type of GraphQL answers where the caller knows it, with a status that tells success from failure."""
    knows = GRAPHQL_RESPONSE in http.headers.get("accept", "")
    if knows and status == HTTPStatus.OK and "data" not in content:
        status = HTTPStatus.BAD_REQUEST
    return _JSONResponse(status, GRAPHQL_RESPONSE if knows else JSON, orjson.dumps(content), headers or {})


@dataclass(frozen=True, slots=True)
class _JSONResponse:
    """An answer that is bytes already, so that starlette has nothing to find out about it."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as ASGI has it
        headers = [
            (b"content-type", self.media_type.encode()),
            (b"content-length", b"%d" % len(self.body)),
            (b"cache-control", b"no-store"),
            *((name.lower().encode(), value.encode()) for name, value in self.headers.items()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
