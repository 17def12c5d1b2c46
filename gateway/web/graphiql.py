"""GraphiQL: a page for exploring the API in a browser, with all that it loads.

`graphiql/` holds what `scripts/graphiql/build` makes, `examples/` the operations that wait in the page's tabs, each
with its variables in a file beside it.
"""

import json
from pathlib import Path

from starlette.responses import HTMLResponse

from gateway.web.graphql_request import HttpRequest

FOLDER = Path(__file__).parent / "graphiql"
ASSETS = FOLDER / "assets"
EXAMPLES = Path(__file__).parent / "examples"

# How a browser opens what listens on every address of its machine. What listens on `::` may answer IPv6 only.
_OWN_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nothing listens here

_SECURITY_HEADERS = {
    # Monaco, the editor, positions its lines and colours its tokens by styles that it makes as it runs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


class GraphiQL:
    def __init__(self) -> None:
        config = json.dumps({"examples": [_tab(path) for path in sorted(EXAMPLES.glob("*.graphql"))]})
        # `<` could end the element that holds the JSON.
        self._page = (FOLDER / "index.html").read_text().replace("{{config}}", config.replace("<", "\\u003c"))

    def wanted_by(self, http: HttpRequest) -> bool:
        """Tell whether a browser navigates, which asks for HTML; programs do not."""
        return http.method in ("GET", "HEAD") and http.accepted.prefers_page and not http.names_document

    def page(self) -> HTMLResponse:
        """Return the same page to everybody: a proxy on this machine looks like a browser on it."""
        return HTMLResponse(self._page, headers=_SECURITY_HEADERS)


def _tab(example: Path) -> dict[str, str]:
    """Return the example as GraphiQL takes a tab, to which variables are text."""
    variables = example.with_suffix(".json")
    tab = {"query": example.read_text()}
    return {**tab, "variables": variables.read_text()} if variables.exists() else tab


def link(host: str, port: int, token: str) -> str:
    """Return the address of the page on a server that listens on `host`, for a browser on the same machine.

    The token is in the fragment, which browsers send to no server; the page takes it out of the address.
    """
    name = _OWN_ADDRESSES.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/graphql#token={token}"
