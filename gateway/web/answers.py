"""Answers to single requests over HTTP: the status, the headers and the body."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from gateway.auth.key_sets import RETRY_SECONDS, KeysUnavailable
from gateway.domain.errors import BadUserInput, Contended, Forbidden, Unauthenticated, Unavailable
from gateway.graphql.errors import INTERNAL, PARSE_FAILED, request_error
from gateway.graphql.execution import POSITION, ReadOnly, TakesNoStream
from gateway.graphql.rate_limits import RateLimited
from gateway.web.event_stream import Headers
from gateway.web.graphql_request import HttpError, HttpRequest
from gateway.web.media_types import GRAPHQL_RESPONSE, JSON
from gateway.web.protected_resource import ProtectedResource, challenge
from gateway.web.websocket_messages import SUBPROTOCOL

Answer = tuple[int, Headers, bytes]
"""A status, headers and a body, ready to be sent."""

POSITION_HEADER = b"gateway-position"
PARTIAL_SUCCESS = 294
"""The status of an answer with data and errors (GraphQL over HTTP, "Partial success")."""
_CONTENT_TYPES = {GRAPHQL_RESPONSE: GRAPHQL_RESPONSE + b"; charset=utf-8", JSON: JSON}
"""JSON alone has no charset (RFC 8259, section 11)."""
_STATUSES = {
    PARSE_FAILED: HTTPStatus.BAD_REQUEST,
    Forbidden.code: HTTPStatus.FORBIDDEN,
    Unavailable.code: HTTPStatus.SERVICE_UNAVAILABLE,
    Contended.code: HTTPStatus.SERVICE_UNAVAILABLE,
    INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Those of requests without data, by the code of the first error; others have no valid operation."""
VARY = (b"vary", b"accept, accept-encoding, authorization")
NO_STORE = (b"cache-control", b"no-store")

Refusal = HttpError | Unauthenticated | RateLimited | KeysUnavailable | ReadOnly | TakesNoStream
REFUSALS = (HttpError, Unauthenticated, RateLimited, KeysUnavailable, ReadOnly, TakesNoStream)


def answer(http: HttpRequest, content: Mapping[str, Any]) -> Answer:
    """Return the answer to a well-formed request, in the media type that its client likes best.

    In GraphQL's own, the status tells how it went; in JSON it is 200, as clients expect that know no other.
    """
    headers = _position(content) if "extensions" in content else None
    if http.accepted.media_type != GRAPHQL_RESPONSE:
        return _whole(http, HTTPStatus.OK, JSON, content, headers)
    return _whole(http, _status(content), GRAPHQL_RESPONSE, content, headers)


def refusal(http: HttpRequest, error: Refusal, resource: ProtectedResource | None) -> Answer:
    """Return the answer to a request of which no operation was executed."""
    match error:
        case HttpError():
            content = {"message": str(error), "extensions": {"code": BadUserInput.code}}
            return _refusal(http, error.status, content, error.headers)
        case Unauthenticated():
            headers = {"WWW-Authenticate": challenge(error, resource)}
            return _refusal(http, HTTPStatus.UNAUTHORIZED, request_error(error), headers)
        case RateLimited():
            headers = {"Retry-After": str(error.seconds)}
            return _refusal(http, HTTPStatus.TOO_MANY_REQUESTS, request_error(error), headers)
        case KeysUnavailable():
            away = Unavailable("The keys that tokens are verified with cannot be read now; try again later.")
            headers = {"Retry-After": str(RETRY_SECONDS)}
            return _refusal(http, HTTPStatus.SERVICE_UNAVAILABLE, request_error(away), headers)
        case ReadOnly():
            message = f"A mutation was sent by {http.method}; expected POST."
            return refusal(http, HttpError(HTTPStatus.METHOD_NOT_ALLOWED, message, Allow="POST"), resource)
        case TakesNoStream():
            message = (
                "A subscription was sent where one answer is expected; expected Accept: text/event-stream, or a "
                f"WebSocket of the subprotocol {SUBPROTOCOL}."
            )
            return refusal(http, HttpError(HTTPStatus.BAD_REQUEST, message), resource)


def _refusal(http: HttpRequest, status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Answer:
    content = {"errors": [error]}
    if http.accepted.media_type == GRAPHQL_RESPONSE:
        return _whole(http, status, GRAPHQL_RESPONSE, content, headers)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST  # As clients expect that know no other media type than JSON.
    return _whole(http, status, JSON, content, headers)


def _status(content: Mapping[str, Any]) -> int:
    errors = content.get("errors")
    if not errors:
        return HTTPStatus.OK
    if "data" in content:
        return PARTIAL_SUCCESS
    return _STATUSES.get(errors[0]["extensions"]["code"], HTTPStatus.UNPROCESSABLE_ENTITY)


def _whole(
    http: HttpRequest, status: int, media_type: bytes, content: Mapping[str, Any], headers: Mapping[str, str] | None
) -> Answer:
    http.errors = content.get("errors")
    body = orjson.dumps(content)
    sent = [
        (b"content-type", _CONTENT_TYPES[media_type]),
        (b"content-length", b"%d" % len(body)),
        NO_STORE,
        VARY,
    ]
    if headers:
        sent += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return status, sent, body


def _position(content: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the header that has the position of what was written."""
    position = content["extensions"].get(POSITION)
    return {POSITION_HEADER.decode(): position} if position else None
