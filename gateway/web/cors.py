"""What scripts of other sites may send and read (the CORS protocol of the Fetch standard)."""

from collections.abc import Iterable
from typing import Any

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from gateway.web.answers import POSITION_HEADER
from gateway.web.graphql_endpoint import COST_HEADER, LAST_EVENT_ID_HEADER
from gateway.web.rate_limit_headers import NAMES as RATE_LIMIT_HEADERS
from gateway.web.request_log import REQUEST_ID_HEADER

SECONDS_TO_KEEP_A_PREFLIGHT = 7_200
"""Browsers keep none for longer."""
LONGEST_REQUEST = 4_000
"""In bytes; the names of all headers that are allowed are a quarter of that."""
_OF_THE_GATEWAY = tuple(
    name.decode() for name in (COST_HEADER, LAST_EVENT_ID_HEADER, POSITION_HEADER, REQUEST_ID_HEADER)
)
_OF_HTTP = ("accept", "authorization", "cache-control", "content-type", "if-none-match")
# Nobody reads most of these here, but a browser sends nothing of a request with a header that is not allowed.
_OF_GRAPHQL_CLIENTS = (
    *("apollo-require-preflight", "apollographql-client-name", "apollographql-client-version"),
    *("apollographql-library-name", "apollographql-library-version"),
    *("x-apollo-operation-id", "x-apollo-operation-name", "x-apollo-operation-type"),
    *("graphql-client-name", "graphql-client-version", "graphql-require-preflight"),
)
_OF_TRACING = ("baggage", "sentry-trace", "traceparent", "tracestate")


class CORS(CORSMiddleware):
    """Starlette's middleware, which would look at each of thousands of headers: nobody has a token in a preflight."""

    def preflight_response(self, request_headers: Headers) -> Response:
        if len(request_headers.get("access-control-request-headers", "")) > LONGEST_REQUEST:
            return PlainTextResponse("Disallowed CORS headers", status_code=400)
        return super().preflight_response(request_headers)


def cors(origins: Iterable[str], more_headers: Iterable[str]) -> dict[str, Any]:
    """Return the arguments of the middleware, for scripts of these origins that may send more headers."""
    return {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST"],
        "allow_headers": [*_OF_HTTP, *_OF_THE_GATEWAY, *_OF_GRAPHQL_CLIENTS, *_OF_TRACING, *more_headers],
        "expose_headers": ["etag", POSITION_HEADER.decode(), REQUEST_ID_HEADER.decode(), *RATE_LIMIT_HEADERS],
        "max_age": SECONDS_TO_KEEP_A_PREFLIGHT,
    }
