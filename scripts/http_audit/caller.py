"""Who sends the requests of the checks."""

import json
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
TYPENAME = "{ __typename }"
UNKNOWN_FIELD = "{ nothing }"
LARGE = "x" * 100_000
LARGEST_ANSWER = 65_536
SECONDS = 10


class Caller:
    """A caller with a token, who accepts GraphQL's own media type unless told otherwise."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._http = httpx.Client(timeout=SECONDS)
        self._http.headers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._http.close()

    def post(
        self,
        query: str = TYPENAME,
        *,
        accept: str = GRAPHQL_RESPONSE,
        content_type: str = JSON,
        with_token: bool = True,
        **rest: Any,
    ) -> httpx.Response:
        headers = {"Accept": accept, "Content-Type": content_type}
        body = json.dumps({"query": query, **rest}).encode()
        return self.send("POST", headers, content=body, with_token=with_token)

    def post_body(self, body: bytes, content_type: str | None = JSON) -> httpx.Response:
        return self.send("POST", {"Content-Type": content_type} if content_type else {}, content=body)

    def get(self, query: str = TYPENAME, *, method: str = "GET", **rest: str) -> httpx.Response:
        return self.send(method, params={"query": query, **rest})

    def send(
        self, method: str, headers: Mapping[str, str] | None = None, *, with_token: bool = True, **request: Any
    ) -> httpx.Response:
        """Send a request with the caller's token, or with none."""
        sent = {"Accept": GRAPHQL_RESPONSE, **(headers or {})}
        if with_token:
            sent["Authorization"] = f"Bearer {self._token}"
        return self._http.request(method, self._url, headers=sent, **request)

    def status_of(self, method: str, *headers: str, query: str = "") -> int:
        """Return the status of the answer to a head as it is, after which nothing comes."""
        address = urlsplit(self._url)
        own = (f"Host: {address.netloc}", f"Authorization: Bearer {self._token}")
        head = "\r\n".join((f"{method} {address.path}?{query} HTTP/1.1", *own, *headers, "", ""))
        with socket.create_connection((address.hostname, address.port), SECONDS) as connection:
            connection.sendall(head.encode())
            return int(connection.recv(LARGEST_ANSWER).split()[1])
