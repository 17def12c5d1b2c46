"""Scripts of other sites may call the gateway where the operator has named their origins."""

from collections.abc import AsyncIterator

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

ALLOWED = "https://app.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
async def shared(settings: Settings) -> AsyncIterator[GatewayClient]:
    """Yield a gateway that scripts of one other site may call."""
    gateway = GatewayClient(Settings(database_url=settings.database_url, cors_origins=(ALLOWED,)))
    yield gateway
    await gateway.close()


async def test_a_script_of_a_configured_origin_may_send_a_token_and_json(shared: GatewayClient) -> None:
    response = await shared.http.options("/graphql", headers={"Origin": ALLOWED, **PREFLIGHT})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ALLOWED
    assert {"authorization", "content-type"} <= set(
        response.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert response.headers["access-control-allow-methods"] == "GET, POST"


async def test_a_script_of_a_configured_origin_may_read_the_answer_without_cookies(shared: GatewayClient) -> None:
    response = await shared.http.post("/graphql", headers={"Origin": ALLOWED})
    assert response.headers["access-control-allow-origin"] == ALLOWED
    assert "access-control-allow-credentials" not in response.headers


async def test_a_script_of_a_configured_origin_may_ask_for_the_health(shared: GatewayClient) -> None:
    response = await shared.http.get("/health/live", headers={"Origin": ALLOWED})
    assert response.headers["access-control-allow-origin"] == ALLOWED


@pytest.mark.parametrize("origin", ["https://other.example", "https://app.example.other", "http://app.example", "null"])
async def test_scripts_of_other_origins_may_do_nothing(shared: GatewayClient, origin: str) -> None:
    preflight = await shared.http.options("/graphql", headers={"Origin": origin, **PREFLIGHT})
    answer = await shared.http.post("/graphql", headers={"Origin": origin})
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in {*preflight.headers, *answer.headers}


async def test_without_configured_origins_no_script_may_do_anything(gateway: GatewayClient) -> None:
    preflight = await gateway.http.options("/graphql", headers={"Origin": ALLOWED, **PREFLIGHT})
    answer = await gateway.http.post("/graphql", headers={"Origin": ALLOWED})
    assert preflight.status_code == 405
    assert not {name for name in {*preflight.headers, *answer.headers} if name.startswith("access-control")}


async def test_origins_are_separated_by_spaces_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.example  https://b.example")
    assert Settings().cors_origins == ("https://a.example", "https://b.example")
