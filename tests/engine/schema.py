"""The schema as clients see it. Unlike strawberry's own objects, it knows all that validation needs (`@oneOf`)."""

from typing import cast

from graphql import GraphQLObjectType, build_schema

from gateway.graphql.schema import schema

SCHEMA = build_schema(schema.as_str())
QUERY, MUTATION = cast("list[GraphQLObjectType]", [SCHEMA.query_type, SCHEMA.mutation_type])
