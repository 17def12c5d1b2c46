"""The cost of an operation: how many objects and leaves its response has, were all its lists full, and its price."""

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse

from gateway.engine.cost import USUAL_LIST, count
from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.field_cost import Arguments, FieldCost, OfArguments
from gateway.engine.resolvers import ColumnSchema

pytestmark = pytest.mark.anyio

PRICE = 1_000
SCHEMA: GraphQLSchema = build_schema("""
  type Query { name: String  me: Pump  pumps(first: Int): Page  all: [Pump]  some(ids: [ID]): [Pump]  any: [Any]
               matrix: [[Pump]]  sites(ids: [ID], first: Int): [Page]  found(ids: [ID]): Page }
  type Page { nodes: [Pump]  edges: [Edge]  total: Int  part(n: Int): Int }
  type Edge { node: Pump }
  type Pump { id: ID  name: String  tags: [String]  near(first: Int): Page  next: Pump }
  type Valve { id: ID }
  union Any = Pump | Valve
""")


def page(arguments: Arguments) -> int:
    first = arguments.get("first", 5)
    return first if isinstance(first, int) else 5


def named(arguments: Arguments) -> int:
    return len(arguments.get("ids", ()))


PAGE = OfArguments(frozenset({"first"}), page)
COLUMNS = ColumnSchema(
    resolvers={},
    type_names={},
    trusted_types=frozenset(),
    costs={
        ("Query", "pumps"): FieldCost(items=PAGE, price=PRICE),
        ("Pump", "near"): FieldCost(items=PAGE, price=PRICE),
        ("Query", "some"): FieldCost(items=OfArguments(frozenset({"ids"}), named)),
        ("Query", "all"): FieldCost(items=7, price=1),
        ("Query", "sites"): FieldCost(items=OfArguments(frozenset({"ids"}), named), page=PAGE),
        ("Page", "part"): FieldCost(
            price=OfArguments(
                frozenset({"n"}), lambda given: given.get("n", 1) * named(given), parent_names=frozenset({"ids"})
            )
        ),
    },
    paged=frozenset({("Page", "nodes"), ("Page", "edges")}),
)


class Stop(Exception):
    pass


async def cost_of(text: str, variables: dict[str, Any] | None = None) -> tuple[int, int]:
    """Return the size and the price of a document's operation."""
    costs: list[tuple[int, int]] = []

    async def admit(size: int, price: int) -> None:
        costs.append((size, price))
        raise Stop

    document = Document(ExecutableSchema(schema=SCHEMA, columns=COLUMNS), parse(text))
    for _ in range(2):  # The second time it is known.
        with pytest.raises(Stop):
            await document.execute(None, variables or {}, admit=admit)
    assert costs[0] == costs[1]
    return costs[0]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("{ name }", 1 + 1),
        ("{ __typename a: name b: name name }", 1 + 4),
        ("{ me { id name } }", 1 + 1 + 2),
        ("{ me { id } me { name ...{ id } } }", 1 + 1 + 2),
        ("{ all { id name } }", 1 + 7 * 3),
        ("{ me { tags } }", 1 + 1 + USUAL_LIST),
        ("{ matrix { id } }", 1 + USUAL_LIST**2 * 2),
        ("{ any { ... on Pump { id name } ... on Valve { id } } }", 1 + USUAL_LIST * 3),
        ("{ pumps { total } }", 1 + 1 + 1),
        ("{ pumps { nodes { id } } }", 1 + 1 + 5 * 2),
        ("{ pumps(first: 3) { nodes { id } edges { node { id } } total } }", 1 + 1 + 3 * 2 + 3 * 3 + 1),
        ("{ pumps(first: 3) { nodes { near(first: 2) { nodes { id } } } } }", 1 + 1 + 3 * (1 + 1 + 2 * 2)),
        ('{ some(ids: ["a", "b"]) { id } }', 1 + 2 * 2),
        # Pages in a list are as long as the field of the list says.
        ('{ sites(ids: ["a", "b"], first: 3) { total nodes { id } } }', 1 + 2 * (1 + 1 + 3 * 2)),
        ("{ me @skip(if: true) { id } name @include(if: false) }", 1),
        ("{ ...F } fragment F on Query { me { ...G } } fragment G on Pump { id }", 1 + 1 + 1),
    ],
)
async def test_the_size_is_that_of_the_response_were_all_its_lists_full(text: str, size: int) -> None:
    assert (await cost_of(text))[0] == size


