"""updateWebhook and deleteWebhook: what they change, answer and refuse."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.db.tables import webhook
from gateway.domain.enums import Scope
from gateway.domain.instants import now, shifted
from tests.client import GatewayClient
from tests.factories import CLIENT, DAY, OTHER_CLIENT
from tests.mutations.support import (
    NO_SUCH_ID,
    NOT_A_UUID,
    ask,
    assert_forbidden,
    changed,
    dump,
    error,
    nothing_written,
    refused,
    token_of,
)
from tests.mutations.test_create_webhook import WEBHOOK, create, webhooks

pytestmark = pytest.mark.anyio

STATE = "status failingSince lastError version"


async def set_row(gateway: GatewayClient, **values: Any) -> None:
    """Put all webhooks into a state that deliveries bring about."""
    async with gateway.database.writing() as connection:
        await connection.execute(update(webhook).values(values))


async def row(gateway: GatewayClient) -> Any:
    """Return all columns of the one webhook."""
    [found] = (await dump(gateway.database))["webhook"]
    return found


FAILING = {
    "status": "FAILING",
    "failing_since": DAY,
    "last_error": "The answer was 500.",
    "attempts": 3,
    "next_attempt_at": "2999-01-01T00:00:00.000Z",
}


async def update_(gateway: GatewayClient, input_: dict[str, Any], selection: str = STATE) -> Any:
    payload = await changed(gateway, "updateWebhook", input_, f"webhook {{ {selection} }}", token=token_of(gateway))
    return payload["webhook"]


async def test_what_is_given_changes_and_the_rest_stays(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    [before] = await webhooks(gateway, WEBHOOK)
    after = await update_(gateway, {"id": id_, "url": "https://hooks.example/b", "expectedVersion": 1}, WEBHOOK)
    modified = {"modifiedAt": after["modifiedAt"], "modifiedBy": after["modifiedBy"]}
    assert after == {**before, "url": "https://hooks.example/b", "version": 2, **modified}
    assert after["modifiedAt"] >= before["createdAt"]
    assert await update_(gateway, {"id": id_, "types": ["ADDED_TO_GROUP"] * 2}, WEBHOOK) == {
        **after,
        "types": ["ADDED_TO_GROUP"],
        "version": 3,
        "modifiedAt": (await row(gateway))["modified_at"],
    }
    assert await webhooks(gateway, "types") == [{"types": ["ADDED_TO_GROUP"]}]


NO_CHANGES: list[dict[str, Any]] = [
    {},
    {"url": "https://hooks.example/a"},
    {"types": ["DEVICE_CREATED", "DEVICE_DELETED", "DEVICE_CREATED"]},
    {"enabled": True},
    {"enabled": None, "replayAfter": None, "rotateSecret": None},
    {"rotateSecret": False},
]


async def test_an_update_that_changes_nothing_writes_nothing(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    async with nothing_written(gateway):
        assert [(await update_(gateway, {"id": id_, **each}))["version"] for each in NO_CHANGES] == [1] * 6


async def test_a_webhook_is_switched_off_and_on(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    assert await update_(gateway, {"id": id_, "enabled": False}) == {
        "status": "DISABLED",
        "failingSince": None,
        "lastError": None,
        "version": 2,
    }
    async with nothing_written(gateway):
        await update_(gateway, {"id": id_, "enabled": False})
    assert (await update_(gateway, {"id": id_, "enabled": True}))["status"] == "ACTIVE"


@pytest.mark.parametrize("input_", [{"enabled": True}, {"url": "https://hooks.example/b"}])
@pytest.mark.parametrize("status", ["FAILING", "DISABLED"])
async def test_a_webhook_that_failed_begins_again(gateway: GatewayClient, status: str, input_: dict[str, Any]) -> None:
    id_ = await create(gateway)
    await set_row(gateway, **{**FAILING, "status": status})
    after = await update_(gateway, {"id": id_, **input_})
    if status == "DISABLED" and "url" in input_:
        assert after == {"status": "DISABLED", "failingSince": DAY, "lastError": "The answer was 500.", "version": 2}
        return
    assert after == {"status": "ACTIVE", "failingSince": None, "lastError": None, "version": 2}
    found = await row(gateway)
    assert found["attempts"] == 0
    assert found["next_attempt_at"] == found["modified_at"]


async def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    old = (await row(gateway))["secret"]
    before = now()
    payload = await changed(gateway, "updateWebhook", {"id": id_, "rotateSecret": True}, "secret webhook { version }")
    found = await row(gateway)
    assert payload == {"secret": found["secret"], "webhook": {"version": 2}}
    assert found["secret"] != old
    assert found["former_secret"] == old
    day = timedelta(days=1)
    assert shifted(before, day) <= found["former_secret_until"] <= shifted(now(), day)


async def test_what_is_wrong_is_refused_all_together(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    input_ = {"id": id_, "url": None, "types": [], "replayAfter": "x", "expectedVersion": 7}
    refusals = await refused(gateway, "updateWebhook", input_)
    assert [(each["code"], each["field"], each["conflictingNode"]) for each in refusals] == [
        ("BLANK", ["url"], None),
        ("BLANK", ["types"], None),
        ("INVALID_FORMAT", ["replayAfter"], None),
        ("VERSION_MISMATCH", ["expectedVersion"], {"id": id_}),
    ]
    assert await refused(gateway, "updateWebhook", {"id": id_, "types": None, "url": "https://10.0.0.1"}) == [
        error(
            "INVALID_FORMAT",
            'url: "https://10.0.0.1" is at 10.0.0.1, which is not a public address; expected one.',
            "url",
        ),
        error("BLANK", "types is null, but it is required.", "types"),
    ]


async def test_deleting_leaves_nothing(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    payload = await changed(gateway, "deleteWebhook", {"id": id_.upper(), "expectedVersion": 1}, "deletedWebhookId")
    assert payload == {"deletedWebhookId": id_}
    assert (await dump(gateway.database))["webhook"] == []


async def test_a_webhook_of_another_version_is_not_deleted(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    message = "expectedVersion: 2 was expected, but the present version is 1."
    assert await refused(gateway, "deleteWebhook", {"id": id_, "expectedVersion": 2}) == [
        error("VERSION_MISMATCH", message, "expectedVersion", conflicting=id_)
    ]


@pytest.mark.parametrize("mutation", ["updateWebhook", "deleteWebhook"])
async def test_a_webhook_out_of_reach_is_not_there(gateway: GatewayClient, mutation: str) -> None:
    id_ = await create(gateway, clientId=OTHER_CLIENT)
    token = gateway.token(clients=[CLIENT])
    for missing in (id_, NO_SUCH_ID):
        message = f"id: there is no webhook {missing}."
        assert await refused(gateway, mutation, {"id": missing}, token=token) == [error("NOT_FOUND", message, "id")]
    assert await refused(gateway, mutation, {"id": "nonsense"}) == [error("INVALID_FORMAT", f"id: {NOT_A_UUID}", "id")]


@pytest.mark.parametrize("mutation", ["updateWebhook", "deleteWebhook"])
async def test_changing_needs_the_scope_to_write_webhooks(gateway: GatewayClient, mutation: str) -> None:
    await assert_forbidden(gateway, mutation, {"id": NO_SUCH_ID}, Scope.WEBHOOK_WRITE)


async def test_nothing_but_a_webhook_has_its_id(gateway: GatewayClient) -> None:
    answer = await ask(gateway, "deleteDeviceGroup", {"id": await create(gateway)})
    assert [each["code"] for each in answer.data["deleteDeviceGroup"]["userErrors"]] == ["NOT_FOUND"]
