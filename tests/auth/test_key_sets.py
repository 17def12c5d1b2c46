"""Key sets, in a file or behind a URL."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gateway.auth.key_sets import REFRESH_SECONDS, RETRY_SECONDS, KeySet, KeysUnavailable
from gateway.auth.keys import SIGNATURES, OneKey
from gateway.auth.tokens import TokenVerifier
from gateway.domain.errors import Unauthenticated
from tests.client import SUBJECT

pytestmark = pytest.mark.anyio

PRIVATE: dict[str, Any] = {
    "RSA": rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}
ALGORITHMS: dict[str, Any] = {"RSA": RSAAlgorithm, "P-256": ECAlgorithm, "Ed25519": OKPAlgorithm}


def jwk(key_id: str, key_type: str = "P-256") -> dict[str, Any]:
    return {**ALGORITHMS[key_type].to_jwk(PRIVATE[key_type].public_key(), as_dict=True), "kid": key_id}


def key_set(source: object) -> KeySet:
    return KeySet(source=str(source), algorithms=SIGNATURES)


def let_pass(keys: KeySet, seconds: float) -> None:
    """Let the last reading be so much longer ago."""
    keys._read_at -= seconds


class Issuer(ThreadingHTTPServer):
    """Sends `answer` on a port of its own, and counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/keys"
        self.requests = 0
        self.publish("a")
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def publish(self, *key_ids: str) -> None:
        body = json.dumps({"keys": [jwk(key_id) for key_id in key_ids]}).encode()
        self.answer = b"HTTP/1.0 200 OK\r\n\r\n" + body

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.requests += 1
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Keeps silent."""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


async def test_a_key_set_in_a_file_is_found_by_key_id(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk("a", "RSA"), jwk("b", "P-256")]}))
    claims = {"sub": SUBJECT, "scope": "", "client_ids": [], "exp": time.time() + 60}
    for key_type, algorithm, key_id in (("RSA", "PS256", "a"), ("P-256", "ES256", "b")):
        token = jwt.encode(claims, PRIVATE[key_type], algorithm=algorithm, headers={"kid": key_id})
        assert (await TokenVerifier(keys=key_set(file)).verified(token)).principal.subject == SUBJECT


async def test_a_key_set_behind_a_url_is_read_once_for_many_tokens(issuer: Issuer) -> None:
    keys = key_set(issuer.url)
    await asyncio.gather(*(keys.find("a") for _ in range(20)))
    let_pass(keys, REFRESH_SECONDS - 5)
    await keys.find("a")
    assert issuer.requests == 1


async def test_a_key_that_was_withdrawn_is_not_accepted_after_the_next_reading(issuer: Issuer) -> None:
    keys = key_set(issuer.url)
    await keys.find("a")
    issuer.publish("b")
    let_pass(keys, REFRESH_SECONDS + 1)
    with pytest.raises(Unauthenticated):
        await keys.find("a")
    assert issuer.requests == 2


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer) -> None:
    keys = key_set(issuer.url)
    await keys.find("a")
    issuer.publish("a", "b")
    let_pass(keys, RETRY_SECONDS + 1)
    await keys.find("b")
    assert issuer.requests == 2


@pytest.mark.parametrize("key_id", ["b", None])
async def test_unknown_key_ids_do_not_make_the_gateway_ask_more_often(issuer: Issuer, key_id: str | None) -> None:
    keys = key_set(issuer.url)
    for reading in (1, 2):
        for _ in range(5):
            with pytest.raises(Unauthenticated, match="unknown key"):
                await keys.find(key_id)
        assert issuer.requests == reading
        let_pass(keys, RETRY_SECONDS + 1)


async def test_keys_at_hand_stay_in_use_while_the_issuer_is_away(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    keys = key_set(issuer.url)
    key = await keys.find("a")
    issuer.answer = b"HTTP/1.0 503 Service Unavailable\r\n\r\n"
    let_pass(keys, REFRESH_SECONDS + 1)
    assert await keys.find("a") is key
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert issuer.url in record.getMessage()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
    ],
)
async def test_an_issuer_that_answers_badly_is_an_issuer_that_is_away(issuer: Issuer, answer: bytes) -> None:
    keys = key_set(issuer.url)
    issuer.answer = answer
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.find("a")
    assert issuer.requests == 1
    issuer.publish("a")
    let_pass(keys, RETRY_SECONDS + 1)
    await keys.find("a")


async def test_without_an_issuer_there_are_no_keys(issuer: Issuer, tmp_path: Path) -> None:
    issuer.stop()
    for source in (issuer.url, tmp_path / "absent.json", tmp_path):
        with pytest.raises(KeysUnavailable):
            await key_set(source).find("a")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'{"keys": 7}',
        b'{"keys": []}',
        b'{"keys": [7]}',
        b'{"keys": [{"kid": "a", "kty": "oct", "k": 7}]}',
        b'{"keys": [{"kid": "a", "kty": ["oct"], "k": "c2VjcmV0"}]}',
        b'{"keys": [{"kid": ["a"], "kty": "oct", "k": "c2VjcmV0"}]}',
    ],
    ids=lambda content: repr(content[:60]),
)
async def test_what_is_no_key_set_holds_no_keys(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(content)
    with pytest.raises((KeysUnavailable, Unauthenticated)):
        await key_set(file).find("a")


@pytest.mark.parametrize("algorithm", SIGNATURES)
@pytest.mark.parametrize("key_type", PRIVATE)
async def test_a_signature_that_does_not_fit_the_key_is_refused_whatever_its_algorithm(
    tmp_path: Path, key_type: str, algorithm: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk("a", key_type)]}))
    header = jwt.utils.base64url_encode(json.dumps({"alg": algorithm, "kid": "a"}).encode()).decode()
    pem = PRIVATE[key_type].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    one_key = OneKey(key=pem, algorithms=SIGNATURES)
    for verifier in (TokenVerifier(keys=key_set(file)), TokenVerifier(keys=one_key)):
        with pytest.raises(Unauthenticated):
            await verifier.verified(f"{header}.e30.c2lnbmF0dXJl")
