"""Documents that come again are not parsed and validated again, as long as there is room to keep them."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.principal import Principal
from gateway.engine import pieces
from gateway.graphql import documents
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from gateway.graphql.schema import gateway_schema
from tests.client import SUBJECT
from tests.memory import traced

pytestmark = pytest.mark.anyio

SMALL, LARGE = 300_000, 1_200_000
NOBODY = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)


def new_executor(limits: Limits | None = None) -> RequestExecutor:
    return RequestExecutor(gateway_schema(), limits or Limits())


def read(executor: RequestExecutor, query: str) -> dict[str, Any]:
    """Make an executor read a document, and execute it without a database. Return its answer."""
    return asyncio.run(executor.execute(Request(query), new_context()))


def new_context() -> Context:
    return Context(NOBODY, Session(Database("sqlite+aiosqlite:///nowhere/gateway.db")))


@pytest.mark.parametrize("query", ["{__typename}", "{", "{nope}", "{" + "a " * 300 + "}"])
def test_a_document_is_read_once_whether_it_is_valid_or_not(parsed: list[str], query: str) -> None:
    executor = new_executor()
    for text in (query, query, query + " ", query):
        read(executor, text)
    assert parsed == [query, query + " "]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave room for some hundred thousand bytes."""
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", SMALL)


@pytest.mark.usefixtures("small")
def test_a_document_too_large_to_be_kept_is_read_each_time_and_answered(parsed: list[str]) -> None:
    executor, query = new_executor(Limits(tokens=SMALL)), "{__typename} #" + "a" * SMALL
    assert [read(executor, query) for _ in range(2)] == [{"data": {"__typename": "Query"}}] * 2
    assert parsed == [query, query]


@pytest.mark.usefixtures("small")
def test_the_documents_that_came_first_make_room_for_those_that_come_again(parsed: list[str]) -> None:
    executor = new_executor()
    first, second, third = (f"{{__typename}} #{number}" + "a" * (SMALL // 6) for number in range(3))
    for query in (first, second, third, third, third, second, first):
        read(executor, query)
    assert parsed == [first, second, third, third, first]


@pytest.mark.usefixtures("small")
def test_documents_that_are_used_stay_longer(parsed: list[str]) -> None:
    executor = new_executor()
    others = [f"{{__typename}} #{number}" + "a" * (SMALL // 6) for number in range(10)]
    for query in others:
        for text in ("{__typename}", query, query, "{__typename}"):
            read(executor, text)
    # The second time was when all had been asked for as often as it had.
    assert parsed.count("{__typename}") == 2


@pytest.mark.usefixtures("small")
def test_documents_that_come_once_take_no_room_of_others(parsed: list[str]) -> None:
    executor = new_executor()
    others = [f"{{__typename}} #{number}" + "a" * (SMALL // 6) for number in range(10)]
    for query in ("{__typename}", *others, "{__typename}"):
        read(executor, query)
    assert parsed == ["{__typename}", *others]


async def test_others_have_their_turns_while_a_long_document_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_SECONDS_AT_A_TIME", 0.0)  # As if it were very long.
    reading = asyncio.create_task(new_executor().execute(Request("{ viewer { scopes } }"), new_context()))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    assert (await reading)["data"] == {"viewer": {"scopes": []}}
    # It is parsed, validated in two steps, priced and planned.
    assert turns > 2 * 5


async def test_a_document_that_was_executed_is_in_no_reference_cycle() -> None:
    """So it goes once it is not kept any more, and the garbage collector need not look for it."""
    executor = new_executor()
    await executor.execute(Request("{ viewer { scopes } }"), new_context())
    gc.collect()  # What validation left.
    gc.disable()
    try:
        document = weakref.ref(executor.documents.kept._documents.pop("{ viewer { scopes } }"))
        assert document() is None
    finally:
        gc.enable()


WIDE = " ".join(f"a{number}: name" for number in range(150))
ADAPTERS = " ".join(f"a{number}: urn" for number in range(60))
CONDITIONS = [f"$c{number}: Boolean!" for number in range(4)]
SKIPPED = " ".join(f"b{number}: version @skip(if: $c{number})" for number in range(4))


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ " + "__typename " * 150 + "}",
        "{ devices { nodes { " + WIDE + " } } }",
        "{ devices { nodes { networkAdapters { ... on CommonNetworkAdapter { " + ADAPTERS + " } } } } }",
        f"query ({' '.join(CONDITIONS)}) {{ devices {{ nodes {{ {WIDE} {SKIPPED} }} }} }}",
        "{ devices { nodes { " + "".join(f"x{number} " for number in range(90)) + "} } }",
    ],
    ids=["small", "repeated", "wide", "abstract", "many plans", "invalid"],
)
async def test_what_is_kept_takes_no_more_memory_than_it_may(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """Each document is another one, and together they would take several times as much."""
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", LARGE)
    executor = new_executor()
    context = new_context()

    async def ask(text: str) -> None:
        for number in range(16 if "$c" in query else 1):
            variables = {f"c{place}": bool(number >> place & 1) for place in range(len(CONDITIONS))}
            await executor.execute(Request(text, variables if "$c" in query else {}), context)

    await ask(query)  # What all documents share.
    with traced() as taken:
        sizes = 0
        for number in range(10_000):
            text = f"{query} # {number}"
            executor.documents.kept.note(text)  # So that it takes the room of others.
            await ask(text)
            kept = executor.documents.kept.get(text)
            assert kept is not None
            sizes += kept.size
            if sizes > 3 * LARGE:
                break
    assert sizes > 3 * LARGE
    assert taken[0] < LARGE * 1.1
