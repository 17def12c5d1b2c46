"""Documents by their ids: over HTTP, by WebSocket and as an event stream, in each mode of what manifests allow."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.graphql.known_documents import DocumentsMode
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases
from tests.server import running_server
from tests.web.streams import bearer, running_gateway

pytestmark = pytest.mark.anyio

TYPENAME = "query Typename { __typename }"
SCOPES = "query Scopes($more: Boolean = false) { viewer { __typename scopes @include(if: $more) } }"
CHANGE = 'mutation Change { deleteDevice(input: {device: "imei:490154203237518"}) { userErrors { code } } }'
WRONG = "{ devices { nodes { nmae barcode } } }"
MANIFEST = {"typename": TYPENAME, "scopes": SCOPES, "change": CHANGE, "wrong": WRONG, "__proto__": "{ a: __typename }"}
ANSWER = {"data": {"__typename": "Query"}}
GRAPHQL_RESPONSE = "application/graphql-response+json"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def automatic(hash_: Any, **more: Any) -> dict[str, Any]:
    """Return what a client of Apollo's sends."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}, **more}


class Caller:
    def __init__(self, gateway: GatewayClient) -> None:
        self._http = gateway.http
        self._authorization = {"Authorization": f"Bearer {gateway.token()}"}

    async def post(self, content: dict[str, Any], accept: str = "application/json") -> httpx.Response:
        return await self._http.post("/graphql", json=content, headers={**self._authorization, "Accept": accept})

    async def get(self, content: dict[str, Any]) -> httpx.Response:
        parameters = {name: each if isinstance(each, str) else json.dumps(each) for name, each in content.items()}
        return await self._http.get("/graphql", params=parameters, headers=self._authorization)

    async def error(self, content: dict[str, Any]) -> tuple[int, str, str]:
        """Return the status, the code and the message of an answer that is one error."""
        response = await self.post(content, GRAPHQL_RESPONSE)
        assert list(response.json()) == ["errors"]
        [error] = response.json()["errors"]
        return response.status_code, error["extensions"]["code"], error["message"]


@asynccontextmanager
async def calling(sqlite: SQLiteDatabases, folder: Path, **settings: Any) -> AsyncIterator[Caller]:
    manifest = folder / "ids.json"
    manifest.write_text(json.dumps(MANIFEST))
    with sqlite.copy() as url:
        values: Any = {"documents": (str(manifest),), "database_url": url, "key_file": folder / "key"}
        gateway = GatewayClient(Settings(**(values | settings)))
        yield Caller(gateway)
        await gateway.close()


