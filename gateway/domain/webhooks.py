"""The rules of webhooks: which addresses they may have, how many there may be, and their secrets."""

import base64
import secrets
from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from gateway.domain.enums import DeviceEventType
from gateway.domain.hosts import address_or_none, canonical_host, is_public
from gateway.domain.quoting import quoted
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.domain.uuids import Uuid

MOST_WEBHOOKS = 20
"""How many webhooks a client may have."""
LONGEST_URL = 2_000
SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret starts with (Standard Webhooks 1.0.0)
SECRET_BYTES = 32

PrivateHosts = frozenset[str]
"""Names and addresses, in canonical form, that need be neither public nor reached by TLS."""


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the key of the HMAC that a secret stands for."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def url_errors(url: str | None, private_hosts: PrivateHosts) -> Iterator[UserError]:
    """Yield what is wrong with the address of a webhook. A name is not looked up: it may change what it stands for."""
    if url is None:
        yield UserError(code=UserErrorCode.BLANK, message="url is null, but it is required.", field=("url",))
    elif len(url) > LONGEST_URL:
        message = f"url: {quoted(url)} has {len(url)} characters; expected at most {LONGEST_URL:,}."
        yield UserError(code=UserErrorCode.TOO_LONG, message=message, field=("url",))
    else:
        for reason in _reasons_against(url, private_hosts):
            yield UserError(code=UserErrorCode.INVALID_FORMAT, message=f"url: {reason}", field=("url",))


def types_errors(types: Sequence[DeviceEventType] | None) -> Iterator[UserError]:
    if types is None:
        yield UserError(code=UserErrorCode.BLANK, message="types is null, but it is required.", field=("types",))
    elif not types:
        message = "types is empty, so that nothing would be told; expected a type of events at least."
        yield UserError(code=UserErrorCode.BLANK, message=message, field=("types",))


def too_many_error(client_id: Uuid) -> UserError:
    message = (
        f"clientId: the client {client_id} has {MOST_WEBHOOKS} webhooks already; expected at most {MOST_WEBHOOKS}."
    )
    return UserError(code=UserErrorCode.TOO_MANY, message=message, field=("clientId",))


def _reasons_against(url: str, private_hosts: PrivateHosts) -> Iterator[str]:
    parts = _split(url)
    if parts is None:
        yield f"{quoted(url)} is not a URL; expected one in ASCII, such as https://example.com/hooks."
        return
    if "@" in parts.netloc:
        # It is not repeated, since what is before the @ is a secret.
        yield "there are credentials in it; expected none, since the signature tells who sends."
        return
    host = canonical_host(parts.hostname or "")
    if host is None or ("[" in parts.netloc and ":" not in host):
        yield f"{quoted(url)} names no host; expected a name, an IPv4 address, or an IPv6 address in brackets."
        return
    if parts.scheme != "https" and not (parts.scheme == "http" and host in private_hosts):
        yield f"{quoted(url)} does not start with https://, which is expected."
    if "#" in url:
        yield f"{quoted(url)} has a fragment, which is sent to nobody; expected none."
    address = address_or_none(host)
    if address and not is_public(address) and host not in private_hosts:
        yield f"{quoted(url)} is at {address}, which is not a public address; expected one."


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL; None for what is none. The standard library drops white space, and knows no limits."""
    if not url.isascii() or any(character <= " " or character in '\x7f\\"<>^`{|}' for character in url):
        return None
    try:
        parts = urlsplit(url)
        is_url = parts.scheme and parts.port != 0
    except ValueError:
        return None
    return parts if is_url else None
