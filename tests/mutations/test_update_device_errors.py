"""updateDevice: what it refuses, with nothing changed."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from gateway.domain.quoting import quoted
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory, new_uuid
from tests.mutations.support import (
    IMEI,
    LONG,
    NO_SUCH_ID,
    NOT_AN_IDENTIFIER,
    OWNERS,
    UNREACHED,
    ask,
    assert_forbidden,
    error,
    nothing_changed,
    refused,
    without,
    wrong_texts,
)

pytestmark = pytest.mark.anyio


def in_groups(owner: str) -> str:
    return f"{owner}Id: the device is in groups of its {owner}; remove it from them first."


@pytest.mark.parametrize("field", ["name", "status", "clientId", "projectId", "deviceSpecificationId"])
async def test_a_required_field_is_not_cleared(gateway: GatewayClient, factory: RowFactory, field: str) -> None:
    row = await factory.device()
    assert await refused(gateway, "updateDevice", {"device": row["id"], field: None}) == [
        error("BLANK", f"{field} is null, but it is required.", field)
    ]


@pytest.mark.parametrize(("field", "value", "code", "rule"), wrong_texts("barcode", "description"))
async def test_text_that_breaks_its_rule_is_refused(
    gateway: GatewayClient, factory: RowFactory, field: str, value: str, *, code: str, rule: str
) -> None:
    row = await factory.device()
    assert await refused(gateway, "updateDevice", {"device": row["id"], field: value}) == [
        error(code, f"{field}: {quoted(value)} {rule}", field)
    ]


@pytest.mark.parametrize("identifier", UNREACHED)
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign = await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "name": "new", "expectedVersion": 9}
    assert await refused(gateway, "updateDevice", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


async def test_a_malformed_identifier_is_an_error_of_the_request(gateway: GatewayClient) -> None:
    async with nothing_changed(gateway):
        answer = await ask(gateway, "updateDevice", {"device": "imei:12", "name": "new"})
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])
    assert NOT_AN_IDENTIFIER in answer.errors[0]["message"]


async def test_a_move_to_a_client_outside_the_callers_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    input_ = {"device": row["id"], "clientId": OTHER_CLIENT, "name": "new"}
    assert await refused(gateway, "updateDevice", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_ALLOWED", f"clientId: the token does not reach the client {OTHER_CLIENT}.", "clientId")
    ]


@pytest.mark.parametrize("owner", OWNERS)
async def test_a_move_out_of_the_client_or_project_of_its_groups_is_refused(
    gateway: GatewayClient, factory: RowFactory, owner: str
) -> None:
    code, _, other = OWNERS[owner]
    row, group = await factory.device(), await factory.group()
    await factory.link(row, group)
    assert await refused(gateway, "updateDevice", {"device": row["id"], f"{owner}Id": other}) == [
        error(code, in_groups(owner), f"{owner}Id", conflicting=group["id"])
    ]


@pytest.mark.parametrize("owner", OWNERS)
async def test_a_group_in_the_way_is_not_shown_to_who_may_not_read_groups(
    gateway: GatewayClient, factory: RowFactory, owner: str
) -> None:
    code, _, other = OWNERS[owner]
    row = await factory.device()
    await factory.link(row, await factory.group())
    token = gateway.token(scopes=without(Scope.DEVICE_GROUP_READ))
    input_ = {"device": row["id"], f"{owner}Id": other}
    assert await refused(gateway, "updateDevice", input_, token=token) == [error(code, in_groups(owner), f"{owner}Id")]


@pytest.mark.parametrize("expected", [1, 3, -1])
async def test_another_version_than_the_expected_is_not_changed(
    gateway: GatewayClient, factory: RowFactory, expected: int
) -> None:
    row = await factory.device(version=2)
    input_ = {"device": row["id"], "name": "new", "expectedVersion": expected}
    assert await refused(gateway, "updateDevice", input_) == [
        error(
            "VERSION_MISMATCH",
            f"expectedVersion: {expected} was expected, but the present version is 2.",
            "expectedVersion",
            conflicting=row["id"],
        )
    ]


async def test_the_expected_version_is_checked_of_an_update_that_changes_nothing_too(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device(name="Pump")
    [refusal] = await refused(gateway, "updateDevice", {"device": row["id"], "name": "Pump", "expectedVersion": 2})
    assert refusal["code"] == "VERSION_MISMATCH"


async def test_the_present_version_is_named_but_not_shown_to_who_may_not_read_devices(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device(version=2)
    token = gateway.token(scopes=without(Scope.DEVICE_READ))
    input_ = {"device": row["id"], "name": "new", "expectedVersion": 1}
    [refusal] = await refused(gateway, "updateDevice", input_, token=token, selection="")
    assert (refusal["code"], refusal["conflictingNode"]) == ("VERSION_MISMATCH", None)


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(), await factory.group()
    await factory.link(row, group)
    input_ = {
        "device": row["id"],
        "name": " ",
        "status": None,
        "barcode": LONG + "\0",
        "clientId": OTHER_CLIENT,
        "projectId": new_uuid(),
        "expectedVersion": 5,
    }
    refusals = await refused(gateway, "updateDevice", input_, token=gateway.token(clients=[CLIENT]))
    shown = {(*each["field"], each["code"]): each["conflictingNode"] for each in refusals}
    assert len(shown) == len(refusals)
    assert shown == {
        ("name", "BLANK"): None,
        ("status", "BLANK"): None,
        ("barcode", "TOO_LONG"): None,
        ("barcode", "INVALID_FORMAT"): None,
        ("clientId", "NOT_ALLOWED"): None,
        ("clientId", "CLIENT_MISMATCH"): {"id": group["id"]},
        ("projectId", "PROJECT_MISMATCH"): {"id": group["id"]},
        ("expectedVersion", "VERSION_MISMATCH"): {"id": row["id"]},
    }


async def test_what_is_wrong_whatever_the_device_comes_together_with_that_there_is_none(gateway: GatewayClient) -> None:
    input_: dict[str, Any] = {"device": NO_SUCH_ID, "name": "", "projectId": None, "clientId": OTHER_CLIENT}
    refusals = await refused(gateway, "updateDevice", input_, token=gateway.token(clients=[CLIENT]))
    assert sorted((each["code"], *each["field"]) for each in refusals) == [
        ("BLANK", "name"),
        ("BLANK", "projectId"),
        ("NOT_ALLOWED", "clientId"),
        ("NOT_FOUND", "device"),
    ]


async def test_updating_needs_the_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    await assert_forbidden(gateway, "updateDevice", {"device": row["id"], "name": "new"}, Scope.DEVICE_WRITE)
