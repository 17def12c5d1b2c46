"""What takes too long is given up, and so is what nobody waits for any more."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases, SQLiteDatabases, file_of
from tests.mutations.support import NO_SUCH_ID

pytestmark = pytest.mark.anyio

LONG_READ = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
TIMEOUT = 0.3
ANSWERED_SOON = 5


@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> Databases:
    return sqlite


@pytest.fixture
async def impatient(settings: Settings) -> AsyncIterator[GatewayClient]:
    gateway = GatewayClient(Settings(database_url=settings.database_url, request_timeout=TIMEOUT))
    yield gateway
    await gateway.close()


def read_for_ever(gateway: GatewayClient) -> Callable[[], int]:
    """Make every read one that never ends; return what tells how many were asked for."""
    store, asked = gateway.database.store, 0
    fetch = store.fetch

    async def fetch_for_ever(*_: object) -> Any:
        nonlocal asked
        asked += 1
        return await fetch(LONG_READ, ())

    store.fetch = fetch_for_ever  # type: ignore[assignment,method-assign]  # the gateway has no query that takes as long
    return lambda: asked


async def post(gateway: GatewayClient, query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {gateway.token()}"}
    return await gateway.http.post("/graphql", json={"query": query}, headers=headers)


async def test_a_request_that_takes_too_long_is_given_up(impatient: GatewayClient) -> None:
    read_for_ever(impatient)
    start = time.monotonic()
    response = await post(impatient, "{ devices { totalCount } }")
    assert TIMEOUT < time.monotonic() - start < ANSWERED_SOON
    assert (response.status_code, response.json()) == (
        200,
        {
            "errors": [
                {
                    "message": "The request took longer than 0.3 s and was given up. A change that was being made when "
                    "the time was up may have been made: look, before you send it again.",
                    "extensions": {"code": "TIMEOUT"},
                }
            ],
            "data": None,
        },
    )


async def test_a_deletion_that_may_take_many_transactions_is_given_up(impatient: GatewayClient) -> None:
    query = f'mutation {{ deleteDeviceGroup(input: {{ id: "{NO_SUCH_ID}" }}) {{ userErrors {{ code }} }} }}'
    not_found = {"data": {"deleteDeviceGroup": {"userErrors": [{"code": "NOT_FOUND"}]}}}
    assert (
        await post(impatient, query)
    ).json() == not_found  # Every new document is given up: its reading may be long.
    with closing(sqlite3.connect(file_of(impatient.settings.database_url))) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        [error] = (await post(impatient, query)).json()["errors"]
        assert TIMEOUT < time.monotonic() - start < ANSWERED_SOON
    assert error["extensions"] == {"code": "TIMEOUT"}


async def test_a_read_that_was_given_up_keeps_no_place(impatient: GatewayClient) -> None:
    fetch = impatient.database.store.fetch
    read_for_ever(impatient)
    for _ in range(2):
        await asyncio.gather(*(post(impatient, "{ devices { totalCount } }") for _ in range(3)))
    impatient.database.store.fetch = fetch  # type: ignore[method-assign]  # see above
    assert (await post(impatient, "{ devices { totalCount } }")).json() == {"data": {"devices": {"totalCount": 0}}}


async def test_what_is_answered_in_time_is_not_given_up_afterwards(impatient: GatewayClient) -> None:
    for _ in range(5):
        assert (await post(impatient, "{ viewer { principal } }")).status_code == 200
        await asyncio.sleep(TIMEOUT / 2)


@pytest.mark.parametrize("asked_once", ["{ devices { totalCount } }", "{ devices { nodes { id } totalCount } }"])
async def test_a_request_whose_client_is_gone_is_given_up(gateway: GatewayClient, asked_once: str) -> None:
    asked = read_for_ever(gateway)
    start = time.monotonic()
    sent = await answered(gateway, asked_once, leave=lambda: asyncio.sleep(0.05))
    assert time.monotonic() - start < ANSWERED_SOON
    assert (sent, asked()) == ([], 1)


async def answered(gateway: GatewayClient, query: str, leave: Callable[[], Awaitable[None]]) -> list[Any]:
    """Return what is sent to a client that is gone when `leave` returns."""
    body = json.dumps({"query": query}).encode()
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
    sent: list[Any] = []

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await leave()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    authorization = f"Bearer {gateway.token()}".encode()
    headers = [(b"content-type", b"application/json"), (b"authorization", authorization)]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await gateway.app(scope, receive, send)
    return sent
