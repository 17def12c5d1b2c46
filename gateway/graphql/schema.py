"""Composes the schema."""

from functools import lru_cache

import strawberry
from graphql import print_schema
from strawberry.schema.config import StrawberryConfig

from gateway.engine.document import ExecutableSchema
from gateway.graphql.columns import executable_schema
from gateway.graphql.mutations import Mutation
from gateway.graphql.names import RememberedNames
from gateway.graphql.queries import Query
from gateway.graphql.row_types import ROWS, TYPE_NAMES
from gateway.graphql.scalars import SCALARS
from gateway.graphql.subscriptions import Subscription

DESCRIPTION = """\
A registry of devices, their cellular, LoRa and generic network adapters, and the groups they are in.

Requests carry a bearer token, whose scopes say what the caller may do, and whose clients say which devices and groups
exist for it. What the caller got wrong in a mutation's input comes back in `userErrors`, with nothing changed."""

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, name_converter=RememberedNames()),
)


@lru_cache
def gateway_schema(schema: strawberry.Schema = schema, *, concurrent: bool = True) -> ExecutableSchema:
    """Return what the executor executes, made once for all applications; see `columns.executable_schema`."""
    executable = executable_schema(schema, rows=ROWS, type_names=TYPE_NAMES, concurrent=concurrent)
    executable.schema.description = DESCRIPTION
    return executable


graphql_schema = gateway_schema().schema


def schema_text() -> str:
    """Return the schema in GraphQL's schema definition language."""
    return print_schema(graphql_schema)
