"""Whatever JSON is given as a variable of whatever input type is answered below 500, shortly, and in time."""

import json
import time
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInputType, get_named_type, is_composite_type, is_required_argument
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.graphql.errors import LONGEST_MESSAGE
from gateway.graphql.schema import graphql_schema
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio

FIELDS = {
    f"{operation} {name}": field
    for operation, root in (("query", graphql_schema.query_type), ("mutation", graphql_schema.mutation_type))
    for name, field in (root.fields if root else {}).items()
    if field.args
}
NAMES = sorted({name for type_ in graphql_schema.type_map.values() for name in getattr(type_, "fields", ())})

texts = st.text() | st.sampled_from(
    [*NAMES, "İ", "NAMEİ", "ﬃ" * 50, "ACTIVE", "active", "356938030010178", "-createdAt"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | st.floats() | texts,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=4),
    max_leaves=12,
)


def nested(depth: int, wrap: Any) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = wrap(value)
    return value


LARGE = {
    "text": "x" * 900_000,
    "letters whose lower case is longer": "İ" * 300_000,
    "control characters": "\0" * 150_000,
    "half a surrogate pair": "\ud800",
    "an integer of hundreds of digits": 10**300,
    "an integer of thousands of digits": 10**4_000,
    "a list of texts": ["x" * 800] * 1_000,
    "a list of objects": [{"field": "NAME" * 100, "and": 5}] * 1_000,
    "a list that is too long": [None] * 100_000,
    "a long name": {"İ" * 300_000: 1},
    "many names": {f"name{number}": number for number in range(10_000)},
    "nested filters": nested(5, lambda inner: {"and": [inner, {"or": [inner]}, 5], "not": inner}),
    "nested lists": nested(12, lambda inner: [inner]),
    "nested too deeply": nested(500, lambda inner: {"not": inner}),
}


def request(field: str, argument: str, value: object) -> bytes:
    """One that gives `value` to an argument of a field of a root. It may have half a surrogate pair in it."""
    definition: GraphQLField = FIELDS[field]
    operation, name = field.split()
    type_: GraphQLInputType = definition.args[argument].type
    selection = "{ __typename }" if is_composite_type(get_named_type(definition.type)) else ""
    query = f"{operation} ($v: {type_}) {{ {name}({argument}: $v) {selection} }}"
    return json.dumps({"query": query, "variables": {"v": value}}).encode()


PLACES = [
    (field, argument)
    for field, definition in FIELDS.items()
    for argument in definition.args
    # One that is required has to be the only one.
    if all(name == argument or not is_required_argument(each) for name, each in definition.args.items())
]
OF_EACH_TYPE = {str(FIELDS[field].args[argument].type): (field, argument) for field, argument in PLACES}.values()


async def answered(gateway: GatewayClient, content: bytes) -> list[str]:
    """The messages of the errors, after a look at the whole answer."""
    headers = {"Authorization": f"Bearer {gateway.token()}", "Content-Type": "application/json"}
    response = await gateway.http.post("/graphql", content=content, headers=headers)
    assert response.status_code in (200, 400, 413)
    errors = response.json().get("errors", [])
    assert all(error["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for error in errors)
    assert all(len(error["message"]) <= LONGEST_MESSAGE for error in errors)
    return [error["message"] for error in errors]


@given(place=st.sampled_from(PLACES), value=json_values)
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_value(gateway: GatewayClient, place: tuple[str, str], value: object) -> None:
    await answered(gateway, request(*place, value))


@pytest.mark.parametrize("large", LARGE)
async def test_a_large_value(gateway: GatewayClient, large: str) -> None:
    for place in OF_EACH_TYPE:
        content = request(*place, LARGE[large])
        start = time.process_time()
        messages = await answered(gateway, content)
        assert time.process_time() - start < 1, place
        assert sum(map(len, messages)) < 51 * 500
