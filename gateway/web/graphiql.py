"""GraphiQL: a page for exploring the API in a browser, with all that it loads.

`graphiql/` holds what `scripts/graphiql/build` makes, `examples/` the queries that wait in the page's tabs.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from starlette.responses import HTMLResponse

from gateway.settings import is_loopback
from gateway.web.graphql_request import HttpRequest

FOLDER = Path(__file__).parent / "graphiql"
ASSETS = FOLDER / "assets"
EXAMPLES = Path(__file__).parent / "examples"

# A Host header (RFC 9110, section 7.2) that is a name or an address, and perhaps a port; anything else is not trusted.
_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([a-zA-Z0-9.-]+))(?::[0-9]{1,5})?")

_SECURITY_HEADERS = {
    # Monaco, the editor, positions its lines and colours its tokens by styles that it makes as it runs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class GraphiQL:
    def __init__(self, issue_token: Callable[[], str] | None) -> None:
        """`issue_token` makes the token that the page opens with, where the server may hand one out."""
        self._issue_token = issue_token
        self._template = (FOLDER / "index.html").read_text()
        self._examples = [path.read_text() for path in sorted(EXAMPLES.glob("*.graphql"))]

    def wanted_by(self, http: HttpRequest) -> bool:
        """A browser that navigates asks for HTML; programs do not."""
        return (
            http.method in ("GET", "HEAD") and "text/html" in http.header(b"accept") and "query" not in http.parameters
        )

    def page(self, http: HttpRequest) -> HTMLResponse:
        token = self._issue_token() if self._issue_token and _from_this_machine(http) else None
        config = json.dumps({"token": token, "examples": self._examples})
        # `<` could end the element that holds the JSON.
        page = self._template.replace("{{config}}", config.replace("<", "\\u003c"))
        return HTMLResponse(page, headers=_SECURITY_HEADERS)


def _from_this_machine(http: HttpRequest) -> bool:
    """Whether a page of this machine is asked for by its own name: another name may be an attack by DNS rebinding.

    An Origin comes with what another site's script fetches.
    """
    host = _HOST.fullmatch(http.header(b"host"))
    return host is not None and is_loopback(host[1] or host[2]) and not http.header(b"origin")
