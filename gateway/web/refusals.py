"""Answers to what never becomes a request, ready to be written to a connection that closes after them."""

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.domain.errors import BadUserInput, Unavailable

TOO_LATE, URL_TOO_LARGE, HEAD_TOO_LARGE, TOO_MANY = 408, 414, 431, 503
RETRY_SECONDS = 1


def refusal(status: int, message: str) -> bytes:
    """Return the bytes of an answer in GraphQL's form."""
    code = Unavailable.code if status == TOO_MANY else BadUserInput.code
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    retry = b"retry-after: %d\r\n" % RETRY_SECONDS if status == TOO_MANY else b""
    return b"%scontent-type: application/json\r\ncontent-length: %d\r\n%sconnection: close\r\n\r\n%s" % (
        STATUS_LINE[status],
        len(body),
        retry,
        body,
    )
