"""A document has a plan for each combination of its conditions."""

from itertools import product

import pytest
from graphql import build_schema, parse

from gateway.engine.document import PLANS, Document

pytestmark = pytest.mark.anyio


async def test_more_combinations_than_plans_are_kept_are_answered_all_the_same() -> None:
    names = "abcde"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: __typename @include(if: ${name})" for name in names)
    document = Document(build_schema("type Query { field: Int }"), parse(f"query ({declared}) {{ {fields} }}"))
    for given in [*product([True, False], repeat=len(names))] * 2:
        variables = dict(zip(names, given, strict=True))
        data, errors = await document.execute(None, variables)
        assert errors is None
        assert data == {name: "Query" for name in names if variables[name]}
    assert len(document._operations[None].plans) == PLANS < 2 ** len(names)
