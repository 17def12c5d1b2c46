"""Resolvers that fail, for all parents or for some (GraphQL specification, sections 6.4.4 and 7.1.6)."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest
from graphql import GraphQLError
from graphql.language.location import get_locations

from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from tests.engine.execution import Response, both, document, error, in_columns, schema
from tests.engine.resolvers import always, each_parent, failing, later

pytestmark = pytest.mark.anyio

TEXT = """
type Query { boxes: [Box!] other: Int lists: [[Box]] }
type Box { name: String size: Int! inner: Box words: [String!] }
"""
BOXES = [{"name": name, "size": size} for name, size in (("A", 1), ("B", 2), ("C", 3))]


def resolver(results: Any) -> ColumnResolver:
    """Return a resolver that returns, or raises, what it is given."""

    def resolve(*_: object) -> Any:
        if isinstance(results, Exception):
            raise results
        return results

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)


def resolver_later(results: Any) -> ColumnResolver:
    async def resolve(*_: object) -> Any:
        if isinstance(results, Exception):
            raise results
        return results

    return ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)


@pytest.mark.parametrize("make", [resolver, resolver_later])
async def test_a_resolver_that_raises_fails_its_field_for_all_parents(make: Any) -> None:
    made = schema(TEXT, {"Query.boxes": always(BOXES), "Box.name": make(ValueError("no names"))})
    assert await both(made, "{ boxes { name size } }") == {
        "data": {"boxes": [{"name": None, "size": size} for size in (1, 2, 3)]},
        "errors": [error("no names", ["boxes", index, "name"], (1, 11)) for index in range(3)],
    }


@pytest.mark.parametrize("more", [{}, {"transform": str}])
async def test_an_exception_that_is_returned_fails_its_field_for_that_parent(more: dict[str, Any]) -> None:
    def name(box: dict[str, Any]) -> Any:
        return KeyError("B") if box["name"] == "B" else box["name"]

    made = schema(TEXT, {"Query.boxes": always(BOXES), "Box.name": each_parent(name, **more)})
    assert await both(made, "{ boxes { name size } }") == {
        "data": {"boxes": [{"name": "A", "size": 1}, {"name": None, "size": 2}, {"name": "C", "size": 3}]},
        "errors": [error("'B'", ["boxes", 1, "name"], (1, 11))],
    }


async def test_an_exception_that_is_returned_spreads_where_null_may_not_be() -> None:
    def size(box: dict[str, Any]) -> Any:
        return ValueError("too big") if box["size"] > 2 else box["size"]

    made = schema(TEXT, {"Query.boxes": always(BOXES), "Box.size": each_parent(size)})
    assert await both(made, "{ boxes { size } other: __typename }") == {
        "data": {"boxes": None, "other": "Query"},
        "errors": [error("too big", ["boxes", 2, "size"], (1, 11))],
    }


async def test_one_exception_for_several_parents_is_an_error_of_each() -> None:
    shared = GraphQLError("all alike", extensions={"code": "ALIKE"})
    made = schema(TEXT, {"Query.boxes": always(BOXES[:2]), "Box.name": each_parent(lambda _: shared)})
    assert await both(made, "{ boxes { name } }") == {
        "data": {"boxes": [{"name": None}, {"name": None}]},
        "errors": [
            error("all alike", ["boxes", index, "name"], (1, 11)) | {"extensions": {"code": "ALIKE"}}
            for index in range(2)
        ],
    }


async def test_the_place_of_many_errors_is_looked_for_once() -> None:
    made = schema(TEXT, {"Query.boxes": always(BOXES), "Box.name": each_parent(lambda box: KeyError(box["name"]))})
    text = "{ boxes { name } boxes { ... { name } } }"
    with patch("graphql.language.location.get_locations", wraps=get_locations) as looked:
        _, errors = await document(made, text).execute([], {})
    assert errors is not None
    assert [each.locations for each in errors] == [[(1, 11), (1, 32)]] * 3
    assert looked.call_count == 1


async def test_an_object_that_is_an_exception_is_an_error() -> None:
    made = schema(TEXT, {"Query.boxes": always(ValueError("no boxes"))})
    assert await both(made, "{ boxes { name } }") == {
        "data": {"boxes": None},
        "errors": [error("no boxes", ["boxes"], (1, 3))],
    }


async def test_what_was_raised_is_the_original_error() -> None:
    raised = ValueError("no boxes")
    made = schema(TEXT, {"Query.boxes": resolver(raised)})
    _, errors = await document(made, "{ boxes { name } }").execute([], {})
    assert errors is not None
    assert [each.original_error for each in errors] == [raised]


async def test_errors_keep_their_extensions() -> None:
    refused = GraphQLError("not yours", extensions={"code": "FORBIDDEN", "scope": "a"})
    made = schema(TEXT, {"Query.boxes": resolver(refused), "Query.other": resolver(refused)})
    assert await both(made, "{ boxes { name } other }") == {
        "data": {"boxes": None, "other": None},
        "errors": [
            error("not yours", ["boxes"], (1, 3)) | {"extensions": {"code": "FORBIDDEN", "scope": "a"}},
            error("not yours", ["other"], (1, 18)) | {"extensions": {"code": "FORBIDDEN", "scope": "a"}},
        ],
    }


async def test_an_error_has_a_message_even_if_the_exception_has_none() -> None:
    made = schema(TEXT, {"Query.other": resolver(ValueError())})
    assert await both(made, "{ other }") == {
        "data": {"other": None},
        "errors": [error("An unknown error occurred.", ["other"], (1, 3))],
    }


async def test_other_fields_are_resolved_beside_one_that_fails() -> None:
    made = schema(TEXT, {"Query.boxes": failing("no boxes"), "Query.other": later(1)})
    assert await both(made, "{ boxes { name } other }") == {
        "data": {"boxes": None, "other": 1},
        "errors": [error("no boxes", ["boxes"], (1, 3))],
    }


@pytest.mark.parametrize("make", [resolver, resolver_later])
async def test_a_transform_is_not_asked_about_an_error(make: Any) -> None:
    def length(words: list[str]) -> int:
        return len(words)

    failed = make(ValueError("no words"))
    transformed = ColumnResolver(resolve=failed.resolve, reads=NO_ATTRIBUTES, transform=length)
    made = schema(TEXT, {"Query.other": transformed})
    assert await both(made, "{ other }") == {
        "data": {"other": None},
        "errors": [error("no words", ["other"], (1, 3))],
    }


async def test_a_transform_that_raises_fails_its_field_for_that_parent() -> None:
    made = schema(
        TEXT,
        {
            "Query.boxes": always([{"of": ["a"]}, {"of": None}, {"of": []}]),
            "Box.name": each_parent(lambda box: box["of"], transform=lambda words: str(len(words))),
        },
    )
    assert await both(made, "{ boxes { name } }") == {
        "data": {"boxes": [{"name": "1"}, {"name": None}, {"name": "0"}]},
        "errors": [error("object of type 'NoneType' has no len()", ["boxes", 1, "name"], (1, 11))],
    }


async def test_a_check_that_raises_fails_its_field_and_nothing_is_resolved() -> None:
    def refuse(_: object) -> None:
        raise PermissionError("not you")

    def resolve(*_: object) -> Sequence[Any]:
        raise AssertionError

    refused = ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES, check=refuse)
    made = schema(TEXT, {"Query.boxes": always(BOXES[:2]), "Box.name": refused})
    assert await both(made, "{ boxes { name size } }") == {
        "data": {"boxes": [{"name": None, "size": 1}, {"name": None, "size": 2}]},
        "errors": [error("not you", ["boxes", index, "name"], (1, 11)) for index in range(2)],
    }


@pytest.mark.parametrize("make", [resolver, resolver_later])
@pytest.mark.parametrize("results", [[], ["a"], ["a", "b", "c", "d"], [None] * 5])
async def test_a_wrong_number_of_results_fails_the_field_for_all_parents(make: Any, results: list[Any]) -> None:
    made = schema(TEXT, {"Query.boxes": always(BOXES), "Box.name": make(results)})
    assert await in_columns(made, "{ boxes { name size } }") == {
        "data": {"boxes": [{"name": None, "size": size} for size in (1, 2, 3)]},
        "errors": [
            error(f"There are {len(results)} results for 3 parents.", ["boxes", index, "name"], (1, 11))
            for index in range(3)
        ],
    }


@pytest.mark.parametrize("results", [[], [1, 2]])
async def test_a_wrong_number_of_results_of_a_root_fails_it(results: list[int]) -> None:
    made = schema(TEXT, {"Query.other": resolver(results)})
    assert await in_columns(made, "{ other }") == {
        "data": {"other": None},
        "errors": [error(f"There are {len(results)} results for 1 parents.", ["other"], (1, 3))],
    }


async def test_results_that_are_none_fail_the_field() -> None:
    made = schema(TEXT, {"Query.boxes": always(BOXES[:1]), "Box.name": resolver(None)})
    response: Response = await in_columns(made, "{ boxes { name size } }")
    assert response["data"] == {"boxes": [{"name": None, "size": 1}]}
    assert [each["path"] for each in response["errors"]] == [["boxes", 0, "name"]]


async def test_an_error_is_located_by_line_and_column() -> None:
    made = schema(TEXT, {"Query.boxes": always(BOXES[:1]), "Box.name": failing("no names")})
    text = "query {\n  boxes {\n    size\n    ...F\n  }\n}\n\nfragment F on Box {\n  name\n}"
    assert await both(made, text) == {
        "data": {"boxes": [{"size": 1, "name": None}]},
        "errors": [error("no names", ["boxes", 0, "name"], (9, 3))],
    }


async def test_paths_lead_through_lists_inside_lists() -> None:
    made = schema(TEXT, {"Query.lists": always([[], [BOXES[0], None], None, [BOXES[1]]]), "Box.name": failing("no")})
    assert await both(made, "{ lists { name } }") == {
        "data": {"lists": [[], [{"name": None}, None], None, [{"name": None}]]},
        "errors": [
            error("no", ["lists", 1, 0, "name"], (1, 11)),
            error("no", ["lists", 3, 0, "name"], (1, 11)),
        ],
    }


async def test_the_next_execution_of_a_document_knows_nothing_of_an_error() -> None:
    def name(box: dict[str, Any]) -> str:
        if box["fails"].pop():
            raise ValueError("once")
        return "A"

    fails = [False, True]
    made = schema(TEXT, {"Query.boxes": always([{"fails": fails}]), "Box.name": each_parent(name)})
    asked = document(made, "{ boxes { name } }")
    data, errors = await asked.execute([], {})
    assert (data, [str(each.original_error) for each in errors or ()]) == ({"boxes": [{"name": None}]}, ["once"])
    assert await asked.execute([], {}) == ({"boxes": [{"name": "A"}]}, None)
