"""Answers that a browser may keep, where it asks each time whether they still hold (RFC 9110, section 13.1.2)."""

import asyncio
from hashlib import blake2b

from gateway.web.answers import NO_STORE, Answer
from gateway.web.graphql_request import HttpRequest

_MAY_BE_KEPT = (b"cache-control", b"private, no-cache")
_DIGEST_BYTES = 16
LARGEST_AT_ONCE = 100_000
"""In bytes. What is larger has its tag made beside the event loop."""
_OF_A_REPRESENTATION = {b"content-type", b"content-length"}


async def kept_answer(http: HttpRequest, answer: Answer) -> Answer:
    """Return an answer with its entity tag, or nothing but the tag where the client has what it would get."""
    status, headers, body = answer
    if len(body) <= LARGEST_AT_ONCE:
        tag = _entity_tag(http, body)
    else:
        tag = await asyncio.to_thread(_entity_tag, http, body)
    headers = [(b"etag", b"W/" + tag), _MAY_BE_KEPT, *(header for header in headers if header != NO_STORE)]
    if not _is_known(tag, http.headers.get(b"if-none-match", b"")):
        return status, headers, body
    return 304, [header for header in headers if header[0] not in _OF_A_REPRESENTATION], b""


def _entity_tag(http: HttpRequest, body: bytes) -> bytes:
    """Return the tag of an answer in one media type to the bearer of one token, which nobody else can guess.

    It is a weak one, since the bytes may be compressed or not on their way.
    """
    caller = blake2b(http.headers[b"authorization"]).digest()
    digest = blake2b(http.accepted.media_type or b"", digest_size=_DIGEST_BYTES, key=caller)
    digest.update(body)
    return b'"%s"' % digest.hexdigest().encode()


def _is_known(tag: bytes, if_none_match: bytes) -> bool:
    # A tag has its quotation marks, so it is no part of another.
    return tag in if_none_match or if_none_match.strip() == b"*"
