"""The limits on what one request may ask for, each at its bound and one beyond."""

import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from graphql import parse

from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import LimitExceeded, Limits, check_document, check_variables
from gateway.graphql.schema import gateway_schema
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

Document = Callable[[int], str]
"""A document that has so much of something."""

DEPTH, ALIASES, DIRECTIVES = "depth", "aliases", "directives"
NESTING, LENGTH = "the nesting of input values", "the length of a list"
SETS, ALL_FIELDS = "the nesting of selection sets", "fields"
CHARACTERS = "characters"
FIELDS = {limit: limit for limit in (DEPTH, ALIASES, DIRECTIVES)} | {
    NESTING: "input_depth",
    LENGTH: "list_length",
    SETS: "nesting",
    ALL_FIELDS: "fields",
}


def message(limit: str, allowed: int, found: int) -> str:
    return f"The limit on {limit} is {allowed}, but the request has {found}."


def refusal(limit: str, allowed: int, found: int) -> dict[str, Any]:
    return {"message": message(limit, allowed, found), "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}


def repeated(text: str, count: int) -> str:
    """`text` again and again, with the number of each in place of `%`."""
    return " ".join(text.replace("%", str(number)) for number in range(count))


def nested(start: str, middle: str, end: str) -> Document:
    return lambda count: start * count + middle + end * count


LISTS, OBJECTS, NOT = nested("[", "1", "]"), nested("{c: ", "1", "}"), nested("{not: ", '{search: "a"}', "}")


@pytest.mark.parametrize(
    ("limit", "document"),
    [
        (DEPTH, nested("{a", "", "}")),
        (DEPTH, nested("{... on A {a", "", "}}")),
        (DEPTH, lambda n: "{a{...F}} fragment F on A " + nested("{a", "", "}")(n - 1)),
        (DEPTH, lambda n: "query A {a} query B " + nested("{a", "", "}")(n)),
        (DEPTH, lambda n: "{b} fragment F on A " + nested("{a", "", "}")(n)),
        (ALL_FIELDS, lambda n: f"{{{' '.join('abcdefg'[:n])}}}"),
        (ALL_FIELDS, lambda n: f"{{a {{{' '.join('abcdefg'[: n - 1])}}}}}"),
        (ALL_FIELDS, lambda n: f"{{a {{...F}} ... on A {{...F}} {'c' * (n - 3)}}} fragment F on A {{b}}"),
        (SETS, lambda n: "{" + "...{" * (n - 1) + "a" + "}" * n),
        (SETS, lambda n: "{...F} fragment F on A " + "{" + "...{" * (n - 2) + "a" + "}" * (n - 1)),
        # A fragment that is measured before it is spread, where it is nested more deeply.
        (
            SETS,
            lambda n: "fragment F on A {...G} fragment G on A {a} query {" + "...{" * (n - 3) + "...F" + "}" * (n - 2),
        ),
        (ALIASES, lambda n: f"{{{repeated('a%: a', n)}}}"),
        (ALIASES, lambda n: f"{{a {{{repeated('a%: a', n)}}}}}"),
        # A field that comes again asks again, wherever it is written.
        (ALIASES, lambda n: f"{{{repeated('a', n + 1)}}}"),
        (ALIASES, lambda n: f"{{{repeated('...{a}', n + 1)}}}"),
        (ALIASES, lambda n: f"{{a {repeated('... on A {a}', n)}}}"),
        (ALIASES, lambda n: f"{{{repeated('...F%', n + 1)}}} {repeated('fragment F% on A {a}', n + 1)}"),
        # What is not spread, or has a name twice, is read by validation too.
        (ALIASES, lambda n: f"{{b}} fragment F on A {{{repeated('a', n + 1)}}}"),
        (ALIASES, lambda n: f"{{b ...F}} fragment F on A {{{repeated('a', n + 1)}}} fragment F on A {{c}}"),
        (DIRECTIVES, lambda n: f"query {repeated('@d', n)} {{a}}"),
        (DIRECTIVES, lambda n: f"query ($a: A {repeated('@d', n)}) {{a}}"),
        (DIRECTIVES, lambda n: f"{{a {repeated('@d', n)}}}"),
        (DIRECTIVES, lambda n: f"{{... {repeated('@d', n)} {{a}}}}"),
        (DIRECTIVES, lambda n: f"{{...F {repeated('@d', n)}}} fragment F on A {{a}}"),
        (DIRECTIVES, lambda n: f"{{...F}} fragment F on A {repeated('@d', n)} {{a}}"),
        (DIRECTIVES, lambda n: f"{{a}} fragment F on A {repeated('@d', n)} {{a}}"),
        (NESTING, lambda n: f"{{a(b: {LISTS(n)})}}"),
        (NESTING, lambda n: f"{{a(b: {OBJECTS(n)})}}"),
        (NESTING, lambda n: f"query ($a: A = {LISTS(n)}) {{a}}"),
        (NESTING, lambda n: f"{{a @d(b: {LISTS(n)})}}"),
        (LENGTH, lambda n: f"{{a(b: [{repeated('1', n)}])}}"),
        (LENGTH, lambda n: f"query ($a: A = [{repeated('1', n)}]) {{a}}"),
        (LENGTH, lambda n: f"{{a @d(b: [{repeated('1', n)}])}}"),
    ],
    ids=lambda value: value(1) if callable(value) else None,
)
def test_a_document_may_have_as_much_as_the_limit_allows_and_no_more(limit: str, document: Document) -> None:
    limits = Limits(**{FIELDS[limit]: 3})
    check_document(parse(document(3)), limits)
    with pytest.raises(LimitExceeded) as raised:
        check_document(parse(document(4)), limits)
    assert str(raised.value) == message(limit, 3, 4)


@pytest.mark.parametrize(
    ("allowed", "refused", "expected"),
    [
        ([[[1]]], [[[[1]]]], message(NESTING, 3, 4)),
        ({"a": {"b": [1]}}, {"a": {"b": [{"c": 1}]}}, message(NESTING, 3, 4)),
        ({"a": [1, 2, 3, 4, 5]}, {"a": [1, 2, 3, 4, 5, 6]}, message(LENGTH, 5, 6)),
    ],
)
def test_variables_may_have_as_much_as_the_limits_allow_and_no_more(allowed: Any, refused: Any, expected: str) -> None:
    limits = Limits(input_depth=3, list_length=5)
    check_variables({"a": allowed, "b": allowed}, limits)
    with pytest.raises(LimitExceeded) as raised:
        check_variables({"a": allowed, "b": refused}, limits)
    assert str(raised.value) == expected


def deepest(count: int) -> str:
    fields = ["devices(first: 1)", *["nodes", "deviceGroups(first: 1)", "nodes", "devices(first: 1)"] * 5]
    return "{" + "{".join([*fields[: count - 1], "__typename"]) + "}" * count


@pytest.mark.parametrize(
    ("limit", "allowed", "document"),
    [
        (DEPTH, 20, deepest),
        (ALIASES, 200, lambda n: f"{{{repeated('a%: __typename', n)}}}"),
        (DIRECTIVES, 100, lambda n: f"{{{repeated('a%: __typename @include(if: true)', n)}}}"),
        (NESTING, 12, lambda n: f"{{devices(filter: {NOT(n - 1)}) {{totalCount}}}}"),
        (LENGTH, 1_000, lambda n: f"{{devices(filter: {{statuses: [{repeated('ACTIVE', n)}]}}) {{totalCount}}}}"),
    ],
)
async def test_a_request_within_a_limit_is_answered_and_one_beyond_is_told_the_limit(
    gateway: GatewayClient, limit: str, allowed: int, document: Document
) -> None:
    assert await gateway.data(document(allowed))
    answer = await gateway.ask(document(allowed + 1))
    assert answer.data is None
    assert answer.errors == [refusal(limit, allowed, allowed + 1)]


async def test_a_document_of_too_many_tokens_is_not_read_to_its_end(gateway: GatewayClient) -> None:
    within, beyond = [await gateway.ask("{" + "a " * (tokens - 2) + "}") for tokens in (4_000, 4_001)]
    # Read to its end, it has a name too often.
    assert within.errors == [refusal(ALIASES, 200, 3_997)]
    assert beyond.codes == ["GRAPHQL_PARSE_FAILED"]
    assert beyond.errors[0]["message"] == "Syntax Error: Document contains more than 4000 tokens. Parsing aborted."


@pytest.mark.parametrize("filling", [" ", "#", "#\n", "a"], ids=["spaces", "a comment", "comments", "a name"])
async def test_a_document_of_too_many_characters_is_not_read(gateway: GatewayClient, filling: str) -> None:
    """The lexer reads each by itself, also where all of them are one token, or none."""
    answer = await gateway.ask(f"{{ __typename }}{filling * 500_000}"[:500_000])
    assert answer.errors == [refusal(CHARACTERS, 100_000, 500_000)]
    assert await gateway.data(f"{{ __typename }}{' ' * 500_000}"[:100_000]) == {"__typename": "Query"}


@pytest.mark.parametrize("value", [nested("[", "", "]"), nested('{"a": ', "1", "}")], ids=["lists", "objects"])
async def test_variables_nested_too_deeply_are_told_the_limit(gateway: GatewayClient, value: Document) -> None:
    answer = await gateway.ask("{__typename}", {"a": json.loads(value(500))})
    assert answer.errors == [refusal(NESTING, 12, 13)]


def doubling(count: int) -> str:
    """Return fragments, each with two aliases of its own, and twice what the one before it has."""
    fragments = [f"fragment F{n} on A {{p: a {{...F{n - 1}}} q: a {{...F{n - 1}}}}}" for n in range(1, count)]
    return f"{{...F{count - 1}}} fragment F0 on A {{p: a q: a}} {' '.join(fragments)}"


@pytest.mark.parametrize(("fragments", "found"), [(1, 2), (2, 6), (3, 14), (10, 2_046), (60, 2**61 - 2)])
def test_a_fragment_counts_wherever_it_is_spread(fragments: int, found: int) -> None:
    with pytest.raises(LimitExceeded) as raised:
        check_document(parse(doubling(fragments)), Limits(aliases=1, depth=100, nesting=200))
    assert str(raised.value) == message(ALIASES, 1, found)


def twice(count: int, innermost: str) -> str:
    """Return fragments, each of which spreads the next one twice."""
    fragments = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(count - 1))
    return f"{{...F0}}{fragments}fragment F{count - 1} on Query{{{innermost}}}"


