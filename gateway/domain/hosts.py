"""Hosts that requests are sent to: their names and addresses, and which addresses are the public's."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_NAME = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
# Systems read a name that ends in a number as an IPv4 address, in one of many notations (URL Standard, section 3.5).
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# All that is assigned to hosts of the public (IANA's registry of IPv6 address space).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# An address with an IPv4 address at its end, which a translator at the border of a network sends on (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def canonical_host(text: str) -> str | None:
    """Return a name in lower case without a dot at its end, or an address in its usual form; None for what is neither.

    An IPv6 address is without brackets.
    """
    host = text.lower().removesuffix(".")
    if address := address_or_none(host):
        return str(address)
    return host if _NAME.fullmatch(host) and not _ENDS_IN_A_NUMBER.fullmatch(host) else None


def address_or_none(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Tell whether an address is one that anybody on the internet reaches, and not one of a private network.

    Addresses that hold an IPv4 address are as public as that one is.
    """
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST and address not in _NAT64:
        mapped = address.ipv4_mapped
        return mapped is not None and is_public(mapped)
    return all(each.is_global and not each.is_multicast for each in _with_embedded(address))


def _with_embedded(address: Address) -> Iterator[Address]:
    """Yield the addresses that packets to an address may be sent to."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
            return
        if address.sixtofour:
            # Python counts all of 2002::/16 as not global in some of its versions, so only what is inside it counts.
            yield address.sixtofour
            return
    yield address
