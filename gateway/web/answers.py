"""Answers to single requests over HTTP: the status, the headers and the body."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.auth.key_sets import RETRY_SECONDS, KeysUnavailable
from gateway.domain.errors import BadUserInput, Contended, Forbidden, Unauthenticated, Unavailable
from gateway.graphql.errors import INTERNAL, PARSE_FAILED, request_error
from gateway.graphql.execution import POSITION, ReadOnly, TakesNoStream
from gateway.graphql.rate_limits import RateLimited
from gateway.web.event_stream import Headers
from gateway.web.graphql_request import HttpError, HttpRequest
from gateway.web.media_types import EVENT_STREAM, GRAPHQL_RESPONSE, JSON
from gateway.web.protected_resource import ProtectedResource, challenge
from gateway.web.websocket_messages import SUBPROTOCOL

Answer = tuple[int, Headers, bytes]
"""A status, headers and a body, ready to be sent."""

POSITION_HEADER = b"gateway-position"
OK, UNPROCESSABLE = 200, 422
PARTIAL_SUCCESS = 294
"""The status of an answer with data and errors (GraphQL over HTTP, "Partial success")."""
_IN_GRAPHQL_RESPONSE = (b"content-type", GRAPHQL_RESPONSE + b"; charset=utf-8")
_IN_JSON = (b"content-type", JSON)
"""JSON alone has no charset (RFC 8259, section 11)."""
_STATUSES = {
    PARSE_FAILED: 400,
    Forbidden.code: 403,
    Unavailable.code: 503,
    Contended.code: 503,
    INTERNAL: 500,
}
"""Those of requests without data, by the code of the first error; others have no valid operation."""
VARY = (b"vary", b"accept, accept-encoding, authorization")
NO_STORE = (b"cache-control", b"no-store")

Refusal = HttpError | Unauthenticated | RateLimited | KeysUnavailable | ReadOnly | TakesNoStream
REFUSALS = (HttpError, Unauthenticated, RateLimited, KeysUnavailable, ReadOnly, TakesNoStream)


def answer(http: HttpRequest, status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None) -> Answer:
    """Return an answer in the media type that its client likes best."""
    http.errors = content.get("errors")
    body = orjson.dumps(content)
    sent = [
        _IN_GRAPHQL_RESPONSE if http.accepted.media_type is GRAPHQL_RESPONSE else _IN_JSON,
        (b"content-length", b"%d" % len(body)),
        NO_STORE,
        VARY,
    ]
    if headers:
        sent += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return status, sent, body


def status_of(http: HttpRequest, content: Mapping[str, Any]) -> int:
    """Return the status of the answer to a well-formed request, which has errors.

    In GraphQL's own media type it tells how it went; in JSON it is 200, as clients expect that know no other. So it is
    in an event stream, unless nobody made a mistake: clients come back after 503.
    """
    media_type = http.accepted.media_type
    if "data" in content or media_type is JSON:
        return PARTIAL_SUCCESS if media_type is GRAPHQL_RESPONSE else OK
    status = _STATUSES.get(content["errors"][0]["extensions"]["code"], UNPROCESSABLE)
    return OK if media_type is EVENT_STREAM and status != _STATUSES[Unavailable.code] else status


def position_header(content: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the header that has the position of what was written."""
    position = content["extensions"].get(POSITION)
    return {POSITION_HEADER.decode(): position} if position else None


def refusal(http: HttpRequest, error: Refusal, resource: ProtectedResource | None) -> Answer:
    """Return the answer to a request of which no operation was executed."""
    match error:
        case HttpError():
            content = {"message": str(error), "extensions": {"code": BadUserInput.code}}
            return _refusal(http, error.status, content, error.headers)
        case Unauthenticated():
            headers = {"WWW-Authenticate": challenge(error, resource)}
            return _refusal(http, 401, request_error(error), headers)
        case RateLimited():
            headers = {"Retry-After": str(error.seconds)}
            return _refusal(http, 429, request_error(error), headers)
        case KeysUnavailable():
            away = Unavailable("The keys that tokens are verified with cannot be read now; try again later.")
            headers = {"Retry-After": str(RETRY_SECONDS)}
            return _refusal(http, 503, request_error(away), headers)
        case ReadOnly():
            message = f"A mutation was sent by {http.method}; expected POST."
            return refusal(http, HttpError(405, message, Allow="POST"), resource)
        case TakesNoStream():
            message = (
                "A subscription was sent where one answer is expected; expected Accept: text/event-stream, or a "
                f"WebSocket of the subprotocol {SUBPROTOCOL}."
            )
            return refusal(http, HttpError(400, message), resource)


def _refusal(http: HttpRequest, status: int, error: dict[str, Any], headers: Mapping[str, str]) -> Answer:
    if status == UNPROCESSABLE and http.accepted.media_type is not GRAPHQL_RESPONSE:
        status = 400  # As clients expect that know no other media type than JSON.
    return answer(http, status, {"errors": [error]}, headers)
