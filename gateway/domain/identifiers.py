"""Everything that names one device (DESIGN, section 2, "Identifiers")."""

import re
from dataclasses import dataclass

from gateway.domain.errors import BadUserInput
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.quoting import quoted
from gateway.domain.uuids import PATTERN as UUID

ACCEPTED = (
    "<uuid>, imei:<15-16 digits>, deveui:<16 hex digits>, dvnuuid:<uuid>, urn:dev:imei:<15-16 digits>, "
    "urn:dev:deveui:<16 hex digits> or urn:dev:dvnuuid:<uuid>"
)

# A scheme in front of an adapter's identifier, alone or in a URN that may end in one colon.
# re.ASCII keeps re.IGNORECASE from taking U+0131 for an i or U+017F for an s.
_IDENTIFIER = re.compile(
    rf"(?P<id>{UUID})"
    r"|(?P<urn>urn:dev:)?"
    rf"(?:imei:(?P<imei>[0-9]{{15,16}})|deveui:(?P<deveui>[0-9a-f]{{16}})|dvnuuid:(?P<dvnuuid>{UUID}))"
    r"(?(urn):?)",
    re.IGNORECASE | re.ASCII,
)
_SCHEMES = {
    NetworkAdapterType.CELLULAR: "imei",
    NetworkAdapterType.LORA: "deveui",
    NetworkAdapterType.GENERIC: "dvnuuid",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceIdentifier:
    """What names one device, in canonical form: its own id, or the identifier of one of its adapters."""

    value: str
    adapter_type: NetworkAdapterType | None = None
    """None where `value` is the device's id."""


def parse_device_identifier(value: object) -> DeviceIdentifier:
    """Raises BadUserInput, listing the formats, unless the whole of `value` is in one of the seven."""
    match = _IDENTIFIER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadUserInput(f"{quoted(value)} is not a device identifier; expected {ACCEPTED}.")
    if match["id"]:
        return DeviceIdentifier(value=match["id"].lower())
    for type_, scheme in _SCHEMES.items():
        if match[scheme]:
            return DeviceIdentifier(value=canonical(type_, match[scheme]), adapter_type=type_)
    raise AssertionError(match)


def canonical(type_: NetworkAdapterType, identifier: str) -> str:
    """The stored form: IMEIs as given, DevEUIs in upper case, DvnUUIDs in lower case."""
    return identifier.upper() if type_ is NetworkAdapterType.LORA else identifier.lower()


def urn(type_: NetworkAdapterType, identifier: str) -> str:
    """The adapter's name in RFC 9039 form: lower case, no trailing colon."""
    return f"urn:dev:{_SCHEMES[type_]}:{identifier.lower()}"
