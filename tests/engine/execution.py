"""Small schemas, and the responses of both executors to what is asked of them.

The context value of an execution is a list, for resolvers to leave there what a test wants to know of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

from graphql import (
    GraphQLSchema,
    build_schema,
    execute,
    is_abstract_type,
    is_introspection_type,
    is_object_type,
    parse,
    validate,
)

from gateway.engine.document import Document, ExecutableSchema, Executed
from gateway.engine.null_propagation import ResponsePath
from gateway.engine.resolvers import ColumnResolver, ColumnSchema, TypeName
from tests.engine.resolvers import Calls, ObjectResolver, key, object_resolver

Response = dict[str, Any]


def schema(
    text: str,
    fields: Mapping[str, ColumnResolver | ObjectResolver] | None = None,
    *,
    type_name: TypeName = lambda value: value["type"],
    trusted_types: Iterable[str] = (),
    concurrent: bool = True,
) -> ExecutableSchema:
    """Return a schema whose `fields` are resolved as said, by their coordinates: `Query.book`.

    Fields with a function for one object are left to graphql-core. Those that are not named are keys of a dict.
    """
    unused = dict(fields or {})
    made = build_schema(text)
    resolvers = {}
    for type_ in made.type_map.values():
        if is_abstract_type(type_):
            type_.resolve_type = lambda value, *_: type_name(value)
        elif is_object_type(type_) and not is_introspection_type(type_):
            for name, field in type_.fields.items():
                resolver = unused.pop(f"{type_}.{name}", None) or key(name)
                if isinstance(resolver, ColumnResolver):
                    resolvers[type_.name, name] = resolver
                    field.resolve = object_resolver(resolver)
                else:
                    field.resolve = resolver
    assert not unused
    return executable(
        made,
        resolvers,
        type_names={each.name: type_name for each in made.type_map.values() if is_abstract_type(each)},
        trusted_types=trusted_types,
        concurrent=concurrent,
    )


def executable(
    made: GraphQLSchema,
    resolvers: Mapping[tuple[str, str], ColumnResolver],
    *,
    type_names: Mapping[str, TypeName] | None = None,
    trusted_types: Iterable[str] = (),
    concurrent: bool = True,
) -> ExecutableSchema:
    columns = ColumnSchema(resolvers=resolvers, type_names=type_names or {}, trusted_types=frozenset(trusted_types))
    return ExecutableSchema(schema=made, columns=columns, concurrent=concurrent)


def document(schema: ExecutableSchema, text: str) -> Document:
    parsed = parse(text)
    assert validate(schema.schema, parsed) == []
    return Document(schema, parsed)


async def both(
    schema: ExecutableSchema,
    text: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    planned: bool = True,
) -> Response:
    """Return the response that both executors give to an operation that is the text of a document."""
    return await both_executing(document(schema, text), variables, operation_name, planned=planned)


async def both_executing(
    document: Document,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    planned: bool = True,
) -> Response:
    """Return the response that both executors give. Unless it is `planned`, graphql-core gives it both times."""
    one = response(await document.execute([], variables or {}, operation_name))
    other = response(await _by_graphql_core(document, variables, operation_name, None))
    assert one == other
    assert json.dumps(one["data"]) == json.dumps(other["data"])  # The keys are in the same order.
    plans = [plan.selection_set for plan in document._plans.values()]
    assert (None not in plans) is planned
    return one


async def in_columns(
    schema: ExecutableSchema, text: str, variables: Mapping[str, Any] | None = None, calls: Calls | None = None
) -> Response:
    return response(await document(schema, text).execute([] if calls is None else calls, variables or {}))


async def by_field(
    schema: ExecutableSchema, text: str, variables: Mapping[str, Any] | None = None, calls: Calls | None = None
) -> Response:
    return response(await _by_graphql_core(document(schema, text), variables, None, calls))


async def _by_graphql_core(
    document: Document, variables: Mapping[str, Any] | None, operation_name: str | None, calls: Calls | None
) -> Executed:
    executed = execute(
        document.schema.schema,
        document.ast,
        context_value=[] if calls is None else calls,
        variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    result = await executed if isawaitable(executed) else executed
    return result.data, result.errors


def response(executed: Executed) -> Response:
    data, errors = executed
    return {"data": data, "errors": [error.formatted for error in errors]} if errors else {"data": data}


def nulls(response: Response) -> set[ResponsePath]:
    """Return the paths of the nulls that errors have made, there or further inside."""
    return {_null(response["data"], error["path"]) for error in response.get("errors", ()) if "path" in error}


def _null(data: Any, path: Sequence[str | int]) -> ResponsePath:
    for depth, step in enumerate(path):
        if data is None:
            return tuple(path[:depth])
        data = data[step]
    assert data is None
    return tuple(path)


def error(message: str, path: list[str | int], *locations: tuple[int, int]) -> dict[str, Any]:
    """Return an error of a response. Locations are lines and columns."""
    return {
        "message": message,
        "locations": [{"line": line, "column": column} for line, column in locations],
        "path": path,
    }
