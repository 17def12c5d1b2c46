"""Key sets of an issuer: JWKS (RFC 7517), from a file or a URL."""

import asyncio
import json
import logging
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import jwt

from gateway.domain.errors import InvalidToken

logger = logging.getLogger(__name__)

# A key set is read again after this long, and at once for a key id that it lacks, but not more often than that.
REFRESH_SECONDS = 300
RETRY_SECONDS = 10
FETCH_TIMEOUT_SECONDS = 5


class KeysUnavailable(Exception):
    """The key set could not be read, and there is no earlier one to go on with."""


@dataclass(kw_only=True)
class KeySet:
    """The keys that a file or a URL has, read again when they are due."""

    source: str
    algorithms: Sequence[str]
    _keys: dict[str | None, Any] = field(default_factory=dict)
    _read_at: float = -float("inf")
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, key_id: str | None) -> Any:
        if self._is_due(key_id) or key_id not in self._keys:
            async with self._reading:  # One reads; who has a known key meanwhile goes on with it.
                if self._is_due(key_id):
                    await self._refresh()
        if not self._keys:
            raise KeysUnavailable
        if key_id not in self._keys:
            raise InvalidToken("The token was signed with an unknown key.")
        return self._keys[key_id]

    def _is_due(self, key_id: str | None) -> bool:
        age = time.monotonic() - self._read_at
        return age > REFRESH_SECONDS or (key_id not in self._keys and age > RETRY_SECONDS)

    async def _refresh(self) -> None:
        self._read_at = time.monotonic()
        try:
            self._keys = _key_set(await asyncio.to_thread(self._read))
        except (OSError, HTTPException, ValueError) as error:
            # The keys at hand stay in use: an outage of the issuer must not become one of the gateway.
            logger.warning("The key set %s could not be read: %s", self.source, error)

    def _read(self) -> bytes:
        if not self.source.startswith(("https://", "http://")):
            return Path(self.source).read_bytes()
        with urllib.request.urlopen(self.source, timeout=FETCH_TIMEOUT_SECONDS) as response:  # noqa: S310  # http(s) only
            return bytes(response.read())


def _key_set(text: bytes) -> dict[str | None, Any]:
    """Return the keys by their ids. Raise ValueError where `text` is no key set."""
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(text)).keys
        return {key.key_id: key.key for key in keys}
    except (jwt.PyJWTError, AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"it is no JWKS: {error}") from error
