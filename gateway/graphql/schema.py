"""Composes the schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.graphql.mutations import Mutation
from gateway.graphql.queries import Query
from gateway.graphql.scalars import SCALARS
from gateway.graphql.types import CellularNetworkAdapter, Device, DeviceGroup, GenericNetworkAdapter, LoraNetworkAdapter

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    # What only Node leads to.
    types=[Device, DeviceGroup, CellularNetworkAdapter, LoraNetworkAdapter, GenericNetworkAdapter],
    config=StrawberryConfig(scalar_map=SCALARS),
)

graphql_schema = schema._schema  # noqa: SLF001  # graphql-core's view of it, which strawberry has no public name for
