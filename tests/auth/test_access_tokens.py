"""Tokens of an issuer: access tokens of the JWT profile (RFC 9068)."""

import time
from typing import Any

import pytest

from gateway.auth.keys import HMAC, OneKey
from gateway.auth.tokens import TokenVerifier
from gateway.domain.errors import InvalidToken
from gateway.domain.principal import Principal
from tests.auth.test_tokens import CLAIMS, CLIENT, PRINCIPAL, SECRET, SUBJECT, signed

pytestmark = pytest.mark.anyio

ISSUER, RESOURCE = "https://issuer.example", "https://devices.example/graphql"
AT_JWT = "at+jwt"
ACCESS_TOKEN = {
    **CLAIMS,
    "iss": ISSUER,
    "aud": RESOURCE,
    "client_id": "fleet-page",
    "iat": int(time.time()),
    "jti": "0b5e5c0a",
}


async def principal(claims: dict[str, Any], **header: Any) -> Principal:
    keys = OneKey(key=SECRET, algorithms=HMAC)
    return (
        await TokenVerifier(keys=keys, issuer=ISSUER, audience=RESOURCE).verified(signed(claims, **header))
    ).principal


async def refusal(claims: dict[str, Any], **header: Any) -> str:
    with pytest.raises(InvalidToken) as raised:
        await principal(claims, **header)
    return str(raised.value)


# Section 4, and RFC 7515, section 4.1.9: a media type, in any letter case, with or without `application/`.
@pytest.mark.parametrize("type_", ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+JWT"])
async def test_an_access_token_says_that_it_is_one(type_: str) -> None:
    assert await principal(ACCESS_TOKEN, typ=type_) == PRINCIPAL


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        ("JWT", '"JWT"'),
        ("id+jwt", '"id+jwt"'),
        ("application/jwt", '"application/jwt"'),
        ("text/at+jwt", '"text/at+jwt"'),
        ("at+jwt ", '"at+jwt "'),
        ("", '""'),
        (None, "null"),
        (7, "7"),
        (["at+jwt"], '["at+jwt"]'),
    ],
)
async def test_a_token_of_another_type_is_none(type_: object, shown: str) -> None:
    told = f"The token is no access token: its typ is {shown}; expected at+jwt."
    assert await refusal(ACCESS_TOKEN, typ=type_) == told


async def test_a_token_without_a_type_is_none() -> None:
    assert await refusal(ACCESS_TOKEN) == "The token is no access token: its typ is null; expected at+jwt."


# Section 2.2.
@pytest.mark.parametrize("claim", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
async def test_each_claim_is_required(claim: str) -> None:
    claims = {name: value for name, value in ACCESS_TOKEN.items() if name != claim}
    assert await refusal(claims, typ=AT_JWT) == f'The token is not valid: Token is missing the "{claim}" claim.'


@pytest.mark.parametrize(
    ("claim", "value", "told"),
    [
        ("iss", "https://issuer.example/", "The token is not valid: Invalid issuer."),
        ("iss", "https://other.example", "The token is not valid: Invalid issuer."),
        ("iss", [ISSUER], "The token is not valid: Payload Issuer (iss) must be a string."),
        ("aud", "https://devices.example", "The token is not valid: Audience doesn't match."),
        ("aud", ["https://other.example"], "The token is not valid: Audience doesn't match."),
        ("aud", [], 'The token is not valid: Token is missing the "aud" claim.'),
        ("client_id", 7, "The token's client_id is not text."),
        ("jti", 7, "The token is not valid: JWT ID must be a string."),
        ("iat", "now", "The token is not valid: Issued At claim (iat) must be an integer."),
        ("iat", ACCESS_TOKEN["exp"], "The token is not valid: The token is not yet valid (iat)."),
        ("exp", int(time.time()) - 1, "The token has expired."),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
async def test_no_claim_may_be_wrong(claim: str, value: object, told: str) -> None:
    assert await refusal({**ACCESS_TOKEN, claim: value}, typ=AT_JWT) == told


async def test_a_token_may_be_for_others_too() -> None:
    token = {**ACCESS_TOKEN, "aud": ["https://other.example", RESOURCE]}
    assert await principal(token, typ=AT_JWT) == PRINCIPAL


async def test_a_token_for_the_client_itself_has_its_own_subject_and_clients() -> None:
    token = {**ACCESS_TOKEN, "client_id": SUBJECT, "client_ids": [CLIENT]}
    assert await principal(token, typ=AT_JWT) == PRINCIPAL


async def test_without_an_issuer_a_token_may_be_of_any_type() -> None:
    verifier = TokenVerifier(keys=OneKey(key=SECRET, algorithms=HMAC))
    assert (await verifier.verified(signed(CLAIMS, typ="JWT"))).principal == PRINCIPAL
