"""A limit on what each principal may spend in a minute, seen over HTTP, with both executors."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.db.database import Database
from gateway.domain.enums import Scope
from gateway.domain.instants import format_instant
from gateway.domain.uuids import Uuid
from gateway.graphql.costs import STATEMENT
from gateway.settings import Settings
from tests.client import SUBJECT, GatewayClient
from tests.databases import SQLiteDatabases
from tests.factories import RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio

LIMIT = 100
POLICY = f'"default";q={LIMIT};w=60'
GRAPHQL = "application/graphql-response+json"
PAGE = "{ devices(first: 10) { nodes { id name } } }"
REQUESTED = 2 + 10 * 3 + STATEMENT
USED = 2 + STATEMENT
"""What is charged for a page, and what it turns out to cost where there are no devices."""
VIEWER = "{ viewer { principal } }"
"""It costs three."""
SOMEBODY_ELSE = Uuid("11111111-1111-4111-8111-111111111111")
# When a window of the caller begins: 2023-03-28.
BEGIN = 28_000_000 * 60 + crc32(SUBJECT.encode()) % 60


@dataclass
class Clock:
    now: float = BEGIN + 9.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["columns", "graphql-core"])
async def gateway(
    sqlite: SQLiteDatabases, tmp_path: Path, clock: Clock, request: pytest.FixtureRequest
) -> AsyncIterator[GatewayClient]:
    with sqlite.copy() as url:
        settings = Settings(
            database_url=url,
            key_file=tmp_path / "key",
            rate_limit=LIMIT,
            executor=request.param,
            cors_origins=("https://app.example",),
        )
        gateway = GatewayClient(settings)
        endpoint: Any = gateway.app.graphql
        endpoint.rate_limiter.clock = clock
        yield gateway
        await gateway.close()


async def post(gateway: GatewayClient, query: str, subject: Uuid = SUBJECT, **headers: str) -> httpx.Response:
    secret = embedded_secret(gateway.settings.embedded_key_file)
    token = issue_token(secret, subject=subject, scopes=Scope, clients=None, ttl=timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return await gateway.http.post("/graphql", json={"query": query}, headers=headers)


def left(response: httpx.Response) -> str:
    assert response.headers["ratelimit-policy"] == POLICY
    return str(response.headers["ratelimit"])


async def test_each_operation_is_charged_what_it_may_cost_and_given_back_what_it_did_not_use(
    gateway: GatewayClient,
) -> None:
    assert left(await post(gateway, VIEWER)) == '"default";r=97;t=51'
    page = await post(gateway, f"{{ rateLimit {{ remaining cost }} {PAGE[1:]}")
    charged = REQUESTED + 3
    assert page.json()["data"]["rateLimit"] == {"remaining": 97 - charged, "cost": charged}
    assert left(page) == f'"default";r={97 - USED - 3};t=51'


async def test_what_is_there_is_not_given_back(gateway: GatewayClient) -> None:
    database = Database(gateway.settings.database_url)
    for _ in range(3):
        await RowFactory(database).device()
    await database.close()
    assert left(await post(gateway, PAGE)) == f'"default";r={LIMIT - USED - 3 * 3};t=51'


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
async def test_what_is_not_covered_by_what_is_left_is_not_executed(
    gateway: GatewayClient, clock: Clock, accept: str
) -> None:
    for _ in range(21):
        await post(gateway, VIEWER)
    with Statements(gateway.database).recorded() as recorded:
        response = await post(gateway, PAGE, accept=accept)
    message = (
        f"The cost of the operation is {REQUESTED}, and 37 is left of the 100 that its caller may spend; "
        "there is enough again in 51 s."
    )
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "RATE_LIMITED"}}]}
    assert (response.status_code, response.headers["retry-after"]) == (429, "51")
    assert (response.headers["content-type"].partition(";")[0], left(response)) == (accept, '"default";r=37;t=51')
    assert recorded == []
    clock.now = BEGIN + 60.0
    assert left(await post(gateway, PAGE)) == f'"default";r={LIMIT - USED};t=60'


async def test_what_costs_less_than_is_left_is_still_executed(gateway: GatewayClient) -> None:
    for _ in range(33):
        await post(gateway, VIEWER)
    assert (await post(gateway, VIEWER)).status_code == 429
    assert left(await post(gateway, "{ __typename }", accept=GRAPHQL)).startswith('"default";r=1;')


async def test_what_costs_more_than_the_whole_limit_is_told_that_waiting_does_not_help(gateway: GatewayClient) -> None:
    response = await post(gateway, "{ devices { nodes { id name } } }")
    message = (
        f"The cost of the operation is {2 + 50 * 3 + STATEMENT}, were all its lists full, and its caller may spend 100 "
        "in 60 s, so that waiting does not help. Ask for smaller pages, or for less in each."
    )
    assert response.json() == {"errors": [{"message": message, "extensions": {"code": "TOO_EXPENSIVE"}}]}
    assert (response.status_code, "retry-after" in response.headers) == (200, False)
    assert left(response) == '"default";r=100;t=51'


async def test_principals_spend_apart_and_begin_apart(gateway: GatewayClient) -> None:
    await post(gateway, VIEWER)
    response = await post(gateway, VIEWER, SOMEBODY_ELSE)
    seconds = (crc32(SOMEBODY_ELSE.encode()) % 60 - (BEGIN + 9.5)) % 60
    assert left(response) == f'"default";r=97;t={int(seconds + 0.5)}'
    assert left(await post(gateway, VIEWER)) == '"default";r=94;t=51'


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (PAGE, {"GraphQL_Cost": "validate"}, 200),
        (PAGE, {"GraphQL_Cost": "all"}, 400),
        ("", {}, 400),
    ],
)
async def test_what_is_not_executed_costs_nothing(
    gateway: GatewayClient, query: str, headers: Any, status: int
) -> None:
    await post(gateway, VIEWER)
    response = await post(gateway, query, **headers)
    assert (response.status_code, left(response)) == (status, '"default";r=97;t=51')


async def test_a_document_that_is_refused_costs_its_characters(gateway: GatewayClient) -> None:
    for query, remaining in (("{ unknown }", 89), ("{ unknown }", 78), ("{ viewer", 70), ("{" * 500, 70)):
        response = await post(gateway, query, accept=GRAPHQL)
        assert left(response) == f'"default";r={remaining};t=51'
    assert response.status_code == 429


async def test_who_is_not_known_is_told_nothing(gateway: GatewayClient) -> None:
    response = await gateway.http.post("/graphql", json={"query": VIEWER})
    assert response.status_code == 401
    assert [name for name in response.headers if name.startswith("ratelimit")] == []


async def test_the_limit_is_told_by_a_query(gateway: GatewayClient) -> None:
    response = await post(gateway, "{ rateLimit { limit remaining resetAt cost } }")
    told = response.json()["data"]["rateLimit"]
    end = format_instant(datetime.fromtimestamp(BEGIN + 60, UTC))
    assert told == {"limit": 100, "remaining": 94, "resetAt": end, "cost": 6}


async def test_where_there_is_no_limit_nothing_is_told(settings: Settings) -> None:
    gateway = GatewayClient(settings)
    response = await post(gateway, "{ rateLimit { limit } }")
    assert response.json() == {"data": {"rateLimit": None}}
    assert [name for name in response.headers if name.startswith("ratelimit")] == []
    await gateway.close()


async def test_a_script_of_another_site_may_read_the_headers(gateway: GatewayClient) -> None:
    response = await post(gateway, VIEWER, origin="https://app.example")
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
