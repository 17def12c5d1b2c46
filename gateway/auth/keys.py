"""Keys that tokens are verified with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

HMAC = ("HS256", "HS384", "HS512")
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class Keys(Protocol):
    @property
    def algorithms(self) -> Sequence[str]:
        """The algorithms that a token may be signed with, which are never what the token says."""

    async def find(self, key_id: str | None) -> Any:
        """Return the key of that `kid`. Raise InvalidToken where there is none."""


@dataclass(frozen=True, kw_only=True)
class OneKey:
    """A shared secret, or a public key in PEM."""

    key: str | bytes
    algorithms: Sequence[str]

    async def find(self, key_id: str | None) -> str | bytes:  # noqa: ARG002  # there is one key only
        return self.key
