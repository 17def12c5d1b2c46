"""The files that GraphiQL loads."""

import asyncio
import gzip
from pathlib import Path
from threading import Lock

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.web.content_codings import accepts_gzip
from gateway.web.graphiql import ASSETS


class Assets(StaticFiles):
    """Serves the files. Each is compressed once: that takes up to half a second, and anybody may ask for them."""

    def __init__(self) -> None:
        super().__init__(directory=ASSETS)
        self._compressed: dict[str, bytes] = {}
        self._lock = Lock()

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.add_vary_header("Accept-Encoding")
        accept_encoding = Headers(scope=scope).get("accept-encoding", "").encode("latin-1")
        if not (isinstance(response, FileResponse) and accepts_gzip(accept_encoding)):
            return response
        file = str(response.path)
        body = self._compressed.get(file) or await asyncio.to_thread(self._compress, file)
        headers = {name: response.headers[name] for name in ("content-type", "last-modified", "vary")}
        # A strong tag would be that of the file as it is.
        headers |= {"content-encoding": "gzip", "etag": f"W/{response.headers['etag']}"}
        return Response(body, headers=headers)

    def _compress(self, file: str) -> bytes:
        with self._lock:
            if file not in self._compressed:
                self._compressed[file] = gzip.compress(Path(file).read_bytes(), mtime=0)
            return self._compressed[file]
