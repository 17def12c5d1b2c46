"""Fragments: spreads, inline fragments, and to which types they apply (GraphQL specification, section 6.3.2)."""

import pytest

from tests.engine.execution import both, in_columns, schema
from tests.engine.resolvers import Calls, always, key, recorded

pytestmark = pytest.mark.anyio

TEXT = """
type Query { book: Book works: [Work] named: [Named] }
interface Named { name: String }
union Work = Book | Film
type Book implements Named { name: String pages: Int sequel: Book }
type Film implements Named { name: String minutes: Int }
"""
EMMA = {"type": "Book", "name": "Emma", "pages": 474, "sequel": None}
CLUELESS = {"type": "Film", "name": "Clueless", "minutes": 97}
LIBRARY = schema(
    TEXT,
    {
        "Query.book": always(EMMA),
        "Query.works": always([EMMA, CLUELESS]),
        "Query.named": always([CLUELESS, EMMA]),
    },
)


async def test_a_fragment_is_selected_where_it_is_spread() -> None:
    response = await both(LIBRARY, "{ book { pages ...F sequel { name } } } fragment F on Book { name }")
    assert list(response["data"]["book"].items()) == [("pages", 474), ("name", "Emma"), ("sequel", None)]


async def test_a_fragment_that_is_spread_again_changes_nothing() -> None:
    response = await both(LIBRARY, "{ book { ...F pages ...F } } fragment F on Book { name }")
    assert list(response["data"]["book"].items()) == [("name", "Emma"), ("pages", 474)]


async def test_fragments_may_spread_fragments() -> None:
    text = "{ book { ...F } } fragment F on Book { ...G name } fragment G on Book { pages }"
    response = await both(LIBRARY, text)
    assert list(response["data"]["book"].items()) == [("pages", 474), ("name", "Emma")]


async def test_an_inline_fragment_without_a_type_applies_always() -> None:
    assert await both(LIBRARY, "{ book { ... { name } } }") == {"data": {"book": {"name": "Emma"}}}


async def test_a_fragment_on_an_object_type_applies_to_its_objects_alone() -> None:
    assert await both(LIBRARY, "{ works { ... on Book { pages } ... on Film { minutes } } }") == {
        "data": {"works": [{"pages": 474}, {"minutes": 97}]}
    }


async def test_an_object_to_which_no_fragment_applies_is_empty() -> None:
    assert await both(LIBRARY, "{ works { ... on Film { minutes } } }") == {"data": {"works": [{}, {"minutes": 97}]}}


async def test_a_fragment_on_an_interface_applies_to_the_types_that_implement_it() -> None:
    assert await both(LIBRARY, "{ works { ... on Named { name } } }") == {
        "data": {"works": [{"name": "Emma"}, {"name": "Clueless"}]}
    }


async def test_a_fragment_on_an_interface_applies_to_an_object_type_that_implements_it() -> None:
    assert await both(LIBRARY, "{ book { ...F } } fragment F on Named { name }") == {"data": {"book": {"name": "Emma"}}}


async def test_a_fragment_on_a_union_applies_to_its_members() -> None:
    assert await both(LIBRARY, "{ named { ...F } } fragment F on Work { __typename }") == {
        "data": {"named": [{"__typename": "Film"}, {"__typename": "Book"}]}
    }


async def test_fields_of_an_interface_are_merged_with_those_of_the_object_type() -> None:
    response = await both(LIBRARY, "{ named { ... on Book { pages } name ... on Film { minutes name } } }")
    assert [list(each) for each in response["data"]["named"]] == [["name", "minutes"], ["pages", "name"]]


async def test_objects_of_two_types_may_have_other_fields_under_one_response_name() -> None:
    assert await both(LIBRARY, "{ works { ... on Book { length: pages } ... on Film { length: minutes } } }") == {
        "data": {"works": [{"length": 474}, {"length": 97}]}
    }


async def test_fragments_of_one_response_name_are_merged_across_levels() -> None:
    text = """
    { book { ...F sequel { name } } }
    fragment F on Book { sequel { pages ... on Named { name } } }
    """
    sequel = {**EMMA, "name": "Emma II"}
    library = schema(TEXT, {"Query.book": always({**EMMA, "sequel": sequel})})
    assert await both(library, text) == {"data": {"book": {"sequel": {"pages": 474, "name": "Emma II"}}}}


async def test_the_objects_of_one_type_are_resolved_by_one_call_however_they_are_mixed() -> None:
    calls: Calls = []
    library = schema(
        TEXT,
        {
            "Query.works": always([EMMA, CLUELESS, EMMA]),
            "Book.name": recorded("Book.name", key("name")),
            "Film.name": recorded("Film.name", key("name")),
        },
    )
    response = await in_columns(library, "{ works { ... on Named { name } } }", calls=calls)
    assert response == {"data": {"works": [{"name": "Emma"}, {"name": "Clueless"}, {"name": "Emma"}]}}
    assert calls == [("Book.name", 2), ("Film.name", 1)]


async def test_inline_fragments_inside_one_another_apply_to_what_is_of_both_types() -> None:
    text = "{ works { ... on Named { ... on Film { minutes } } ... on Work { ... on Book { pages } } } }"
    assert await both(LIBRARY, text) == {"data": {"works": [{"pages": 474}, {"minutes": 97}]}}
