"""Scripts of other sites may call the gateway where the operator has named their origins."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import ValidationError

from gateway.settings import Settings
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

ALLOWED = "https://app.example"
# What Apollo Client, urql, graphql-request, Relay, Hive, GraphiQL, OpenTelemetry and Sentry send.
OF_CLIENTS = (
    *("accept", "content-type", "authorization", "if-none-match", "last-event-id"),
    *("apollographql-client-name", "apollographql-client-version", "apollo-require-preflight"),
    *("x-apollo-operation-name", "x-apollo-operation-id", "x-apollo-operation-type"),
    *("graphql-client-name", "graphql-client-version", "graphql-require-preflight"),
    *("traceparent", "tracestate", "baggage", "sentry-trace"),
    *("x-request-id", "graphql-cost", "gateway-position"),
)
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
async def shared(settings: Settings) -> AsyncIterator[GatewayClient]:
    """Yield a gateway that scripts of one other site may call."""
    gateway = GatewayClient(Settings(database_url=settings.database_url, cors_origins=(ALLOWED,)))
    yield gateway
    await gateway.close()


async def allowed(gateway: GatewayClient, *headers: str) -> httpx.Response:
    """Return the answer to a preflight for these headers."""
    preflight = {**PREFLIGHT, "Access-Control-Request-Headers": ",".join(headers)}
    return await gateway.http.options("/graphql", headers={"Origin": ALLOWED, **preflight})


async def test_a_script_may_send_what_clients_and_tracing_send(shared: GatewayClient) -> None:
    response = await allowed(shared, *OF_CLIENTS)
    assert (response.status_code, response.text) == (200, "OK")
    names = set(response.headers["access-control-allow-headers"].lower().split(", "))
    assert set(OF_CLIENTS) <= names
    assert (await allowed(shared, "x-team")).status_code == 400


async def test_a_script_may_send_what_the_operator_names(settings: Settings) -> None:
    more = ("X-Team", "x-datadog-trace-id")
    settings = Settings(database_url=settings.database_url, cors_origins=(ALLOWED,), cors_headers=more)
    gateway = GatewayClient(settings)
    response = await allowed(gateway, "x-team", "x-datadog-trace-id", "traceparent")
    await gateway.close()
    assert response.status_code == 200


async def test_a_browser_remembers_for_two_hours_what_scripts_may_do(shared: GatewayClient) -> None:
    assert (await allowed(shared, "authorization")).headers["access-control-max-age"] == "7200"


async def test_a_script_may_read_what_it_needs(shared: GatewayClient) -> None:
    response = await shared.http.post("/graphql", headers={"Origin": ALLOWED})
    assert set(response.headers["access-control-expose-headers"].lower().split(", ")) == {
        *("etag", "gateway-position", "x-request-id", "ratelimit-policy", "ratelimit", "retry-after"),
    }
    assert response.headers["vary"] == "accept, accept-encoding, authorization, Origin"


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


@pytest.mark.parametrize("value", ["x-a, x-b", "x-a:", "größe"])
async def test_what_is_no_name_of_a_header_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_headers=value)  # type: ignore[arg-type]  # as the environment has it


async def test_origins_are_separated_by_spaces_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.example  https://b.example")
    assert Settings().cors_origins == ("https://a.example", "https://b.example")


async def test_a_preflight_for_thousands_of_headers_is_refused_unread(shared: GatewayClient) -> None:
    within, beyond = [await allowed(shared, *["accept"] * count) for count in (570, 580)]
    assert (within.status_code, within.text) == (200, "OK")
    assert (beyond.status_code, beyond.text) == (400, "Disallowed CORS headers")
    assert "access-control-allow-origin" not in beyond.headers
