"""Which addresses webhooks may have, and what their secrets are."""

import base64

import pytest

from gateway.domain.enums import DeviceEventType
from gateway.domain.quoting import quoted
from gateway.domain.webhooks import new_secret, secret_bytes, types_errors, url_errors

NO_URL = "is not a URL; expected one in ASCII, such as https://example.com/hooks."
NO_HOST = "names no host; expected a name, an IPv4 address, or an IPv6 address in brackets."
NO_HTTPS = "does not start with https://, which is expected."
FRAGMENT = "has a fragment, which is sent to nobody; expected none."
PRIVATE = frozenset({"hooks.internal", "10.0.0.1", "::1"})


def errors(url: str | None, private_hosts: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    return [(error.code, error.message) for error in url_errors(url, private_hosts)]


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://A.example.:8443/hooks/%C3%A4?token=x&y=[]",
        "HTTPS://xn--mnchen-3ya.example/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]:443/",
        "https://localhost/",  # What a name stands for is looked at when it is delivered to.
        f"https://a.example/{'x' * 1_982}",
    ],
)
def test_a_public_address_of_https_is_right(url: str) -> None:
    assert errors(url) == []


@pytest.mark.parametrize(
    ("url", "reasons"),
    [
        ("", [NO_URL]),
        ("nonsense", [NO_URL]),
        ("//a.example/", [NO_URL]),
        ("https://a.example/\0", [NO_URL]),
        ("https://a.example/\n", [NO_URL]),
        ("https://a.example/ b", [NO_URL]),
        ("https://a.example\\b", [NO_URL]),
        ("https://münchen.example/", [NO_URL]),
        ("https://a.example:0/", [NO_URL]),
        ("https://a.example:65536/", [NO_URL]),
        ("https://a.example:x/", [NO_URL]),
        ("https://[1.1.1.1]/", [NO_URL]),
        ("https://[v1.x]/", [NO_HOST]),
        ("https:///path", [NO_HOST]),
        ("javascript:alert(1)", [NO_HOST]),
        ("https://a..example/", [NO_HOST]),
        ("https://127.1/", [NO_HOST]),
        ("https://2130706433/", [NO_HOST]),
        ("https://0x7f.0.0.1/", [NO_HOST]),
        ("http://a.example/", [NO_HTTPS]),
        ("ftp://a.example/", [NO_HTTPS]),
        ("https://a.example/#", [FRAGMENT]),
        ("http://a.example/#top", [NO_HTTPS, FRAGMENT]),
        ("https://10.0.0.1/", ["is at 10.0.0.1, which is not a public address; expected one."]),
        ("https://[::1]:8000/", ["is at ::1, which is not a public address; expected one."]),
        ("https://[::ffff:127.0.0.1]/", ["is at ::ffff:7f00:1, which is not a public address; expected one."]),
    ],
)
def test_every_rule_that_an_address_breaks_is_told(url: str, reasons: list[str]) -> None:
    assert errors(url) == [("INVALID_FORMAT", f"url: {quoted(url)} {reason}") for reason in reasons]


def test_credentials_are_not_repeated() -> None:
    message = "url: there are credentials in it; expected none, since the signature tells who sends."
    assert (
        errors("https://joan:secret@a.example/") == errors("https://joan@a.example/") == [("INVALID_FORMAT", message)]
    )


def test_an_address_is_there_and_not_too_long() -> None:
    long = f"https://a.example/{'x' * 1_983}"
    assert errors(long) == [("TOO_LONG", f"url: {quoted(long)} has 2001 characters; expected at most 2,000.")]
    assert errors(None) == [("BLANK", "url is null, but it is required.")]


@pytest.mark.parametrize(
    "url", ["http://hooks.internal/", "https://HOOKS.internal.:80/", "http://10.0.0.1:8000/", "http://[::1]/"]
)
def test_a_private_host_that_a_setting_names_is_right(url: str) -> None:
    assert errors(url, PRIVATE) == []


@pytest.mark.parametrize("url", ["http://10.0.0.2/", "http://a.hooks.internal/", "ftp://10.0.0.1/"])
def test_a_setting_allows_no_more_than_it_names(url: str) -> None:
    assert errors(url, PRIVATE) != []


def test_types_are_some() -> None:
    assert list(types_errors([DeviceEventType.DEVICE_CREATED])) == []
    assert [(error.code, error.field) for error in types_errors(None)] == [("BLANK", ("types",))]
    assert [(error.code, error.field) for error in types_errors([])] == [("BLANK", ("types",))]


def test_a_secret_is_32_random_bytes() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert secret_bytes(first) == base64.b64decode(first.removeprefix("whsec_"))
    assert len(secret_bytes(first)) == 32