@pytest.fixture(scope="module")
async def known(sqlite: SQLiteDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    async with calling(sqlite, tmp_path_factory.mktemp("known")) as caller:
        yield caller


@pytest.fixture(scope="module")
async def only(sqlite: SQLiteDatabases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    async with calling(sqlite, tmp_path_factory.mktemp("only"), documents_mode=DocumentsMode.ONLY) as caller:
        yield caller


@pytest.fixture
async def off(sqlite: SQLiteDatabases, tmp_path: Path) -> AsyncIterator[Caller]:
    async with calling(sqlite, tmp_path, documents_mode=DocumentsMode.OFF) as caller:
        yield caller


NAMED = [
    {"documentId": "typename"},
    {"documentId": "typename", "query": None, "variables": None, "extensions": None},
    {"documentId": "typename", "operationName": "Typename"},
    {"documentId": f"sha256:{digest(TYPENAME)}"},
    {"documentId": digest(TYPENAME)},
    automatic("typename"),
    automatic(digest(TYPENAME)),
    {"query": TYPENAME},
    {"query": TYPENAME, "documentId": f"sha256:{digest(TYPENAME)}"},
    automatic(digest(TYPENAME), query=TYPENAME),
]


@pytest.mark.parametrize("content", NAMED)
async def test_a_document_of_a_manifest_is_executed_however_it_is_named(
    known: Caller, only: Caller, content: dict[str, Any]
) -> None:
    for caller in (known, only):
        posted = await caller.post(content)
        got = await caller.get({name: value for name, value in content.items() if value is not None})
        for response in (posted, got):
            assert (response.status_code, response.json()) == (200, ANSWER)


async def test_variables_and_directives_are_those_of_the_request(known: Caller) -> None:
    for more in (True, False):
        response = await known.post({"documentId": "scopes", "variables": {"more": more}})
        assert ("scopes" in response.json()["data"]["viewer"]) is more


async def test_an_id_may_be_spelt_like_a_name_of_an_object_in_javascript(known: Caller) -> None:
    assert (await known.post({"documentId": "__proto__"})).json() == {"data": {"a": "Query"}}


async def test_a_mutation_by_get_is_refused_by_its_id_too(known: Caller) -> None:
    response = await known.get({"documentId": "change"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "id_", ["Typename", "typename ", "typenam", "sha256", "sha256:", f"sha1:{digest(TYPENAME)}", "x" * 60_000]
)
async def test_an_unknown_id_is_an_error_of_its_own(known: Caller, only: Caller, id_: str) -> None:
    shown = f'"{id_}"' if len(id_) < 100 else f'"{"x" * 97}…"'
    message = f"documentId: no document is known by {shown}; expected query, or an id of a manifest of this gateway."
    for caller in (known, only):
        assert await caller.error({"documentId": id_}) == (422, "PERSISTED_QUERY_NOT_FOUND", message)
        assert (await caller.post({"documentId": id_})).status_code == 200  # As clients of application/json rely on.


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:-1], lambda text: f"{text}0", lambda text: f" {text}"]
)
async def test_a_digest_means_nothing_but_itself(known: Caller, change: Any) -> None:
    code = "PERSISTED_QUERY_NOT_FOUND"
    changed = change(digest(TYPENAME))
    assert (await known.error({"documentId": f"sha256:{changed}"}))[:2] == (422, code)
    assert await known.error(automatic(changed)) == (422, code, "PersistedQueryNotFound")


async def test_a_document_that_was_sent_with_its_digest_is_known_by_it_afterwards(known: Caller, off: Caller) -> None:
    text = "{ b: __typename }"
    for caller in (known, off):
        asked = automatic(digest(text))
        assert await caller.error(asked) == (422, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        assert (await caller.post(asked)).status_code == 200
        for content in ({**asked, "query": text}, asked, {"documentId": f"sha256:{digest(text)}"}):
            assert (await caller.post(content)).json() == {"data": {"b": "Query"}}
        assert (await caller.get(asked)).json() == {"data": {"b": "Query"}}


async def test_clients_are_told_to_send_the_text_where_nothing_is_remembered(only: Caller) -> None:
    text = "{ b: __typename }"
    not_supported = (422, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    assert await only.error(automatic(digest(text))) == not_supported
    refused = f"The document sha256:{digest(text)} is in no manifest of this gateway, which executes no others."
    for content in ({"query": text}, automatic(digest(text), query=text)):
        assert await only.error(content) == (422, "QUERY_NOT_IN_SAFELIST", refused)
    assert await only.error(automatic(digest(text))) == not_supported


async def test_manifests_are_not_read_where_they_are_off(sqlite: SQLiteDatabases, tmp_path: Path) -> None:
    files = (str(tmp_path / "missing.json"),)
    async with calling(sqlite, tmp_path, documents=files, documents_mode=DocumentsMode.OFF) as caller:
        assert (await caller.error({"documentId": "typename"}))[1] == "PERSISTED_QUERY_NOT_FOUND"


HASH = "extensions.persistedQuery.sha256Hash"
OTHER = digest("{ other }")
OTHER_SHOWN = f'"{OTHER}"'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"documentId": ""}, 'documentId: "" was given; expected text or null.'),
        ({"documentId": 7, "query": TYPENAME}, "documentId: 7 was given; expected text or null."),
        (
            {"documentId": "typename", "query": TYPENAME},
            f'documentId: "typename" is not the SHA-256 of query, which is {digest(TYPENAME)}.',
        ),
        (
            {"documentId": f"sha256:{OTHER}", "query": TYPENAME},
            f'documentId: "sha256:{OTHER}" is not the SHA-256 of query, which is {digest(TYPENAME)}.',
        ),
        (
            automatic(OTHER, query=TYPENAME),
            f"{HASH}: {OTHER_SHOWN} is not the SHA-256 of query, which is {digest(TYPENAME)}.",
        ),
        (
            automatic("a", documentId="a"),
            "documentId and extensions.persistedQuery were both given; expected one of them.",
        ),
        (automatic(None), f"{HASH}: null was given; expected text."),
        (automatic([OTHER]), f"{HASH}: [{OTHER_SHOWN}] was given; expected text."),
        (
            {"extensions": {"persistedQuery": {"sha256Hash": OTHER}}},
            "extensions.persistedQuery.version: null is not known; expected 1.",
        ),
        (
            {"extensions": {"persistedQuery": OTHER}},
            f'extensions.persistedQuery: "{OTHER}" was given; expected an object or null.',
        ),
        ({"query": 7, "documentId": "typename"}, "query: 7 is not a document; expected GraphQL text."),
    ],
)
async def test_what_names_no_document_clearly_is_refused(known: Caller, content: dict[str, Any], message: str) -> None:
    assert await known.error(content) == (422, "BAD_USER_INPUT", message)
    assert (await known.post(content)).status_code == 400


