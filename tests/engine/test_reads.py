"""Which attributes of their results resolvers are told that will be read."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import pytest

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import NO_ATTRIBUTES, Attributes, ColumnResolver
from tests.engine.execution import in_columns, schema
from tests.engine.resolvers import Calls, always, attribute

pytestmark = pytest.mark.anyio

TEXT = """
type Query { book: Book books: [[Book!]!] work: Work }
type Mutation { write: Book }
type Book {
  title: String pages: Int author: Author editor: Author reviews: [Review] sales: Int length: Int core: String
}
type Author { name: String born: Int books: [Book] agent: Author }
type Review { stars: Int author: Author }
type Film { title: String minutes: Int author: Author }
union Work = Book | Film
"""
ATTRIBUTES = (
    *("Book.title", "Book.pages", "Book.author", "Author.name", "Author.born", "Author.agent"),
    *("Film.title", "Film.minutes", "Film.author", "Review.stars", "Review.author"),
)


def told(name: str, reads: Attributes = NO_ATTRIBUTES, *, result: Any = None, **more: Any) -> ColumnResolver:
    """Return what leaves in the context value which attributes are read of its results, which are all the same."""

    async def resolve(
        parents: Sequence[Any], calls: Calls, _: Mapping[str, Any], result_reads: Attributes
    ) -> Sequence[Any]:
        calls.append((name, result_reads))
        return [result] * len(parents)

    return ColumnResolver(resolve=resolve, reads=reads, trusted=True, **more)


LIBRARY = schema(
    TEXT,
    {
        **{name: attribute(name.partition(".")[2]) for name in ATTRIBUTES},
        "Query.book": told("book"),
        "Query.books": told("books", result=[]),
        "Query.work": told("work"),
        "Mutation.write": told("write"),
        "Book.editor": told("editor", frozenset({"editor_id"})),
        "Book.reviews": told("reviews", frozenset({"id", "title"})),
        "Book.sales": told("sales", None),
        "Book.length": replace(attribute("pages"), attribute=None),
        "Book.core": lambda *_: None,
        "Author.books": told("books", frozenset({"author_id"})),
    },
)


async def reads(text: str, library: ExecutableSchema = LIBRARY) -> Mapping[str, AbstractSet[str] | None]:
    """Return what the resolvers are told that are called for a query, by their names."""
    calls: Calls = []
    response = await in_columns(library, text, calls=calls)
    assert "errors" not in response
    return dict(calls)


async def test_attributes() -> None:
    assert await reads("{ book { title pages } }") == {"book": {"title", "pages"}}


async def test_an_attribute_that_is_asked_for_twice_is_read_once() -> None:
    assert await reads("{ book { title same: title ...F } } fragment F on Book { title }") == {"book": {"title"}}


async def test_the_name_of_the_type_is_no_attribute() -> None:
    assert await reads("{ book { __typename } }") == {"book": frozenset()}


async def test_lists_are_as_their_items() -> None:
    assert await reads("{ books { title } }") == {"books": {"title"}}


async def test_roots_of_mutations() -> None:
    assert await reads("mutation { write { pages } }") == {"write": {"pages"}}


async def test_a_relation_names_what_it_reads_of_its_parents() -> None:
    assert await reads("{ book { editor { name } } }") == {"book": {"editor_id"}}
    assert await reads("{ book { pages reviews { stars } editor { born } } }") == {
        "book": {"pages", "id", "title", "editor_id"}
    }


async def test_each_level_is_told_of_its_own_results() -> None:
    class Found:
        author_id = editor_id = name = 1

    library = schema(
        TEXT,
        {
            "Query.book": told("book", result=Found()),
            "Book.editor": told("editor", frozenset({"editor_id"}), result=Found()),
            "Author.books": told("books", frozenset({"author_id"}), result=[]),
            "Author.name": attribute("name"),
            "Book.title": attribute("title"),
            "Book.pages": attribute("pages"),
        },
    )
    assert await reads("{ book { editor { name books { title pages } } } }", library) == {
        "book": {"editor_id"},
        "editor": {"name", "author_id"},
        "books": {"title", "pages"},
    }


async def test_an_object_inside_is_an_attribute_with_what_is_read_of_it() -> None:
    # What holds it may have its attributes, or leave them to be loaded with its own.
    assert await reads("{ book { author { name agent { born } } } }") == {"book": {"author", "name", "agent", "born"}}


async def test_what_a_relation_of_an_object_inside_reads_is_told_to_what_makes_the_object() -> None:
    assert await reads("{ book { author { books { title } } } }") == {"book": {"author", "author_id"}}


async def test_a_field_that_is_resolved_by_other_means_reads_what_it_says() -> None:
    assert await reads("{ book { length } }") == {"book": {"pages"}}


async def test_a_field_that_may_read_anything() -> None:
    assert await reads("{ book { title sales } }") == {"book": None}
    assert await reads("{ book { title author { name } sales } }") == {"book": None}


async def test_a_field_that_is_left_to_graphql_core_may_read_anything() -> None:
    assert await reads("{ book { title core } }") == {"book": None}


async def test_a_union_reads_what_any_of_its_types_does() -> None:
    assert await reads("{ work { ... on Book { pages } ... on Film { title minutes } } }") == {
        "work": {"pages", "title", "minutes"}
    }
    assert await reads("{ work { ... on Film { author { name } } ... on Book { core } } }") == {"work": None}


async def test_what_is_skipped_is_not_read() -> None:
    assert await reads("{ book { title pages @skip(if: true) core @include(if: false) } }") == {"book": {"title"}}


async def test_a_transform_hides_what_is_read_of_its_values() -> None:
    def author(book: Any) -> Any:
        return book.author

    library = schema(
        TEXT,
        {
            **{name: attribute(name.partition(".")[2]) for name in ATTRIBUTES},
            "Query.book": told("book", transform=author, transform_reads=frozenset({"author"})),
        },
    )
    calls: Calls = []
    await in_columns(library, "{ book { title pages } }", calls=calls)
    assert calls == [("book", {"author"})]


async def test_nothing_is_read_of_leaves() -> None:
    library = schema(TEXT, {"Query.book": always({}), "Book.sales": told("sales")})
    assert await reads("{ book { sales } }", library) == {"sales": frozenset()}
