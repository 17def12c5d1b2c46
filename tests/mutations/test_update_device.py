"""updateDevice: what it changes, what it leaves, and what it records."""

from typing import Any

import pytest

from gateway.domain.enums import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, PROJECT, SPECIFICATION, RowFactory, new_uuid
from tests.mutations.support import (
    BY_JOAN,
    DAY_SHOWN,
    DEV_EUI,
    DEVICE,
    DVN_UUID,
    IMEI,
    assert_unreadable,
    changed,
    device,
    event,
    found_by,
    history,
    nothing_written,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

NEW_PROJECT, NEW_SPECIFICATION = new_uuid(), new_uuid()


async def test_every_field_of_the_input_changes(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Pump", barcode="1", version=3)
    values = {
        "name": "Pumpe",
        "status": "INACTIVE",
        "barcode": "2",
        "description": "Im Keller",
        "clientId": OTHER_CLIENT,
        "projectId": NEW_PROJECT,
        "deviceSpecificationId": NEW_SPECIFICATION,
    }
    before = now()
    payload = await changed(
        gateway,
        "updateDevice",
        {"device": row["id"], "expectedVersion": 3, **values},
        f"device {{ {DEVICE} }}",
        token=token_of(gateway),
    )
    modified_at = payload["device"]["modifiedAt"]
    assert before <= modified_at <= now()
    assert payload["device"] == {
        "id": row["id"],
        **values,
        "createdAt": DAY_SHOWN,
        "createdBy": PRINCIPAL,
        "modifiedAt": modified_at,
        "modifiedBy": BY_JOAN,
        "version": 4,
    }
    assert await device(gateway, row["id"]) == payload["device"]
    assert await history(gateway, row["id"]) == [
        event(
            "DEVICE_UPDATED",
            row["id"],
            4,
            modified_at,
            ("name", "Pump", "Pumpe"),
            ("status", "ACTIVE", "INACTIVE"),
            ("barcode", "1", "2"),
            ("description", None, "Im Keller"),
            ("clientId", CLIENT, OTHER_CLIENT),
            ("projectId", PROJECT, NEW_PROJECT),
            ("deviceSpecificationId", SPECIFICATION, NEW_SPECIFICATION),
        )
    ]


async def test_fields_that_are_absent_stay_and_null_clears(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Pump", barcode="1", description="In the cellar")
    input_ = {"device": row["id"], "barcode": None}
    shown = "device { name barcode description modifiedAt }"
    payload = await changed(gateway, "updateDevice", input_, shown, token=token_of(gateway))
    modified_at = payload["device"].pop("modifiedAt")
    assert payload["device"] == {"name": "Pump", "barcode": None, "description": "In the cellar"}
    assert await history(gateway, row["id"]) == [
        event("DEVICE_UPDATED", row["id"], 2, modified_at, ("barcode", "1", None))
    ]


async def test_only_what_differs_is_recorded(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Pump")
    await changed(gateway, "updateDevice", {"device": row["id"], "name": "Pump", "status": "INACTIVE", "barcode": ""})
    [updated] = await history(gateway, row["id"])
    assert updated["changes"] == [
        {"field": "status", "before": "ACTIVE", "after": "INACTIVE"},
        {"field": "barcode", "before": None, "after": ""},
    ]


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"expectedVersion": 7},
        {"barcode": None},
        {"clientId": CLIENT.upper()},
        {
            "name": "Pump",
            "status": "INACTIVE",
            "barcode": None,
            "description": "Äpfel",
            "clientId": CLIENT,
            "projectId": PROJECT,
            "deviceSpecificationId": SPECIFICATION,
        },
    ],
)
async def test_an_update_that_changes_nothing_writes_nothing(
    gateway: GatewayClient, factory: RowFactory, same: dict[str, Any]
) -> None:
    row = await factory.device(name="Pump", status=DeviceStatus.INACTIVE, description="Äpfel", version=7)
    # In a group, which would be in the way of another project.
    await factory.link(row, await factory.group())
    shown = await device(gateway, row["id"])
    async with nothing_written(gateway):
        payload = await changed(
            gateway, "updateDevice", {"device": row["id"], **same}, f"device {{ {DEVICE} }}", token=token_of(gateway)
        )
    assert payload == {"device": shown}
    assert (shown["version"], shown["modifiedAt"], shown["modifiedBy"]) == (7, DAY_SHOWN, PRINCIPAL)


async def test_the_same_text_in_another_letter_case_is_a_change(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Pump")
    payload = await changed(gateway, "updateDevice", {"device": row["id"], "name": "PUMP"}, "device { name version }")
    assert payload == {"device": {"name": "PUMP", "version": 2}}


@pytest.mark.parametrize(
    ("type_", "identifier", "form"),
    [
        (NetworkAdapterType.CELLULAR, IMEI, f"IMEI:{IMEI}"),
        (NetworkAdapterType.LORA, DEV_EUI, f"urn:dev:deveui:{DEV_EUI.lower()}:"),
        (NetworkAdapterType.GENERIC, DVN_UUID, f"dvnuuid:{DVN_UUID.upper()}"),
    ],
)
async def test_a_device_is_named_by_any_of_its_identifiers(
    gateway: GatewayClient, factory: RowFactory, type_: NetworkAdapterType, identifier: str, form: str
) -> None:
    row = await factory.device()
    await factory.adapter(row, type_, identifier=identifier)
    payload = await changed(gateway, "updateDevice", {"device": form, "name": "found"}, "device { id name }")
    assert payload == {"device": {"id": row["id"], "name": "found"}}


async def test_each_update_makes_the_next_version(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="0")
    versions = []
    for name in "123":
        input_ = {"device": row["id"], "name": name, "expectedVersion": int(name)}
        payload = await changed(gateway, "updateDevice", input_, "device { version }")
        versions.append(payload["device"]["version"])
    assert versions == [2, 3, 4]
    assert [(each["version"], each["changes"]) for each in await history(gateway, row["id"])] == [
        (version, [{"field": "name", "before": str(version - 2), "after": str(version - 1)}]) for version in versions
    ]


async def test_other_devices_stay_as_they_are(gateway: GatewayClient, factory: RowFactory) -> None:
    row, other = await factory.device(), await factory.device()
    before = await device(gateway, other["id"])
    await changed(gateway, "updateDevice", {"device": row["id"], "name": "new", "clientId": OTHER_CLIENT})
    assert await device(gateway, other["id"]) == before


async def test_a_search_finds_the_new_text_and_not_the_old(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Äpfel", description="Obst", barcode="111")
    input_ = {"device": row["id"], "name": "Straße", "description": None, "barcode": "222"}
    await changed(gateway, "updateDevice", input_)
    assert [await found_by(gateway, text) for text in ("ÄPFEL", "ä", "obst", "STRASSE", "ss")] == [
        [],
        [],
        [],
        ["Straße"],
        ["Straße"],
    ]
    counts = """{ old: devices(filter: { barcodeContains: "111" }) { totalCount }
                  new: devices(filter: { barcodeContains: "222" }) { totalCount } }"""
    assert await gateway.data(counts) == {"old": {"totalCount": 0}, "new": {"totalCount": 1}}


async def test_a_device_that_moved_to_another_client_is_there_with_its_adapters(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    await changed(gateway, "updateDevice", {"device": row["id"], "clientId": OTHER_CLIENT})
    query = f"""query ($ids: [ID!]!) {{
      nodes(ids: $ids) {{ id }}
      device(identifier: "imei:{IMEI}") {{ id networkAdapters {{ ... on Node {{ id }} }} }}
    }}"""
    ids = {"ids": [row["id"], adapter["id"]]}
    assert await gateway.data(query, ids, token=token_of(gateway, clients=[OTHER_CLIENT])) == {
        "nodes": [{"id": row["id"]}, {"id": adapter["id"]}],
        "device": {"id": row["id"], "networkAdapters": [{"id": adapter["id"]}]},
    }
    assert await gateway.data(query, ids, token=token_of(gateway, clients=[CLIENT])) == {
        "nodes": [None, None],
        "device": None,
    }


async def test_what_happened_before_a_move_stays_with_the_former_client(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    await changed(gateway, "updateDevice", {"device": row["id"], "name": "ours"})
    await changed(gateway, "updateDevice", {"device": row["id"], "clientId": OTHER_CLIENT})
    await changed(gateway, "updateDevice", {"device": row["id"], "name": "theirs"})
    seen = {
        client: [each["version"] for each in await history(gateway, row["id"], token=gateway.token(clients=[client]))]
        for client in (CLIENT, OTHER_CLIENT)
    }
    assert seen == {CLIENT: [2], OTHER_CLIENT: [3, 4]}


async def test_who_may_not_read_devices_changes_one_but_does_not_see_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    await assert_unreadable(gateway, "updateDevice", {"device": row["id"], "name": "new"}, "device", Scope.DEVICE_READ)
    token = token_of(gateway, scopes=without(Scope.DEVICE_READ))
    assert await changed(gateway, "updateDevice", {"device": row["id"], "name": "newer"}, token=token) == {}
    assert (await device(gateway, row["id"]))["name"] == "newer"
