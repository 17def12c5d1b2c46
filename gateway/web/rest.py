"""The paths of the REST API whose place the gateway takes: each is answered by the GraphQL that does the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.domain.enums import NetworkAdapterType
from gateway.domain.pages import LARGEST_SIZE
from gateway.domain.user_errors import UserErrorCode
from gateway.web.graphql_request import GRAPHQL
from gateway.web.media_types import JSON
from gateway.web.rest_operations import OPERATIONS, Operation, Parameters

_MESSAGE = f"There is no REST API here, but GraphQL at {GRAPHQL}"
_THE_SAME = "the document and the variables in extensions.graphql do the same"
_BODY = "what the body has is for the variable input"
LONGEST_VALUE = 255
"""In characters; neither a text to look for nor a field of a device is longer."""
MOST_VALUES = 100
LONGEST_QUERY = 8_000
"""In bytes: as much as most servers read of a whole URL."""
_LISTS = {"deviceSpecificationIds", "types"}
_METHODS = {"HEAD": "GET", "PATCH": "PUT"}
_PATTERNS = [(operation, operation.pattern) for operation in OPERATIONS]
_START_OF_A_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")

_Query = Mapping[str, list[str]]
_Found = tuple[Operation, dict[str, str]]


@dataclass(frozen=True)
class Rest:
    """An ASGI application that answers 404 to whatever it is asked, with the GraphQL where the schema may be shown."""

    shows_schema: bool

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        body = orjson.dumps({"errors": [_error(scope, _found(scope) if self.shows_schema else None)]})
        headers = [
            (b"content-type", JSON),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def rest_routes(*, shows_schema: bool) -> list[Route]:
    """Return the routes of all that the REST API has, for every method."""
    rest = Rest(shows_schema)
    return [Route(f"/{name}{more}", rest) for name in ("devices", "device-groups") for more in ("", "/{more:path}")]


def _error(scope: Scope, found: _Found | None) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": UserErrorCode.NOT_FOUND}
    said = [_MESSAGE]
    if found:
        operation, ids = found
        variables = _variables(operation, ids, scope["query_string"])
        extensions["graphql"] = {"query": operation.document, "variables": variables}
        said += [_THE_SAME, _BODY] if operation.body else [_THE_SAME]
    return {"message": f"{'; '.join(said)}.", "extensions": extensions}


def _found(scope: Scope) -> _Found | None:
    """Return what is asked of REST, with the ids of its path; None where REST has no such thing."""
    method = _METHODS.get(scope["method"], scope["method"])
    path = scope["path"].rstrip("/")
    for operation, pattern in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(path)):
            return operation, {name: value[:LONGEST_VALUE] for name, value in match.groupdict().items()}
    return None


def _variables(operation: Operation, ids: Mapping[str, str], query_string: bytes) -> dict[str, Any]:
    if operation.body is not None:
        return {"input": {**ids, **operation.body}}
    if operation.parameters is None:
        return {**ids}
    return {**ids, **_arguments(operation.parameters, _query(query_string))}


def _query(query_string: bytes) -> _Query:
    """Return the parameters of a URL; none where it has more than any client means: others would wait meanwhile."""
    if len(query_string) > LONGEST_QUERY:
        return {}
    try:
        return parse_qs(query_string.decode("latin-1"), max_num_fields=MOST_VALUES)
    except ValueError:
        return {}


def _arguments(parameters: Parameters, query: _Query) -> dict[str, Any]:
    arguments = _named(parameters.arguments, query)
    if filter_ := _named(parameters.filters, query):
        arguments["filter"] = filter_
    if parameters.order:
        arguments |= _of_a_page(parameters.order, query)
    return arguments


def _named(names: Mapping[str, str], query: _Query) -> dict[str, Any]:
    """Return the values of parameters by their names in GraphQL."""
    values = {name: [each[:LONGEST_VALUE] for each in query[rest]] for rest, name in names.items() if rest in query}
    return {name: _list(name, given) if name in _LISTS else given[0] for name, given in values.items()}


def _list(name: str, given: list[str]) -> list[str]:
    items = [item for text in given for item in text.split(",") if item]
    if name == "types":
        return [item.upper() for item in items if item.upper() in NetworkAdapterType.__members__]
    return items[:MOST_VALUES]


def _of_a_page(fields: type[StrEnum], query: _Query) -> dict[str, Any]:
    """Return the arguments for a page; what is no limit, and no field to sort by, is left out."""
    found: dict[str, Any] = {}
    words = ",".join(query.get("sort", [])).split(",")[:MOST_VALUES]
    if orders := [order for word in words if (order := _order(fields, word))]:
        found["orderBy"] = orders
    limit = query.get("limit", [""])[0]
    if limit.isascii() and limit.isdigit():
        found["first"] = min(int(limit[:LONGEST_VALUE]), LARGEST_SIZE)
    if cursor := query.get("cursor"):
        found["after"] = cursor[0][:LONGEST_VALUE]
    return found


def _order(fields: type[StrEnum], word: str) -> dict[str, str] | None:
    field = _START_OF_A_WORD.sub("_", word.strip().removeprefix("-")).upper()
    if field not in fields.__members__:
        return None
    return {"field": field, "direction": "DESC"} if word.strip().startswith("-") else {"field": field}
