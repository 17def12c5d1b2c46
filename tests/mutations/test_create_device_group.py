"""createDeviceGroup: what it makes, answers and refuses."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from gateway.domain.quoting import quoted
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    GROUP,
    LONG,
    NEW_GROUP,
    ask,
    assert_forbidden,
    assert_unreadable,
    changed,
    dump,
    error,
    found_by,
    nothing_changed,
    refused,
    token_of,
    wrong_texts,
)

pytestmark = pytest.mark.anyio

ASTRAL = "\N{ELECTRIC PLUG}"


async def test_a_new_group_is_shown_as_it_was_made(gateway: GatewayClient) -> None:
    input_ = {**NEW_GROUP, "description": "Beyond the river", "clientId": CLIENT.upper()}
    selection = f"deviceGroup {{ {GROUP} devices {{ totalCount }} }}"
    before = now()
    made = (await changed(gateway, "createDeviceGroup", input_, selection, token=token_of(gateway)))["deviceGroup"]
    assert before <= made["createdAt"] <= now()
    assert made == {
        "id": made["id"],
        "name": "North",
        "description": "Beyond the river",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "createdAt": made["createdAt"],
        "createdBy": BY_JOAN,
        "modifiedAt": made["createdAt"],
        "modifiedBy": BY_JOAN,
        "version": 1,
        "devices": {"totalCount": 0},
    }
    query = f"query ($id: ID!) {{ deviceGroup(id: $id) {{ {GROUP} devices {{ totalCount }} }} }}"
    assert await gateway.data(query, {"id": made["id"]}) == {"deviceGroup": made}


async def test_a_new_group_is_no_event_of_any_device(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.device()
    await changed(gateway, "createDeviceGroup", NEW_GROUP)
    assert (await dump(gateway.database))["device_event"] == []


async def test_its_edge_is_the_one_that_the_list_of_groups_has(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.group(name="before")
    edge = "{ cursor node { name } }"
    payload = await changed(gateway, "createDeviceGroup", NEW_GROUP, f"deviceGroupEdge {edge}")
    edges = (await gateway.data(f"{{ deviceGroups {{ edges {edge} }} }}"))["deviceGroups"]["edges"]
    assert [each["node"]["name"] for each in edges if each == payload["deviceGroupEdge"]] == ["North"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x"),
        ("name", ASTRAL * 255),
        ("name", "\N{IDEOGRAPHIC SPACE}x "),
        ("description", ""),
        ("description", ASTRAL * 255),
        ("description", "line\r\nline"),
        ("description", None),
    ],
)
async def test_text_is_kept_as_it_was_written(gateway: GatewayClient, field: str, value: str | None) -> None:
    input_ = {**NEW_GROUP, field: value}
    assert await changed(gateway, "createDeviceGroup", input_, f"deviceGroup {{ {field} }}") == {
        "deviceGroup": {field: value}
    }


async def test_a_new_group_is_found_by_a_search_at_once(gateway: GatewayClient) -> None:
    await changed(gateway, "createDeviceGroup", {**NEW_GROUP, "name": "Äpfel", "description": "Straße"})
    assert await found_by(gateway, "ÄPFEL", field="deviceGroups") == ["Äpfel"]
    assert await found_by(gateway, "STRASSE", field="deviceGroups") == ["Äpfel"]


async def test_two_groups_may_have_one_name(gateway: GatewayClient) -> None:
    ids = {
        (await changed(gateway, "createDeviceGroup", NEW_GROUP, "deviceGroup { id }"))["deviceGroup"]["id"]
        for _ in range(2)
    }
    assert len(ids) == 2


@pytest.mark.parametrize(("field", "value", "code", "rule"), wrong_texts("description"))
async def test_text_that_breaks_its_rule_is_refused(
    gateway: GatewayClient, field: str, value: str, code: str, rule: str
) -> None:
    assert await refused(gateway, "createDeviceGroup", {**NEW_GROUP, field: value}) == [
        error(code, f"{field}: {quoted(value)} {rule}", field)
    ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    input_ = {"name": "", "description": LONG + "\0", "clientId": OTHER_CLIENT, "projectId": PROJECT}
    refusals = await refused(
        gateway, "createDeviceGroup", {**input_, "idempotencyKey": LONG}, token=gateway.token(clients=[CLIENT])
    )
    assert [(each["code"], each["field"]) for each in refusals] == [
        ("BLANK", ["name"]),
        ("TOO_LONG", ["description"]),
        ("INVALID_FORMAT", ["description"]),
        ("NOT_ALLOWED", ["clientId"]),
        ("TOO_LONG", ["idempotencyKey"]),
    ]
    assert refusals[3]["message"] == f"clientId: the token does not reach the client {OTHER_CLIENT}."


@pytest.mark.parametrize("wrong", [{"name": None}, {"clientId": None}, {"projectId": "nonsense"}])
async def test_an_input_that_the_schema_does_not_allow_is_an_error_of_the_request(
    gateway: GatewayClient, wrong: dict[str, Any]
) -> None:
    async with nothing_changed(gateway):
        answer = await ask(gateway, "createDeviceGroup", {**NEW_GROUP, **wrong})
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


async def test_creating_needs_the_scope_to_write_groups(gateway: GatewayClient) -> None:
    await assert_forbidden(gateway, "createDeviceGroup", NEW_GROUP, Scope.DEVICE_GROUP_WRITE)


@pytest.mark.parametrize("field", ["deviceGroup", "deviceGroupEdge"])
async def test_who_may_not_read_groups_makes_one_but_does_not_see_it(gateway: GatewayClient, field: str) -> None:
    await assert_unreadable(gateway, "createDeviceGroup", NEW_GROUP, field, Scope.DEVICE_GROUP_READ)


async def test_creating_needs_no_scope_of_devices(gateway: GatewayClient) -> None:
    token = token_of(gateway, scopes=[Scope.DEVICE_GROUP_READ, Scope.DEVICE_GROUP_WRITE], clients=[CLIENT])
    assert await changed(gateway, "createDeviceGroup", NEW_GROUP, "deviceGroup { name }", token=token) == {
        "deviceGroup": {"name": "North"}
    }
