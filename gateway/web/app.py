"""The composition root: settings in, application out."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ConnectionScope

from gateway.auth.keys import HMAC, SIGNATURES, Keys, KeySet, OneKey, embedded_secret
from gateway.auth.tokens import TokenVerifier, issue_token
from gateway.db.engine import Database
from gateway.domain.kinds import Scope
from gateway.graphql.execution import Executor
from gateway.graphql.schema import graphql_schema
from gateway.settings import Settings
from gateway.web.graphiql import ASSETS, GraphiQL
from gateway.web.graphql_endpoint import POSITION_HEADER, GraphQLEndpoint
from gateway.web.health import health

GRAPHQL = "/graphql"
# A page of devices is thousands of objects, all of them gone before the next: by default Python would look for garbage
# several times in each request.
GC_THRESHOLDS = (50_000, 20, 50)
GRAPHIQL_TOKEN_TTL = timedelta(hours=12)


class Gateway(FastAPI):
    """Requests for GraphQL go to its endpoint at once: FastAPI's way there takes half as long as a small query."""

    graphql: ASGIApp

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> Gateway:
    """The settings are those of the environment where none are given."""
    settings = settings or Settings()
    database = Database(settings.database_url, settings.database_options)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _spare_the_garbage_collector()
        yield
        await database.close()

    app = Gateway(title="Devices gateway", openapi_url=None, lifespan=lifespan)
    app.state.database = database
    graphiql = _graphiql(settings) if settings.graphiql else None
    endpoint = GraphQLEndpoint(
        database=database,
        executor=Executor(
            graphql_schema,
            settings.limits,
            in_columns=settings.executor == "columns",
            side_by_side=database.reads_side_by_side,
        ),
        verifier=TokenVerifier(keys=_keys(settings), issuer=settings.jwt_issuer, audience=settings.jwt_audience),
        graphiql=graphiql,
        max_body_bytes=settings.max_body_bytes,
        max_nodes=settings.max_nodes,
    )
    app.graphql = endpoint
    app.add_route(GRAPHQL, endpoint)  # type: ignore[arg-type]  # for paths that only lead to it, such as /graphql/
    if settings.cors_origins:
        position = POSITION_HEADER.decode()
        cors = partial(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", position],
            expose_headers=[position],
        )
        app.graphql = cors(endpoint)
        app.add_middleware(cors)
    app.include_router(health(database))
    if graphiql:
        app.mount("/graphiql/assets", GZipMiddleware(StaticFiles(directory=ASSETS)))
        app.add_route("/", _to_graphiql)
    return app


def _spare_the_garbage_collector() -> None:
    """What has been made so far stays, so it need not be looked through; what requests make holds few cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _keys(settings: Settings) -> Keys:
    if settings.jwks:
        return KeySet(source=settings.jwks, algorithms=settings.jwt_algorithms or SIGNATURES)
    if settings.jwt_public_key:
        return OneKey(key=settings.jwt_public_key, algorithms=settings.jwt_algorithms or SIGNATURES)
    if settings.jwt_secret:
        return OneKey(key=settings.jwt_secret.get_secret_value(), algorithms=settings.jwt_algorithms or HMAC)
    return OneKey(key=embedded_secret(settings.embedded_key_file), algorithms=HMAC)


def _graphiql(settings: Settings) -> GraphiQL:
    if settings.has_own_key or not settings.listens_on_loopback:
        return GraphiQL(issue_token=None)
    secret = embedded_secret(settings.embedded_key_file)
    return GraphiQL(
        issue_token=lambda: issue_token(secret, subject=None, scopes=Scope, clients=None, ttl=GRAPHIQL_TOKEN_TTL)
    )


async def _to_graphiql(_: Request) -> RedirectResponse:
    return RedirectResponse(GRAPHQL)
