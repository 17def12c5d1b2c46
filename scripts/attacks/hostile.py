"""Requests that nobody means: parts of good ones, put together and broken at random."""

import http.client
import json
import re
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.graphql.schema import graphql_schema

from .requests import ATTACKS

SECONDS_TO_ANSWER = 60
DEEPEST = 5
NO_ANSWER = 0
"""The status of a request to which nothing came back, since the connection ended."""
_ROOT = Path(__file__).parents[2]
_DOCUMENTS = [
    *(file.read_text() for file in sorted((_ROOT / "gateway/web/examples").glob("*.graphql"))),
    *(file.read_text() for file in sorted((_ROOT / "scripts/benchmark/queries").glob("*.graphql"))),
    *(attack(0)[0] for attack in ATTACKS.values()),
]
_TOKENS = re.compile(r'\.\.\.|"(?:[^"\\\n]|\\.)*"|-?[0-9.]+|\w+|[^\s\w]')
_NAMES = sorted(
    {
        *graphql_schema.type_map,
        *(name for type_ in graphql_schema.type_map.values() for name in getattr(type_, "fields", {})),
        *(name for type_ in graphql_schema.type_map.values() for name in getattr(type_, "values", {})),
    }
)
_ODD_TOKENS = [
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "$",
        "$v",
        "!",
        "|",
        "&",
        "=",
        "@",
        "@skip(if: true)",
        "@include(if: $v)",
        ":",
        "...",
    ),
    *("query", "mutation", "subscription", "fragment", "on", "F", "null", "true", "-0", "1e999", "9" * 400, "0x1", "-"),
    *(
        '""',
        '"""',
        '"\\ud800"',
        '"\\u{110000}"',
        '"imei:490154203237518"',
        "#",
        "\0",
        "\ufeff",
        "é",
        "🙂",
        '"' + "x" * 300 + '"',
    ),
]
_ODD_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 250, 251, 2**31, 2**63, -(2**64), 1e308, 0.5, "", " ", "\0", "\ud800", "İ" * 300),
    *(
        "ACTIVE",
        "active",
        "imei:490154203237518",
        "imei:٣",
        "36e75427-4c6e-438c-89b5-0cbdb0d4068c",
        "NAME",
        "-createdAt",
    ),
    *(
        "2026-01-01T00:00:00Z",
        "2026-13-01",
        "x" * 5_000,
        [],
        {},
        [[[[]]]],
        {"and": [{}]},
        {"or": []},
        {"not": {"not": {}}},
    ),
]
_METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", "get", "X" * 40, "PRI", ""]
_PATHS = [
    "/graphql",
    "/graphql/",
    "/",
    "/health/live",
    "/health/ready",
    "/graphiql/assets/..%2f",
    "//",
    "*",
    "/%00",
    "/%",
    "/graphql?documentId=%00%ff",
    "/devices/%00%ff?q=%ed%a0%80&limit=x&sort=-,%00",
    "/device-groups//?" + "a&" * 200,
]
_HEADERS_OF_GOOD_REQUESTS = [
    *("Accept: image/png", "Accept: application/graphql-response+json", "Accept: text/html"),
    *("Content-Type: text/plain", "GraphQL-Cost: report", "GraphQL-Cost: validate", "GraphQL-Cost: é"),
    *("Gateway-Position: 16/B374D848", "Gateway-Position: x", "X-Request-Id: a b", "X-Request-Id: " + "a" * 200),
    "Authorization: Bearer a.b.c",
    *("Accept-Encoding: gzip, zstd", "Accept-Encoding: br, *;q=0", "If-None-Match: *"),
    'Accept: a;b="' + '\\"' * 400,
]
_HEADERS = [
    *_HEADERS_OF_GOOD_REQUESTS,
    *("Authorization: Basic eA==", "Authorization: Bearer", "Origin: null", "Upgrade: h2c", "Connection: upgrade"),
    *("Connection: close", "Expect: 100-continue", "Transfer-Encoding: chunked", "Content-Length: 5"),
    *("Content-Length: -1", "Content-Encoding: gzip", "Host: x", "Cookie: " + "a" * 2_000, "X: \x7f", ": x", "A B: c"),
    *("Range: bytes=0-1", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: " + "," * 500),
]


class HostileCaller:
    """Sends the requests of one seed, one after another."""

    def __init__(self, url: str, token: str, seed: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.failed: list[str] = []
        """The beginnings of the requests that were answered by 500 or more."""
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._token = token
        self._random = Random(seed)  # noqa: S311  # it keeps no secret
        self._kept: http.client.HTTPConnection | None = None

    def send(self, count: int) -> None:
        for _ in range(count):
            way = self._random.choice([*[self._post] * 15, *[self._get] * 2, *[self._raw] * 3])
            self._count(*way())
        if self._kept:
            self._kept.close()

    def _count(self, status: int, sent: bytes) -> None:
        self.statuses[status] += 1
        if status >= 500:  # noqa: PLR2004  # HTTP's
            self.failed.append(f"{status} {sent[:2_000]!r}")

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    # GraphQL

    def _content(self) -> object:
        random = self._random
        if self._chance(0.03):
            return self._value()
        content: dict[str, Any] = {"query": self._document(), "variables": self._variables()}
        if self._chance(0.1):
            name = random.choice(["operationName", "extensions", "query", "variables", "documentId", "x"])
            content[name] = self._value()
        return content

    def _document(self) -> str:
        random = self._random
        tokens = _TOKENS.findall(random.choice(_DOCUMENTS))
        for _ in range(random.choice([0, 1, 1, 2, 3, 10])):
            place = random.randrange(len(tokens))
            match random.randrange(5):
                case 0:
                    del tokens[place]
                case 1:
                    tokens.insert(place, random.choice(_ODD_TOKENS))
                case 2:
                    tokens[place] = random.choice(_NAMES)
                case 3:
                    tokens[place] = json.dumps(self._value())
                case 4:
                    part = tokens[place : place + random.randrange(1, 8)]
                    tokens[place:place] = part * random.choice([1, 2, 50])
        return " ".join(tokens)

    def _variables(self) -> Mapping[str, Any]:
        names = ["first", "after", "filter", "orderBy", "input", "identifier", "id", "v", "s", "f", "o", "search"]
        return {name: self._value() for name in names if self._chance(0.3)}

    def _value(self, depth: int = 0) -> Any:
        random = self._random
        if depth == DEEPEST or self._chance(0.7):
            return random.choice(_ODD_VALUES)
        if self._chance(0.3):
            return [self._value(depth + 1) for _ in range(random.randrange(4))]
        return {random.choice(_NAMES): self._value(depth + 1) for _ in range(random.randrange(5))}

    # HTTP

    def _post(self) -> tuple[int, bytes]:
        body = json.dumps(self._content()).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if self._chance(0.1):
            name, _, value = self._random.choice(_HEADERS_OF_GOOD_REQUESTS).partition(": ")
            headers[name] = value
        return self._ask("POST", "/graphql", body, headers), body

    def _get(self) -> tuple[int, bytes]:
        content = {"query": self._document(), "variables": json.dumps(self._variables())}
        path = "/graphql?" + urlencode({name: value[:5_000] for name, value in content.items()}, errors="replace")
        return self._ask("GET", path, None, {"Authorization": f"Bearer {self._token}"}), path.encode()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> int:
        if self._kept is None:
            self._kept = http.client.HTTPConnection(*self._address, timeout=SECONDS_TO_ANSWER)
        encoded = {name: value.encode("latin-1") for name, value in headers.items()}
        try:
            self._kept.request(method, path, body, encoded)
            answer = self._kept.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError):
            self._kept.close()
            self._kept = None
            return NO_ANSWER
        return answer.status

    def _raw(self) -> tuple[int, bytes]:
        """Send what is hardly HTTP, on a connection of its own."""
        sent = self._bytes()
        with closing(socket.create_connection(self._address, timeout=SECONDS_TO_ANSWER)) as connection:
            with suppress(ConnectionError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(connection)
            try:
                answer.begin()
                answer.read()
            except (http.client.HTTPException, ConnectionError, ValueError):
                return NO_ANSWER, sent
            return answer.status, sent

    def _bytes(self) -> bytes:
        random = self._random
        body = json.dumps(self._content()).encode()[:5_000]
        headers = random.sample(_HEADERS, random.randrange(6))
        if self._chance(0.7):
            headers += [f"Authorization: Bearer {self._token}", "Content-Type: application/json", "Host: x"]
        if self._chance(0.7):
            headers.append(f"Content-Length: {len(body)}")
        version = random.choice(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP", ""])
        line = f"{random.choice(_METHODS)} {random.choice(_PATHS)} {version}"
        sent = "\r\n".join([line, *headers, "", ""]).encode("latin-1", "replace") + body
        for _ in range(random.choice([0, 0, 1, 3])):
            place = random.randrange(len(sent))
            match random.randrange(3):
                case 0:
                    sent = sent[:place]
                case 1:
                    sent = sent[:place] + random.randbytes(random.randrange(1, 20)) + sent[place:]
                case 2:
                    sent = sent[:place] + sent[place + 1 :]
            if not sent:
                break
        return sent * random.choice([1, 1, 1, 2, 5])
