"""Composes the schema."""

from functools import partial
from typing import Any

import strawberry
from graphql import is_abstract_type, is_introspection_type, is_object_type
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments

from gateway.engine.column import Column, attribute, set_column, set_type_name
from gateway.graphql.mutations import Mutation
from gateway.graphql.queries import Query
from gateway.graphql.relation import RESOLVE
from gateway.graphql.scalars import SCALARS
from gateway.graphql.types import (
    CellularNetworkAdapter,
    Device,
    DeviceGroup,
    GenericNetworkAdapter,
    LoraNetworkAdapter,
    type_name,
)

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    # What only Node leads to.
    types=[Device, DeviceGroup, CellularNetworkAdapter, LoraNetworkAdapter, GenericNetworkAdapter],
    config=StrawberryConfig(scalar_map=SCALARS),
)

graphql_schema = schema._schema  # noqa: SLF001  # graphql-core's view of it, which strawberry has no public name for


def _column(field: Any) -> Column:
    """What the executor in columns knows of one of strawberry's fields."""
    convert = partial(
        convert_arguments,
        arguments=field.arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )
    name = field.python_name
    if make_resolve := field.metadata.get(RESOLVE):
        return Column(resolve=make_resolve(name), convert=convert)
    return Column(resolve=attribute(name), attribute=name)


for _type in graphql_schema.type_map.values():
    if is_abstract_type(_type):
        set_type_name(_type, type_name)
    elif is_object_type(_type) and not is_introspection_type(_type):
        # Values are rows, not instances of strawberry's classes, as which strawberry would have them.
        _type.is_type_of = None
        for _field in _type.fields.values():
            set_column(_field, _column(_field.extensions["strawberry-definition"]))
