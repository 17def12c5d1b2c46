"""Selection sets: response names, merging, and the order of keys (GraphQL specification, section 6.3)."""

import pytest

from gateway.engine.resolvers import ColumnResolver
from tests.engine.execution import both, in_columns, schema
from tests.engine.resolvers import Calls, always, attribute, key, later, recorded

pytestmark = pytest.mark.anyio

TEXT = """
type Query { book: Book books: [Book!] }
type Book { title: String pages: Int author: Author }
type Author { name: String born: Int }
"""
BOOK = {"title": "Emma", "pages": 474, "author": {"name": "Austen", "born": 1775}}
LIBRARY = schema(TEXT, {"Query.book": always(BOOK), "Query.books": always([BOOK, {**BOOK, "title": "Persuasion"}])})


async def test_only_what_is_selected_is_in_the_response() -> None:
    assert await both(LIBRARY, "{ book { title } }") == {"data": {"book": {"title": "Emma"}}}


async def test_keys_are_in_the_order_of_the_document() -> None:
    response = await both(LIBRARY, "{ books { pages title } book { author { born name } title } }")
    assert list(response["data"]) == ["books", "book"]
    assert list(response["data"]["books"][0]) == ["pages", "title"]
    assert list(response["data"]["book"]) == ["author", "title"]
    assert list(response["data"]["book"]["author"]) == ["born", "name"]


async def test_an_alias_is_the_response_name() -> None:
    assert await both(LIBRARY, "{ one: book { name: title } other: book { title: pages } }") == {
        "data": {"one": {"name": "Emma"}, "other": {"title": 474}}
    }


async def test_one_field_has_as_many_response_names_as_are_asked_for() -> None:
    assert await both(LIBRARY, "{ book { a: title title b: title } }") == {
        "data": {"book": {"a": "Emma", "title": "Emma", "b": "Emma"}}
    }


async def test_a_field_that_is_selected_twice_is_in_the_response_once() -> None:
    response = await both(LIBRARY, "{ book { title pages title } }")
    assert list(response["data"]["book"].items()) == [("title", "Emma"), ("pages", 474)]


async def test_selection_sets_of_one_response_name_are_merged() -> None:
    text = "{ book { title author { name } } book { author { born } pages } }"
    response = await both(LIBRARY, text)
    assert response == {"data": {"book": {"title": "Emma", "author": {"name": "Austen", "born": 1775}, "pages": 474}}}
    assert list(response["data"]["book"]) == ["title", "author", "pages"]


async def test_selection_sets_of_other_response_names_are_not_merged() -> None:
    assert await both(LIBRARY, "{ book { title } same: book { pages } }") == {
        "data": {"book": {"title": "Emma"}, "same": {"pages": 474}}
    }


async def test_a_merged_field_is_resolved_once() -> None:
    calls: Calls = []
    library = schema(TEXT, {"Query.book": recorded("book", always(BOOK))})
    text = "{ book { title } book { pages } ...F } fragment F on Query { book { title } }"
    await in_columns(library, text, calls=calls)
    assert calls == [("book", 1)]


async def test_fields_that_are_awaited_are_in_the_order_of_the_document_too() -> None:
    library = schema(TEXT, {"Query.book": later(BOOK), "Query.books": always([]), "Book.pages": later(1)})
    response = await both(library, "{ book { pages title author { name } } books { title } }")
    assert list(response["data"]) == ["book", "books"]
    assert list(response["data"]["book"]) == ["pages", "title", "author"]


async def test_attributes_are_in_the_order_of_the_document_among_other_fields() -> None:
    class Trusted:
        title, pages = "Emma", 474

    fields = {f"Book.{name}": attribute(name) for name in ("title", "pages")}
    library = schema(
        TEXT, {"Query.book": always(Trusted(), trusted=True), **fields, "Book.author": later({"name": "Austen"})}
    )
    response = await both(library, "{ book { title author { name } pages __typename } }")
    assert list(response["data"]["book"].items()) == [
        ("title", "Emma"),
        ("author", {"name": "Austen"}),
        ("pages", 474),
        ("__typename", "Book"),
    ]


async def test_all_objects_of_a_level_are_resolved_by_one_call() -> None:
    authors = [{"author": {"name": name}} for name in ("Austen", "Eliot", "Gaskell")]
    library = schema(TEXT, {"Query.books": always(authors), "Author.name": recorded("name", key("name"))})
    calls: Calls = []
    response = await in_columns(library, "{ books { author { name } } }", calls=calls)
    assert response == {"data": {"books": authors}}
    assert calls == [("name", 3)]


@pytest.mark.parametrize("resolver", [key("author"), later(None)])
async def test_nothing_is_resolved_of_no_objects(resolver: ColumnResolver) -> None:
    calls: Calls = []
    library = schema(
        TEXT, {"Query.books": always([]), "Query.book": always(None), "Book.author": recorded("author", resolver)}
    )
    text = "{ books { title author { name } } book { author { name } } }"
    assert await in_columns(library, text, calls=calls) == {"data": {"books": [], "book": None}}
    assert calls == []
