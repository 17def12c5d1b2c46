"""Composes the schema."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    get_nullable_type,
    is_abstract_type,
    is_introspection_type,
    is_leaf_type,
    is_object_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.engine.column import Column, attribute, set_column, set_type_name
from gateway.graphql.mutations import Mutation
from gateway.graphql.queries import Query
from gateway.graphql.relation import MAKE_COLUMN, MakeColumn
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


def _column(field: GraphQLField) -> Column:
    """What the executor in columns knows of a field."""
    definition: StrawberryField = field.extensions["strawberry-definition"]
    name = definition.python_name
    make_column: MakeColumn | None = definition.metadata.get(MAKE_COLUMN)
    if make_column:
        names = {schema.config.name_converter.from_argument(each): each.python_name for each in definition.arguments}
        simple = {key: names[key] for key, each in field.args.items() if is_leaf_type(get_nullable_type(each.type))}
        return replace(make_column(name), names=simple, convert=_converter(definition))
    return Column(resolve=attribute(name), attribute=name)


def _converter(definition: StrawberryField) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes arguments as the resolver takes them: by their names in Python, input objects as strawberry's."""
    registry = schema.schema_converter.scalar_registry
    return lambda given: convert_arguments(given, definition.arguments, scalar_registry=registry, config=schema.config)


for _type in graphql_schema.type_map.values():
    if is_abstract_type(_type):
        set_type_name(_type, type_name)
    elif is_object_type(_type) and not is_introspection_type(_type):
        # Values are rows, not instances of strawberry's classes, as which strawberry would have them.
        _type.is_type_of = None
        for _field in _type.fields.values():
            set_column(_field, _column(_field))