async def test_a_known_document_that_is_invalid_gets_its_errors(known: Caller, only: Caller) -> None:
    for caller in (known, only):
        status, code, message = await caller.error({"documentId": "wrong"})
        assert (status, code) == (422, "GRAPHQL_VALIDATION_FAILED")
        assert message == 'Cannot query field "nmae" on type "Device". Did you mean "name"?'


async def test_unknown_ids_leave_nothing_behind(known: Caller) -> None:
    documents = known._http._transport.app.graphql.executor.documents  # type: ignore[attr-defined]
    before = documents.size
    for number in range(300):
        await known.post(automatic(digest(str(number))))
    assert documents.size == before


def test_a_server_has_read_its_manifests_before_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "ids.json").write_text(json.dumps({"typename": TYPENAME, "wrong": WRONG}))
    with running_server(tmp_path, GATEWAY_DOCUMENTS="ids.json", GATEWAY_REQUEST_LOG="all") as server:
        assert 'The document "wrong" of ids.json is invalid: Cannot query field "nmae" on type' in server.output
        headers = {"Authorization": f"Bearer {server.token()}"}
        response = httpx.get(f"{server.url}/graphql", params={"documentId": "typename"}, headers=headers)
        assert response.json() == ANSWER
        assert server.data("{ b: __typename }") == {"b": "Query"}
        server.stop()
        assert f"operation=Typename document={digest(TYPENAME)} status=200" in server.output
        assert f"The document sha256:{digest('{ b: __typename }')} of principal/" in server.output


async def test_a_digest_names_a_document_of_a_subscription_by_either_protocol(tmp_path: Path) -> None:
    text = "subscription { count(to: 1) }"
    by_id = {"documentId": f"sha256:{digest(text)}"}
    async with running_gateway(tmp_path) as gateway, gateway.ready_socket() as socket, httpx.AsyncClient() as http:
        await socket.send({"id": "1", "type": "subscribe", "payload": by_id})
        [error] = (await socket.next())["payload"]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        for payload in ({"query": text}, by_id):
            await socket.send({"id": "1", "type": "subscribe", "payload": payload})
            assert (await socket.next())["payload"] == {"data": {"count": 0}}
            assert (await socket.next())["type"] == "complete"
        response = await http.get(gateway.url, params=by_id, headers={**bearer(), "Accept": "text/event-stream"})
        assert response.text == ':\n\nevent: next\ndata: {"data":{"count":0}}\n\nevent: complete\ndata:\n\n'


async def test_a_browser_keeps_what_it_gets_by_an_id_and_asks_whether_it_still_holds(known: Caller) -> None:
    first = await known.get({"documentId": "scopes"})
    headers = {**known._authorization, "If-None-Match": first.headers["etag"]}
    again = await known._http.get("/graphql", params={"documentId": "scopes"}, headers=headers)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    for content in ({"query": TYPENAME}, {"documentId": "wrong"}, {"documentId": "none"}):
        answer = await known.get(content)
        assert (answer.headers["cache-control"], "etag" in answer.headers) == ("no-store", False)
    assert "etag" not in (await known.post({"documentId": "scopes"})).headers
