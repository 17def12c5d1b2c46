"""Fields that are left to graphql-core, beside columns: they behave as under graphql-core."""

from asyncio import Event, sleep, wait_for
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import GraphQLResolveInfo, default_field_resolver

from tests.engine.core_fields import BOTH_WAYS, BOX, boxed
from tests.engine.execution import both, both_executing, by_field, document, in_columns
from tests.engine.resolvers import (
    Calls,
    always,
    at_once,
    key,
    later,
    recorded,
)

pytestmark = pytest.mark.anyio

Info = GraphQLResolveInfo[Calls]


@BOTH_WAYS
async def test_a_root_beside_columns(resolved: Any) -> None:
    made = boxed(BOX, **{"Query.core": resolved({"name": "B", "box": None})})
    response = await both(made, "{ value core { name box { name } } box { name } }")
    assert response == {"data": {"value": 1, "core": {"name": "B", "box": None}, "box": {"name": "A"}}}
    assert list(response["data"]) == ["value", "core", "box"]


@BOTH_WAYS
async def test_a_field_of_each_object_beside_columns(resolved: Any) -> None:
    made = boxed(BOX, **{"Box.core": resolved("core")})
    response = await both(made, "{ boxes { core name } }")
    assert response == {"data": {"boxes": [{"core": "core", "name": "A"}] * 2}}
    assert list(response["data"]["boxes"][0]) == ["core", "name"]


async def test_fields_beside_it_stay_in_columns() -> None:
    calls: Calls = []
    made = boxed(
        BOX,
        **{
            "Box.core": lambda _, info: info.context.append("core"),
            "Box.name": recorded("name", key("name")),
            "Query.value": recorded("value", always(1)),
            "Query.coreValue": lambda _, info, **__: info.context.append("coreValue"),
        },
    )
    await in_columns(made, "{ boxes { core name } value coreValue }", calls=calls)
    assert sorted(calls, key=str) == [("name", 2), ("value", 1), "core", "core", "coreValue"]


async def test_all_that_is_selected_beneath_it_is_left_to_graphql_core() -> None:
    calls: Calls = []
    made = boxed(BOX, **{"Query.cores": at_once([BOX, BOX]), "Box.name": recorded("name", key("name"))})
    await in_columns(made, "{ cores { name } boxes { name } }", calls=calls)
    assert sorted(calls) == [("name", 1), ("name", 1), ("name", 2)]


@BOTH_WAYS
async def test_columns_beneath_it_are_resolved_object_by_object(resolved: Any) -> None:
    inner = {"name": "C", "boxes": [{"name": "D"}, {"name": "E"}]}
    made = boxed({"name": "A", "coreBox": None}, **{"Box.coreBox": resolved({"box": inner}), "Box.name": later("N")})
    assert await both(made, "{ boxes { coreBox { box { name boxes { name } } } } }") == {
        "data": {"boxes": [{"coreBox": {"box": {"name": "N", "boxes": [{"name": "N"}, {"name": "N"}]}}}] * 2}
    }


async def test_graphql_cores_own_resolver_of_keys_and_attributes() -> None:
    class Box:
        name = "attribute"

        def core(self, info: Info) -> str:
            return f"method {info.field_name}"

    made = boxed(Box(), **{"Box.name": default_field_resolver, "Box.core": default_field_resolver})
    assert await both(made, "{ box { name core } }") == {"data": {"box": {"name": "attribute", "core": "method core"}}}


async def told(text: str, variables: dict[str, Any] | None = None) -> list[Info]:
    """Return what the field `core` of boxes is told when it is executed in columns."""
    infos: list[Info] = []

    def resolve(_: object, info: Info) -> str:
        infos.append(info)
        return "core"

    made = boxed({**BOX, "box": BOX, "boxes": [BOX, BOX]}, **{"Box.core": resolve})
    await in_columns(made, text, variables)
    told_in_columns, infos = infos, []
    await by_field(made, text, variables)
    for one, other in zip(told_in_columns, infos, strict=True):
        for name in ("field_name", "field_nodes", "return_type", "parent_type", "path", "operation", "schema"):
            assert getattr(one, name) == getattr(other, name)
        assert one.variable_values.coerced == other.variable_values.coerced
    return told_in_columns


