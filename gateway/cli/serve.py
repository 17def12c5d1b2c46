"""`gateway serve`."""

import os
import resource
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

import typer
import uvicorn

from gateway.auth.tokens import issue_token
from gateway.cli.app import app, fail, read_settings, run
from gateway.cli.token import signing_secret
from gateway.db.migrations.migrate import check_version, migrate
from gateway.db.stores.sqlite import sqlite_file
from gateway.domain.enums import Scope
from gateway.graphql.known_documents import KnownDocuments
from gateway.graphql.manifests import BadManifest
from gateway.settings import Settings
from gateway.web import graphiql
from gateway.web.connections import ConnectionWatch
from gateway.web.http_protocol import HttpProtocol
from gateway.web.log_lines import log_config
from gateway.web.metrics_server import serving_metrics
from gateway.web.websocket_protocol import WebSocketProtocol
from gateway.web.workers import Workers

APP = "gateway.web.app:create_app"
LINK_TTL = timedelta(days=1)
FILES_BESIDE_CONNECTIONS = 500
CANCELLED = 0.9
"""The part of the time to shut down after which uvicorn cancels requests; the rest is for closing the database."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="GATEWAY_HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="GATEWAY_PORT", help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve.")] = 1,
    *,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link to GraphiQL that lets its holder in for a day.")
    ] = False,
) -> None:
    """Serve the API. An embedded database is made, or brought to this version, first."""
    # Each process reads its settings from the environment.
    os.environ |= {"GATEWAY_HOST": host, "GATEWAY_PORT": str(port)}
    settings = read_settings()
    _check_manifests(settings)
    run(settings, migrate if sqlite_file(settings.database_url) else check_version)
    if link:
        # At once: what comes next is the server, which may run for months.
        print(f"GraphiQL, with a token for every client that is good for a day: {_link(settings)}", flush=True)
    with ExitStack() as stack:
        _serve_metrics(stack, settings, workers)
        _serve(settings, host, port, workers)


def _check_manifests(settings: Settings) -> None:
    """Exit where a manifest cannot be used, before each process reads them."""
    try:
        KnownDocuments.read(settings.documents, settings.documents_mode)
    except BadManifest as error:
        fail(str(error))


def _serve(settings: Settings, host: str, port: int, workers: int) -> None:
    _open_files(settings.max_connections)
    options = dict(
        factory=True,
        host=host,
        port=port,
        log_config=log_config(settings.log_level, settings.log_format),
        # An address may hold a query with its variables, which are not for logs.
        access_log=False,
        # Nothing here asks where a request came from.
        proxy_headers=False,
        # Nor need anybody know what serves.
        server_header=False,
        ws_max_size=settings.max_body_bytes,
        # A client that reads late hears a ping late too.
        ws_ping_timeout=settings.unread_timeout,
        # A compressor takes more memory than all else that a connection has.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=settings.shutdown_timeout * CANCELLED,
        **_protocol(settings),
    )
    if workers == 1:
        uvicorn.run(APP, **options)
    else:
        config = uvicorn.Config(APP, workers=workers, **options)
        Workers(config, [config.bind_socket()], settings.drain_seconds + settings.shutdown_timeout).run()


def _serve_metrics(stack: ExitStack, settings: Settings, workers: int) -> None:
    if settings.metrics is None:
        return
    try:
        stack.enter_context(serving_metrics(settings.metrics, workers))
    except OSError as error:
        fail(f"The metrics cannot be served at {settings.metrics_address}: {error.strerror}.")


def _open_files(connections: int) -> None:
    """Let each process open as many files as it may have connections, as far as the system allows."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FILES_BESIDE_CONNECTIONS
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _protocol(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options for what speaks HTTP and WebSocket."""
    watch = ConnectionWatch(settings.connection_limits)
    websocket = partial(WebSocketProtocol, watch)
    if settings.http_protocol == "gateway":
        return {"http": partial(HttpProtocol, watch), "ws": websocket}
    return {
        "http": "httptools",
        "ws": websocket,
        "timeout_keep_alive": settings.keep_alive,
        "limit_concurrency": settings.max_connections,
    }


def _link(settings: Settings) -> str:
    if not settings.has_page:
        which = "GATEWAY_INTROSPECTION" if settings.graphiql else "GATEWAY_GRAPHIQL"
        fail(f"{which} is false, so there is no page to link to.")
    if not settings.port:
        fail("A link names the port; expected another one than 0.")
    token = issue_token(signing_secret(settings), subject=None, scopes=Scope, clients=None, ttl=LINK_TTL)
    return graphiql.link(settings.host, settings.port, token)
