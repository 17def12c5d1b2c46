"""What tells a caller where its tokens come from: OAuth 2.0 Protected Resource Metadata (RFC 9728)."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.domain.enums import Scope
from gateway.domain.errors import InvalidToken, Unauthenticated

WELL_KNOWN = "/.well-known/oauth-protected-resource"
SECONDS_TO_KEEP = 3_600

# What `error_description` may not hold (RFC 6750, section 3), which texts of a token may well.
_NOT_QUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


@dataclass(frozen=True, kw_only=True)
class ProtectedResource:
    """GraphQL as a resource that the tokens of one issuer protect."""

    url: str
    """Where clients ask; they refuse metadata that names another address (section 3.3)."""
    issuer: str

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata (section 2)."""
        return {
            "resource": self.url,
            "authorization_servers": [self.issuer],
            "scopes_supported": list(Scope),
            "bearer_methods_supported": ["header"],
            "resource_name": "Devices gateway",
        }

    @property
    def metadata_url(self) -> str:
        """Where clients find it: the well-known path stands between the host and the path (section 3.1)."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path.removesuffix('/') or ''}"

    def routes(self, graphql: str) -> list[Route]:
        """Return the routes of the metadata: that of the address, of the path `graphql` here, and of the whole host."""
        paths = {WELL_KNOWN, f"{WELL_KNOWN}{graphql}", urlsplit(self.metadata_url).path}
        return [Route(path, self._show) for path in sorted(paths)]

    async def _show(self, _: Request) -> JSONResponse:
        return JSONResponse(self.metadata, headers={"Cache-Control": f"public, max-age={SECONDS_TO_KEEP}"})


def challenge(error: Unauthenticated, resource: ProtectedResource | None) -> str:
    """Return the `WWW-Authenticate` of an answer.

    It says what is wrong with a token that was sent, and nothing where none was (RFC 6750, section 3.1), and where the
    metadata is (RFC 9728, section 5.1).
    """
    parameters: dict[str, str] = {}
    if isinstance(error, InvalidToken):
        description = _NOT_QUOTABLE.sub("?", str(error).replace('"', "'"))
        parameters |= {"error": "invalid_token", "error_description": description}
    if resource:
        parameters["resource_metadata"] = resource.metadata_url
    shown = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return f"Bearer {shown}" if shown else "Bearer"
