"""What callers ask for: from few values, so that changes meet, and with all that can be wrong with them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.model.model import Caller

CLIENT_A, CLIENT_B = "7098dc22-fed5-4d9e-8e68-6c6f853eac0c", "1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11"
PROJECT, OTHER_PROJECT = "b6a883a8-41f9-428e-a8a1-4597de54fec6", "0b2f7f0e-2f3c-4e3f-9d53-6c8b1d1c9a77"
SPECIFICATIONS = ("9c359e94-ace1-448c-8ac9-443a7d3d963f", "5c1f0f0a-8f2e-4b52-a0a6-0f3f4e2d1c0b")
UNKNOWN = "deadbeef-dead-4eef-8ead-beefdeadbeef"

EVERY = Caller("9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4", None)
ONLY_A = Caller("4f8e2f0c-6a57-4c0e-8f3a-2d9d5b7c1e60", frozenset([CLIENT_A]))

IMEIS = ("356938035643809", "3569380356438091", "490154203237518")
DEV_EUIS = ("70B3D57ED00001A6", "70B3D57ED00001A7", "A840410000000001")
DVN_UUIDS = tuple(f"36e75427-4c6e-438c-89b5-0cbdb0d4068{end}" for end in "abc")
IDENTIFIERS = (
    *(f"imei:{imei}" for imei in IMEIS),
    *(f"urn:dev:deveui:{dev_eui}" for dev_eui in DEV_EUIS),
    *(f"URN:DEV:DVNUUID:{dvn_uuid.upper()}:" for dvn_uuid in DVN_UUIDS),
)


def among(common: Sequence[Any], *rare: Any) -> st.SearchStrategy[Any]:
    """Draw one of the rare values about once in eight times."""
    # hypothesis leaves whole branches of sampled_from and one_of out of an example, and likes the ends of integers.
    common = [*common] * (-(-7 * len(rare) // (2 * len(common))) or 1)
    values = [*common, *rare, *common]
    return st.integers(0, len(values) - 1).map(values.__getitem__)


def cellular(imei: str) -> dict[str, Any]:
    return {"cellular": {"imei": imei}}


def lora(dev_eui: str) -> dict[str, Any]:
    return {"lora": {"devEui": dev_eui}}


def generic(dvn_uuid: str) -> dict[str, Any]:
    return {"generic": {"dvnUuid": dvn_uuid}}


callers = among([EVERY, EVERY, ONLY_A])
clients = among([CLIENT_A, CLIENT_A, CLIENT_B])
projects = among([PROJECT], OTHER_PROJECT)
specifications = among(SPECIFICATIONS)
statuses = among(["ACTIVE", "INACTIVE"])
names = among(
    ["Äpfel", "pump", "Pump"],
    *(" \t", "", "x" * 256, "x" * 255, "nul\0", " \0" * 200),
    *("two\nlines", "\r", "Pump\x85", "\u2028\u2029Pump", "\0\n", "tab\v\f\x1c"),
)
texts = among([None, "one", "", " "], "y" * 256, "😀" * 255, "\0")
keys = among([None, None, "key 1", "key 2"], " ", "k" * 256)
adapters = among(
    [
        *(cellular(imei) for imei in IMEIS),
        *(lora(write(dev_eui)) for dev_eui in DEV_EUIS for write in (str.upper, str.lower)),
        *(generic(write(dvn_uuid)) for dvn_uuid in DVN_UUIDS for write in (str.upper, str.lower)),
    ],
    cellular("35693803564380"),
    cellular(f"{IMEIS[0]}\n"),
    lora("G" * 16),
    generic(DVN_UUIDS[0].replace("-", "")),
)
device_forms = among(["id", "id", "id", "ID", "urn"], *IDENTIFIERS, UNKNOWN, UNKNOWN)
"""The ways to refer to a device, and references to others."""
group_forms = among(["id", "id", "ID"], UNKNOWN, "no id")
expected_versions = among([None, None, 0], 1, -1)
"""How far from the present one; None for an input without it."""
which = among([0, 1, 2], UNKNOWN, "no id")
"""Of a device's adapters; or an id that none has."""

new_devices = st.fixed_dictionaries(
    {
        "name": names,
        "clientId": clients,
        "projectId": projects,
        "deviceSpecificationId": specifications,
        "status": statuses,
        "barcode": texts,
        "description": texts,
        "networkAdapters": st.lists(adapters, max_size=2),
        "idempotencyKey": keys,
    }
)
new_groups = st.fixed_dictionaries(
    {"name": names, "description": texts, "clientId": clients, "projectId": projects, "idempotencyKey": keys}
)
device_updates = st.lists(
    among(
        [
            *[("name", name) for name in ("Äpfel", "pump")],
            *[("status", status) for status in ("ACTIVE", "INACTIVE")],
            *[("barcode", barcode) for barcode in ("4006381333931", None)],
            *[("description", description) for description in ("", " ", None)],
            *[("clientId", client) for client in (CLIENT_A, CLIENT_B) * 4],
            *[("projectId", project) for project in (PROJECT, OTHER_PROJECT)],
            *[("deviceSpecificationId", specification) for specification in SPECIFICATIONS],
        ],
        ("name", " "),
        ("name", "two\rlines"),
        ("barcode", "y" * 256),
        ("description", "\0"),
        *[(name, None) for name in ("name", "status", "clientId", "projectId", "deviceSpecificationId")],
    ),
    min_size=1,
    max_size=3,
).map(dict)
group_updates = st.lists(
    among(
        [("name", "Äpfel"), ("name", "North"), ("description", "over there"), ("description", None)],
        ("name", None),
        ("name", "\t"),
        ("name", "North\u2029"),
        ("description", "y" * 256),
    ),
    min_size=1,
    max_size=2,
).map(dict)
