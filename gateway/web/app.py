"""The composition root: settings in, application out."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.key_sets import KeySet
from gateway.auth.keys import HMAC, SIGNATURES, Keys, OneKey
from gateway.auth.tokens import TokenVerifier
from gateway.db.database import Database
from gateway.db.migrations.migrate import UnreachableDatabase, check_version
from gateway.events.feed import Feed
from gateway.events.log import EventLog
from gateway.events.retention import Retention
from gateway.events.webhooks.deliverer import deliver
from gateway.graphql.counters import Counters
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.federation import served_schema
from gateway.graphql.hidden_schema import HidingExecutor
from gateway.graphql.known_documents import KnownDocuments
from gateway.graphql.rate_limits import SECONDS, RateLimiter
from gateway.graphql.schema import gateway_schema
from gateway.settings import Settings
from gateway.web.assets import Assets
from gateway.web.cors import CORS, cors
from gateway.web.drain import Drain, closing
from gateway.web.garbage import collecting_in_pieces
from gateway.web.graphiql import GraphiQL
from gateway.web.graphql_endpoint import GraphQLEndpoint
from gateway.web.graphql_request import GRAPHQL
from gateway.web.health import health
from gateway.web.metrics import Metrics
from gateway.web.protected_resource import ProtectedResource
from gateway.web.request_log import RequestIds, RequestLog
from gateway.web.rest import rest_routes
from gateway.web.websocket import GraphQLWebSocket

logger = logging.getLogger(__name__)


class Gateway(FastAPI):
    """A FastAPI application whose middleware sees every request, those to `/graphql` included.

    FastAPI's own way to a route takes half as long as a small query, so requests for GraphQL do not take it.
    """

    graphql: ASGIApp
    graphql_websocket: ASGIApp
    drain: Drain
    observed: bool
    """Whether FastAPI observes requests, for OpenTelemetry."""
    graphql_at_once = False
    """Whether nothing else has to see a request for GraphQL, which is known once the middleware stack is built."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.drain.has_begun:
            send = closing(send)
        if self.graphql_at_once and scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Put the endpoint for GraphQL inside the middleware that was added, and before all other routes."""
        added = self.user_middleware
        self.graphql_at_once = not (added or self.observed)
        self.user_middleware = [*added, Middleware(_GraphQLFirst, self.graphql, self.graphql_websocket)]
        app = super().build_middleware_stack()
        self.user_middleware = added
        return app


class _GraphQLFirst:
    def __init__(self, others: ASGIApp, graphql: ASGIApp, websocket: ASGIApp) -> None:
        self._others = others
        self._of_type = {"http": graphql, "websocket": websocket}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._of_type[scope["type"]] if scope.get("path") == GRAPHQL else self._others
        await app(scope, receive, send)


def create_app(settings: Settings | None = None) -> Gateway:
    """Return the application of these settings, or of those of the environment."""
    settings = settings or Settings()
    database = Database(settings.database_url, settings.database_options)
    log = EventLog(database)
    feed = Feed(log)
    counters = None if settings.rate_limit is None else Counters(SECONDS, settings.rate_limit_url)
    drain = Drain(settings.drain_seconds, settings.shutdown_timeout)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _check_version(database)
        await executor.documents.prepare()
        with collecting_in_pieces(), drain.on_signals():
            beside: list[Coroutine[Any, Any, None]] = [log.follow(), feed.run(), deliver(log, private_hosts)]
            if settings.history_days:
                beside.append(Retention(database, timedelta(days=settings.history_days)).go_on())
            if metrics:
                beside.append(metrics.look_again_and_again())
            tasks = [asyncio.create_task(each) for each in beside]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()
            if counters:
                await counters.close()

    # That takes time, so it is done only where OpenTelemetry is configured.
    observed = any(name.startswith("OTEL_") for name in os.environ)
    telemetry: TelemetryConfig = {"tracing": observed, "metrics": observed, "logs": observed}
    app = Gateway(title="Devices gateway", openapi_url=None, lifespan=lifespan, telemetry=telemetry)
    app.observed = observed
    app.drain = drain
    app.state.database = database
    resource = _resource(settings)
    graphiql = GraphiQL() if settings.has_page else None
    make_executor = RequestExecutor if settings.introspection else HidingExecutor
    executor = make_executor(
        gateway_schema(served_schema(federation=settings.federation), concurrent=database.concurrent_reads),
        settings.limits,
        in_columns=settings.executor == "columns",
        feed=feed,
        known=KnownDocuments.read(settings.documents, settings.documents_mode),
    )
    executor.webhook_hosts = private_hosts = frozenset(settings.webhook_hosts)
    metrics = Metrics(database, executor) if settings.metrics_address else None
    app.graphql = endpoint = GraphQLEndpoint(
        database=database,
        executor=executor,
        verifier=TokenVerifier(keys=_keys(settings), issuer=settings.jwt_issuer, audience=settings.audience),
        graphiql=graphiql,
        max_body_bytes=settings.max_body_bytes,
        max_answer_bytes=settings.max_answer_bytes,
        rate_limiter=RateLimiter(settings.rate_limit, counters) if settings.rate_limit and counters else None,
        resource=resource,
        ids=RequestIds(),
        drain=drain,
        notes=[each.note for each in (_request_log(settings), metrics) if each is not None],
    )
    app.graphql_websocket = GraphQLWebSocket(endpoint=endpoint, initialisation_seconds=settings.connection_init_timeout)
    app.add_route(GRAPHQL, app.graphql)  # type: ignore[arg-type]  # for paths that only lead to it, such as /graphql/
    if settings.cors_origins:
        app.add_middleware(CORS, **cors(settings.cors_origins, settings.cors_headers))
    if resource:
        app.router.routes += resource.routes(GRAPHQL)
    app.router.routes += rest_routes(shows_schema=settings.introspection)
    app.include_router(health(database, drain))
    if graphiql:
        app.mount("/graphiql/assets", Assets())
        app.add_route("/", _to_graphiql)
    return app


async def _check_version(database: Database) -> None:
    """Raise UnusableDatabase where the database is of another version, also for a worker that replaces another."""
    try:
        await check_version(database)
    except UnreachableDatabase as error:
        # It may come back, and then nothing has to be started again; readiness tells.
        logger.warning("%s", error)
    # It is for tasks, of which a worker has no other; a file must not stay open where nobody looks after it.
    await database.engine.dispose()


def _keys(settings: Settings) -> Keys:
    if settings.jwks:
        return KeySet(source=settings.jwks, algorithms=settings.jwt_algorithms or SIGNATURES)
    if settings.jwt_public_key:
        return OneKey(key=settings.jwt_public_key, algorithms=settings.jwt_algorithms or SIGNATURES)
    if settings.jwt_secret:
        return OneKey(key=settings.jwt_secret.get_secret_value(), algorithms=settings.jwt_algorithms or HMAC)
    return OneKey(key=embedded_secret(settings.embedded_key_file), algorithms=HMAC)


def _request_log(settings: Settings) -> RequestLog | None:
    if settings.request_log == "off":
        return None
    return RequestLog(settings.request_log, settings.slow_ms / 1_000, settings.log_format)


def _resource(settings: Settings) -> ProtectedResource | None:
    if settings.resource_url is None or settings.jwt_issuer is None:
        return None
    return ProtectedResource(url=settings.resource_url, issuer=settings.jwt_issuer)


async def _to_graphiql(_: Request) -> RedirectResponse:
    return RedirectResponse(GRAPHQL)
