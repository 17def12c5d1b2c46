"""A schema some of whose fields are left to graphql-core."""

from typing import Any

import pytest

from gateway.engine.document import ExecutableSchema
from tests.engine.execution import schema
from tests.engine.resolvers import always, at_once, awaited

TEXT = """
type Query { box: Box sure: Box! boxes: [Box] core: Box cores: [Box!] value: Int coreValue(n: Int = 5): Int }
type Box {
  name: String sureName: String! box: Box boxes: [Box!]
  core: String sureCore: String! coreBox: Box sureBox: Box!
}
"""
BOX: dict[str, Any] = {"name": "A", "sureName": "A"}


BOTH_WAYS = pytest.mark.parametrize("resolved", [at_once, awaited])


def boxed(box: Any, **fields: Any) -> ExecutableSchema:
    """Return a schema whose roots in columns are a box, or two of them."""
    roots = {"Query.box": always(box), "Query.sure": always(box), "Query.boxes": always([box, box])}
    return schema(TEXT, {**roots, "Query.value": always(1), **fields})
