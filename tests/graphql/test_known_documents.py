"""The documents of manifests are ready before they are asked for, and stay; what no manifest has is logged."""

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.principal import Principal
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.graphql import documents
from gateway.graphql.context import Context
from gateway.graphql.digests import digest_of
from gateway.graphql.documents import InvalidDocument
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.hidden_schema import USER_ERRORS, Discretion, HidingExecutor, names_of
from gateway.graphql.known_documents import MOST_LINES, REMEMBERED, SECONDS, DocumentsMode, KnownDocuments
from gateway.graphql.limits import Limits
from gateway.graphql.manifests import PersistedDocument
from gateway.graphql.request import Request
from gateway.graphql.schema import gateway_schema, graphql_schema
from tests.client import SUBJECT
from tests.graphql.hidden_names import unsent

pytestmark = pytest.mark.anyio

NAMES = frozenset(names_of(graphql_schema))
NOBODY = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
SCOPES = "query Scopes($a: Boolean!, $b: Boolean = true) { viewer { scopes @include(if: $a) principal @skip(if: $b) } }"
LOGGER = "gateway.graphql.known_documents"


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def known(texts: Iterable[str], mode: DocumentsMode = DocumentsMode.KNOWN, **options: Any) -> KnownDocuments:
    """Return documents whose ids are their numbers."""
    return KnownDocuments(
        [PersistedDocument(f"{n}", text, "ids.json") for n, text in enumerate(texts)], mode, **options
    )


async def prepared(*texts: str) -> RequestExecutor:
    executor = RequestExecutor(gateway_schema(), Limits(), known=known(texts))
    await executor.documents.prepare()
    return executor


def by_id(id_: str, variables: dict[str, Any] | None = None) -> Request:
    request = Request("", variables or {})
    request.document_id = id_
    return request


async def ask(executor: RequestExecutor, request: Request) -> dict[str, Any]:
    context = Context(NOBODY, Session(Database("sqlite+aiosqlite:///nowhere/gateway.db")))
    return await executor.execute(request, context)


async def test_a_known_document_is_parsed_before_it_is_asked_for(parsed: list[str]) -> None:
    executor = await prepared("{__typename}")
    assert parsed == ["{__typename}"]
    for request in (by_id("0"), Request("{__typename}")):
        assert await ask(executor, request) == {"data": {"__typename": "Query"}}
    assert parsed == ["{__typename}"]


@pytest.mark.parametrize("name", [None, "Scopes"])
async def test_it_is_planned_for_the_defaults_of_its_variables(name: str | None) -> None:
    executor = await prepared(SCOPES)
    document = executor.documents.kept_known.get(SCOPES)
    assert not isinstance(document, InvalidDocument | None)
    plans = dict(document._plans)
    assert len(plans) == 2  # $a has no default, so it may be either.
    for a in (True, False):
        request = by_id("0", {"a": a})
        request.operation_name = name
        await ask(executor, request)
    assert document._plans == plans
    await ask(executor, by_id("0", {"a": True, "b": False}))
    assert len(document._plans) == 3


async def test_an_invalid_one_is_told_at_the_start_and_leaves_the_others_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    executor = await prepared("{xyz}", "{__typename}")
    message = 'Cannot query field "xyz" on type "Query".'
    assert [record.getMessage() for record in caplog.records] == [f'The document "0" of ids.json is invalid: {message}']
    assert [error["message"] for error in (await ask(executor, by_id("0")))["errors"]] == [message]
    assert await ask(executor, by_id("1")) == {"data": {"__typename": "Query"}}


async def test_no_others_take_its_room(monkeypatch: pytest.MonkeyPatch, parsed: list[str]) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", 100_000)
    executor = await prepared("{__typename}")
    for number in range(3):
        for _ in range(2):
            await ask(executor, Request("{__typename} #" + f"{number}" * 40_000))
    await ask(executor, by_id("0"))
    assert parsed.count("{__typename}") == 1
    assert executor.documents.kept.size <= 100_000


