"""`@skip` and `@include`, and the plan that each combination of them has (GraphQL specification, section 3.13)."""

from itertools import product
from typing import Any

import pytest

from gateway.engine.document import PLANS
from tests.engine.execution import both, both_executing, document, in_columns, schema
from tests.engine.resolvers import Calls, always, recorded

pytestmark = pytest.mark.anyio

TEXT = """
type Query { book: Book author: String }
type Book { title: String pages: Int }
"""
FIELDS = {"Query.book": always({"title": "Emma", "pages": 474}), "Query.author": always("Austen")}
LIBRARY = schema(TEXT, FIELDS)
AUTHOR = {"author": "Austen"}


@pytest.mark.parametrize(
    ("directives", "selected"),
    [
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@skip(if: true)", False),
        ("@skip(if: false)", True),
        ("@skip(if: false) @include(if: true)", True),
        ("@skip(if: true) @include(if: true)", False),
        ("@include(if: false) @skip(if: false)", False),
        ("@include(if: false) @skip(if: true)", False),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "{ author book %s { title } }",
        "{ author ... %s { book { title } } }",
        "{ author ... on Query %s { book { title } } }",
        "{ author ...F %s } fragment F on Query { book { title } }",
    ],
)
async def test_what_is_selected_by_literals(text: str, directives: str, *, selected: bool) -> None:
    book = {"book": {"title": "Emma"}} if selected else {}
    assert await both(LIBRARY, text % directives) == {"data": AUTHOR | book}


async def test_one_document_is_planned_for_each_value_of_a_variable() -> None:
    text = "query ($all: Boolean!) { author book @include(if: $all) { title pages @skip(if: $all) } }"
    asked = document(LIBRARY, text)
    for _ in range(2):
        assert await both_executing(asked, {"all": True}) == {"data": {**AUTHOR, "book": {"title": "Emma"}}}
        assert await both_executing(asked, {"all": False}) == {"data": AUTHOR}
    assert len(asked._plans) == 2


async def test_other_variables_need_no_plan_of_their_own() -> None:
    library = schema("type Query { same(value: Int): Int }", {"Query.same": always(1)})
    asked = document(library, "query ($all: Boolean!, $value: Int) { same(value: $value) @include(if: $all) }")
    for value in range(3):
        await both_executing(asked, {"all": True, "value": value})
    assert len(asked._plans) == 1


@pytest.mark.parametrize(("given", "selected"), [({}, True), ({"all": True}, True), ({"all": False}, False)])
async def test_a_variable_that_is_not_given_has_its_default(given: dict[str, Any], *, selected: bool) -> None:
    asked = document(LIBRARY, "query ($all: Boolean! = true) { author book @include(if: $all) { title } }")
    book = {"book": {"title": "Emma"}} if selected else {}
    assert await both_executing(asked, given) == {"data": AUTHOR | book}


async def test_a_default_and_the_same_value_given_share_a_plan() -> None:
    asked = document(LIBRARY, "query ($all: Boolean! = true) { author @include(if: $all) }")
    for given in ({}, {"all": True}):
        assert await both_executing(asked, given) == {"data": AUTHOR}
    assert len(asked._plans) == 1


async def test_a_field_is_selected_where_one_of_the_ways_to_it_is() -> None:
    text = "query ($a: Boolean!, $b: Boolean!) { book { pages title @include(if: $a) title @include(if: $b) } }"
    asked = document(LIBRARY, text)
    for a, b in product((True, False), repeat=2):
        title = {"title": "Emma"} if a or b else {}
        assert await both_executing(asked, {"a": a, "b": b}) == {"data": {"book": {"pages": 474} | title}}


async def test_the_condition_of_a_fragment_does_not_hold_where_it_is_spread_again() -> None:
    text = "{ book { ...F @include(if: false) ...F } } fragment F on Book { title }"
    assert await both(LIBRARY, text) == {"data": {"book": {"title": "Emma"}}}


async def test_what_is_skipped_is_not_resolved() -> None:
    calls: Calls = []
    library = schema(TEXT, FIELDS | {"Query.book": recorded("book", FIELDS["Query.book"])})
    text = "query ($all: Boolean!) { author book @include(if: $all) { title } }"
    await in_columns(library, text, {"all": False}, calls)
    assert calls == []
    await in_columns(library, text, {"all": True}, calls)
    assert calls == [("book", 1)]


async def test_all_may_be_skipped() -> None:
    assert await both(LIBRARY, "{ author @skip(if: true) }") == {"data": {}}
    assert await both(LIBRARY, "{ book { title @skip(if: true) } }") == {"data": {"book": {}}}


async def test_null_for_a_condition_that_has_a_default_is_an_error() -> None:
    text = "query ($all: Boolean = true) { author @include(if: $all) }"
    response = await both(LIBRARY, text, {"all": None}, planned=False)
    message = "Expected variable '$all' provided to non-null type 'Boolean!' not to be None."
    assert response == {
        "data": None,
        "errors": [
            {"message": f"Argument 'if' has invalid value: {message}", "locations": [{"line": 1, "column": 52}]}
        ],
    }


async def test_more_combinations_than_plans_are_kept_are_executed_all_the_same() -> None:
    names = "abcde"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: author @include(if: ${name})" for name in names)
    asked = document(LIBRARY, f"query ({declared}) {{ {fields} }}")
    for given in [*product([True, False], repeat=len(names))] * 2:
        variables = dict(zip(names, given, strict=True))
        response = await both_executing(asked, variables)
        assert response == {"data": {name: "Austen" for name in names if variables[name]}}
    assert len(asked._plans) == PLANS < 2 ** len(names)
