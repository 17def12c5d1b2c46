"""Why a message was not received, in words for the owner of the webhook, with nothing of what the receiver says."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from errno import EACCES
from http import HTTPStatus
from typing import NamedTuple

import aiohttp

LONGEST_WAIT_SECONDS = 3_600.0
"""How long a receiver may ask to be left alone."""
ASK_TO_WAIT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
HUNDRED = 100


class Failure(NamedTuple):
    reason: str
    """A sentence."""
    wait_seconds: float | None = None
    """How long the receiver asks to be left alone."""
    is_final: bool = False
    """Whether it says that it is gone."""


class NotPublic(OSError):
    """A host is at an address that is not public. The message does not tell the address, which may be a secret."""

    def __init__(self) -> None:
        super().__init__(EACCES, "the host is not at a public address")


# Each before those that it is one of.
_REASONS: Sequence[tuple[type[Exception], str]] = (
    (aiohttp.ConnectionTimeoutError, "There was no connection in time."),
    (TimeoutError, "There was no answer in time."),
    (aiohttp.ClientConnectorDNSError, "There is no such host."),
    (aiohttp.ClientConnectorCertificateError, "The certificate of the host is not valid."),
    (aiohttp.ClientSSLError, "There is no TLS at that address, or none that is accepted."),
    (aiohttp.ClientConnectorError, "There was no connection."),
    (aiohttp.ClientOSError, "The connection ended without an answer."),
    (aiohttp.ServerDisconnectedError, "The connection ended without an answer."),
    (Exception, "The answer was not HTTP."),
)


def failure_of_error(error: Exception) -> Failure:
    """Return the failure that an error of the client means."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, NotPublic):
        return Failure("The host is not at a public address.")
    if type(error) is aiohttp.ClientConnectorError and error.os_error.errno:
        return Failure(f"There was no connection: {os.strerror(error.os_error.errno).lower()}.")
    return Failure(next(reason for class_, reason in _REASONS if isinstance(error, class_)))


def failure_of_answer(status: int, headers: Mapping[str, str]) -> Failure | None:
    """Return the failure that an answer means; None for a success."""
    match status // HUNDRED:
        case 2:
            return None
        case 3:
            return Failure(f"The answer was {status}, and redirects are not followed.")
    wait = _wait_seconds(headers.get("Retry-After", "")) if status in ASK_TO_WAIT else None
    return Failure(f"The answer was {status}.", wait, is_final=status == HTTPStatus.GONE)


def _wait_seconds(header: str) -> float | None:
    """Return how many seconds to wait by a header `Retry-After` (RFC 9110, section 10.2.3); None where it is none."""
    if header.isascii() and header.isdecimal():
        return min(float(header[:10]), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
