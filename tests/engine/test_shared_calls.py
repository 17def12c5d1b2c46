"""Fields of one selection set that are made of the results of one call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import Attributes, ColumnResolver
from tests.engine.execution import both, by_field, error, in_columns, schema
from tests.engine.resolvers import Calls, always, attribute, later

pytestmark = pytest.mark.anyio

TEXT = """
type Query { boxes: [Box] inventory: Inventory }
type Mutation { inventory: Inventory again: Inventory }
type Box { inventory: Inventory count: Int names: [String!] sureNames: [String!]! some(first: Int): Inventory }
type Inventory { kind: String size: Int }
"""


class Inventory:
    kind = "box"
    size = 2
    names = ("a", "b")


def counted(
    *, fails: bool = False, waits: bool = True, check: Callable[[Any], None] | None = None, **more: Any
) -> ColumnResolver:
    """Return what leaves in the context value for how many parents it was called, and what is read of its results."""

    def resolve(parents: Sequence[Any], calls: Calls, _: Mapping[str, Any], reads: Attributes) -> Sequence[Any]:
        calls.append((len(parents), reads))
        if fails:
            raise ValueError("no inventory")
        return [Inventory()] * len(parents)

    async def resolve_later(
        parents: Sequence[Any], calls: Calls, arguments: Mapping[str, Any], reads: Attributes
    ) -> Sequence[Any]:
        return resolve(parents, calls, arguments, reads)

    return ColumnResolver(
        resolve=resolve_later if waits else resolve,
        reads=frozenset({"id"}),
        batch="inventories",
        check=check,
        trusted=True,
        **more,
    )


def count(inventory: Inventory) -> int:
    return inventory.size


def names(inventory: Inventory) -> Sequence[str]:
    return inventory.names


def boxed(**options: Any) -> ExecutableSchema:
    """Return a schema of two boxes, most of whose fields are made of their inventories."""
    shared = counted(**options)
    listed = counted(**options, transform=names, transform_reads=frozenset({"names"}))
    return schema(
        TEXT,
        {
            "Query.boxes": always([{}, {}]),
            **dict.fromkeys(("Query.inventory", "Mutation.inventory", "Mutation.again"), shared),
            **dict.fromkeys(("Box.inventory", "Box.some"), shared),
            "Box.count": counted(**options, transform=count, transform_reads=frozenset({"size"})),
            **dict.fromkeys(("Box.names", "Box.sureNames"), listed),
            "Inventory.kind": attribute("kind"),
            "Inventory.size": attribute("size"),
        },
    )


async def called(made: ExecutableSchema, text: str, variables: Mapping[str, Any] | None = None) -> Calls:
    """Return the calls by which a query is executed in columns, once both executors have given the same response."""
    calls: Calls = []
    assert await in_columns(made, text, variables, calls) == await both(made, text, variables)
    return calls


@pytest.mark.parametrize("waits", [True, False])
async def test_fields_with_the_same_batch_share_one_call(*, waits: bool) -> None:
    text = "{ boxes { count inventory { kind } names } }"
    response = await both(boxed(waits=waits), text)
    box = {"count": 2, "inventory": {"kind": "box"}, "names": ["a", "b"]}
    assert response == {"data": {"boxes": [box, box]}}
    assert list(response["data"]["boxes"][0]) == ["count", "inventory", "names"]
    assert await called(boxed(waits=waits), text) == [(2, {"size", "kind", "names"})]


async def test_the_call_of_one_field_is_told_what_that_field_reads() -> None:
    assert await called(boxed(), "{ boxes { count } }") == [(2, {"size"})]
    assert await called(boxed(), "{ boxes { inventory { kind } } }") == [(2, {"kind"})]
    assert await called(boxed(), "{ boxes { names } }") == [(2, {"names"})]


async def test_a_field_under_two_names_shares_its_call() -> None:
    assert await called(boxed(), "{ a: inventory { kind } b: inventory { size } }") == [(1, {"kind", "size"})]


async def test_fields_of_other_selection_sets_do_not_share_a_call() -> None:
    text = "{ boxes { count } others: boxes { names } inventory { kind } }"
    assert sorted(await called(boxed(), text), key=str) == sorted(
        [(2, {"size"}), (2, {"names"}), (1, {"kind"})], key=str
    )


async def test_fields_with_arguments_do_not_share_a_call() -> None:
    text = "{ boxes { some(first: 1) { kind } inventory { size } } }"
    assert sorted(await called(boxed(), text), key=str) == sorted([(2, {"kind"}), (2, {"size"})], key=str)
    text = "query ($first: Int) { boxes { some(first: $first) { kind } inventory { size } } }"
    for variables in ({}, {"first": None}, {"first": 1}):
        assert len(await called(boxed(), text, variables)) == 2


async def test_fields_that_take_arguments_share_a_call_where_they_are_given_none() -> None:
    text = "{ boxes { some { kind } inventory { size } } }"
    assert await called(boxed(), text) == [(2, {"kind", "size"})]


async def test_mutations_do_not_share_a_call() -> None:
    text = "mutation { inventory { kind } again { size } }"
    assert await called(boxed(), text) == [(1, {"kind"}), (1, {"size"})]


async def test_a_call_that_fails_fails_each_of_its_fields() -> None:
    text = "{ boxes { count inventory { kind } names } }"
    assert await both(boxed(fails=True), text) == {
        "data": {"boxes": [{"count": None, "inventory": None, "names": None}] * 2},
        "errors": [
            error("no inventory", ["boxes", index, name], (1, column))
            for index in range(2)
            for name, column in (("count", 11), ("inventory", 17), ("names", 36))
        ],
    }
    assert await called(boxed(fails=True), text) == [(2, {"size", "kind", "names"})]


async def test_a_call_that_fails_spreads_null_where_one_of_its_fields_may_not_be_null() -> None:
    text = "{ boxes { sureNames count } }"
    assert await in_columns(boxed(fails=True), text) == {
        "data": {"boxes": [None, None]},
        "errors": [error("no inventory", ["boxes", index, "sureNames"], (1, 11)) for index in range(2)],
    }
    # That what is beneath a null may be listed too is left open by the specification.
    response = await by_field(boxed(fails=True), text)
    assert response["data"] == {"boxes": [None, None]}


async def test_a_call_that_is_refused_is_not_made() -> None:
    def refuse(_: object) -> None:
        raise PermissionError("not you")

    made = boxed(check=refuse)
    assert await both(made, "{ boxes { count names } }") == {
        "data": {"boxes": [{"count": None, "names": None}] * 2},
        "errors": [
            error("not you", ["boxes", index, name], (1, column))
            for index in range(2)
            for name, column in (("count", 11), ("names", 17))
        ],
    }
    assert await called(made, "{ boxes { count names } }") == []


async def test_a_transform_that_fails_fails_its_own_field() -> None:
    def fail(_: Inventory) -> int:
        raise ValueError("no count")

    made = schema(
        TEXT,
        {
            "Query.boxes": always([{}]),
            "Box.count": counted(transform=fail),
            "Box.names": counted(transform=names),
        },
    )
    assert await both(made, "{ boxes { names count } }") == {
        "data": {"boxes": [{"names": ["a", "b"], "count": None}]},
        "errors": [error("no count", ["boxes", 0, "count"], (1, 17))],
    }


async def test_a_wrong_number_of_results_fails_each_of_the_fields() -> None:
    async def resolve(*_: object) -> Sequence[Any]:
        return [Inventory()]

    short = ColumnResolver(resolve=resolve, reads=frozenset(), batch="short")
    made = schema(TEXT, {"Query.boxes": always([{}, {}]), "Box.inventory": short, "Box.some": short})
    response = await in_columns(made, "{ boxes { inventory { kind } some { kind } } }")
    assert response["data"] == {"boxes": [{"inventory": None, "some": None}] * 2}
    assert {each["message"] for each in response["errors"]} == {"There are 1 results for 2 parents."}


async def test_fields_beside_shared_ones_have_calls_of_their_own() -> None:
    made = schema(
        TEXT,
        {
            "Query.boxes": always([{}, {}]),
            "Box.inventory": counted(),
            "Box.names": counted(transform=names, transform_reads=frozenset({"names"})),
            "Box.count": later(7),
            "Inventory.kind": attribute("kind"),
        },
    )
    response = await both(made, "{ boxes { count names inventory { kind } __typename } }")
    assert list(response["data"]["boxes"][1].items()) == [
        ("count", 7),
        ("names", ["a", "b"]),
        ("inventory", {"kind": "box"}),
        ("__typename", "Box"),
    ]