async def best_of_five(query: str) -> float:
    """Return the milliseconds in which `query` is parsed and validated, in the quickest of five times."""
    executor, clock = RequestExecutor(gateway_schema(), Limits()), [time.perf_counter()]
    for number in range(5):
        # Another text each time, so that none comes from the cache.
        await executor.documents.read(f"{query} # {number}")
        clock.append(time.perf_counter())
    return 1_000 * min(after - before for before, after in pairwise(clock))


@pytest.mark.parametrize("innermost", ["__typename", "a: __typename", "a: viewer{b: principal} viewer{principal}"])
async def test_eighteen_fragments_that_spread_each_other_twice_are_answered_at_once(
    gateway: GatewayClient, innermost: str
) -> None:
    query = twice(18, innermost)
    assert len(query) < 800
    assert await best_of_five(query) < 50
    assert set((await gateway.ask(query)).codes) <= {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    "query",
    [
        f"{{{'viewer{principal}' * 999}}}",
        f"{{{'...{viewer{principal}}' * 570}}}",
        f"{{{repeated('...F%', 300)}}} {repeated('fragment F% on Query {viewer{principal}}', 300)}",
        f"{{__typename}} fragment F on Query {{{'viewer{principal}' * 990}}}",
    ],
    ids=["fields", "inline fragments", "fragments", "a fragment that is not spread"],
)
async def test_a_field_repeated_as_often_as_the_tokens_allow_costs_little(query: str) -> None:
    # Validation compares every two fields of one name: half a million pairs, and seconds, were they let through.
    assert await best_of_five(query) < 500


