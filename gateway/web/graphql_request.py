"""A GraphQL request as it comes over HTTP (the GraphQL over HTTP specification)."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from gateway.domain.principal import Principal
from gateway.domain.quoting import quoted
from gateway.graphql.context import Context
from gateway.graphql.digests import SHA256, digest_of
from gateway.graphql.rate_limits import Account
from gateway.graphql.request import Request
from gateway.web.content_codings import AS_IT_IS, codings_for
from gateway.web.media_types import ANYTHING, JSON, UTF_8, accepted_by
from gateway.web.preferences import with_parameters

GRAPHQL = "/graphql"
_LISTS = {b"accept", b"accept-encoding", b"if-none-match"}
PERSISTED_QUERY = "extensions.persistedQuery"
MOST_PARAMETERS = 100


class HttpError(Exception):
    """The request never gets as far as GraphQL; `headers` go into the answer."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class ReceivedRequest:
    """A request for GraphQL as it has come, whichever way, and what comes of it."""

    # Until they are known, these are the class's, which takes no time.
    account: Account | None = None
    """What the request is charged to, once it is known who sent it, and where there is a limit to that."""
    id = b""
    """What logs and the caller know it by."""
    started = 0.0
    """By the clock `perf_counter`."""
    received: float | None = None
    """When it had come whole, by the same clock."""
    principal: Principal | None = None
    context: Context | None = None
    errors: list[dict[str, Any]] | None = None
    """Those that its answer has."""
    is_streamed = False
    """Whether it is answered by a response stream, which lasts as long as its client likes."""


