"""How clients find out where tokens come from (RFC 9728), from a server that has an issuer."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from gateway.domain.errors import InvalidToken, Unauthenticated
from gateway.web.protected_resource import ProtectedResource, challenge
from tests.auth.test_access_tokens import ACCESS_TOKEN, ISSUER, RESOURCE
from tests.auth.test_tokens import SECRET
from tests.client import GatewayClient
from tests.server import Server, running_server

WELL_KNOWN = "/.well-known/oauth-protected-resource"
METADATA_URL = "https://devices.example/.well-known/oauth-protected-resource/graphql"
METADATA = {
    "resource": RESOURCE,
    "authorization_servers": [ISSUER],
    "scopes_supported": [
        *("device.read", "device.write", "device-group.read", "device-group.write", "webhook.read", "webhook.write")
    ],
    "bearer_methods_supported": ["header"],
    "resource_name": "Devices gateway",
}
VIEWER = {"query": "{ viewer { principal } }"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("issuer")
    with running_server(
        folder, GATEWAY_JWT_SECRET=SECRET, GATEWAY_JWT_ISSUER=ISSUER, GATEWAY_PUBLIC_URL=RESOURCE
    ) as server:
        yield server


def ask(server: Server, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/graphql", json=VIEWER, headers=headers)


def bearer(claims: dict[str, Any], type_: str) -> str:
    return f"Bearer {jwt.encode(claims, SECRET, headers={'typ': type_})}"


# Section 3.1: under the path of the resource; and of the host, for clients that look nowhere else.
@pytest.mark.parametrize("path", [WELL_KNOWN, f"{WELL_KNOWN}/graphql"])
def test_the_metadata_is_for_everybody_and_may_be_kept(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.url}{path}")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", METADATA)
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert httpx.head(f"{server.url}{path}").status_code == 200
    assert httpx.post(f"{server.url}{path}").status_code == 405


@pytest.mark.parametrize("path", [f"{WELL_KNOWN}/", f"{WELL_KNOWN}/other"])
def test_no_other_resource_has_metadata_here(server: Server, path: str) -> None:
    assert httpx.get(f"{server.url}{path}").status_code in (307, 404)


def test_a_request_without_a_token_is_told_where_the_metadata_is(server: Server) -> None:
    answer = ask(server)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (
        401,
        f'Bearer resource_metadata="{METADATA_URL}"',
    )


def test_a_request_with_a_bad_token_is_told_what_is_wrong_as_well(server: Server) -> None:
    answer = ask(server, Authorization=bearer(ACCESS_TOKEN, "JWT"))
    description = "The token is no access token: its typ is 'JWT'; expected at+jwt."
    told = f'error="invalid_token", error_description="{description}", resource_metadata="{METADATA_URL}"'
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, f"Bearer {told}")
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_an_access_token_lets_in(server: Server) -> None:
    answer = ask(server, Authorization=bearer(ACCESS_TOKEN, "at+jwt"))
    assert (answer.status_code, answer.json()) == (
        200,
        {"data": {"viewer": {"principal": f"principal/{ACCESS_TOKEN['sub']}"}}},
    )


def test_a_missing_scope_is_an_error_of_the_field(server: Server) -> None:
    token = bearer({**ACCESS_TOKEN, "scope": ""}, "at+jwt")
    query = {"query": "{ devices { totalCount } }"}
    answer = httpx.post(f"{server.url}/graphql", json=query, headers={"Authorization": token})
    assert (answer.status_code, answer.json()["data"]) == (200, {"devices": None})
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert "www-authenticate" not in answer.headers


@pytest.mark.anyio
async def test_without_an_issuer_there_is_no_metadata(gateway: GatewayClient) -> None:
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/graphql"):
        assert (await gateway.http.get(path)).status_code == 404
    answer = await gateway.http.post("/graphql", json=VIEWER)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("url", "metadata_url"),
    [
        ("https://devices.example", f"https://devices.example{WELL_KNOWN}"),
        ("https://devices.example/", f"https://devices.example{WELL_KNOWN}"),
        ("https://devices.example:8443/api/graphql", f"https://devices.example:8443{WELL_KNOWN}/api/graphql"),
        ("http://127.0.0.1:8000/graphql", f"http://127.0.0.1:8000{WELL_KNOWN}/graphql"),
    ],
)
def test_the_well_known_path_stands_between_the_host_and_the_path(url: str, metadata_url: str) -> None:
    resource = ProtectedResource(url=url, issuer=ISSUER)
    assert resource.metadata_url == metadata_url


def test_the_metadata_has_the_path_of_a_resource_behind_a_proxy_too() -> None:
    resource = ProtectedResource(url="https://devices.example/api/graphql", issuer=ISSUER)
    paths = [route.path for route in resource.routes("/graphql")]
    assert paths == [WELL_KNOWN, f"{WELL_KNOWN}/api/graphql", f"{WELL_KNOWN}/graphql"]


# RFC 6750, section 3: an error_description has neither quotation marks nor backslashes, and ASCII alone.
@pytest.mark.parametrize(
    ("error", "header"),
    [
        (Unauthenticated("There is none."), "Bearer"),
        (InvalidToken("One."), 'Bearer error="invalid_token", error_description="One."'),
        (
            InvalidToken('The sub is "ä\\\r\n\x7f".'),
            'Bearer error="invalid_token", error_description="The sub is \'?????\'."',
        ),
    ],
)
def test_a_challenge_has_only_what_may_be_quoted(error: Unauthenticated, header: str) -> None:
    assert challenge(error, None) == header
