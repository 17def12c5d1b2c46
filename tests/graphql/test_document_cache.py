"""Documents that come again are not parsed and validated again, as long as there is room to keep them."""

from typing import Any

import pytest
from graphql import DocumentNode, parse

from gateway.graphql import execution
from gateway.graphql.execution import CACHED_CHARACTERS, RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from gateway.graphql.schema import gateway_schema
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio


def new_executor() -> RequestExecutor:
    return RequestExecutor(gateway_schema(), Limits())


def read(executor: RequestExecutor, query: str) -> None:
    """Make an executor parse and validate a document, without executing it."""
    executor.may_change_data(Request(query=query))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that graphql-core has parsed, in order."""
    documents: list[str] = []

    def record(text: str, **options: Any) -> DocumentNode:
        documents.append(text)
        return parse(text, **options)

    monkeypatch.setattr(execution, "parse", record)
    return documents


@pytest.mark.parametrize("query", ["{__typename}", "{", "{nope}", "{" + "a " * 300 + "}"])
def test_a_document_is_read_once_whether_it_is_valid_or_not(parsed: list[str], query: str) -> None:
    executor = new_executor()
    for text in (query, query, query + " ", query):
        read(executor, text)
    assert parsed == [query, query + " "]


def test_a_document_too_large_for_the_cache_is_read_each_time(parsed: list[str]) -> None:
    executor, query = new_executor(), "{__typename} #" + "a" * CACHED_CHARACTERS
    for _ in range(2):
        read(executor, query)
    assert parsed == [query, query]


async def test_a_document_too_large_for_the_cache_is_answered_too(gateway: GatewayClient) -> None:
    assert await gateway.data("{__typename} #" + "a" * CACHED_CHARACTERS) == {"__typename": "Query"}


def test_the_documents_that_came_first_make_room_for_others(parsed: list[str]) -> None:
    executor = new_executor()
    first, second, third = (f"{{__typename}} #{number}" + "a" * (CACHED_CHARACTERS // 3) for number in range(3))
    for query in (first, second, third, third, second, first):
        read(executor, query)
    assert parsed == [first, second, third, first]
