"""`__typename`, and introspection beside data, which stays in columns (GraphQL specification, section 4)."""

import pytest

from tests.engine.execution import both, error, in_columns, schema
from tests.engine.resolvers import Calls, always, failing, key, recorded

pytestmark = pytest.mark.anyio

TEXT = """
type Query { books: [Book!]! work: Work }
type Mutation { write: Book }
"The text of a book."
type Book { title: String author: Author }
type Author { name: String }
union Work = Book | Author
"""
BOOKS = [{"title": title, "author": {"name": "Austen"}, "type": "Book"} for title in ("Emma", "Persuasion")]
LIBRARY = schema(
    TEXT, {"Query.books": always(BOOKS), "Query.work": always(BOOKS[0]), "Mutation.write": always(BOOKS[0])}
)


async def test_the_name_of_a_type_at_every_level() -> None:
    assert await both(LIBRARY, "{ __typename books { __typename author { kind: __typename } } }") == {
        "data": {
            "__typename": "Query",
            "books": [{"__typename": "Book", "author": {"kind": "Author"}}] * 2,
        }
    }


async def test_the_name_of_the_type_of_a_mutation() -> None:
    assert await both(LIBRARY, "mutation { __typename write { __typename } }") == {
        "data": {"__typename": "Mutation", "write": {"__typename": "Book"}}
    }


async def test_the_name_of_the_type_of_a_union() -> None:
    assert await both(LIBRARY, "{ work { __typename } }") == {"data": {"work": {"__typename": "Book"}}}


async def test_a_type() -> None:
    text = '{ __type(name: "Book") { kind name description fields { name type { name } } } }'
    assert await both(LIBRARY, text) == {
        "data": {
            "__type": {
                "kind": "OBJECT",
                "name": "Book",
                "description": "The text of a book.",
                "fields": [
                    {"name": "title", "type": {"name": "String"}},
                    {"name": "author", "type": {"name": "Author"}},
                ],
            }
        }
    }


async def test_a_type_that_is_a_variable() -> None:
    text = "query ($name: String!) { __type(name: $name) { kind __typename } }"
    assert await both(LIBRARY, text, {"name": "Work"}) == {
        "data": {"__type": {"kind": "UNION", "__typename": "__Type"}}
    }
    assert await both(LIBRARY, text, {"name": "Play"}) == {"data": {"__type": None}}


async def test_the_schema() -> None:
    text = "{ __schema { queryType { name } mutationType { name } subscriptionType { name } directives { name } } }"
    response = await both(LIBRARY, text)
    found = response["data"]["__schema"]
    assert found["queryType"] == {"name": "Query"}
    assert found["mutationType"] == {"name": "Mutation"}
    assert found["subscriptionType"] is None
    assert {"name": "skip"} in found["directives"]


async def test_data_beside_introspection_stays_in_columns() -> None:
    calls: Calls = []
    library = schema(
        TEXT,
        {
            "Query.books": recorded("books", always(BOOKS)),
            "Book.title": recorded("title", key("title")),
            "Book.author": recorded("author", key("author")),
            "Author.name": recorded("name", key("name")),
        },
    )
    text = '{ __schema { queryType { name } } books { title author { name } } __type(name: "Book") { name } }'
    response = await in_columns(library, text, calls=calls)
    assert list(response["data"].items()) == [
        ("__schema", {"queryType": {"name": "Query"}}),
        ("books", [{"title": each["title"], "author": {"name": "Austen"}} for each in BOOKS]),
        ("__type", {"name": "Book"}),
    ]
    assert calls == [("books", 1), ("title", 2), ("author", 2), ("name", 2)]
    assert await both(library, text) == response


async def test_introspection_beside_data_that_fails() -> None:
    library = schema(TEXT.replace("books: [Book!]!", "books: [Book!]"), {"Query.books": failing("no books")})
    assert await both(library, "{ books { title } __schema { queryType { name } } }") == {
        "data": {"books": None, "__schema": {"queryType": {"name": "Query"}}},
        "errors": [error("no books", ["books"], (1, 3))],
    }


async def test_introspection_beside_data_of_which_nothing_is_left() -> None:
    library = schema(TEXT, {"Query.books": failing("no books")})
    assert await both(library, "{ __schema { queryType { name } } books { title } }") == {
        "data": None,
        "errors": [error("no books", ["books"], (1, 35))],
    }
