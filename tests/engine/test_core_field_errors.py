"""Null propagation between columns and fields that are left to graphql-core."""

from typing import Any

import pytest
from graphql import GraphQLError

from tests.engine.core_fields import BOTH_WAYS, BOX, boxed
from tests.engine.execution import both, by_field, error, in_columns
from tests.engine.resolvers import failing

pytestmark = pytest.mark.anyio


@BOTH_WAYS
async def test_an_error_where_null_may_be(resolved: Any) -> None:
    refused = GraphQLError("not yours", extensions={"code": "FORBIDDEN"})
    made = boxed(BOX, **{"Box.core": resolved(refused)})
    assert await both(made, "{ boxes { core name } }") == {
        "data": {"boxes": [{"core": None, "name": "A"}] * 2},
        "errors": [
            error("not yours", ["boxes", index, "core"], (1, 11)) | {"extensions": {"code": "FORBIDDEN"}}
            for index in range(2)
        ],
    }


async def test_an_exception_that_is_returned_is_an_error() -> None:
    made = boxed(BOX, **{"Box.core": lambda *_: KeyError("no core")})
    assert await both(made, "{ box { core name } }") == {
        "data": {"box": {"core": None, "name": "A"}},
        "errors": [error("'no core'", ["box", "core"], (1, 9))],
    }


@BOTH_WAYS
async def test_its_null_spreads_into_columns(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.sureCore": resolved(None)})
    assert await both(made, "{ value boxes { name sureCore } }") == {
        "data": {"value": 1, "boxes": [None, None]},
        "errors": [
            error("Cannot return null for non-nullable field Box.sureCore.", ["boxes", index, "sureCore"], (1, 22))
            for index in range(2)
        ],
    }


@BOTH_WAYS
async def test_its_error_spreads_into_columns(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.sureCore": resolved(ValueError("no core"))})
    assert await both(made, "{ value sure { name sureCore } }") == {
        "data": None,
        "errors": [error("no core", ["sure", "sureCore"], (1, 21))],
    }


@BOTH_WAYS
async def test_an_error_beneath_it_spreads_through_it_into_columns(resolved: Any) -> None:
    made = boxed({**BOX, "box": BOX}, **{"Box.sureBox": resolved({"sureName": None})})
    assert await both(made, "{ value box { name box { name sureBox { sureName } } } }") == {
        "data": {"value": 1, "box": {"name": "A", "box": None}},
        "errors": [
            error(
                "Cannot return null for non-nullable field Box.sureName.",
                ["box", "box", "sureBox", "sureName"],
                (1, 41),
            )
        ],
    }


@BOTH_WAYS
async def test_an_error_beneath_it_may_stay_beneath_it(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.coreBox": resolved({"box": {"sureName": None}, "name": "B"})})
    assert await both(made, "{ boxes { coreBox { name box { sureName } } } }") == {
        "data": {"boxes": [{"coreBox": {"name": "B", "box": None}}] * 2},
        "errors": [
            error(
                "Cannot return null for non-nullable field Box.sureName.",
                ["boxes", index, "coreBox", "box", "sureName"],
                (1, 32),
            )
            for index in range(2)
        ],
    }


@BOTH_WAYS
async def test_an_item_that_may_not_be_null_beneath_it(resolved: Any) -> None:
    made = boxed(BOX, **{"Query.cores": resolved([BOX, {"sureName": None}])})
    assert await both(made, "{ cores { sureName } value }") == {
        "data": {"cores": None, "value": 1},
        "errors": [error("Cannot return null for non-nullable field Box.sureName.", ["cores", 1, "sureName"], (1, 11))],
    }


@BOTH_WAYS
async def test_its_error_is_not_listed_beneath_a_null_of_a_column(resolved: Any) -> None:
    made = boxed({**BOX, "sureName": None}, **{"Box.core": resolved(ValueError("no core"))})
    for execute in (in_columns, by_field):
        assert await execute(made, "{ box { sureName core } value }") == {
            "data": {"box": None, "value": 1},
            "errors": [error("Cannot return null for non-nullable field Box.sureName.", ["box", "sureName"], (1, 9))],
        }


@BOTH_WAYS
async def test_its_data_is_gone_beneath_a_null_of_a_column(resolved: Any) -> None:
    made = boxed({**BOX, "sureName": None}, **{"Box.core": resolved("core")})
    assert await both(made, "{ box { core sureName } value }") == {
        "data": {"box": None, "value": 1},
        "errors": [error("Cannot return null for non-nullable field Box.sureName.", ["box", "sureName"], (1, 14))],
    }


@BOTH_WAYS
async def test_an_error_of_a_column_is_beneath_its_null(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.sureCore": resolved(None), "Box.name": failing("no name")})
    null = error("Cannot return null for non-nullable field Box.sureCore.", ["box", "sureCore"], (1, 9))
    beneath = error("no name", ["box", "name"], (1, 18))
    for execute in (in_columns, by_field):
        response = await execute(made, "{ box { sureCore name } value }")
        assert response["data"] == {"box": None, "value": 1}
        assert null in response["errors"]
        assert all(each in (null, beneath) for each in response["errors"])


@BOTH_WAYS
async def test_errors_of_both_kinds_of_fields_are_listed(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.core": resolved(ValueError("no core")), "Box.name": failing("no name")})
    response = await in_columns(made, "{ box { core name } }")
    assert response["data"] == {"box": {"core": None, "name": None}}
    assert sorted(response["errors"], key=str) == [
        error("no core", ["box", "core"], (1, 9)),
        error("no name", ["box", "name"], (1, 14)),
    ]
