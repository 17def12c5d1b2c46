"""Answers that are compressed on their way (RFC 9110, sections 8.4 and 12.5.3).

A token is needed for every answer, and no browser sends it by itself, so nobody else can have a caller's answers made
and learn what is in them from their sizes.
"""

import asyncio
import sys
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.web.preferences import in_order, preferences, remembered

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALLEST = 4_000
"""In bytes. What is smaller comes in the first packets anyway."""
LARGEST_AT_ONCE = 30_000
"""In bytes. What is larger would hold up others longer than to hand it to a thread takes, dozens of it above all."""
MOST_WAITING = 16_000_000
MOST_OF_ONE_CALLER = 4_000_000
"""In bytes, for which others wait a fraction of a second: what comes while more than that waits goes as it is."""
# The next levels take twice the time, and save a tenth at best.
_ZSTD_LEVEL = 1
_GZIP_LEVEL = 3
_GZIP_FORMAT = 16 + zlib.MAX_WBITS

ZSTD, GZIP, IDENTITY = b"zstd", b"gzip", b"identity"
# Of equals, the first is taken: the faster one, but for those who take anything that which everybody knows.
CODINGS = (ZSTD, GZIP)
_BY_WILDCARD = (GZIP, ZSTD)
_KNOWN = {*CODINGS, b"x-gzip", IDENTITY, b"*"}


@dataclass(frozen=True, slots=True)
class Codings:
    """What a client accepts of the content codings that there are."""

    large: bytes | None
    """That of an answer that is worth it; None where none that there is would be accepted."""
    small: bytes | None
    """That of others."""

    def of(self, size: int) -> bytes | None:
        """Return the coding of an answer that has so many bytes."""
        return self.large if size >= SMALLEST else self.small


AS_IT_IS = Codings(IDENTITY, IDENTITY)
"""What a client gets that says nothing."""


@remembered
def codings_for(accept_encoding: bytes) -> Codings:
    """Return the codings for a client whose header `Accept-Encoding` this is."""
    weights = _weights(accept_encoding)
    others = weights.get(b"*", 0.0)
    liked = [(weights.get(name, others), name) for name in in_order(CODINGS, _BY_WILDCARD, weights)]
    best, name = max(liked, key=lambda each: each[0])
    coding = name if best else None
    if weights.get(IDENTITY, weights.get(b"*")) == 0:
        return Codings(coding, coding)
    return Codings(coding if coding and best >= weights.get(IDENTITY, 0.0) else IDENTITY, IDENTITY)


@remembered
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Tell whether a client whose header `Accept-Encoding` this is takes gzip, however much it likes something else."""
    weights = _weights(accept_encoding)
    return weights.get(GZIP, weights.get(b"*", 0.0)) > 0


def _weights(accept_encoding: bytes) -> dict[bytes, float]:
    return {name.removeprefix(b"x-"): weight for name, weight, _ in preferences(accept_encoding, _KNOWN)}


class Compressor:
    """Compresses answers: small ones at once, and others on a thread, where little waits."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compression")
        self._waiting: Counter[str] = Counter()
        """How many bytes wait, or are being compressed, by caller."""

    async def compressed(self, body: bytes, coding: bytes, caller: str) -> bytes | None:
        """Return a body in a content coding, or None where too much waits, so that it goes as it is."""
        size = len(body)
        if size <= LARGEST_AT_ONCE:
            return _compressed(body, coding)
        if self._waiting[caller] > MOST_OF_ONE_CALLER or self._waiting.total() > MOST_WAITING:
            return None
        self._waiting[caller] += size
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, _compressed, body, coding)
        finally:
            self._waiting[caller] -= size
            if not self._waiting[caller]:
                del self._waiting[caller]


def _compressed(body: bytes, coding: bytes) -> bytes:
    if coding == ZSTD:
        return zstd.compress(body, _ZSTD_LEVEL)
    return zlib.compress(body, _GZIP_LEVEL, _GZIP_FORMAT)
