"""Sends messages to addresses that callers have named: to public ones only, and with an end to everything."""

import asyncio
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.domain.hosts import canonical_host, is_public
from gateway.domain.webhooks import PrivateHosts
from gateway.events.webhooks.failures import Failure, NotPublic, failure_of_answer, failure_of_error
from gateway.events.webhooks.message import Message, signed_headers

SECONDS = 15.0
"""How long a delivery may take in all."""
SECONDS_TO_CONNECT = 5.0
MOST_BYTES = 1_024
"""How much is read of an answer, which nobody looks at: a short one leaves its connection to the next delivery."""
NAME_THREADS = 20


class Sender:
    def __init__(
        self, private_hosts: PrivateHosts, *, resolver: AbstractResolver | None = None, seconds: float = SECONDS
    ) -> None:
        """Open nothing yet. It has to be made where an event loop runs, and closed."""
        self._private_hosts = private_hosts
        self._resolver = resolver or _Resolver()
        session = partial(
            aiohttp.ClientSession,
            timeout=aiohttp.ClientTimeout(total=seconds, connect=SECONDS_TO_CONNECT),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept-Encoding",),
        )
        connector = partial(aiohttp.TCPConnector, resolver=self._resolver, limit=0)
        # Whatever an address was found by, it is looked at when it is connected to.
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
                return failure_of_answer(response.status, response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return failure_of_error(error)

    async def close(self) -> None:
        await self._public.close()
        await self._private.close()
        await self._resolver.close()


def _public_socket(address_info: Any) -> socket.socket:
    """Return a socket that is about to be connected to an address. Raise NotPublic."""
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
