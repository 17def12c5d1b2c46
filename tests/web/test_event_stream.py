"""GraphQL over server-sent events, in distinct connections mode."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from gateway.web import event_stream
from tests.waiting import until
from tests.web.serving import request
from tests.web.streams import RunningGateway, bearer, running_gateway

pytestmark = pytest.mark.anyio

EVENTS = "text/event-stream"
COUNT = "subscription { count(to: 2) }"
SLOWLY = "subscription { slowly }"
COMPLETE = "event: complete\ndata:\n\n"
BEGIN = ":\n\n"


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Return the event loop that `gateway serve` runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture
async def gateway(running: RunningGateway) -> RunningGateway:
    """Return a gateway that nothing has been asked yet."""
    running.streams.forget()
    running.noted.clear()
    return running


def event(content: Any) -> str:
    return f"event: next\ndata: {orjson.dumps(content).decode()}\n\n"


async def ask(gateway: RunningGateway, query: str, accept: str = EVENTS, **headers: str) -> httpx.Response:
    headers = {**bearer(), "Accept": accept, **headers}
    async with httpx.AsyncClient(timeout=5) as http:
        return await http.post(gateway.url, json={"query": query}, headers=headers)


@asynccontextmanager
async def events(gateway: RunningGateway, query: str, seconds: float = 60) -> AsyncIterator[AsyncIterator[str]]:
    """Open an event stream; yield its parts."""
    headers = {**bearer(seconds), "Accept": EVENTS}
    async with (
        httpx.AsyncClient(timeout=10) as http,
        http.stream("POST", gateway.url, json={"query": query}, headers=headers) as response,
    ):
        assert response.status_code == 200
        yield response.aiter_text()


async def test_a_subscription_is_a_stream_of_events(gateway: RunningGateway) -> None:
    answer = await ask(gateway, COUNT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["x-request-id"]
    assert answer.text == BEGIN + event({"data": {"count": 0}}) + event({"data": {"count": 1}}) + COMPLETE
    assert gateway.noted == [("subscription", 200, [])]


async def test_a_subscription_may_come_by_get(gateway: RunningGateway) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(gateway.url, params={"query": COUNT}, headers={**bearer(), "Accept": EVENTS})
    assert answer.text.endswith(event({"data": {"count": 1}}) + COMPLETE)


async def test_queries_and_mutations_are_one_event(gateway: RunningGateway) -> None:
    query, mutation = await ask(gateway, "{ hello }"), await ask(gateway, "mutation { change }")
    assert query.text == event({"data": {"hello": "Hello, you"}}) + COMPLETE
    assert query.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert mutation.text == event({"data": {"change": 1}}) + COMPLETE


async def test_a_client_that_takes_json_too_gets_it_where_there_is_one_answer(gateway: RunningGateway) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
    query, subscription = await ask(gateway, "{ hello }", accept), await ask(gateway, COUNT, accept)
    assert query.json() == {"data": {"hello": "Hello, you"}}
    assert query.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert subscription.text.endswith(COMPLETE)


async def test_a_mutation_by_get_is_refused(gateway: RunningGateway) -> None:
    async with httpx.AsyncClient() as http:
        params = {"query": "mutation { change }"}
        answer = await http.get(gateway.url, params=params, headers={**bearer(), "Accept": EVENTS})
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json")


async def test_a_subscription_whose_client_does_not_say_that_it_takes_events_is_told_how(
    gateway: RunningGateway,
) -> None:
    answer = await ask(gateway, "subscription Unheard { count }", "*/*")
    message = (
        "A subscription was sent where one answer is expected; expected Accept: text/event-stream, or a WebSocket of "
        "the subprotocol graphql-transport-ws."
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert answer.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}
    assert gateway.streams.begun == 0
    assert gateway.noted == [(None, 400, ["BAD_USER_INPUT"])]


async def test_what_is_refused_before_the_stream_is_json_with_a_status(gateway: RunningGateway) -> None:
    answer = await ask(gateway, COUNT, Authorization="Bearer wrong")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_document_that_cannot_be_executed_is_told_by_an_event(gateway: RunningGateway) -> None:
    answer = await ask(gateway, "subscription { wrong }")
    assert answer.status_code == 200
    told, complete = answer.text.removeprefix("event: next\ndata: ").split("\n\n", 1)
    assert orjson.loads(told)["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert complete == COMPLETE
    assert gateway.noted == [(None, 200, ["GRAPHQL_VALIDATION_FAILED"])]


async def test_a_stream_that_is_refused_further_tells_why_and_completes(gateway: RunningGateway) -> None:
    answer = await ask(gateway, "subscription { refused }")
    errors = {
        "errors": [{"message": "The database does not answer now.", "extensions": {"code": "SERVICE_UNAVAILABLE"}}]
    }
    assert answer.text == BEGIN + event({"data": {"refused": 0}}) + event(errors) + COMPLETE
    assert gateway.noted == [("subscription", 200, ["SERVICE_UNAVAILABLE"])]


async def test_an_error_of_the_gateway_is_logged_and_masked(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(gateway, "subscription { breaks }")
    *_, told, _, _ = answer.text.split("\n\n")
    [error] = orjson.loads(told.partition("data: ")[2])["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("An internal error occurred.", "INTERNAL_SERVER_ERROR")
    [record] = caplog.records
    assert record.message.startswith(f"Internal error {error['extensions']['id']} ")
    assert gateway.noted == [("subscription", 500, ["INTERNAL_SERVER_ERROR"])]


async def test_a_client_that_leaves_ends_its_stream(gateway: RunningGateway) -> None:
    async with events(gateway, SLOWLY) as parts:
        assert await anext(parts) == BEGIN
        await until(gateway.streams.go_on_somewhere)
    await until(gateway.streams.are_all_closed, seconds=2)
    assert gateway.noted == [("subscription", 200, [])]


async def test_a_stream_ends_with_its_token_and_does_not_complete(gateway: RunningGateway) -> None:
    async with events(gateway, SLOWLY, seconds=2) as parts:
        text = "".join([part async for part in parts])
        assert 0 <= time.time() % 1 < 0.5
    assert text == BEGIN + event({"data": {"slowly": 0}})
    assert gateway.streams.closed == 1


async def test_a_stream_that_has_nothing_to_tell_sends_comments(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "SECONDS_BETWEEN_HEARTBEATS", 0.1)
    async with events(gateway, SLOWLY) as parts:
        text = ""
        async for part in parts:
            text += part
            if text.count(":\n\n") == 3:
                break
    assert text == BEGIN + event({"data": {"slowly": 0}}) + ":\n\n:\n\n"


async def test_what_the_caller_may_spend_holds_here_too(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, rate_limit=2) as gateway:
        first, second = await ask(gateway, "{ hello }"), await ask(gateway, "{ hello }")
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}


@pytest.mark.parametrize("limit", [{"unread_seconds": 0.3}, {"unread_bytes": 100_000}], ids=["time", "bytes"])
async def test_a_client_that_does_not_read_is_cut_off_and_its_stream_ended(
    tmp_path: Path, limit: dict[str, Any]
) -> None:
    async with running_gateway(tmp_path, **limit) as gateway:
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1)
        body = '{"query": "subscription { flood }"}'
        token = f"Authorization: {bearer()['Authorization']}"
        head = ("Content-Type: application/json", f"Content-Length: {len(body)}", f"Accept: {EVENTS}", token)
        writer.write(request("/graphql", *head, method="POST", body=body))
        await until(gateway.streams.go_on_somewhere)
        await until(gateway.streams.are_all_closed, seconds=5)
        writer.transport.abort()


async def test_a_client_that_reads_slowly_is_not_cut_off(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, unread_seconds=0.5) as gateway:
        async with events(gateway, "subscription { flood }") as parts:
            for _ in range(100):
                await anext(parts)
                await asyncio.sleep(0.012)
        await until(gateway.streams.are_all_closed, seconds=2)


async def test_it_is_the_same_where_uvicorn_speaks_http(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, uvicorns_http=True) as gateway:
        assert (await ask(gateway, COUNT)).text.endswith(event({"data": {"count": 1}}) + COMPLETE)
        async with events(gateway, SLOWLY) as parts:
            assert await anext(parts) == BEGIN
        await until(gateway.streams.are_all_closed, seconds=2)


async def test_it_goes_through_middleware_that_wraps_answers(tmp_path: Path) -> None:
    async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-node"] = "cellar"
        return response

    async with running_gateway(tmp_path, wrap=lambda app: BaseHTTPMiddleware(app, dispatch)) as gateway:
        answer = await ask(gateway, COUNT)
        assert answer.headers["x-node"] == "cellar"
        assert answer.text.endswith(event({"data": {"count": 1}}) + COMPLETE)
        async with events(gateway, SLOWLY) as parts:
            assert await anext(parts) == BEGIN
        await until(gateway.streams.are_all_closed, seconds=2)


async def test_a_connection_is_used_again_after_a_stream(gateway: RunningGateway) -> None:
    async with httpx.AsyncClient() as http:
        for _ in range(2):
            answer = await http.post(gateway.url, json={"query": COUNT}, headers={**bearer(), "Accept": EVENTS})
            assert answer.text.endswith(COMPLETE)
            assert answer.headers.get("connection") != "close"