@pytest.mark.parametrize(
    ("text", "variables", "size"),
    [
        ("query ($n: Int) { pumps(first: $n) { nodes { id } } }", {"n": 4}, 2 + 4 * 2),
        ("query ($n: Int) { pumps(first: $n) { nodes { id } } }", {}, 2 + 5 * 2),
        ("query ($n: Int) { pumps(first: $n) { nodes { id } } }", {"n": None}, 2 + 5 * 2),
        ("query ($n: Int = 2) { pumps(first: $n) { nodes { id } } }", {}, 2 + 2 * 2),
        (
            "query ($n: Int) { pumps(first: 2) { nodes { near(first: $n) { nodes { id } } } } }",
            {"n": 9},
            2 + 2 * (2 + 9 * 2),
        ),
        ("query ($ids: [ID]) { some(ids: $ids) { id } }", {"ids": ["a", "b", "c"]}, 1 + 3 * 2),
        ("query ($id: ID) { some(ids: [$id, $id]) { id } }", {"id": "a"}, 1 + 2 * 2),
        ("query ($s: Boolean!) { me @skip(if: $s) { id } }", {"s": False}, 3),
        ("query ($s: Boolean!) { me @skip(if: $s) { id } }", {"s": True}, 1),
    ],
)
async def test_the_size_depends_on_variables(text: str, variables: dict[str, Any], size: int) -> None:
    assert (await cost_of(text, variables))[0] == size


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("{ name me { id } }", 0),
        ("{ all { id } }", 1),
        ("{ pumps { total } }", PRICE),
        ("{ a: pumps { total } b: pumps { total } }", 2 * PRICE),
        # A resolver is called once for all its parents.
        ("{ pumps(first: 100) { nodes { near { total } } } }", 2 * PRICE),
        ("{ pumps { nodes { near { total } } edges { node { near { total } } } } }", 3 * PRICE),
    ],
)
async def test_the_price_is_that_of_each_resolver_once(text: str, price: int) -> None:
    assert (await cost_of(text))[1] == price


@pytest.mark.parametrize(
    ("text", "variables", "price"),
    [
        ('{ found(ids: ["a", "b"]) { part(n: 3) total } }', {}, 6),
        ("query ($ids: [ID], $n: Int) { found(ids: $ids) { part(n: $n) } }", {"ids": ["a", "b"], "n": 5}, 10),
        ('{ a: found(ids: ["a"]) { ...F } b: found(ids: ["a", "b"]) { ...F } } fragment F on Page { part }', {}, 1 + 2),
        ('{ pumps { part(n: 9) } sites(ids: ["a"]) { part } }', {}, 1),
    ],
)
async def test_the_price_of_a_field_may_depend_on_the_arguments_of_the_one_above_it(
    text: str, variables: dict[str, Any], price: int
) -> None:
    of_pages = PRICE * text.count("pumps")
    assert (await cost_of(text, variables))[1] == price + of_pages


async def test_fragments_in_fragments_are_priced_as_often_as_they_are_spread_but_found_once() -> None:
    """Each spreads the next twice, so that two to the power of sixty objects come together."""
    levels = 60
    fragments = "".join(
        f"fragment F{i} on Pump {{ near(first: $n) {{ nodes {{ ...F{i + 1} }} edges {{ node {{ ...F{i + 1} }} }} }} }}"
        for i in range(levels)
    )
    text = f"query ($n: Int) {{ me {{ ...F0 }} }} {fragments} fragment F{levels} on Pump {{ id }}"
    size, _ = await cost_of(text, {"n": 1})
    assert size > 2**levels


@pytest.mark.parametrize(
    ("data", "objects_and_leaves"),
    [(None, 0), ({}, 1), ({"a": 1, "b": None}, 2), ({"a": [], "b": ["x", "y"]}, 3), ({"a": [{"b": [{}, None]}]}, 3)],
)
def test_objects_and_leaves_are_counted(data: Any, objects_and_leaves: int) -> None:
    assert count(data) == objects_and_leaves
