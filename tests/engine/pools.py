"""What to choose input values from: mostly such as mean something in the world of these tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.pagination import LARGEST_SIZE
from tests.engine import world


@dataclass(frozen=True, kw_only=True)
class Pool:
    common: Sequence[Any]
    failing: Sequence[Any] = ()
    """What a field refuses, or what is not found."""
    invalid: Sequence[Any] = ()
    """What validation refuses in a document, so that only a variable may have it."""


NO_ID = "no id"
_IDENTIFIERS = [
    *(f"imei:{each}" for each in world.IMEIS),
    *(f"urn:dev:deveui:{each.lower()}" for each in world.DEV_EUIS),
    *(f"URN:DEV:DVNUUID:{each.upper()}:" for each in world.DVN_UUIDS),
]
_SIZES = Pool(common=[1, 1, 2, 2, 3, 5], failing=[0, -1, LARGEST_SIZE, LARGEST_SIZE + 1], invalid=["1", 1.5, 2**31])
_CLIENTS = Pool(
    common=[world.CLIENT, world.CLIENT, world.OTHER_CLIENT, world.CLIENT_WITH_DAMAGE],
    failing=[world.NO_SUCH_ID],
    invalid=[NO_ID],
)
_DEVICES = Pool(common=world.DEVICES[:-1], failing=[world.DELETED_DEVICE, world.DEVICES[-1], world.NO_SUCH_ID, NO_ID])
_GROUPS = Pool(common=[*world.GROUPS, world.GROUPS[0].upper()], failing=[world.NO_SUCH_ID, NO_ID], invalid=[{}])
_NODES = Pool(
    common=[*world.GROUPS * 3, *world.DEVICES, *world.ADAPTERS], failing=[world.NO_SUCH_ID, NO_ID], invalid=[1.5]
)

Pools = Mapping[str, Pool]

_OF_ARGUMENTS: Pools = {
    "first": _SIZES,
    "last": _SIZES,
    "clientId": _CLIENTS,
    "projectId": Pool(common=world.PROJECTS, failing=[world.NO_SUCH_ID], invalid=[1]),
    "deviceSpecificationId": Pool(common=world.SPECIFICATIONS, invalid=[""]),
    "deviceSpecificationIds": Pool(common=world.SPECIFICATIONS, failing=[world.NO_SUCH_ID], invalid=[None, 5]),
    "deviceId": _DEVICES,
    "deviceGroupId": _GROUPS,
    "deviceGroupIds": _GROUPS,
    "networkAdapterId": Pool(common=world.ADAPTERS, failing=[world.NO_SUCH_ID, NO_ID]),
    "name": Pool(common=world.NAMES, failing=["", " \t", "x" * 256, "nul\0"]),
    "search": Pool(common=["pum", "PUM", "ÄPF", "e", "%"], failing=[""], invalid=[7]),
    "barcodeContains": Pool(common=["1", "a-"], failing=[""]),
    "barcode": Pool(common=["12", "4006381333931"], failing=["y" * 256]),
    "idempotencyKey": Pool(common=["key 1", "key 2"], failing=["", "k" * 256]),
    "expectedVersion": Pool(common=[1, 1, 2], failing=[0, 9]),
    "imei": Pool(common=["356938035643809", "3569380356438091", *world.IMEIS[:2]], failing=["35693803564380"]),
    "devEui": Pool(common=["A840410000000001", *world.DEV_EUIS[:2]], failing=["G" * 16]),
    "dvnUuid": Pool(common=[world.NO_SUCH_ID, *world.DVN_UUIDS[:2]], failing=[NO_ID]),
}
_OF_TYPES: Pools = {
    "ID": _NODES,
    "UUID": _CLIENTS,
    "DeviceIdentifier": Pool(
        common=[*world.DEVICES, *_IDENTIFIERS], failing=[world.NO_SUCH_ID], invalid=["imei:12", 490154203237518]
    ),
    "DateTime": Pool(
        common=[*world.INSTANTS, "2025-03-02T01:00:00+01:00"], failing=["0001-01-01T00:00:00Z"], invalid=["today", 0]
    ),
    "Boolean": Pool(common=[True, False], invalid=["true", 1]),
    "Int": Pool(common=[0, 1, 2], failing=[-1], invalid=["1", 2**31]),
    "Float": Pool(common=[0.5, 1], invalid=["1"]),
    "String": Pool(common=["a", "größe", ""], failing=["x" * 256], invalid=[1, []]),
}
POOLS: Pools = {**_OF_TYPES, **_OF_ARGUMENTS}
"""By the name of an argument or input field, or else by that of a scalar."""