async def test_it_is_told_its_path() -> None:
    infos = await told("{ a: boxes { b: boxes { c: core } } }")
    assert [info.path.as_list() for info in infos] == [
        ["a", outer, "b", inner, "c"] for outer in range(2) for inner in range(2)
    ]
    path = infos[-1].path
    assert [path.typename, path.prev and path.prev.typename] == ["Box", None]


async def test_it_is_told_its_field() -> None:
    [info] = await told("{ box { alias: core ...F } } fragment F on Box { alias: core }")
    assert info.field_name == "core"
    assert len(info.field_nodes) == 2
    assert str(info.return_type) == "String"
    assert info.parent_type.name == "Box"
    assert list(info.fragments) == ["F"]


async def test_it_is_told_the_variables() -> None:
    [info] = await told(
        "query Q ($a: Int = 3, $b: Boolean!) { box { core @include(if: $b) } coreValue(n: $a) }", {"b": True}
    )
    assert info.variable_values.coerced == {"a": 3, "b": True}
    assert info.operation.name
    assert info.operation.name.value == "Q"


async def test_it_has_the_context_of_the_execution() -> None:
    calls: Calls = []
    made = boxed(BOX, **{"Box.core": lambda _, info: info.context.append(info.path.as_list())})
    await in_columns(made, "{ boxes { core } }", calls=calls)
    assert calls == [["boxes", 0, "core"], ["boxes", 1, "core"]]


@pytest.mark.parametrize(("given", "value"), [({}, 5), ({"n": 6}, 6), ({"n": None}, None)])
async def test_its_arguments(given: dict[str, Any], value: int | None) -> None:
    made = boxed(BOX, **{"Query.coreValue": lambda _, __, n: n})
    assert await both(made, "query ($n: Int) { value coreValue(n: $n) }", given) == {
        "data": {"value": 1, "coreValue": value}
    }


async def test_conditions_inside_it() -> None:
    made = boxed(BOX, **{"Query.core": at_once({"name": "B", "sureName": "S"})})
    asked = document(made, "query ($all: Boolean!) { core { name sureName @include(if: $all) } value @skip(if: $all) }")
    assert await both_executing(asked, {"all": True}) == {"data": {"core": {"name": "B", "sureName": "S"}}}
    assert await both_executing(asked, {"all": False}) == {"data": {"core": {"name": "B"}, "value": 1}}


async def test_one_document_is_executed_again_and_again() -> None:
    made = boxed(BOX, **{"Query.coreValue": lambda _, info, n: n + len(info.context)})
    asked = document(made, "query ($n: Int!) { coreValue(n: $n) }")
    assert [await both_executing(asked, {"n": n}) for n in (1, 2)] == [
        {"data": {"coreValue": 1}},
        {"data": {"coreValue": 2}},
    ]


async def test_a_list_of_what_is_awaited() -> None:
    async def box(name: str) -> dict[str, str]:
        await sleep(0)
        return {"name": name}

    made = boxed(BOX, **{"Query.cores": lambda *_: [box("A"), box("B")]})
    assert await both(made, "{ value cores { name } }") == {
        "data": {"value": 1, "cores": [{"name": "A"}, {"name": "B"}]}
    }


async def test_an_asynchronous_generator() -> None:
    async def boxes(*_: object) -> AsyncIterator[dict[str, str]]:
        for name in "AB":
            await sleep(0)
            yield {"name": name}

    made = boxed(BOX, **{"Query.cores": boxes})
    assert await both(made, "{ value cores { name } }") == {
        "data": {"value": 1, "cores": [{"name": "A"}, {"name": "B"}]}
    }


async def test_all_are_awaited_at_the_same_time() -> None:
    first, second = Event(), Event()

    async def name(*_: object) -> str:
        first.set()
        await wait_for(second.wait(), 5)
        return "name"

    async def core(*_: object) -> str:
        await wait_for(first.wait(), 5)
        second.set()
        return "core"

    made = boxed(BOX, **{"Box.core": core, "Box.name": name})
    assert await in_columns(made, "{ box { name core } }") == {"data": {"box": {"name": "name", "core": "core"}}}