class HttpRequest(ReceivedRequest):
    """What is looked at of an HTTP request, in a fraction of a general one's time."""

    expires = 0.0
    """When its token ends, in seconds since 1970."""
    may_be_kept = False
    """Whether its client may keep the answer."""
    accepted = ANYTHING
    """Which of the media types of answers its client accepts."""
    codings = AS_IT_IS
    """How its answer may be compressed."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        # The first of several of one name.
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        self.receive = receive
        if len(self.headers) != len(scope["headers"]):
            self._join_lists()
        if (accept := self.headers.get(b"accept")) is not None:
            self.accepted = accepted_by(accept)
        if (accept_encoding := self.headers.get(b"accept-encoding")) is not None:
            self.codings = codings_for(accept_encoding)

    def header(self, name: bytes) -> str:
        """Return a header by its name in lower case; empty text where there is none."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the URL; the last of several of one name. Raise HttpError where there are too many."""
        text = self.scope["query_string"].decode("latin-1")
        try:
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
        except ValueError as error:
            raise HttpError(422, f"The URL has more than {MOST_PARAMETERS} parameters.") from error

    @property
    def names_document(self) -> bool:
        """Whether a parameter is for a document, which takes no time to tell, however many there are."""
        parameters = b"&" + self.scope["query_string"]
        return b"&query=" in parameters or b"&documentId=" in parameters

    async def json(self, max_bytes: int) -> Any:
        """Return the body. Raise HttpError where it is larger, or no JSON, or ClientDisconnect where it never comes."""
        if self.headers.get(b"content-type") != JSON or b"content-encoding" in self.headers:
            self._require_json()
        message = await self.receive()
        body = message.get("body", b"")
        # Most bodies come whole.
        if message.get("more_body") or message["type"] == "http.disconnect" or len(body) > max_bytes:
            body = await self._rest_of_body(message, max_bytes)
        return _json(body, "The body")

    async def gone(self) -> None:
        """Return once the client is gone. Its body has to have come before."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _rest_of_body(self, message: Message, max_bytes: int) -> bytearray:
        body = bytearray()
        while True:
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if len(body) > max_bytes:
                raise HttpError(413, f"The body is larger than {max_bytes} bytes, the limit of this gateway.")
            if not message.get("more_body"):
                return body
            message = await self.receive()

    def _join_lists(self) -> None:
        """Make one of the headers that are lists, of which a part may come in a line of its own."""
        for name in self.headers.keys() & _LISTS:
            self.headers[name] = b",".join(value for each, value in self.scope["headers"] if each == name)

    def _require_json(self) -> None:
        """Raise HttpError where the body is no JSON in UTF-8, as it is, by its own account."""
        media_type, parameters = with_parameters(self.headers.get(b"content-type", b""))
        if media_type != JSON:
            found = quoted(media_type.decode("latin-1"))
            raise HttpError(415, f"The media type {found} is not supported; expected application/json.")
        if (charset := parameters.get(b"charset", UTF_8[0])) not in UTF_8:
            found = quoted(charset.decode("latin-1"))
            raise HttpError(415, f"The charset {found} is not supported; expected utf-8.")
        if (coding := self.header(b"content-encoding").strip().lower()) not in ("", "identity"):
            message = f"The content coding {quoted(coding)} of a body is not supported; expected none."
            raise HttpError(415, message, **{"Accept-Encoding": "identity"})


def bearer_token(authorization: bytes) -> str:
    """Return the token of the header `Authorization`, or of what stands for it; empty text where there is none."""
    scheme, _, token = authorization.partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""


def request_in_url(http: HttpRequest) -> Request:
    """Return the request that a URL holds. Raise HttpError where there is none."""
    parameters: dict[str, Any] = http.parameters
    for name in ("variables", "extensions"):
        if text := parameters.pop(name, None):
            parameters[name] = _json(text.encode(), f"The parameter {name}", status=422)
    return request_of(parameters)


def _json(text: bytes | bytearray, where: str, status: int = 400) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HttpError(status, f"{where} is not JSON: {error}.") from error


def request_of(content: Any) -> Request:
    """Return the request that JSON is. Raise HttpError where it is none."""
    if not isinstance(content, dict):
        raise HttpError(422, _not_a_request(content))
    variables, extensions = content.get("variables"), content.get("extensions")
    operation_name = content.get("operationName")
    if variables is not None and not isinstance(variables, dict):
        raise _unexpected("variables", variables, "an object")
    if operation_name is not None and not isinstance(operation_name, str):
        raise _unexpected("operationName", operation_name, "text")
    if extensions is not None and not isinstance(extensions, dict):
        raise _unexpected("extensions", extensions, "an object")
    query = content.get("query")
    text = query if isinstance(query, str) else ""
    request = Request(text, variables or {}, operation_name or None, extensions or {})
    if extensions or "documentId" in content:
        _take_id(request, content.get("documentId"))
    if not text and (request.document_id is None or query not in (None, "")):
        missing = "query is missing; expected GraphQL text."
        wrong = f"query: {quoted(query)} is not a document; expected GraphQL text."
        raise HttpError(422, wrong if "query" in content else missing)
    return request


def _take_id(request: Request, document_id: Any) -> None:
    """Take the id that a request has in place of its query, if it has one. Raise HttpError."""
    automatic = request.extensions.get("persistedQuery")
    if automatic is not None:
        if document_id is not None:
            raise HttpError(422, f"documentId and {PERSISTED_QUERY} were both given; expected one of them.")
        document_id, request.is_automatic = _automatic_id(automatic), True
    elif document_id is None:
        return
    elif not isinstance(document_id, str) or not document_id:
        raise _unexpected("documentId", document_id, "text")
    request.has_id = True
    if request.query:
        _check_id(request, document_id)
    else:
        request.document_id = document_id


def _automatic_id(automatic: Any) -> str:
    """Return the digest of Apollo's protocol of automatic persisted queries. Raise HttpError."""
    if not isinstance(automatic, dict):
        raise _unexpected(PERSISTED_QUERY, automatic, "an object")
    version, digest = automatic.get("version"), automatic.get("sha256Hash")
    if version != 1:
        raise HttpError(422, f"{PERSISTED_QUERY}.version: {quoted(version)} is not known; expected 1.")
    if not isinstance(digest, str) or not digest:
        raise HttpError(422, f"{PERSISTED_QUERY}.sha256Hash: {quoted(digest)} was given; expected text.")
    return digest


def _check_id(request: Request, document_id: str) -> None:
    """Raise HttpError where a request has an id beside its query that is not the digest of that."""
    if document_id.removeprefix(SHA256) != (digest := digest_of(request.query)):
        where = f"{PERSISTED_QUERY}.sha256Hash" if request.is_automatic else "documentId"
        raise HttpError(422, f"{where}: {quoted(document_id)} is not the SHA-256 of query, which is {digest}.")


def _not_a_request(content: Any) -> str:
    if isinstance(content, list):
        return "A batch was sent, but requests are sent one at a time; expected a JSON object with query."
    return f"{quoted(content)} is not a request; expected a JSON object with query."


def _unexpected(name: str, value: Any, expected: str) -> HttpError:
    return HttpError(422, f"{name}: {quoted(value)} was given; expected {expected} or null.")
