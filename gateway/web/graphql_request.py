"""A GraphQL request as it comes over HTTP (the GraphQL over HTTP specification)."""

from typing import Any

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from gateway.domain.quoting import quoted
from gateway.graphql.execution import Request


class HttpError(Exception):
    """The request never gets as far as GraphQL; `headers` go into the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class HttpRequest:
    """What is looked at of an HTTP request, in a fraction of the time that a general one takes."""

    __slots__ = ("_headers", "_receive", "method", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        # The first of several of one name.
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        self._receive = receive

    def header(self, name: bytes) -> str:
        """By its name in lower case; empty where there is none."""
        return self._headers.get(name, b"").decode("latin-1")

    @property
    def parameters(self) -> dict[str, str]:
        """Of the URL; the last of several of one name."""
        return dict(QueryParams(self.scope["query_string"]))

    async def body(self, max_bytes: int) -> bytes:
        """Raises HttpError where it is larger, ClientDisconnect where it never comes."""
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > max_bytes:
                raise HttpError(413, f"The body is larger than {max_bytes} bytes, the limit of this gateway.")
            if not message.get("more_body"):
                return bytes(body)


async def read_request(http: HttpRequest, max_body_bytes: int) -> Request:
    """Raises HttpError where the body or the URL does not hold a GraphQL request."""
    if http.method == "GET":
        parameters: dict[str, Any] = http.parameters
        for name in ("variables", "extensions"):
            if parameters.get(name):
                parameters[name] = _json(parameters[name].encode(), f"The parameter {name}")
        return _request(parameters)
    media_type = http.header(b"content-type").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HttpError(415, f"The media type {quoted(media_type)} is not supported; expected application/json.")
    return _request(_json(await http.body(max_body_bytes), "The body"))


def _json(text: bytes, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"{where} is not JSON: {error}.") from error


def _request(content: Any) -> Request:
    if not isinstance(content, dict):
        raise HttpError(400, f"{quoted(content)} is not a request; expected a JSON object with query.")
    query = content.get("query")
    if not isinstance(query, str) or not query:
        raise HttpError(400, f"query: {quoted(query)} is not a document; expected GraphQL text.")
    return Request(
        query=query,
        variables=_optional(content, "variables", dict, "an object") or {},
        operation_name=_optional(content, "operationName", str, "text") or None,
        extensions=_optional(content, "extensions", dict, "an object") or {},
    )


def _optional(content: dict[str, Any], name: str, kind: type, expected: str) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, kind):
        raise HttpError(400, f"{name}: {quoted(value)} was given; expected {expected} or null.")
    return value
