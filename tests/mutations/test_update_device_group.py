"""updateDeviceGroup: what it changes, what it leaves, and what it refuses."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from gateway.domain.quoting import quoted
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, PROJECT, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    DAY_SHOWN,
    GROUP,
    LONG,
    NO_SUCH_ID,
    NOT_A_UUID,
    assert_forbidden,
    assert_unreadable,
    changed,
    device,
    error,
    found_by,
    nothing_written,
    refused,
    token_of,
    without,
    wrong_texts,
)

pytestmark = pytest.mark.anyio

SHOWN = f"deviceGroup {{ {GROUP} }}"


async def test_every_field_of_the_input_changes(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group(name="North", version=4)
    input_ = {"id": row["id"].upper(), "name": "South", "description": "Of the river", "expectedVersion": 4}
    before = now()
    payload = await changed(gateway, "updateDeviceGroup", input_, SHOWN, token=token_of(gateway))
    modified_at = payload["deviceGroup"]["modifiedAt"]
    assert before <= modified_at <= now()
    assert payload["deviceGroup"] == {
        "id": row["id"],
        "name": "South",
        "description": "Of the river",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "createdAt": DAY_SHOWN,
        "createdBy": PRINCIPAL,
        "modifiedAt": modified_at,
        "modifiedBy": BY_JOAN,
        "version": 5,
    }
    query = f"query ($id: ID!) {{ {SHOWN.replace('{', '(id: $id) {', 1)} }}"
    assert await gateway.data(query, {"id": row["id"]}) == payload


async def test_fields_that_are_absent_stay_and_null_clears(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group(name="North", description="Of the river")
    input_ = {"id": row["id"], "description": None}
    assert await changed(gateway, "updateDeviceGroup", input_, "deviceGroup { name description version }") == {
        "deviceGroup": {"name": "North", "description": None, "version": 2}
    }
    input_ = {"id": row["id"], "name": "South"}
    assert await changed(gateway, "updateDeviceGroup", input_, "deviceGroup { name description version }") == {
        "deviceGroup": {"name": "South", "description": None, "version": 3}
    }


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"expectedVersion": 2},
        {"name": "North"},
        {"name": "North", "description": None},
        {"description": None},
    ],
)
async def test_an_update_that_changes_nothing_writes_nothing(
    gateway: GatewayClient, factory: RowFactory, same: dict[str, Any]
) -> None:
    row = await factory.group(name="North", version=2)
    async with nothing_written(gateway):
        payload = await changed(
            gateway,
            "updateDeviceGroup",
            {"id": row["id"], **same},
            "deviceGroup { id version modifiedAt modifiedBy }",
            token=token_of(gateway),
        )
    assert payload == {"deviceGroup": {"id": row["id"], "version": 2, "modifiedAt": DAY_SHOWN, "modifiedBy": PRINCIPAL}}


async def test_devices_of_the_group_stay_as_they_are(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group, other = await factory.device(), await factory.group(), await factory.group(name="other")
    await factory.link(row, group)
    before = await device(gateway, row["id"])
    await changed(gateway, "updateDeviceGroup", {"id": group["id"], "name": "South"})
    assert await device(gateway, row["id"]) == before
    query = "query ($id: ID!) { deviceGroup(id: $id) { name version } }"
    assert await gateway.data(query, {"id": other["id"]}) == {"deviceGroup": {"name": "other", "version": 1}}


async def test_a_search_finds_the_new_text_and_not_the_old(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group(name="Äpfel", description="Obst")
    await changed(gateway, "updateDeviceGroup", {"id": row["id"], "name": "Straße", "description": None})
    found = [await found_by(gateway, text, field="deviceGroups") for text in ("ÄPFEL", "ä", "obst", "STRASSE")]
    assert found == [[], [], [], ["Straße"]]


@pytest.mark.parametrize(("field", "value", "code", "rule"), wrong_texts("description"))
async def test_text_that_breaks_its_rule_is_refused(
    gateway: GatewayClient, factory: RowFactory, field: str, value: str, *, code: str, rule: str
) -> None:
    row = await factory.group()
    assert await refused(gateway, "updateDeviceGroup", {"id": row["id"], field: value}) == [
        error(code, f"{field}: {quoted(value)} {rule}", field)
    ]


async def test_the_name_is_not_cleared(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group()
    assert await refused(gateway, "updateDeviceGroup", {"id": row["id"], "name": None}) == [
        error("BLANK", "name is null, but it is required.", "name")
    ]


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, factory: RowFactory) -> None:
    foreign = await factory.group(client_id=OTHER_CLIENT)
    for id_ in (NO_SUCH_ID, foreign["id"]):
        input_ = {"id": id_, "name": "South", "expectedVersion": 9}
        assert await refused(gateway, "updateDeviceGroup", input_, token=gateway.token(clients=[CLIENT])) == [
            error("NOT_FOUND", f"id: there is no device group {id_}.", "id")
        ]


@pytest.mark.parametrize("sees", [True, False])
async def test_another_version_than_the_expected_is_not_changed(
    gateway: GatewayClient, factory: RowFactory, *, sees: bool
) -> None:
    row = await factory.group(version=3)
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_GROUP_READ))
    input_ = {"id": row["id"], "name": "South", "expectedVersion": 2}
    assert await refused(gateway, "updateDeviceGroup", input_, token=token, selection="") == [
        error(
            "VERSION_MISMATCH",
            "expectedVersion: 2 was expected, but the present version is 3.",
            "expectedVersion",
            conflicting=row["id"] if sees else None,
        )
    ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group()
    wrong = {"name": None, "description": LONG + "\0", "expectedVersion": 2}
    refusals = await refused(gateway, "updateDeviceGroup", {"id": row["id"], **wrong})
    assert [(each["code"], each["field"]) for each in refusals] == [
        ("BLANK", ["name"]),
        ("TOO_LONG", ["description"]),
        ("INVALID_FORMAT", ["description"]),
        ("VERSION_MISMATCH", ["expectedVersion"]),
    ]
    refusals = await refused(gateway, "updateDeviceGroup", {"id": "nonsense", "name": ""})
    assert [(each["code"], each["field"]) for each in refusals] == [("BLANK", ["name"]), ("INVALID_FORMAT", ["id"])]
    assert refusals[1]["message"] == f"id: {NOT_A_UUID}"


async def test_updating_needs_the_scope_to_write_groups(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group()
    input_ = {"id": row["id"], "name": "South"}
    await assert_forbidden(gateway, "updateDeviceGroup", input_, Scope.DEVICE_GROUP_WRITE)


async def test_who_may_not_read_groups_changes_one_but_does_not_see_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.group()
    input_ = {"id": row["id"], "name": "South"}
    await assert_unreadable(gateway, "updateDeviceGroup", input_, "deviceGroup", Scope.DEVICE_GROUP_READ)
