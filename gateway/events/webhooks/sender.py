"""Sends messages to addresses that callers have named: to public ones only, and with an end to everything."""

import asyncio
import os
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from errno import EACCES
from functools import partial
from ipaddress import ip_address
from typing import Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.domain.hosts import canonical_host, is_public
from gateway.domain.webhooks import PrivateHosts
from gateway.events.webhooks.message import Message, signed_headers

SECONDS = 15.0
"""How long a delivery may take in all."""
SECONDS_TO_CONNECT = 5.0
MOST_BYTES = 1_024
"""How much is read of an answer, which nobody looks at: a short one leaves its connection to the next delivery."""
LONGEST_WAIT_SECONDS = 3_600.0
"""How long a receiver may ask to be left alone."""
GONE = 410
ASK_TO_WAIT = frozenset({429, 503})
NAME_THREADS = 20


class Failure(NamedTuple):
    reason: str
    """A sentence for the owner of the webhook, with nothing of what the receiver says."""
    wait_seconds: float | None = None
    """How long the receiver asks to be left alone."""
    is_final: bool = False
    """Whether it says that it is gone."""


class NotPublic(OSError):
    """A host is at an address that is not public. The message does not tell the address, which may be a secret."""

    def __init__(self) -> None:
        super().__init__(EACCES, "the host is not at a public address")


class Sender:
    def __init__(
        self, private_hosts: PrivateHosts, *, resolver: AbstractResolver | None = None, seconds: float = SECONDS
    ) -> None:
        """Open nothing yet. It has to be made where an event loop runs, and closed."""
        self._private_hosts = private_hosts
        self._resolver = resolver or _Resolver()
        self._seconds = seconds
        timeout = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, SECONDS_TO_CONNECT))
        session = partial(
            aiohttp.ClientSession,
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept-Encoding",),
        )
        connector = partial(aiohttp.TCPConnector, resolver=self._resolver, limit=0)
        self._public = session(connector=connector(socket_factory=_public_socket))
        self._private = session(connector=connector())

    async def send(self, url: str, message: Message, secrets: Iterable[str]) -> Failure | None:
        """Send a message once; return None where it was received, and otherwise why it was not."""
        headers = signed_headers(message, secrets, int(time.time()))
        try:
            target = URL(url)
            is_private = canonical_host(target.host or "") in self._private_hosts
            session = self._private if is_private else self._public
            async with session.post(target, data=message.body, headers=headers, allow_redirects=False) as response:
                await response.content.read(MOST_BYTES)
                return _failure(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Failure(self._reason(error))

    async def close(self) -> None:
        await self._public.close()
        await self._private.close()
        await self._resolver.close()

    def _reason(self, error: Exception) -> str:
        match error:
            case aiohttp.ConnectionTimeoutError():
                return f"There was no connection within {min(self._seconds, SECONDS_TO_CONNECT):g} seconds."
            case TimeoutError():
                return f"There was no answer within {self._seconds:g} seconds."
            case aiohttp.ClientConnectorDNSError():
                return "There is no such host."
            case aiohttp.ClientConnectorCertificateError():
                return "The certificate of the host is not valid."
            case aiohttp.ClientSSLError():
                return "There is no TLS at that address, or none that is accepted."
            case aiohttp.ClientConnectorError(os_error=NotPublic()):
                return "The host is not at a public address."
            case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))):
                return f"There was no connection: {os.strerror(number).lower()}."
            case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
                return "The connection ended without an answer."
            case _:
                return "The answer was not HTTP."


def _failure(response: aiohttp.ClientResponse) -> Failure | None:
    status = response.status
    if 200 <= status < 300:
        return None
    wait = _wait_seconds(response.headers.get("Retry-After", "")) if status in ASK_TO_WAIT else None
    redirect = ", and redirects are not followed" if 300 <= status < 400 else ""
    return Failure(f"The answer was {status}{redirect}.", wait, is_final=status == GONE)


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


def _public_socket(address_info: Any) -> socket.socket:
    """Return a socket that is about to be connected to an address, by whatever name. Raise NotPublic."""
    family, type_, protocol, _, address = address_info
    if not is_public(ip_address(address[0].partition("%")[0])):
        raise NotPublic
    return socket.socket(family, type_, protocol)


class _Resolver(AbstractResolver):
    """Looks names up in threads of its own: those of the event loop are for others, and a name may take long."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="names of hosts")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
