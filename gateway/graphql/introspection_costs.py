"""The cost of introspection: how long its lists may be."""

from collections.abc import Mapping, Sequence, Sized
from math import ceil
from statistics import mean

from graphql import (
    DirectiveLocation,
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)

from gateway.engine.field_cost import FieldCost


def introspection_costs(schema: GraphQLSchema) -> dict[tuple[str, str], FieldCost]:
    """Return the costs of the lists of introspection, each as long as it is anywhere in a schema.

    Who asks for all types gets lists beneath them that are as long as they are on average.
    """
    types = list(schema.type_map.values())
    fields = [
        list(type_.fields.values()) if is_object_type(type_) or is_interface_type(type_) else [] for type_ in types
    ]
    inputs = [list(type_.fields.values()) if is_input_object_type(type_) else [] for type_ in types]
    of_all_types: Mapping[str, Sequence[Sized]] = {
        "fields": fields,
        "inputFields": inputs,
        "enumValues": [type_.values if is_enum_type(type_) else () for type_ in types],
        "interfaces": [type_.interfaces if is_object_type(type_) else () for type_ in types],
        "possibleTypes": [schema.get_possible_types(type_) if is_abstract_type(type_) else () for type_ in types],
    }
    arguments = [field.args for of_type in fields for field in of_type]
    query = schema.query_type.name if schema.query_type else ""
    return {
        (query, "__schema"): FieldCost(lists_all=True),
        ("__Schema", "types"): FieldCost(items=len(types), lists_all=True),
        ("__Schema", "directives"): FieldCost(items=len(schema.directives)),
        **{("__Type", name): _of_lists(lists, lists_all=name == "fields") for name, lists in of_all_types.items()},
        ("__Field", "args"): _of_lists(arguments),
        ("__Directive", "args"): _of_lists([directive.args for directive in schema.directives]),
        ("__Directive", "locations"): FieldCost(items=len(DirectiveLocation)),
    }


def _of_lists(lists: Sequence[Sized], *, lists_all: bool = False) -> FieldCost:
    """Return the cost of lists of which these are all that there are."""
    lengths = list(map(len, lists))
    return FieldCost(items=max(lengths, default=0), mean=ceil(mean(lengths)) if lengths else 0, lists_all=lists_all)
