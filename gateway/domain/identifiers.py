"""Everything that names one device."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.domain.enums import NetworkAdapterType
from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import Bare, quoted
from gateway.domain.uuids import PATTERN as UUID

ACCEPTED = (
    "<uuid>, imei:<15-16 digits>, deveui:<16 hex digits>, dvnuuid:<uuid>, urn:dev:imei:<15-16 digits>, "
    "urn:dev:deveui:<16 hex digits> or urn:dev:dvnuuid:<uuid>"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterScheme:
    """How adapters of one type are identified."""

    prefix: str
    pattern: str
    description: str
    canonical: Callable[[str], str] = str.lower
    """Makes the stored form: IMEIs as given, DevEUIs in upper case, DvnUUIDs in lower case."""


SCHEMES: Mapping[NetworkAdapterType, AdapterScheme] = {
    NetworkAdapterType.CELLULAR: AdapterScheme(
        prefix="imei", pattern="[0-9]{15,16}", description="an IMEI of 15 digits or an IMEISV of 16"
    ),
    NetworkAdapterType.LORA: AdapterScheme(
        prefix="deveui",
        pattern="[0-9A-Fa-f]{16}",
        description="a DevEUI of 16 hexadecimal digits",
        canonical=str.upper,
    ),
    NetworkAdapterType.GENERIC: AdapterScheme(
        prefix="dvnuuid", pattern=UUID, description="a DvnUUID of 32 hexadecimal digits with hyphens"
    ),
}

# A scheme in front of an adapter's identifier, alone or in a URN that may end in one colon.
# re.ASCII keeps re.IGNORECASE from taking U+0131 for an i or U+017F for an s.
_IDENTIFIER = re.compile(
    rf"(?P<id>{UUID})|(?P<urn>urn:dev:)?"
    rf"(?:{'|'.join(f'{scheme.prefix}:(?P<{type_}>{scheme.pattern})' for type_, scheme in SCHEMES.items())})"
    r"(?(urn):?)",
    re.IGNORECASE | re.ASCII,
)


class DeviceIdentifier(NamedTuple):
    """What names one device, in canonical form: its own id, or the identifier of one of its adapters."""

    value: str
    adapter_type: NetworkAdapterType | None = None
    """None where `value` is the device's id."""

    def __str__(self) -> str:
        return self.value if self.adapter_type is None else urn(self.adapter_type, self.value)


def parse_device_identifier(value: object) -> DeviceIdentifier:
    """Return what `value` names. Raise BadUserInput, listing the formats, unless all of it is in one of the seven."""
    match = _IDENTIFIER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadUserInput(f"{quoted(value)} is not a device identifier; expected {ACCEPTED}.{_hint(value)}")
    for type_, scheme in SCHEMES.items():
        if found := match[type_]:
            return DeviceIdentifier(scheme.canonical(found), type_)
    return DeviceIdentifier(match["id"].lower())


def _hint(value: object) -> str:
    """Return a hint for an identifier without its prefix, which is how adapters bear them and people know them."""
    text = value.text if isinstance(value, Bare) else value
    if isinstance(text, int) and 0 < text < 10**16:
        text = str(text)
    for scheme in SCHEMES.values():
        if isinstance(text, str) and re.fullmatch(scheme.pattern, text):
            return f" Did you mean {scheme.prefix}:{text}?"
    return ""


def parse_adapter_identifier(type_: NetworkAdapterType, value: object) -> str:
    """Return the canonical form of an adapter's identifier. Raise BadUserInput where it is not one of `type_`."""
    scheme = SCHEMES[type_]
    if isinstance(value, str) and re.fullmatch(scheme.pattern, value):
        return scheme.canonical(value)
    raise BadUserInput(f"{quoted(value)} is not {scheme.description}.")


_URN_PREFIXES = {type_: f"urn:dev:{scheme.prefix}:" for type_, scheme in SCHEMES.items()}


def urn(type_: NetworkAdapterType, identifier: str) -> str:
    """Return an adapter's name in RFC 9039 form: lower case, no trailing colon."""
    return _URN_PREFIXES[type_] + identifier.lower()
