"""What is asked of REST gets 404, with the GraphQL that does the same."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from gateway.settings import Settings
from gateway.web.rest_operations import OPERATIONS, Operation
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases

pytestmark = pytest.mark.anyio

MESSAGE = "There is no REST API here, but GraphQL at /graphql"
CLIENT = "7098dc22-fed5-4d9e-8e68-6c6f853eac0c"
IMEI = "imei:356938030000013"
SINCE = "2024-12-31T23:00:00.000Z"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def url(sqlite: SQLiteDatabases) -> Iterator[str]:
    with sqlite.copy() as url:
        yield url


@pytest.fixture(scope="module")
async def gateway(url: str) -> AsyncIterator[GatewayClient]:
    client = GatewayClient(Settings(database_url=url))
    yield client
    await client.close()


def graphql_of(response: httpx.Response) -> Any:
    """Return the GraphQL that an answer has, and check all else."""
    assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    [error] = response.json()["errors"]
    assert error["message"].startswith(MESSAGE)
    assert error["extensions"]["code"] == "NOT_FOUND"
    return error["extensions"].get("graphql")


async def variables_of(gateway: GatewayClient, method: str, path: str) -> Any:
    return graphql_of(await gateway.http.request(method, path))["variables"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
async def test_each_document_is_valid_and_runs(gateway: GatewayClient, operation: Operation) -> None:
    ids = {"{device}": IMEI, "{deviceGroupId}": CLIENT, "{id}": CLIENT, "{networkAdapterId}": CLIENT}
    path = operation.path
    for name, value in ids.items():
        path = path.replace(name, value)
    graphql = graphql_of(await gateway.http.request(operation.method, path))
    answer = await gateway.ask(graphql["query"], graphql["variables"])
    assert not answer.errors
    [payload] = answer.data.values()
    codes = [error["code"] for error in (payload or {}).get("userErrors", ())]
    assert codes in ([], ["NOT_FOUND"], ["NOT_FOUND", "NOT_FOUND"])


async def test_a_list_keeps_its_parameters(gateway: GatewayClient) -> None:
    query = (
        f"q=pump%207&clientId={CLIENT}&barcode=12&deviceSpecificationId={CLIENT}&deviceSpecificationId={IMEI[5:]}"
        f"&createdSince={SINCE}&modifiedBefore={SINCE}&cursor=abc&limit=20&sort=createdAt,-deviceSpecificationId"
    )
    assert await variables_of(gateway, "GET", f"/devices?{query}") == {
        "filter": {
            "search": "pump 7",
            "clientId": CLIENT,
            "barcodeContains": "12",
            "deviceSpecificationIds": [CLIENT, IMEI[5:]],
            "createdSince": SINCE,
            "modifiedBefore": SINCE,
        },
        "orderBy": [{"field": "CREATED_AT"}, {"field": "DEVICE_SPECIFICATION_ID", "direction": "DESC"}],
        "first": 20,
        "after": "abc",
    }


async def test_the_document_of_a_list_runs_with_its_parameters(gateway: GatewayClient) -> None:
    query = f"q=a&clientId={CLIENT}&barcode=1&deviceSpecificationId={CLIENT}&createdSince={SINCE}&limit=9&sort=-name"
    graphql = graphql_of(await gateway.http.get(f"/devices?{query}"))
    data = await gateway.data(graphql["query"], graphql["variables"])
    assert data == {"devices": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("", {}),
        ("limit=1000", {"first": 250}),
        ("limit=0", {"first": 0}),
        ("limit=-1&sort=size,%20,-&cursor=&q=&other=1", {}),
        ("limit=%D9%A3", {}),
        (f"limit={'9' * 5_000}", {"first": 250}),
        (f"q={'x' * 5_000}", {"filter": {"search": "x" * 255}}),
        ("q=%00%ff%3Cscript%3E%22", {"filter": {"search": '\0\ufffd<script>"'}}),
        ("&".join(f"q={number}" for number in range(1_000)), {}),
        (f"limit=1&q={'%41' * 3_000}", {}),
        (f"limit=1&sort={'aA' * 4_000}", {}),
    ],
)
async def test_what_is_no_parameter_is_left_out_and_what_is_long_is_cut(
    gateway: GatewayClient, query: str, variables: Any
) -> None:
    assert await variables_of(gateway, "GET", f"/devices?{query}") == variables


@pytest.mark.parametrize(
    ("method", "path", "variables"),
    [
        ("GET", f"/devices/{IMEI}", {"device": IMEI}),
        ("HEAD", f"/devices/{IMEI}", None),
        ("GET", "/devices/urn:dev:imei:356938030000013:/", {"device": "urn:dev:imei:356938030000013:"}),
        ("DELETE", f"/devices/{IMEI}", {"input": {"device": IMEI}}),
        ("PATCH", f"/devices/{IMEI}", {"input": {"device": IMEI, "name": "Another name"}}),
        (
            "GET",
            f"/devices/{IMEI}/device-groups?createdBefore={SINCE}&sort=-name&q=a",
            {"device": IMEI, "createdBefore": SINCE, "orderBy": [{"field": "NAME", "direction": "DESC"}]},
        ),
        ("GET", f"/devices/{IMEI}/network-adapters?type=lora", {"device": IMEI, "types": ["LORA"]}),
        ("GET", f"/devices/{IMEI}/network-adapters?type=zigbee", {"device": IMEI, "types": []}),
        (
            "PUT",
            f"/device-groups/{CLIENT}/devices/{IMEI}",
            {"input": {"deviceGroupId": CLIENT, "device": IMEI}},
        ),
        ("GET", f"/devices/{'x' * 5_000}", {"device": "x" * 255}),
        ("GET", "/devices/%3Cscript%3E%22%0A", {"device": '<script>"\n'}),
    ],
)
async def test_ids_and_parameters_are_variables(gateway: GatewayClient, method: str, path: str, variables: Any) -> None:
    response = await gateway.http.request(method, path)
    if method == "HEAD":
        assert (response.status_code, response.content) == (404, b"")
    else:
        assert graphql_of(response)["variables"] == variables


async def test_whoever_has_a_body_is_told_where_it_goes(gateway: GatewayClient) -> None:
    answers = [await gateway.http.request(method, "/devices/1") for method in ("PUT", "DELETE")]
    same = "the document and the variables in extensions.graphql do the same"
    assert [answer.json()["errors"][0]["message"] for answer in answers] == [
        f"{MESSAGE}; {same}; what the body has is for the variable input.",
        f"{MESSAGE}; {same}.",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("TRACE", "/devices"), ("DELETE", "/devices"), ("GET", "/devices/a/b/c/d"), ("FOO", "/device-groups/1")],
)
async def test_what_rest_has_not_is_told_about_graphql_alone(gateway: GatewayClient, method: str, path: str) -> None:
    response = await gateway.http.request(method, path)
    assert graphql_of(response) is None
    assert response.json()["errors"][0]["message"] == f"{MESSAGE}."


@pytest.mark.parametrize("path", ["/device", "/devicesx", "/device-groupsx", "/v1/devices"])
async def test_other_paths_are_not_there_as_ever(gateway: GatewayClient, path: str) -> None:
    assert (await gateway.http.get(path)).json() == {"detail": "Not Found"}


async def test_nothing_of_a_hidden_schema_is_told(url: str) -> None:
    hidden = GatewayClient(Settings(database_url=url, introspection=False))
    response = await hidden.http.get("/devices?limit=1")
    await hidden.close()
    assert response.json() == {"errors": [{"message": f"{MESSAGE}.", "extensions": {"code": "NOT_FOUND"}}]}
