"""What `/graphql` makes of what a client accepts, of the methods beside GET and POST, and of charsets."""

import gzip
from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases, SQLiteDatabases

pytestmark = pytest.mark.anyio

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
TYPENAME = b'{"query":"{ __typename }"}'
CREATE = """mutation { createDeviceGroup(input: {
  name: "A", clientId: "7098dc22-fed5-4d9e-8e68-6c6f853eac0c", projectId: "b6a883a8-41f9-428e-a8a1-4597de54fec6"
}) { deviceGroup { name } } }"""
EXPECTED = "expected one of application/graphql-response+json, application/json, text/event-stream."


@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> Databases:
    """Return databases of one kind: HTTP knows nothing of them."""
    return sqlite


async def send(
    gateway: GatewayClient, method: str = "POST", headers: Mapping[str, str] | None = None, **request: Any
) -> httpx.Response:
    own = {"Authorization": f"Bearer {gateway.token()}", "Content-Type": JSON}
    return await gateway.http.request(method, "/graphql", headers={**own, **(headers or {})}, **request)


def messages(response: httpx.Response) -> list[str]:
    return [error["message"] for error in response.json()["errors"]]


async def test_where_nothing_is_acceptable_nothing_is_executed(gateway: GatewayClient) -> None:
    response = await send(gateway, headers={"Accept": "image/png"}, json={"query": CREATE})
    assert (response.status_code, response.headers["content-type"]) == (406, JSON)
    assert messages(response) == [f'Accept: "image/png" has nothing that there is; {EXPECTED}']
    assert await gateway.data("{ deviceGroups { totalCount } }") == {"deviceGroups": {"totalCount": 0}}


async def test_a_program_gets_no_html_by_post_nor_where_there_is_no_page(
    gateway: GatewayClient, settings: Settings
) -> None:
    without = GatewayClient(settings.model_copy(update={"graphiql": False}))
    headers = {"Accept": "text/html"}
    answers = [await send(gateway, headers=headers, content=TYPENAME), await send(without, "GET", headers=headers)]
    await without.close()
    assert [answer.status_code for answer in answers] == [406, 406]


async def test_a_browser_that_navigates_to_a_query_gets_its_answer(gateway: GatewayClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for params in ({"query": "{ __typename }"}, {"documentId": "none"}):
        response = await send(gateway, "GET", {"Accept": accept}, params=params)
        assert response.headers["content-type"] == JSON


async def test_several_headers_are_one_list(gateway: GatewayClient) -> None:
    headers = [
        ("Authorization", f"Bearer {gateway.token()}"),
        ("Content-Type", JSON),
        ("Accept", "image/png"),
        ("Accept", GRAPHQL_RESPONSE),
    ]
    response = await gateway.http.post("/graphql", headers=headers, content=TYPENAME)
    assert (response.status_code, response.headers["content-type"]) == (200, f"{GRAPHQL_RESPONSE}; charset=utf-8")


async def test_data_with_errors_has_a_status_of_its_own_only_in_the_media_type_of_graphql(
    gateway: GatewayClient,
) -> None:
    query = {"query": '{ viewer { principal } devices(after: "x") { totalCount } }'}
    answers = [await send(gateway, headers={"Accept": accept}, json=query) for accept in (GRAPHQL_RESPONSE, JSON)]
    assert [answer.status_code for answer in answers] == [294, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("body", ["[]", "{}", '{"query": "{a}", "variables": 1}'])
async def test_what_is_no_request_has_the_status_that_clients_of_the_media_type_know(
    gateway: GatewayClient, body: str
) -> None:
    answers = [await send(gateway, headers={"Accept": accept}, content=body) for accept in (GRAPHQL_RESPONSE, JSON)]
    assert [answer.status_code for answer in answers] == [422, 400]


async def test_empty_variables_and_extensions_in_a_url_are_none(gateway: GatewayClient) -> None:
    params = {"query": "{ __typename }", "operationName": "", "variables": "", "extensions": ""}
    assert (await send(gateway, "GET", params=params)).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
async def test_a_body_is_in_utf_8(gateway: GatewayClient, charset: str) -> None:
    response = await send(gateway, headers={"Content-Type": f"{JSON}; charset={charset}"}, content=TYPENAME)
    assert response.status_code == 200


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "us-ascii", "x" * 300])
async def test_another_charset_is_refused_by_name(gateway: GatewayClient, charset: str) -> None:
    content_type = f"{JSON}; charset={charset}"
    response = await send(gateway, headers={"Content-Type": content_type}, content=TYPENAME.decode().encode("utf-16"))
    shown = f'"{charset}"' if len(charset) < 100 else f'"{"x" * 97}…"'
    assert response.status_code == 415
    assert messages(response) == [f"The charset {shown} is not supported; expected utf-8."]


async def test_a_body_is_not_compressed(gateway: GatewayClient) -> None:
    response = await send(gateway, headers={"Content-Encoding": "gzip"}, content=gzip.compress(TYPENAME))
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
    assert messages(response) == ['The content coding "gzip" of a body is not supported; expected none.']
    assert (await send(gateway, headers={"Content-Encoding": "identity"}, content=TYPENAME)).status_code == 200


async def test_accept_charset_is_for_nobody_any_more(gateway: GatewayClient) -> None:
    response = await send(gateway, headers={"Accept-Charset": "utf-16"}, content=TYPENAME)
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_head_is_get_without_a_body(gateway: GatewayClient) -> None:
    params = {"query": "{ __typename }"}
    head, get = [await send(gateway, method, params=params) for method in ("HEAD", "GET")]
    assert (head.status_code, head.content) == (200, b"")
    different = {"x-request-id"}
    assert {**head.headers, **dict.fromkeys(different)} == {**get.headers, **dict.fromkeys(different)}


async def test_head_changes_nothing_and_streams_nothing(gateway: GatewayClient) -> None:
    subscription = "subscription { deviceEvents { cursor } }"
    for query, status in ((CREATE, 405), (subscription, 400)):
        headers = {"Accept": f"{JSON}, text/event-stream"}
        assert (await send(gateway, "HEAD", headers, params={"query": query})).status_code == status
    assert await gateway.data("{ deviceGroups { totalCount } }") == {"deviceGroups": {"totalCount": 0}}


@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding"])
async def test_a_header_of_any_size_is_read(gateway: GatewayClient, name: str) -> None:
    value = "*/*;q=0.5, " + ", ".join(f"a{number}/b;q=0.{number}" for number in range(3_000))
    response = await send(gateway, headers={name: value}, content=TYPENAME)
    assert orjson.loads(response.content) == {"data": {"__typename": "Query"}}
