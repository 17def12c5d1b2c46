"""Interfaces and unions, and the types of values (GraphQL specification, section 6.4.3, "ResolveAbstractType")."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from graphql import GraphQLObjectType

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import ColumnResolver
from tests.engine.execution import both, error, in_columns, schema
from tests.engine.resolvers import Calls, always, attribute, later, recorded

pytestmark = pytest.mark.anyio

TEXT = """
type Query { work: Work works: [Work] sure: [Work!]! named: Named }
interface Named { name: String }
interface Long { length: Int }
union Work = Book | Film
type Book implements Named & Long { name: String length: Int author: String! }
type Film implements Named & Long { name: String length: Int }
type Label implements Named { name: String }
"""
EMMA = {"type": "Book", "name": "Emma", "length": 474, "author": "Austen"}
CLUELESS = {"type": "Film", "name": "Clueless", "length": 97}
SELECTION = "{ __typename ... on Book { author } ... on Named { name } }"
SHOWN_EMMA = {"__typename": "Book", "author": "Austen", "name": "Emma"}
SHOWN_CLUELESS = {"__typename": "Film", "name": "Clueless"}


def library(*works: Any, **more: Any) -> ExecutableSchema:
    found = {"Query.work": always(works[0]), "Query.works": always(list(works)), "Query.sure": always(list(works))}
    return schema(TEXT, {**found, "Query.named": always(works[0])}, **more)


async def test_each_object_has_the_fields_of_its_type() -> None:
    assert await both(library(EMMA, CLUELESS, EMMA), f"{{ works {SELECTION} }}") == {
        "data": {"works": [SHOWN_EMMA, SHOWN_CLUELESS, SHOWN_EMMA]}
    }


async def test_fields_of_an_interface_are_those_of_the_object_types() -> None:
    text = "{ works { ... on Long { length } } named { name ... on Long { length } } }"
    assert await both(library(EMMA, CLUELESS), text) == {
        "data": {"works": [{"length": 474}, {"length": 97}], "named": {"name": "Emma", "length": 474}}
    }


async def test_an_interface_may_be_of_a_type_that_no_fragment_is_on() -> None:
    label = {"type": "Label", "name": "Virago"}
    assert await both(library(label), "{ named { ... on Book { author } ... on Film { length } name } }") == {
        "data": {"named": {"name": "Virago"}}
    }


async def test_null_has_no_type() -> None:
    assert await both(library(None, EMMA), f"{{ work {SELECTION} works {SELECTION} }}") == {
        "data": {"work": None, "works": [None, SHOWN_EMMA]}
    }


class Kind(StrEnum):
    BOOK = "Book"
    FILM = "Film"


class Name(str):
    """Text of a class of its own."""

    __slots__ = ()


async def test_text_of_any_class_names_a_type() -> None:
    works = [{**EMMA, "type": Kind.BOOK}, {**CLUELESS, "type": Name("Film")}, {**EMMA, "type": "Book"}]
    assert await both(library(*works), f"{{ works {SELECTION} }}") == {
        "data": {"works": [SHOWN_EMMA, SHOWN_CLUELESS, SHOWN_EMMA]}
    }


NO_TYPE = "Abstract type 'Work' must resolve to an Object type at runtime for field 'Query.works'"


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (
            None,
            (
                f"{NO_TYPE}. Either the 'Work' type should provide a 'resolve_type' function "
                "or each possible type should provide an 'is_type_of' function."
            ),
        ),
        (
            7,
            f"{NO_TYPE} with value {{'type': 7, 'name': 'a'}}, received '7', which is not a valid Object type name.",
        ),
        (
            b"Book",
            (
                f"{NO_TYPE} with value {{'type': b'Book', 'name': 'a'}}, received 'b'Book'', "
                "which is not a valid Object type name."
            ),
        ),
        ("Play", "Abstract type 'Work' was resolved to a type 'Play' that does not exist inside the schema."),
        ("", "Abstract type 'Work' was resolved to a type '' that does not exist inside the schema."),
        ("Named", "Abstract type 'Work' was resolved to a non-object type 'Named'."),
        ("String", "Abstract type 'Work' was resolved to a non-object type 'String'."),
        ("Label", "Runtime Object type 'Label' is not a possible type for 'Work'."),
        (Name("Label"), "Runtime Object type 'Label' is not a possible type for 'Work'."),
        ("Query", "Runtime Object type 'Query' is not a possible type for 'Work'."),
    ],
)
async def test_what_names_no_type_of_the_union_is_an_error(type_: object, message: str) -> None:
    works = [EMMA, {"type": type_, "name": "a"}, CLUELESS]
    assert await both(library(*works), f"{{ works {SELECTION} }}") == {
        "data": {"works": [SHOWN_EMMA, None, SHOWN_CLUELESS]},
        "errors": [error(message, ["works", 1], (1, 3))],
    }


async def test_an_error_of_a_type_spreads_where_null_may_not_be() -> None:
    response = await both(library(EMMA, {"type": "Play"}), f"{{ sure {SELECTION} }}")
    assert response["data"] is None
    assert [each["path"] for each in response["errors"]] == [["sure", 1]]


async def test_an_exception_of_the_function_that_names_types_is_an_error_of_its_value() -> None:
    def type_name(value: dict[str, str]) -> str:
        return value["kind"]

    works = [{**EMMA, "kind": "Book"}, CLUELESS]
    assert await both(library(*works, type_name=type_name), f"{{ works {SELECTION} }}") == {
        "data": {"works": [SHOWN_EMMA, None]},
        "errors": [error("'kind'", ["works", 1], (1, 3))],
    }


async def test_types_may_be_told_by_what_values_are() -> None:
    made = library(EMMA, CLUELESS, type_name=lambda value: "Book" if "author" in value else "Film")
    assert await both(made, f"{{ works {SELECTION} }}") == {"data": {"works": [SHOWN_EMMA, SHOWN_CLUELESS]}}


async def test_the_type_of_each_value_is_asked_for_once() -> None:
    def type_name(value: dict[str, str]) -> str:
        asked.append(value["name"])
        return value["type"]

    asked: list[str] = []
    await in_columns(library(EMMA, CLUELESS, EMMA, type_name=type_name), f"{{ works {SELECTION} }}")
    assert asked == ["Emma", "Clueless", "Emma"]


async def test_fields_of_each_type_may_be_awaited() -> None:
    made = schema(
        TEXT,
        {
            "Query.works": later([EMMA, CLUELESS, EMMA]),
            "Book.name": recorded("books", later("book")),
            "Film.name": recorded("films", later("film")),
        },
    )
    calls: Calls = []
    text = "{ works { ... on Named { name } } }"
    expected = {"data": {"works": [{"name": "book"}, {"name": "film"}, {"name": "book"}]}}
    assert await in_columns(made, text, calls=calls) == expected
    assert sorted(calls) == [("books", 2), ("films", 1)]
    assert await both(made, text) == expected


async def test_a_null_beneath_one_type_spreads_to_its_object() -> None:
    works = [{**EMMA, "author": None}, CLUELESS, EMMA]
    assert await both(library(*works), f"{{ works {SELECTION} }}") == {
        "data": {"works": [None, SHOWN_CLUELESS, SHOWN_EMMA]},
        "errors": [error("Cannot return null for non-nullable field Book.author.", ["works", 0, "author"], (1, 36))],
    }


class Trusted:
    def __init__(self, type_: object, name: str) -> None:
        self.type = type_
        self.name = name
        self.author = "Austen"


def trusted(*works: Trusted) -> ExecutableSchema:
    names = ("Book.name", "Book.author", "Film.name", "Label.name")
    fields: dict[str, ColumnResolver] = {name: attribute(name.partition(".")[2]) for name in names}
    return schema(
        TEXT,
        {"Query.works": always(list(works), trusted=True), **fields},
        type_name=lambda value: value.type,
    )


async def test_trusted_objects_of_several_types() -> None:
    made = trusted(Trusted("Book", "Emma"), Trusted(Kind.FILM, "Clueless"), Trusted(Name("Book"), "Emma"))
    assert await both(made, f"{{ works {SELECTION} }}") == {"data": {"works": [SHOWN_EMMA, SHOWN_CLUELESS, SHOWN_EMMA]}}


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        ("Play", "Abstract type 'Work' was resolved to a type 'Play' that does not exist inside the schema."),
        ("Label", "Runtime Object type 'Label' is not a possible type for 'Work'."),
    ],
)
async def test_an_object_whose_type_was_trusted_wrongly_is_an_error(type_: str, message: str) -> None:
    made = trusted(Trusted("Book", "Emma"), Trusted(type_, "a"))
    assert await both(made, f"{{ works {SELECTION} }}") == {
        "data": {"works": [SHOWN_EMMA, None]},
        "errors": [error(message, ["works", 1], (1, 3))],
    }


async def test_without_a_function_that_names_types_graphql_core_executes_the_operation() -> None:
    made = library(EMMA)
    unnamed = replace(made, columns=replace(made.columns, type_names={}))
    assert await both(unnamed, f"{{ works {SELECTION} }}", planned=False) == {"data": {"works": [SHOWN_EMMA]}}


def is_a_book(value: dict[str, str], *_: object) -> bool:
    return value["type"] == "Book"


def asking_objects(**more: Any) -> ExecutableSchema:
    """Return a schema where objects are asked whether they are books."""
    made = schema("type Query { book: Book } type Book { name: String }", {"Query.book": always(CLUELESS)}, **more)
    book = made.schema.type_map["Book"]
    assert isinstance(book, GraphQLObjectType)
    book.is_type_of = is_a_book
    return made


async def test_objects_that_are_asked_for_their_type_are_executed_by_graphql_core() -> None:
    response = await both(asking_objects(), "{ book { name } }", planned=False)
    assert response["data"] == {"book": None}
    assert [each["path"] for each in response["errors"]] == [["book"]]


async def test_objects_of_trusted_types_are_not_asked() -> None:
    made = asking_objects(trusted_types=["Book"])
    assert await in_columns(made, "{ book { name } }") == {"data": {"book": {"name": "Clueless"}}}
