"""Which names and addresses hosts have, and which of these are the public's."""

from ipaddress import ip_address

import pytest

from gateway.domain.hosts import canonical_host, is_public

PRIVATE = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1"),  # noqa: S104  # no address to listen at
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::7f00:1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "100::1",
        "4000::1",
    ),
    *("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:0a00:0001::1", "64:ff9b::224.0.0.1"),
]
PUBLIC = ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:0101:0101::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_not_everybody_reaches_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_that_everybody_reaches_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Hooks.Example.", "hooks.example"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("0:0::1", "::1"),
        ("", None),
        ("a..b", None),
        ("-a.example", None),
        ("a" * 64, None),
        (".".join(["a" * 60] * 5), None),
        ("127.1", None),
        ("2130706433", None),
        ("0x7f.1", None),
        ("host.0x", None),
        ("a b", None),
        ("[::1]", None),
    ],
)
def test_a_host_has_one_canonical_form(text: str, host: str | None) -> None:
    assert canonical_host(text) == host
