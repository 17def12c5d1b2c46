"""Whatever a resolver does to its arguments, the next execution of the document has its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from tests.engine.execution import both_executing, document, schema

pytestmark = pytest.mark.anyio

TEXT = """
type Query {
  bare: String
  echo(
    text: String
    count: Int = 7
    ids: [Int!]
    pairs: [[Int]]
    by: By
    defaultIds: [Int!] = [1, 2]
    defaultBy: By = {ids: [3]}
  ): String
}
input By { name: String = "any" ids: [Int!] = [4] inner: By }
"""


def shown(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)


def emptied(value: Any) -> None:
    """Take everything out of a value, and out of what is inside it."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            emptied(inner)
        value.clear()


def taking_everything(parents: Sequence[Any], _: object, arguments: Mapping[str, Any], __: object) -> list[str]:
    """Resolve a field with its arguments, of which nothing is left then."""
    text = shown(arguments)
    emptied(arguments)
    return [text] * len(parents)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        'text: "a"',
        "ids: [1, 2]",
        "pairs: [[1], [2]]",
        "by: {ids: [1]}",
        "by: {inner: {ids: [1]}}",
        "defaultIds: [5]",
        "count: $v",
        "ids: $ids",
        "ids: [$v, 1]",
        "by: {inner: $by}",
        "by: $by",
    ],
)
async def test_what_a_resolver_does_to_its_arguments_does_not_change_the_next_response(arguments: str) -> None:
    echo = ColumnResolver(resolve=taking_everything, reads=NO_ATTRIBUTES)
    given = f"({arguments})" if arguments else ""
    text = f"""
    query ($v: Int! = 2, $ids: [Int!] = [7], $by: By = {{inner: {{}}}}) {{
      echo{given}
      again: echo{given}
      variables: echo(count: $v, ids: $ids, by: $by)
    }}
    """
    asked = document(schema(TEXT, {"Query.echo": echo}), text)
    first, second = [await both_executing(asked) for _ in range(2)]
    assert first == second
    assert first["data"]["echo"] == first["data"]["again"]
    assert '"defaultBy": {"ids": [3], "name": "any"}' in first["data"]["echo"]


async def test_what_a_resolver_adds_to_no_arguments_is_not_there_the_next_time() -> None:
    def resolve(parents: Sequence[Any], _: object, arguments: Any, __: object) -> list[str]:
        text = shown(arguments)
        arguments["more"] = 1
        return [text] * len(parents)

    bare = ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES)
    asked = document(schema(TEXT, {"Query.bare": bare}), "{ bare }")
    for _ in range(2):
        assert await both_executing(asked) == {"data": {"bare": "{}"}}
