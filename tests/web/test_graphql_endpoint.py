"""GraphQL over HTTP: what `/graphql` makes of methods, headers and bodies, good and bad."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.settings import Settings
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
GRAPHQL_RESPONSE_IN_UTF_8 = f"{GRAPHQL_RESPONSE}; charset=utf-8"
TYPENAME = b'{"query": "{ __typename }"}'
DATA = {"data": {"__typename": "Query"}}
NESTED = b"[" * 1_000 + b"]" * 1_000


class Caller:
    """Sends requests to `/graphql`, with a token and as JSON unless the headers say otherwise."""

    def __init__(self, gateway: GatewayClient) -> None:
        self._http = gateway.http
        self._token = gateway.token()

    async def post(self, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        return await self.send("POST", content=content, headers={"Content-Type": JSON, **headers})

    async def get(self, **parameters: str) -> httpx.Response:
        return await self.send("GET", params=parameters)

    async def send(
        self, method: str, path: str = "/graphql", *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        authorized = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        return await self._http.request(method, path, headers=authorized, **request)


@pytest.fixture
def caller(gateway: GatewayClient) -> Caller:
    return Caller(gateway)


def only_code(response: httpx.Response) -> Any:
    """Return the code of the one error in an answer that has nothing else."""
    content = response.json()
    assert list(content) == ["errors"]
    (error,) = content["errors"]
    assert error["message"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"5", id="a number"),
        pytest.param(b"[5]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{", id="half an object"),
        pytest.param(b"query=%7B__typename%7D", id="a form"),
        pytest.param(b'{"query": "{ __typename }\xff"}', id="invalid UTF-8"),
        pytest.param(b'{"query": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b"[" * 100_000, id="100,000 brackets"),
        pytest.param(NESTED, id="1,000 nested lists"),
        pytest.param(b'{"query": ' + NESTED + b"}", id="1,000 nested lists for a query"),
        pytest.param(
            b'{"query": "{ __typename }", "variables": ' + NESTED + b"}", id="1,000 nested lists of variables"
        ),
        pytest.param(b"[" + TYPENAME + b"]", id="a batch"),
        pytest.param(b"{}", id="no query"),
        pytest.param(b'{"query": null}', id="query null"),
        pytest.param(b'{"query": ""}', id="query empty"),
        pytest.param(b'{"query": 5}', id="query a number"),
        pytest.param(b'{"query": "{ __typename }", "variables": []}', id="variables a list"),
        pytest.param(b'{"query": "{ __typename }", "variables": "{}"}', id="variables text"),
        pytest.param(b'{"query": "{ __typename }", "operationName": 5}', id="operationName a number"),
    ],
)
async def test_a_body_that_holds_no_request_is_bad_input(caller: Caller, body: bytes) -> None:
    response = await caller.post(body)
    assert (response.status_code, only_code(response)) == (400, "BAD_USER_INPUT")


async def test_the_message_names_the_format_and_the_error(caller: Caller) -> None:
    (error,) = (await caller.post(b"{")).json()["errors"]
    assert error["message"].startswith("The body is not JSON: ")


@pytest.mark.parametrize("rest", [{}, {"variables": None, "operationName": None}, {"variables": {}, "extensions": {}}])
async def test_variables_and_operation_name_may_be_left_out_or_null(caller: Caller, rest: dict[str, Any]) -> None:
    response = await caller.post(orjson.dumps({"query": "{ __typename }", **rest}))
    assert (response.status_code, response.json()) == (200, DATA)


@pytest.mark.parametrize(("excess", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize("in_chunks", [False, True])
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    settings: Settings, excess: int, status: int, *, in_chunks: bool
) -> None:
    body = TYPENAME.ljust(5_000 + excess)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    gateway = GatewayClient(Settings(database_url=settings.database_url, max_body_bytes=5_000))
    response = await Caller(gateway).post(chunks() if in_chunks else body)
    await gateway.close()

    assert response.status_code == status
    assert response.json() == DATA if status == 200 else only_code(response) == "BAD_USER_INPUT"


@pytest.mark.parametrize("media_type", [JSON, "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
async def test_json_is_taken_with_its_charset_and_in_any_letter_case(caller: Caller, media_type: str) -> None:
    assert (await caller.post(TYPENAME, **{"Content-Type": media_type})).json() == DATA


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_other_media_types_are_not_supported(caller: Caller, media_type: str) -> None:
    response = await caller.post(TYPENAME, **{"Content-Type": media_type})
    assert (response.status_code, only_code(response)) == (415, "BAD_USER_INPUT")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
async def test_other_methods_are_not_allowed(caller: Caller, method: str) -> None:
    response = await caller.send(method)
    assert (response.status_code, only_code(response)) == (405, "BAD_USER_INPUT")
    assert response.headers["allow"] == "GET, HEAD, POST"


async def test_get_takes_query_variables_and_operation_name(caller: Caller) -> None:
    query = "query A { __typename } query B($id: DeviceIdentifier!) { device(identifier: $id) { id } }"
    variables = '{"id": "imei:356938030000013"}'
    response = await caller.get(query=query, operationName="B", variables=variables)
    assert (response.status_code, response.json()) == (200, {"data": {"device": None}})


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[]"},
        {"query": "{ __typename }", "variables": "[" * 10_000},
        {"query": "{ __typename }", "extensions": "x"},
        {"query": "{ __typename }", **{f"p{number}": "" for number in range(100)}},
    ],
)
async def test_get_without_a_query_or_with_bad_variables_is_bad_input(
    caller: Caller, parameters: dict[str, str]
) -> None:
    response = await caller.get(**parameters)
    assert (response.status_code, only_code(response)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("operation", ["mutation", "subscription"])
async def test_get_changes_nothing(caller: Caller, operation: str) -> None:
    response = await caller.get(query=f"{operation} {{ __typename }}")
    if response.status_code == 405:
        assert (response.headers["allow"], only_code(response)) == ("POST", "BAD_USER_INPUT")
    else:  # The schema has no such operations.
        assert only_code(response) == "GRAPHQL_VALIDATION_FAILED"


async def test_get_changes_nothing_by_one_of_several_operations_either(caller: Caller) -> None:
    query = "query A { __typename } mutation B { __typename }"
    assert (await caller.get(query=query, operationName="A")).json() == DATA
    response = await caller.get(query=query, operationName="B")
    assert (response.status_code, only_code(response)) == (405, "BAD_USER_INPUT")


# {"alg": "HS256", "crit": ["\ud800"]}, which PyJWT repeats in its message.
SURROGATE = "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiXHVkODAwIl19.e30.AAAA"


async def test_a_token_that_no_answer_could_repeat_is_refused(caller: Caller) -> None:
    response = await caller.post(TYPENAME, Authorization=f"Bearer {SURROGATE}")
    assert (response.status_code, only_code(response)) == (401, "UNAUTHENTICATED")


async def test_keys_that_cannot_be_read_are_nobody_s_mistake(settings: Settings, tmp_path: Path) -> None:
    gateway = GatewayClient(settings.model_copy(update={"jwks": str(tmp_path / "none.json")}))
    response = await Caller(gateway).post(TYPENAME)
    assert (response.status_code, only_code(response)) == (503, "SERVICE_UNAVAILABLE")
    await gateway.close()


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"query": "{"}, (400, "GRAPHQL_PARSE_FAILED")),
        ({"query": "{ nothing }"}, (422, "GRAPHQL_VALIDATION_FAILED")),
        ({"query": "query A { __typename }", "operationName": "B"}, (422, "BAD_USER_INPUT")),
        ({"query": "query A { __typename } query B { __typename }"}, (422, "BAD_USER_INPUT")),
        ({"query": "query A($n: Int!) { devices(first: $n) { totalCount } }"}, (422, "BAD_USER_INPUT")),
    ],
)
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE_IN_UTF_8),
        (f"{GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE_IN_UTF_8),
    ],
)
async def test_a_request_that_cannot_run_has_a_status_of_its_own_only_in_the_media_type_of_graphql(
    caller: Caller, request_: dict[str, str], expected: tuple[int, str], accept: str, content_type: str
) -> None:
    response = await caller.post(orjson.dumps(request_), Accept=accept)
    status, code = expected
    assert response.status_code == (200 if content_type == JSON else status)
    assert response.headers["content-type"] == content_type
    assert only_code(response) == code


@pytest.mark.parametrize(("accept", "content_type"), [(JSON, JSON), (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE_IN_UTF_8)])
async def test_data_comes_in_the_media_type_that_was_asked_for(caller: Caller, accept: str, content_type: str) -> None:
    response = await caller.post(TYPENAME, Accept=accept)
    assert (response.status_code, response.headers["content-type"], response.json()) == (200, content_type, DATA)


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("POST", {"Content-Type": JSON}, TYPENAME, 200),
        ("POST", {"Content-Type": JSON}, b"5", 400),
        ("POST", {"Authorization": ""}, TYPENAME, 401),
        ("PUT", {}, b"", 405),
        ("POST", {}, TYPENAME, 415),
    ],
)
async def test_no_answer_is_stored_on_its_way(
    caller: Caller, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    response = await caller.send(method, headers=headers, content=body)
    assert (response.status_code, response.headers["cache-control"]) == (status, "no-store")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_the_answer_is_a_challenge(caller: Caller, method: str, authorization: str) -> None:
    response = await caller.send(method, headers={"Authorization": authorization})
    assert (response.status_code, only_code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


# RFC 6750, section 3: what is wrong with a token, in those characters that may be quoted.
@pytest.mark.parametrize(
    ("token", "description"),
    [
        ("no-token", "The token is not valid: Not enough segments."),
        (SURROGATE, "The token is not valid: Unsupported critical extension: ?ud800."),
    ],
)
async def test_a_bad_token_is_told_apart_from_none(caller: Caller, token: str, description: str) -> None:
    response = await caller.post(TYPENAME, Authorization=f"Bearer {token}")
    assert (response.status_code, only_code(response)) == (401, "UNAUTHENTICATED")
    challenge = f'Bearer error="invalid_token", error_description="{description}"'
    assert response.headers["www-authenticate"] == challenge


async def test_a_slash_too_many_leads_to_the_endpoint(gateway: GatewayClient) -> None:
    response = await gateway.http.post("/graphql/")
    assert (response.status_code, response.headers["location"]) == (307, "http://127.0.0.1:8000/graphql")
