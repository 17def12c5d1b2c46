"""Joins a Strawberry schema to the executor: which of its fields run in columns, and what is refused at the start."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_object_type,
    is_specified_scalar_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from gateway.engine.document import ExecutableSchema
from gateway.engine.resolvers import ColumnResolver, ColumnSchema, TypeName
from gateway.graphql.fields import COST, MAKE_RESOLVER, PAGED, MakeResolver
from gateway.graphql.input_conversion import InputConversion
from gateway.graphql.introspection_costs import introspection_costs
from gateway.graphql.scalars import SHOWN_AS_THEY_ARE


def executable_schema(
    schema: strawberry.Schema,
    *,
    rows: Mapping[str, type],
    type_names: Mapping[str, TypeName],
    concurrent: bool = True,
) -> ExecutableSchema:
    """Return a schema that the executor executes. Raise TypeError for what it would not do as Strawberry says.

    `rows` are the classes of the values of object types, by name. `type_names` tell, for interfaces and unions of such
    types, which type a value has. `concurrent` tells whether reads gain from being awaited at the same time.
    """
    _refuse_unsupported(schema)
    graphql_schema = schema._schema  # noqa: SLF001  # Strawberry has no public name for graphql-core's schema
    for type_ in graphql_schema.type_map.values():
        if is_input_object_type(type_):
            # Strawberry checks this by a rule of its own; graphql-core validates what its own object says.
            type_.is_one_of = type_.extensions[_DEFINITION].is_one_of
    conversion = InputConversion(schema)
    resolvers = {
        (type_.name, name): resolver
        for type_ in graphql_schema.type_map.values()
        if is_object_type(type_)
        for name, field in type_.fields.items()
        if (resolver := _resolver(conversion, type_, name, field, rows.get(type_.name)))
    }
    columns = ColumnSchema(
        resolvers=resolvers,
        type_names=type_names,
        trusted_types=frozenset(rows),
        costs={**introspection_costs(graphql_schema), **_declared(graphql_schema, COST)},
        paged=frozenset(_declared(graphql_schema, PAGED)),
    )
    return ExecutableSchema(
        schema=graphql_schema,
        columns=columns,
        executor_class=schema.execution_context_class,
        concurrent=concurrent,
    )


_DEFINITION = "strawberry-definition"


def _declared(schema: GraphQLSchema, key: str) -> dict[tuple[str, str], Any]:
    """Return what the metadata of fields have under a key, by the names of the type and the field."""
    found = {}
    for type_ in schema.type_map.values():
        for name, field in type_.fields.items() if is_object_type(type_) else ():
            definition = field.extensions.get(_DEFINITION)
            if definition and definition.metadata.get(key):
                found[type_.name, name] = definition.metadata[key]
    return found


def _refuse_unsupported(schema: strawberry.Schema) -> None:
    """Raise TypeError, naming it, for what a schema has that would be ignored."""
    usual = StrawberryConfig()
    asked: Mapping[str, Sequence[Any]] = {
        "extensions": [*schema.extensions],
        "directives": [directive.python_name for directive in schema.directives],
        "exception_handlers": [*schema.exception_handlers],
        "execution_context_class": [schema.execution_context_class]
        if schema.execution_context_class is not StrawberryGraphQLCoreExecutionContext
        else [],
        "config.default_resolver": [schema.config.default_resolver]
        if schema.config.default_resolver is not usual.default_resolver
        else [],
        "config.enable_experimental_incremental_execution": [True]
        if schema.config.enable_experimental_incremental_execution
        else [],
    }
    for name, values in asked.items():
        if values:
            shown = ", ".join(getattr(value, "__name__", None) or str(value) for value in values)
            raise TypeError(
                f"The gateway's executor does not support {name} of a strawberry.Schema, but it has {shown}."
            )


def _resolver(
    conversion: InputConversion,
    type_: GraphQLObjectType,
    name: str,
    field: GraphQLField,
    row: type | None,
) -> ColumnResolver | None:
    definition: StrawberryField | None = field.extensions.get(_DEFINITION)
    make_resolver: MakeResolver | None = definition.metadata.get(MAKE_RESOLVER) if definition else None
    if definition is None or make_resolver is None:
        return None
    resolver = make_resolver(definition.python_name)
    place = f"{type_.name}.{name}"
    if resolver.attribute and not _is_shown_as_it_is(get_named_type(field.type)):
        raise TypeError(f"{place} is an attribute, but values of {get_named_type(field.type)} have to be serialized.")
    if row is not None and (unknown := set(resolver.reads or ()) - _attributes(row)):
        raise TypeError(f"{place} reads {', '.join(sorted(unknown))}, but {row.__name__} has no such attribute.")
    names = conversion.names_of_arguments(definition)
    simple = {key: names[key] for key, each in field.args.items() if is_leaf_type(get_nullable_type(each.type))}
    return replace(resolver, argument_names=simple, convert_arguments=conversion.of_arguments(definition))


def _attributes(row: type) -> set[str]:
    return {name for class_ in row.__mro__ for name in (*vars(class_), *vars(class_).get("__annotations__", ()))}


def _is_shown_as_it_is(type_: GraphQLNamedType) -> bool:
    """Tell whether what is in a row is what the answer shows, or holds such."""
    if not is_leaf_type(type_):
        return True
    return isinstance(type_, GraphQLEnumType) or is_specified_scalar_type(type_) or type_.name in SHOWN_AS_THEY_ARE
