"""The input values to choose from, most of which name one of the rows of these tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.pages import LARGEST_SIZE, MOST_COUNTED
from tests.engine import sample_rows


@dataclass(frozen=True, kw_only=True)
class InputValues:
    common: Sequence[Any]
    failing: Sequence[Any] = ()
    """The values that a field refuses, or that are not found."""
    invalid: Sequence[Any] = ()
    """The values that validation refuses in a document, so that only a variable may have them."""


NO_ID = "no id"
_IDENTIFIERS = [
    *(f"imei:{each}" for each in sample_rows.IMEIS),
    *(f"urn:dev:deveui:{each.lower()}" for each in sample_rows.DEV_EUIS),
    *(f"URN:DEV:DVNUUID:{each.upper()}:" for each in sample_rows.DVN_UUIDS),
]
_SIZES = InputValues(
    common=[1, 1, 2, 2, 3, 5], failing=[0, -1, LARGEST_SIZE, LARGEST_SIZE + 1], invalid=["1", 1.5, 2**31]
)
_CLIENTS = InputValues(
    common=[sample_rows.CLIENT, sample_rows.CLIENT, sample_rows.OTHER_CLIENT, sample_rows.CLIENT_WITH_DAMAGE],
    failing=[sample_rows.NO_SUCH_ID],
    invalid=[NO_ID],
)
_DEVICES = InputValues(
    common=sample_rows.DEVICES[:-1],
    failing=[sample_rows.DELETED_DEVICE, sample_rows.DEVICES[-1], sample_rows.NO_SUCH_ID, NO_ID],
)
_GROUPS = InputValues(
    common=[*sample_rows.GROUPS, sample_rows.GROUPS[0].upper()], failing=[sample_rows.NO_SUCH_ID, NO_ID], invalid=[{}]
)
_NODES = InputValues(
    common=[*sample_rows.GROUPS * 3, *sample_rows.WEBHOOKS * 3, *sample_rows.DEVICES, *sample_rows.ADAPTERS],
    failing=[sample_rows.NO_SUCH_ID, NO_ID],
    invalid=[1.5],
)

InputValuesByName = Mapping[str, InputValues]

_OF_ARGUMENTS: InputValuesByName = {
    "first": _SIZES,
    "last": _SIZES,
    "atMost": InputValues(common=[1, 2, 3, 5], failing=[0, MOST_COUNTED + 1], invalid=["1"]),
    "clientId": _CLIENTS,
    "projectId": InputValues(common=sample_rows.PROJECTS, failing=[sample_rows.NO_SUCH_ID], invalid=[1]),
    "deviceSpecificationId": InputValues(common=sample_rows.SPECIFICATIONS, invalid=[""]),
    "deviceSpecificationIds": InputValues(
        common=sample_rows.SPECIFICATIONS, failing=[sample_rows.NO_SUCH_ID], invalid=[None, 5]
    ),
    "deviceId": _DEVICES,
    "deviceGroupId": _GROUPS,
    "deviceGroupIds": _GROUPS,
    "networkAdapterId": InputValues(common=sample_rows.ADAPTERS, failing=[sample_rows.NO_SUCH_ID, NO_ID]),
    "name": InputValues(common=sample_rows.NAMES, failing=["", " \t", "x" * 256, "nul\0"]),
    "search": InputValues(common=["pum", "PUM", "ÄPF", "e", "%"], failing=[""], invalid=[7]),
    "barcodeContains": InputValues(common=["1", "a-"], failing=[""]),
    "barcode": InputValues(common=["12", "4006381333931"], failing=["y" * 256]),
    "idempotencyKey": InputValues(common=["key 1", "key 2"], failing=["", "k" * 256]),
    "expectedVersion": InputValues(common=[1, 1, 2], failing=[0, 9]),
    "url": InputValues(common=sample_rows.URLS, failing=["http://a.example/", "https://10.0.0.1/"]),
    "imei": InputValues(
        common=["356938035643809", "3569380356438091", *sample_rows.IMEIS[:2]], failing=["35693803564380"]
    ),
    "devEui": InputValues(common=["A840410000000001", *sample_rows.DEV_EUIS[:2]], failing=["G" * 16]),
    "dvnUuid": InputValues(common=[sample_rows.NO_SUCH_ID, *sample_rows.DVN_UUIDS[:2]], failing=[NO_ID]),
}
_OF_TYPES: InputValuesByName = {
    "ID": _NODES,
    "UUID": _CLIENTS,
    "DeviceIdentifier": InputValues(
        common=[*sample_rows.DEVICES, *_IDENTIFIERS],
        failing=[sample_rows.NO_SUCH_ID],
        invalid=["imei:12", 490154203237518],
    ),
    "DateTime": InputValues(
        common=[*sample_rows.INSTANTS, "2025-03-02T01:00:00+01:00"],
        failing=["0001-01-01T00:00:00Z"],
        invalid=["today", 0],
    ),
    "Boolean": InputValues(common=[True, False], invalid=["true", 1]),
    "Int": InputValues(common=[0, 1, 2], failing=[-1], invalid=["1", 2**31]),
    "Float": InputValues(common=[0.5, 1], invalid=["1"]),
    "String": InputValues(common=["a", "größe", ""], failing=["x" * 256], invalid=[1, []]),
}
INPUT_VALUES: InputValuesByName = {**_OF_TYPES, **_OF_ARGUMENTS}
"""Input values by the name of an argument or input field, or else by that of a scalar."""
