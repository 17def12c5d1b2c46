"""Middleware that is added to the application sees every request, those to `/graphql` included, as FastAPI promises."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect

from gateway.settings import Settings
from gateway.web.connections import ConnectionLimits, ConnectionWatch
from gateway.web.websocket_protocol import WebSocketProtocol
from tests.client import GatewayClient
from tests.databases import Databases, SQLiteDatabases
from tests.web.serving import limited, serving

pytestmark = pytest.mark.anyio

CallNext = Callable[[Request], Awaitable[Response]]
ORIGIN = "https://app.example"
TYPENAME = {"query": "{ __typename }"}
STATUSES = {
    "/graphql": 401,
    "/graphql/": 307,
    "/health/live": 200,
    "/health/ready": 200,
    "/graphiql/assets/graphiql.css": 200,
    "/": 307,
    "/nothing": 404,
}
PATHS = list(STATUSES)


@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> Databases:
    """Return databases of one kind: middleware knows nothing of them."""
    return sqlite


@pytest.fixture
def plain() -> FastAPI:
    """Return an application that is FastAPI's alone, to compare with."""
    app = FastAPI()
    app.add_route("/graphql", lambda _: PlainTextResponse("answered"))
    app.add_route("/health/live", lambda _: PlainTextResponse("answered"))
    return app


async def answer_of(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    """Return what a server would send, which logs an exception and goes on."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        return await http.get(path, headers=headers)


def content_of(response: httpx.Response) -> tuple[int, str | None, str]:
    return response.status_code, response.headers.get("content-type"), response.text


async def post(gateway: GatewayClient, **headers: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {gateway.token()}", **headers}
    return await gateway.http.post("/graphql", json=TYPENAME, headers=headers)


async def test_it_sees_every_request(gateway: GatewayClient) -> None:
    seen = []

    @gateway.app.middleware("http")
    async def see(request: Request, call_next: CallNext) -> Response:
        seen.append(request.url.path)
        return await call_next(request)

    for path in PATHS:
        await gateway.http.get(path)
    assert seen == PATHS


@pytest.mark.parametrize("path", PATHS)
async def test_it_may_change_the_headers_of_the_answer(gateway: GatewayClient, path: str) -> None:
    @gateway.app.middleware("http")
    async def name_node(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-node"] = "cellar"
        return response

    answer = await answer_of(gateway.app, path)
    assert (answer.status_code, answer.headers.get_list("x-node")) == (STATUSES[path], ["cellar"])


async def test_it_may_read_the_body_before_the_endpoint_does(gateway: GatewayClient) -> None:
    bodies = []

    @gateway.app.middleware("http")
    async def read(request: Request, call_next: CallNext) -> Response:
        bodies.append(await request.json())
        return await call_next(request)

    assert (await post(gateway)).json() == {"data": {"__typename": "Query"}}
    assert bodies == [TYPENAME]


async def test_it_may_answer_itself(gateway: GatewayClient) -> None:
    @gateway.app.middleware("http")
    async def refuse(_: Request, __: CallNext) -> Response:
        return JSONResponse({"status": "closed"}, 503)

    assert {path: (await answer_of(gateway.app, path)).status_code for path in PATHS} == dict.fromkeys(PATHS, 503)


async def test_the_one_that_was_added_last_is_the_outermost(gateway: GatewayClient) -> None:
    order = []

    def add(name: str) -> None:
        @gateway.app.middleware("http")
        async def note(request: Request, call_next: CallNext) -> Response:
            order.append(name)
            return await call_next(request)

    add("first")
    add("last")
    assert (await post(gateway)).status_code == 200
    assert order == ["last", "first"]


class _SeesScopes:
    """Middleware of ASGI, with an argument."""

    def __init__(self, app: ASGIApp, seen: list[str]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._seen.append(scope["type"])
        await self._app(scope, receive, send)


async def test_it_may_be_an_asgi_application_with_arguments(gateway: GatewayClient) -> None:
    seen: list[str] = []
    gateway.app.add_middleware(_SeesScopes, seen=seen)
    assert (await post(gateway)).status_code == 200
    assert (await gateway.http.get("/health/live")).status_code == 200
    assert seen == ["http", "http"]


async def test_it_sees_websockets_too(gateway: GatewayClient) -> None:
    seen: list[str] = []
    gateway.app.add_middleware(_SeesScopes, seen=seen)
    websocket = partial(WebSocketProtocol, ConnectionWatch(ConnectionLimits()))
    async with (
        serving(gateway.app, limited(), ws=websocket) as port,
        connect(f"ws://127.0.0.1:{port}/graphql", proxy=None) as connection,
    ):
        await connection.wait_closed()
    assert (connection.close_code, seen) == (4406, ["websocket"])


def fail_in_middleware(app: FastAPI) -> None:
    @app.middleware("http")
    async def fail(_: Request, __: CallNext) -> Response:
        raise LookupError("planned")


@pytest.mark.parametrize("path", ["/graphql", "/health/live"])
async def test_its_exception_is_answered_as_fastapi_does(gateway: GatewayClient, plain: FastAPI, path: str) -> None:
    answers = []
    for app in (gateway.app, plain):
        fail_in_middleware(app)
        answers.append(content_of(await answer_of(app, path)))
    assert answers == [(500, "text/plain; charset=utf-8", "Internal Server Error")] * 2
    with pytest.raises(LookupError, match="planned"):  # The server logs it.
        await gateway.http.get(path)


@pytest.mark.parametrize("key", [500, Exception])
@pytest.mark.parametrize("path", ["/graphql", "/health/live"])
async def test_its_exception_reaches_the_handler_that_was_added_for_exceptions(
    gateway: GatewayClient, key: Any, path: str
) -> None:
    @gateway.app.exception_handler(key)
    async def handle(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"handled: {error}", 500)

    fail_in_middleware(gateway.app)
    assert (await answer_of(gateway.app, path)).text == "handled: planned"


async def test_it_may_answer_for_a_route_that_fails(gateway: GatewayClient, plain: FastAPI) -> None:
    answers = []
    for app in (gateway.app, plain):

        @app.get("/fails")
        async def fail() -> None:
            raise LookupError("planned")

        @app.middleware("http")
        async def mend(request: Request, call_next: CallNext) -> Response:
            try:
                return await call_next(request)
            except LookupError as error:
                return PlainTextResponse(f"mended: {error}", 502)

        answers.append(content_of(await answer_of(app, "/fails")))
    assert answers == [(502, "text/plain; charset=utf-8", "mended: planned")] * 2


@pytest.mark.parametrize("path", PATHS)
async def test_cors_headers_come_once(settings: Settings, path: str) -> None:
    gateway = GatewayClient(settings.model_copy(update={"cors_origins": (ORIGIN,)}))
    preflight = await gateway.http.options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    answer = await answer_of(gateway.app, path, Origin=ORIGIN)
    await gateway.close()
    assert [each.headers.get_list("access-control-allow-origin") for each in (preflight, answer)] == [[ORIGIN]] * 2


async def test_cors_headers_are_on_what_other_middleware_answers(settings: Settings) -> None:
    gateway = GatewayClient(settings.model_copy(update={"cors_origins": (ORIGIN,)}))

    @gateway.app.middleware("http")
    async def name_node(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-node"] = "cellar"
        return response

    answer = await post(gateway, Origin=ORIGIN)
    await gateway.close()
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]
    assert answer.headers.get_list("x-node") == ["cellar"]
