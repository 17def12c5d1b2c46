"""Tokens: which of them become a principal, and that every other is refused as such."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import anyio
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.auth.keys import HMAC, SIGNATURES, OneKey
from gateway.auth.tokens import REMEMBERED_SECONDS, TokenVerifier, issue_token
from gateway.domain.errors import Unauthenticated
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid

pytestmark = pytest.mark.anyio

SECRET = "0123456789abcdef" * 4
SUBJECT = Uuid("9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4")
CLIENT = Uuid("7098dc22-fed5-4d9e-8e68-6c6f853eac0c")
CLAIMS = {"sub": SUBJECT, "scope": "device.read device.write", "client_ids": [CLIENT], "exp": int(time.time()) + 3_600}
PRINCIPAL = Principal(subject=SUBJECT, scopes=frozenset({"device.read", "device.write"}), clients=frozenset({CLIENT}))


def verifier(**options: Any) -> TokenVerifier:
    return TokenVerifier(keys=OneKey(key=SECRET, algorithms=HMAC), **options)


def signed(claims: object, *, secret: str = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    """Return a token that is signed rightly, whatever it says, which jwt.encode would not always do."""
    signing_input = f"{part(json.dumps({'alg': algorithm, **header}))}.{part(json.dumps(claims))}"
    return f"{signing_input}.{part(hmac.digest(secret.encode(), signing_input.encode(), hashlib.sha256))}"


def part(content: str | bytes) -> str:
    return base64.urlsafe_b64encode(content.encode() if isinstance(content, str) else content).rstrip(b"=").decode()


async def test_a_token_names_the_subject_its_scopes_and_its_clients() -> None:
    assert (await verifier().verified(signed(CLAIMS))).principal == PRINCIPAL


async def test_it_is_known_until_when_a_token_is_good() -> None:
    assert (await verifier().verified(signed(CLAIMS))).expires == CLAIMS["exp"]


@pytest.mark.parametrize(
    ("client_ids", "clients"),
    [("*", None), ([], set()), ([CLIENT], {CLIENT}), ([CLIENT.upper(), SUBJECT, CLIENT], {CLIENT, SUBJECT})],
)
async def test_a_token_reaches_the_clients_in_its_list_or_all_of_them(client_ids: object, clients: object) -> None:
    principal = (await verifier().verified(signed({**CLAIMS, "client_ids": client_ids}))).principal
    assert principal.clients == clients


async def test_scopes_are_separated_by_spaces() -> None:
    principal = (await verifier().verified(signed({**CLAIMS, "scope": " device.read  device-group.read "}))).principal
    assert principal.scopes == {"device.read", "device-group.read"}


@pytest.mark.parametrize("claim", ["sub", "scope", "client_ids", "exp"])
async def test_no_claim_may_be_missing(claim: str) -> None:
    with pytest.raises(Unauthenticated, match=claim):
        await verifier().verified(signed({name: value for name, value in CLAIMS.items() if name != claim}))


LATER = CLAIMS["exp"]
WRONG: dict[str, list[Any]] = {
    "sub": [None, 7, "", "somebody", f"{SUBJECT}\n", [SUBJECT], {}],
    "scope": [None, 7, True, ["device.read"], {}, "device.read \ud800"],
    "client_ids": [None, 7, "", "**", CLIENT, ["*"], [7], [None], [[CLIENT]], [CLIENT, "a"], {}, {CLIENT: CLIENT}],
    "exp": [None, 0, -1, True, "", "soon", [LATER], {}, float("inf"), float("nan"), 10**400, -(10**400)],
    "nbf": [LATER, "soon", [0]],
    "iat": [LATER],
}


@pytest.mark.parametrize(
    ("claim", "value"),
    [(claim, value) for claim in WRONG for value in WRONG[claim]],
    # Without those values that tell the time: every process has to call the tests by the same names.
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
async def test_no_claim_may_be_wrong(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        await verifier().verified(signed({**CLAIMS, claim: value}))


async def test_a_token_past_its_time_is_told_so() -> None:
    with pytest.raises(Unauthenticated) as raised:
        await verifier().verified(signed({**CLAIMS, "exp": int(time.time()) - 1}))
    assert str(raised.value) == "The token has expired."


@pytest.mark.parametrize(
    ("options", "claims", "accepted"),
    [
        ({}, {}, True),
        ({}, {"iss": "anyone", "aud": "anything"}, True),
        ({"audience": "gateway"}, {"aud": "gateway"}, True),
        ({"audience": "gateway"}, {"aud": ["other", "gateway"]}, True),
        ({"audience": "gateway"}, {"aud": ["other"]}, False),
        ({"audience": "gateway"}, {}, False),
    ],
)
async def test_the_audience_counts_where_it_is_configured(
    options: dict[str, str], claims: dict[str, Any], *, accepted: bool
) -> None:
    token = signed({**CLAIMS, **claims})
    if accepted:
        assert (await verifier(**options).verified(token)).principal == PRINCIPAL
    else:
        with pytest.raises(Unauthenticated):
            await verifier(**options).verified(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS1", "RS256", "ES256K", None, 7, [], {}])
@pytest.mark.parametrize("end", ["", "signature"])
async def test_an_algorithm_outside_the_configuration_is_refused(algorithm: Any, end: str) -> None:
    token = signed(CLAIMS, algorithm=algorithm)
    with pytest.raises(Unauthenticated):
        await verifier().verified(token if end else token.rpartition(".")[0] + ".")


async def test_a_token_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        await verifier().verified(signed(CLAIMS, secret=SECRET[::-1]))


async def test_a_public_key_is_no_shared_secret() -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(Unauthenticated):
        await TokenVerifier(keys=OneKey(key=pem, algorithms=SIGNATURES)).verified(signed(CLAIMS, secret=pem))


VERIFIER, TOKEN = verifier(), signed(CLAIMS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["HS256", "none"]) | JSON},
    optional=dict.fromkeys(("kid", "typ", "crit", "b64", "jwk", "jku", "x5c"), JSON),
)


async def assert_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await VERIFIER.verified(token)


@given(st.text() | st.lists(st.text("abcXYZ019-_=")).map(".".join))
async def test_text_that_is_no_token_is_refused(text: str) -> None:
    await assert_refused(text)


@given(HEADERS | JSON, st.binary())
async def test_a_token_with_a_made_up_header_is_refused(header: Any, signature: bytes) -> None:
    await assert_refused(f"{part(json.dumps(header))}.{part(json.dumps(CLAIMS))}.{part(signature)}")


@given(st.binary(), st.binary(), st.binary())
async def test_a_token_made_of_any_bytes_is_refused(header: bytes, claims: bytes, signature: bytes) -> None:
    await assert_refused(f"{part(header)}.{part(claims)}.{part(signature)}")


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="latin-1"))  # as HTTP reads headers
async def test_a_token_with_any_character_changed_is_refused(place: int, character: str) -> None:
    assume(character != TOKEN[place])
    await assert_refused(TOKEN[:place] + character + TOKEN[place + 1 :])


@pytest.mark.parametrize(
    "header",
    [
        "[" * 20_000,
        "[" * 20_000 + "]" * 20_000,
        '{"alg": "HS256", "kid": ' + "[" * 20_000,
        '{"alg": ' + "9" * 5_000 + "}",
        '{"alg": "HS256", "kid": 7}',
        '{"alg": "HS256", "kid": ["a"]}',
        '{"alg": "HS256", "crit": ["b64"], "b64": false}',
    ],
    ids=lambda header: header[:40],
)
async def test_a_token_with_an_odd_header_is_refused_though_it_is_signed_rightly(header: str) -> None:
    signing_input = f"{part(header)}.{part(json.dumps(CLAIMS))}"
    await assert_refused(
        f"{signing_input}.{part(hmac.digest(SECRET.encode(), signing_input.encode(), hashlib.sha256))}"
    )


@dataclass(frozen=True, kw_only=True)
class CountedKey(OneKey):
    """Records each verification of a token."""

    asked: list[str | None] = field(default_factory=list)

    async def find(self, key_id: str | None) -> str | bytes:
        self.asked.append(key_id)
        return await super().find(key_id)


@pytest.mark.parametrize(("lifetime", "remembered"), [(100, 100), (REMEMBERED_SECONDS * 2, REMEMBERED_SECONDS)])
async def test_a_token_is_verified_once_until_it_expires_or_is_looked_at_again(lifetime: int, remembered: int) -> None:
    keys, clock = CountedKey(key=SECRET, algorithms=HMAC), [time.time()]
    remembering = TokenVerifier(keys=keys, clock=lambda: clock[-1])
    token = signed({**CLAIMS, "exp": int(clock[0]) + lifetime})

    for seconds, verified in ((0, 1), (0, 1), (remembered - 1.5, 1), (remembered + 0.5, 2)):
        clock.append(clock[0] + seconds)
        assert (await remembering.verified(token)).principal == PRINCIPAL
        assert len(keys.asked) == verified


async def test_a_remembered_token_is_refused_once_it_has_expired() -> None:
    remembering, expires = verifier(), int(time.time()) + 2
    token = signed({**CLAIMS, "exp": expires})
    assert (await remembering.verified(token)).principal == PRINCIPAL
    await anyio.sleep(expires - time.time() + 0.01)
    with pytest.raises(Unauthenticated, match="The token has expired"):
        await remembering.verified(token)


async def test_the_tokens_that_came_first_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.auth.tokens.REMEMBERED_BYTES", 2 * 1_300)  # Each has one client.
    keys = CountedKey(key=SECRET, algorithms=HMAC)
    remembering = TokenVerifier(keys=keys)
    tokens = [signed({**CLAIMS, "jti": str(number)}) for number in range(3)]
    for token in tokens:
        await remembering.verified(token)
    for token, verified in ((tokens[2], 3), (tokens[1], 3), (tokens[0], 4)):
        assert (await remembering.verified(token)).principal == PRINCIPAL
        assert len(keys.asked) == verified


async def test_a_token_of_many_clients_is_remembered_in_place_of_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.auth.tokens.REMEMBERED_BYTES", 4_000)
    keys = CountedKey(key=SECRET, algorithms=HMAC)
    remembering = TokenVerifier(keys=keys)
    few, many, more = (signed({**CLAIMS, "client_ids": [str(uuid4()) for _ in range(count)]}) for count in (1, 9, 11))
    for token, verified in ((few, 1), (few, 1), (many, 2), (many, 2), (few, 3), (more, 4), (more, 5)):
        await remembering.verified(token)
        assert len(keys.asked) == verified


async def test_a_refused_token_is_not_remembered() -> None:
    keys = CountedKey(key=SECRET, algorithms=HMAC)
    refusing = TokenVerifier(keys=keys)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await refusing.verified(signed(CLAIMS, secret=SECRET[::-1]))
    assert len(keys.asked) == 2


@pytest.mark.parametrize("clients", [[CLIENT], [], None])
async def test_an_issued_token_says_what_it_was_issued_for(clients: list[Uuid] | None) -> None:
    token = issue_token(SECRET, subject=SUBJECT, scopes=PRINCIPAL.scopes, clients=clients, ttl=timedelta(minutes=1))
    reached = None if clients is None else frozenset(clients)
    assert (await verifier().verified(token)).principal == replace(PRINCIPAL, clients=reached)
