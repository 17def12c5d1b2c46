"""Bearer tokens (RFC 6750): JWTs that become principals.

Those of an issuer are access tokens of the JWT profile (RFC 9068), so that no other of its tokens passes for one.
"""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import jwt
from cachetools import FIFOCache

from gateway.auth.keys import Keys
from gateway.domain.errors import BadUserInput, InvalidToken
from gateway.domain.principal import Principal
from gateway.domain.quoting import quoted
from gateway.domain.uuids import Uuid, parse_uuid

EVERY_CLIENT = "*"
# How much memory verified tokens take, those of many clients much more than those of one.
REMEMBERED_BYTES = 16_000_000
_BYTES_OF_A_TOKEN = 1_000
_BYTES_OF_A_CLIENT = 300
# RFC 9068, section 2.1, in lower case: media types have no letter case (RFC 7515, section 4.1.9).
ACCESS_TOKEN_TYPES = ("at+jwt", "application/at+jwt")
REQUIRED_CLAIMS = ("exp", "sub")
REQUIRED_OF_AN_ISSUER = (*REQUIRED_CLAIMS, "iss", "aud", "client_id", "iat", "jti")
"""RFC 9068, section 2.2."""
# How long a verified token is trusted without another look: no longer than a withdrawn key stays in use.
REMEMBERED_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class VerifiedToken:
    principal: Principal
    expires: float
    """When the token ends, in seconds since 1970."""
    remembered_until: float


def _size(verified: VerifiedToken) -> int:
    """Return about how many bytes a verified token takes."""
    return _BYTES_OF_A_TOKEN + _BYTES_OF_A_CLIENT * len(verified.principal.clients or ())


@dataclass(frozen=True, kw_only=True)
class TokenVerifier:
    keys: Keys
    issuer: str | None = None
    """Whose tokens they have to be; these are access tokens as RFC 9068 has them."""
    audience: str | None = None
    clock: Callable[[], float] = time.time
    # By digest, so that a copy of the memory holds no tokens.
    _verified: FIFOCache[bytes, VerifiedToken] = field(default_factory=lambda: FIFOCache(REMEMBERED_BYTES, _size))

    async def verified(self, token: str) -> VerifiedToken:
        """Return whose token it is, and until when. Raise InvalidToken where it is none."""
        digest = blake2b(token.encode(), digest_size=16).digest()
        try:
            verified = self._verified[digest]
        except KeyError:
            verified = None
        if verified is None or verified.remembered_until <= self.clock():
            verified = await self._verify(token)
            if _size(verified) <= REMEMBERED_BYTES:
                self._verified[digest] = verified
        return verified

    async def _verify(self, token: str) -> VerifiedToken:
        claims = await self._claims(token)
        expires: float = claims["exp"]
        remembered_until = min(expires, self.clock() + REMEMBERED_SECONDS)
        return VerifiedToken(principal=_principal(claims), expires=expires, remembered_until=remembered_until)

    async def _claims(self, token: str) -> dict[str, Any]:
        required = REQUIRED_CLAIMS if self.issuer is None else REQUIRED_OF_AN_ISSUER
        try:
            header = jwt.get_unverified_header(token)
            if self.issuer is not None:
                _require_access_token(header.get("typ"))
            key = await self.keys.find(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=self.keys.algorithms,
                issuer=self.issuer,
                audience=self.audience,
                options={"require": [*required], "verify_aud": self.audience is not None},
            )
            return {**claims, "exp": float(claims["exp"])}
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.") from error
        except RecursionError as error:
            raise InvalidToken("The token is not valid: nested too deeply.") from error
        # An algorithm that is not for that kind of key is a TypeError; an expiry beyond all numbers, an OverflowError.
        except (jwt.PyJWTError, TypeError, OverflowError) as error:
            # The message may repeat any text of the token's, even what UTF-8 cannot express.
            reason = str(error).encode("ascii", "backslashreplace").decode().removesuffix(".")
            raise InvalidToken(f"The token is not valid: {reason}.") from error


def _require_access_token(type_: object) -> None:
    """Raise InvalidToken for what is of another type, such as an ID token (RFC 9068, section 4)."""
    if not isinstance(type_, str) or type_.lower() not in ACCESS_TOKEN_TYPES:
        raise InvalidToken(f"The token is no access token: its typ is {quoted(type_)}; expected at+jwt.")


def _principal(claims: dict[str, Any]) -> Principal:
    scope, clients = claims.get("scope"), claims.get("client_ids")
    if not isinstance(claims.get("client_id", ""), str):
        raise InvalidToken("The token's client_id is not text.")
    # RFC 6749, section 3.3.
    if not isinstance(scope, str) or not scope.isascii():
        raise InvalidToken("The token's scope is missing or not ASCII text; expected scopes separated by spaces.")
    if clients != EVERY_CLIENT and not isinstance(clients, list):
        raise InvalidToken('The token\'s client_ids are missing; expected a list of UUIDs, or "*".')
    try:
        return Principal(
            subject=parse_uuid(claims["sub"]),
            scopes=frozenset(scope.split()),
            clients=None if clients == EVERY_CLIENT else frozenset(map(parse_uuid, clients)),
        )
    except BadUserInput as error:
        raise InvalidToken(f"The token's sub or client_ids are not valid: {error}") from error


def issue_token(
    secret: str, *, subject: Uuid | None, scopes: Iterable[str], clients: Iterable[Uuid] | None, ttl: timedelta
) -> str:
    """Return a token signed with the embedded key; None for `clients` stands for every client."""
    now = int(time.time())
    claims = {
        "sub": subject or str(uuid.uuid4()),
        "scope": " ".join(scopes),
        "client_ids": EVERY_CLIENT if clients is None else list(clients),
        "iat": now,
        "exp": now + int(ttl.total_seconds()),
    }
    return jwt.encode(claims, secret, algorithm="HS256")