def test_a_chain_of_thousands_of_fragments_is_measured_without_exhausting_the_stack() -> None:
    chain = " ".join(f"fragment F{n} on A {{...F{n + 1}}}" for n in range(5_000))
    with pytest.raises(LimitExceeded) as raised:
        check_document(parse("{...F0}" + chain), Limits())
    assert str(raised.value) == message(DEPTH, 20, 21)


@pytest.mark.parametrize(
    ("query", "message_start"),
    [
        ("{...A} fragment A on Query {...B} fragment B on Query {...A}", 'Cannot spread fragment "A" within itself'),
        ("{...A}", 'Unknown fragment "A"'),
    ],
)
async def test_fragments_that_lead_nowhere_are_left_to_validation(
    gateway: GatewayClient, query: str, message_start: str
) -> None:
    answer = await gateway.ask(query)
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert answer.errors[0]["message"].startswith(message_start)


@pytest.mark.parametrize("depth", [50, 150, 1_300])
@pytest.mark.parametrize(
    "document",
    [
        nested("{a", "", "}"),
        lambda n: "{" + nested("... {", "a", "}")(n) + "}",
        lambda n: f"{{a(b: {LISTS(n)})}}",
        lambda n: f"query ($a: {nested('[', 'Int', ']')(n)}) {{a}}",
    ],
    ids=["fields", "inline fragments", "lists", "types"],
)
async def test_nesting_of_any_syntax_is_refused_however_deep(
    gateway: GatewayClient, document: Document, depth: int
) -> None:
    answer = await gateway.ask(document(depth))
    assert answer.codes[0] in {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}
