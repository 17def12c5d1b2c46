"""Any bytes, sent to any path, get an answer below 500."""

from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

# All examples of a test share one gateway, and leave nothing behind in it.
many_examples = hypothesis_settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": st.sampled_from(["{ __typename }", "query A { __typename }", "{ device(identifier: 5) { id } }"])
        | st.text("{}()[]:$@!&|=.,#\"'\\ \n\0aA0-é🙂query")
        | json_values,
        "variables": json_values,
        "operationName": json_values,
        "extensions": json_values,
    },
)
paths = st.builds(
    str.__add__,
    st.sampled_from(["/", "/graphql", "/graphql/", "/graphiql/assets/", "/health/", "/health/live/"]),
    st.just("")
    | st.binary(max_size=12).map(quote)
    | st.sampled_from(["..%2f..%2fpyproject.toml", "%00", "?variables"]),
)
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"]) | st.text("AGETPOS-", min_size=1, max_size=6)


@given(method=methods, path=paths, query=st.binary(max_size=20).map(quote), body=st.binary(max_size=60))
@many_examples
async def test_random_requests_are_no_server_errors(
    gateway: GatewayClient, method: str, path: str, query: str, body: bytes
) -> None:
    url = httpx.URL("http://127.0.0.1:8000").copy_with(raw_path=f"{path}?{query}".encode())
    response = await gateway.http.request(method, url, content=body)
    assert response.status_code < 500


@given(body=requests.map(orjson.dumps) | json_values.map(orjson.dumps) | st.binary(max_size=60))
@many_examples
async def test_random_bodies_get_an_answer_of_graphql(gateway: GatewayClient, body: bytes) -> None:
    response = await gateway.http.post("/graphql", content=body, headers=_headers(gateway))
    assert response.status_code in (200, 400)
    answer: dict[str, Any] = response.json()
    assert answer.keys() in ({"data"}, {"errors"}, {"data", "errors"})
    assert all(error["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for error in answer.get("errors", ()))


@given(value=st.binary(max_size=40))
@many_examples
async def test_random_headers_are_no_server_errors(gateway: GatewayClient, value: bytes) -> None:
    for name in (b"authorization", b"content-type", b"accept", b"host", b"origin"):
        response = await gateway.http.get("/graphql", headers=[(name, value)])
        assert response.status_code < 500


@pytest.mark.parametrize(
    "path", ["/nothing", "/graphql/nothing", "/health", "/docs", "/openapi.json", "/graphiql/assets/nothing.js"]
)
async def test_unknown_paths_are_not_found(gateway: GatewayClient, path: str) -> None:
    assert (await gateway.http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/graphiql/assets/%2e%2e/index.html", "/graphiql/assets/%2e%2e/%2e%2e/health.py"])
async def test_files_outside_the_assets_are_not_served(gateway: GatewayClient, path: str) -> None:
    assert (await gateway.http.get(path)).status_code == 404


def _headers(gateway: GatewayClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {gateway.token()}", "Content-Type": "application/json"}