async def test_those_that_do_not_fit_into_memory_are_read_when_they_come(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, parsed: list[str]
) -> None:
    monkeypatch.setattr(documents, "KNOWN_DOCUMENT_BYTES", 100_000)
    texts = ["{__typename} #" + f"{number}" * 30_000 for number in range(4)]
    executor = await prepared(*texts)
    [record] = caplog.records
    assert record.getMessage() == "Of 4 known documents, 1 fit into memory; the others are read when they come."
    assert parsed == texts[:2]
    assert await ask(executor, by_id("3")) == {"data": {"__typename": "Query"}}
    assert executor.documents.kept_known.size <= 100_000


async def test_what_no_manifest_has_is_logged_once_by_its_digest(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    executor = await prepared("{__typename}")
    for text in ("{__typename}", "{ __typename }", "{ __typename }", "{"):
        await ask(executor, Request(text))
    assert [record.getMessage() for record in caplog.records] == [
        f"The document sha256:{digest_of(text)} of principal/{SUBJECT} is in no manifest."
        for text in ("{ __typename }", "{")
    ]


def test_of_many_that_no_manifest_has_so_many_are_logged_as_can_be_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    clock = Clock()
    documents_ = known(["{__typename}"], clock=clock)
    for number in range(1_000):
        assert documents_.refusal(f"{{a{number}}}", "somebody") is None
    assert len(caplog.records) == MOST_LINES
    clock.seconds = SECONDS
    documents_.refusal("{b}", "somebody")
    told = [record.getMessage() for record in caplog.records[MOST_LINES:]]
    assert told == [
        f"More documents are in no manifest, and were not logged: {1_000 - MOST_LINES} requests had one.",
        f"The document sha256:{digest_of('{b}')} of somebody is in no manifest.",
    ]


def test_no_more_of_them_are_remembered_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    documents_ = known(["{__typename}"], clock=clock)
    monkeypatch.setattr("gateway.graphql.known_documents.MOST_LINES", 2 * REMEMBERED)
    for number in range(REMEMBERED + 100):
        documents_.refusal(f"{{a{number}}}", "somebody")
    assert len(documents_._unknown._logged) == REMEMBERED


HIDDEN = {
    "{ devices { nodes { nmae barcode(x: 1) } } }": "GRAPHQL_VALIDATION_FAILED",
    "{ devices( ": "GRAPHQL_PARSE_FAILED",
    "{ devices { devices barcode } ": "GRAPHQL_PARSE_FAILED",
    "query A { viewer { scopes } } query devices { viewer { scopes } }": "BAD_USER_INPUT",
    "query ($filter: DeviceFilter!) { devices(filter: $filter) { totalCount } }": "BAD_USER_INPUT",
    '{ devices(first: -1, filter: { search: "" }) { totalCount } }': "FORBIDDEN",
}


@pytest.mark.parametrize("text", HIDDEN)
async def test_no_error_tells_a_name_of_a_document_that_an_id_stands_for(text: str) -> None:
    executor = HidingExecutor(gateway_schema(), Limits(), known=known([text]))
    request = by_id("0")
    errors = (await ask(executor, request))["errors"]
    assert {error["extensions"]["code"] for error in errors} == {HIDDEN[text]}
    assert [unsent(error["message"], NAMES, "", {}) for error in errors] == [set()] * len(errors)


def test_no_user_error_tells_where_a_value_is_in_a_document_that_an_id_stands_for() -> None:
    error = UserError(code=UserErrorCode.BLANK, message="barcode: there is a description.", field=("input", "barcode"))
    sentence = USER_ERRORS[UserErrorCode.BLANK]
    assert Discretion(NAMES, by_id("0")).user_error(error).message == sentence
    own = Request('mutation { a(input: {barcode: ""}) }')
    assert Discretion(NAMES, own).user_error(error).message == f"input.barcode: {sentence}"


async def test_an_id_that_is_spelt_like_a_hidden_name_may_be_repeated() -> None:
    executor = HidingExecutor(gateway_schema(), Limits(), known=known(["{__typename}"]))
    [error] = (await ask(executor, by_id("barcode")))["errors"]
    found = 'documentId: no document is known by "barcode"; expected query, or an id of a manifest of this gateway.'
    assert error["message"] == found
