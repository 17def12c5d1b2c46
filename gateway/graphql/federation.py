"""The gateway as a subgraph (Apollo Federation 2): the schema with what routers ask for, and its text for composition.

Keys are in the text alone, which is made of the schema's: were they Strawberry's directives of its types, clients of a
gateway that is no subgraph would find these, and their definitions, in its schema.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, NewType

import strawberry
from graphql import (
    ConstArgumentNode,
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    parse,
    print_ast,
    print_schema,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField

from gateway.db.rows import DeviceRow
from gateway.domain.errors import RequestError
from gateway.domain.identifiers import DeviceIdentifier
from gateway.engine.field_cost import FieldCost
from gateway.graphql import types
from gateway.graphql.context import Context
from gateway.graphql.costs import NO_STATEMENT, REPRESENTATION, rows_named_by
from gateway.graphql.entities import ENTITIES, EntityRow, entities_named
from gateway.graphql.fields import relation
from gateway.graphql.mutations import Mutation
from gateway.graphql.names import RememberedNames
from gateway.graphql.queries import Query, Root
from gateway.graphql.scalars import SCALARS
from gateway.graphql.schema import gateway_schema, schema
from gateway.graphql.subscriptions import Subscription

# Apollo's composition knows @oneOf only where it is defined.
DEFINED = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

directive @oneOf on INPUT_OBJECT
"""
# Other subgraphs with pages after Relay have the same type.
SHAREABLE = ("PageInfo",)
TEXT = 1_000
"""The price of the text, which is as long as so many leaves."""

Representation = NewType("Representation", object)
_ANY = strawberry.scalar(name="_Any", description="What names an entity: its `__typename` and the fields of a key.")
AnyEntity = Annotated[
    types.Device
    | types.CellularNetworkAdapter
    | types.LoraNetworkAdapter
    | types.GenericNetworkAdapter
    | types.DeviceGroup
    | types.DeviceEvent,
    strawberry.union("_Entity", description="What other subgraphs may name."),
]


async def subgraph_texts(parents: Sequence[object], context: Context) -> list[str]:  # noqa: ARG001  # there is one
    return [subgraph_text()] * len(parents)


@strawberry.type(name="_Service", description="The gateway as a subgraph.")
class Service:
    sdl: str = relation(
        subgraph_texts,
        scope=None,  # Who has a token may read the schema, as everywhere.
        reads=(),
        cost=FieldCost(price=TEXT),
        description="The schema with the directives of Apollo Federation, for composition.",
    )


async def service(parents: Root, context: Context) -> list[Service]:  # noqa: ARG001  # there is one
    return [Service()] * len(parents)


async def entities(
    parents: Root,
    context: Context,
    representations: Annotated[list[Representation], strawberry.argument(description="What names the entities.")],
) -> list[list[EntityRow | RequestError | None]]:
    return [await entities_named(representations, context)] * len(parents)


@strawberry.type(name="Query", description=get_object_definition(Query, strict=True).description)
class SubgraphQuery(Query):
    service: Service = relation(
        service,
        scope=None,  # Nothing is in it but the text.
        reads=(),
        cost=NO_STATEMENT,
        name="_service",
        description="The schema for composition.",
    )
    entities: list[AnyEntity | None] = relation(
        entities,
        scope=None,  # Each entity needs the scope of its type.
        reads=(),
        cost=rows_named_by("representations", price_of_each=REPRESENTATION),
        trusted=False,  # Some may be forbidden, or named wrongly.
        name="_entities",
        description="In the order of `representations`, with null where nothing visible to the caller has that name.",
    )


async def identifiers_of_devices(parents: Sequence[DeviceRow], context: Context) -> list[str]:  # noqa: ARG001  # see reads
    return [device.id for device in parents]


@strawberry.type
class SubgraphDevice(types.Device):
    identifier: DeviceIdentifier = relation(
        identifiers_of_devices,
        scope=None,  # Whoever has the device may know it.
        reads=("id",),
        cost=NO_STATEMENT,
        description="The device's id. As a key, it may be anything that names the device.",
    )


class SubgraphSchema(strawberry.Schema):
    """A schema whose devices have what those of a subgraph have."""

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        is_device = type_definition.origin is types.Device
        return get_object_definition(SubgraphDevice, strict=True).fields if is_device else type_definition.fields


@lru_cache
def subgraph_schema() -> strawberry.Schema:
    """Return the subgraph's schema, which takes time to make, and which most gateways do not need."""
    scalars = {**SCALARS, Representation: _ANY}
    return SubgraphSchema(
        query=SubgraphQuery,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=scalars, name_converter=RememberedNames()),
    )


def served_schema(*, federation: bool) -> strawberry.Schema:
    """Return the schema of a gateway, which is a subgraph or is not."""
    return subgraph_schema() if federation else schema


@lru_cache
def subgraph_text() -> str:
    """Return the subgraph's schema for composition, in GraphQL's schema definition language.

    What every subgraph has is not in it: compositions know that.
    """
    document = parse(print_schema(gateway_schema(subgraph_schema()).schema), no_location=True)
    return print_ast(DocumentNode(definitions=(*parse(DEFINED).definitions, *_own(document))))


def _own(document: DocumentNode) -> Iterator[DefinitionNode]:
    """Yield the definitions of what other subgraphs have not, and give types their directives."""
    for definition in document.definitions:
        if isinstance(definition, TypeDefinitionNode) and _is_of_every_subgraph(definition):
            continue
        yield _own_type(definition) if isinstance(definition, ObjectTypeDefinitionNode) else definition


def _own_type(type_: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    fields = tuple(field for field in type_.fields or () if not _is_of_every_subgraph(field))
    return replace(type_, fields=fields, directives=tuple(_directives(type_.name.value)))


def _is_of_every_subgraph(definition: TypeDefinitionNode | FieldDefinitionNode) -> bool:
    return definition.name.value.startswith("_")


def _directives(type_name: str) -> Iterator[ConstDirectiveNode]:
    for key in ENTITIES[type_name].keys if type_name in ENTITIES else ():
        fields = ConstArgumentNode(name=NameNode(value="fields"), value=StringValueNode(value=key.field))
        yield ConstDirectiveNode(name=NameNode(value="key"), arguments=(fields,))
    if type_name in SHAREABLE:
        yield ConstDirectiveNode(name=NameNode(value="shareable"))
