"""createWebhook: what it makes, answers and refuses. The list of webhooks, and each by its id."""

from typing import Any

import pytest

from gateway.domain.enums import DeviceEventType, Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT
from tests.mutations.support import (
    BY_JOAN,
    LONG,
    RECORD,
    ask,
    assert_forbidden,
    assert_unreadable,
    changed,
    dump,
    error,
    refused,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

NEW_WEBHOOK = {"clientId": CLIENT, "url": "https://hooks.example/a", "types": ["DEVICE_CREATED", "DEVICE_DELETED"]}
WEBHOOK = f"id clientId url types status failingSince lastError {RECORD} version"


async def create(gateway: GatewayClient, *, token: str | None = None, **input_: Any) -> Any:
    """Return the id of a new webhook."""
    payload = await changed(gateway, "createWebhook", {**NEW_WEBHOOK, **input_}, "webhook { id }", token=token)
    return payload["webhook"]["id"]


async def webhooks(gateway: GatewayClient, selection: str = "id", *, token: str | None = None) -> Any:
    return (await gateway.data(f"{{ webhooks {{ nodes {{ {selection} }} }} }}", token=token))["webhooks"]["nodes"]


async def test_a_new_webhook_is_shown_as_it_was_made(gateway: GatewayClient) -> None:
    before = now()
    selection = f"webhook {{ {WEBHOOK} }} secret"
    payload = await changed(gateway, "createWebhook", NEW_WEBHOOK, selection, token=token_of(gateway))
    made = payload["webhook"]
    assert before <= made["createdAt"] <= now()
    assert made == {
        "id": made["id"],
        **NEW_WEBHOOK,
        "status": "ACTIVE",
        "failingSince": None,
        "lastError": None,
        "createdAt": made["createdAt"],
        "createdBy": BY_JOAN,
        "modifiedAt": made["createdAt"],
        "modifiedBy": BY_JOAN,
        "version": 1,
    }
    assert await webhooks(gateway, WEBHOOK) == [made]
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Webhook {{ {WEBHOOK} }} }} }}"
    assert await gateway.data(query, {"id": made["id"]}) == {"node": made}


async def test_its_secret_is_shown_once_and_is_the_one_that_is_kept(gateway: GatewayClient) -> None:
    payload = await changed(gateway, "createWebhook", NEW_WEBHOOK, "secret")
    assert payload["secret"].startswith("whsec_")
    assert [row["secret"] for row in (await dump(gateway.database))["webhook"]] == [payload["secret"]]


async def test_a_type_that_comes_twice_counts_once(gateway: GatewayClient) -> None:
    types = ["DEVICE_UPDATED", "DEVICE_CREATED", "DEVICE_UPDATED"]
    payload = await changed(gateway, "createWebhook", {**NEW_WEBHOOK, "types": types}, "webhook { types }")
    assert payload == {"webhook": {"types": ["DEVICE_UPDATED", "DEVICE_CREATED"]}}


async def test_the_list_has_the_webhooks_of_the_clients_that_the_caller_reaches(gateway: GatewayClient) -> None:
    ids = [await create(gateway), await create(gateway, clientId=OTHER_CLIENT), await create(gateway)]
    assert [each["id"] for each in await webhooks(gateway)] == ids
    of_client = gateway.token(clients=[CLIENT])
    assert [each["id"] for each in await webhooks(gateway, token=of_client)] == [ids[0], ids[2]]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found = await gateway.data(query, {"ids": ids}, token=of_client)
    assert found == {"nodes": [{"id": ids[0]}, None, {"id": ids[2]}]}


async def test_the_list_is_read_page_by_page(gateway: GatewayClient) -> None:
    ids = [await create(gateway) for _ in range(3)]
    query = """query ($after: String) {
      webhooks(first: 2, after: $after) { nodes { id } totalCount pageInfo { endCursor } }
    }"""
    first = (await gateway.data(query))["webhooks"]
    second = (await gateway.data(query, {"after": first["pageInfo"]["endCursor"]}))["webhooks"]
    assert [each["id"] for page in (first, second) for each in page["nodes"]] == ids
    assert first["totalCount"] == 3


async def test_a_client_has_at_most_20_webhooks(gateway: GatewayClient) -> None:
    first, *_ = [await create(gateway) for _ in range(20)]
    message = f"clientId: the client {CLIENT} has 20 webhooks already; expected at most 20."
    assert await refused(gateway, "createWebhook", NEW_WEBHOOK) == [error("TOO_MANY", message, "clientId")]
    await create(gateway, clientId=OTHER_CLIENT)
    await changed(gateway, "deleteWebhook", {"id": first})
    await create(gateway)


async def test_a_repeated_request_gets_the_webhook_but_not_its_secret(gateway: GatewayClient) -> None:
    input_ = {**NEW_WEBHOOK, "idempotencyKey": "a"}
    selection = "webhook { id } secret"
    first = await changed(gateway, "createWebhook", input_, selection)
    assert await changed(gateway, "createWebhook", input_, selection) == {"webhook": first["webhook"], "secret": None}
    assert [
        each["code"] for each in await refused(gateway, "createWebhook", {**input_, "types": ["DEVICE_CREATED"]})
    ] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_an_address_that_breaks_a_rule_is_refused(gateway: GatewayClient) -> None:
    message = 'url: "http://a.example/" does not start with https://, which is expected.'
    assert await refused(gateway, "createWebhook", {**NEW_WEBHOOK, "url": "http://a.example/"}) == [
        error("INVALID_FORMAT", message, "url")
    ]


async def test_credentials_in_an_address_are_refused_and_not_repeated(gateway: GatewayClient) -> None:
    assert await refused(gateway, "createWebhook", {**NEW_WEBHOOK, "url": "https://joan:secret@a.example/"}) == [
        error(
            "INVALID_FORMAT",
            "url: there are credentials in it; expected none, since the signature tells who sends.",
            "url",
        )
    ]


async def test_no_types_are_refused(gateway: GatewayClient) -> None:
    message = "types is empty, so that nothing would be told; expected a type of events at least."
    assert await refused(gateway, "createWebhook", {**NEW_WEBHOOK, "types": []}) == [error("BLANK", message, "types")]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    input_ = {"clientId": OTHER_CLIENT, "url": "http://10.0.0.1/#", "types": [], "after": "x", "idempotencyKey": LONG}
    refusals = await refused(gateway, "createWebhook", input_, token=gateway.token(clients=[CLIENT]))
    assert [(each["code"], each["field"]) for each in refusals] == [
        ("NOT_ALLOWED", ["clientId"]),
        ("INVALID_FORMAT", ["url"]),
        ("INVALID_FORMAT", ["url"]),
        ("INVALID_FORMAT", ["url"]),
        ("BLANK", ["types"]),
        ("TOO_LONG", ["idempotencyKey"]),
        ("INVALID_FORMAT", ["after"]),
    ]


async def test_every_type_of_event_can_be_told(gateway: GatewayClient) -> None:
    types = list(DeviceEventType)
    payload = await changed(gateway, "createWebhook", {**NEW_WEBHOOK, "types": types}, "webhook { types }")
    assert payload == {"webhook": {"types": types}}


async def test_creating_needs_the_scope_to_write_webhooks(gateway: GatewayClient) -> None:
    await assert_forbidden(gateway, "createWebhook", NEW_WEBHOOK, Scope.WEBHOOK_WRITE)


async def test_who_may_not_read_webhooks_makes_one_but_does_not_see_it(gateway: GatewayClient) -> None:
    await assert_unreadable(gateway, "createWebhook", NEW_WEBHOOK, "webhook", Scope.WEBHOOK_READ)


async def test_the_list_and_a_node_need_the_scope_to_read_webhooks(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    token = gateway.token(scopes=without(Scope.WEBHOOK_READ))
    query = "query ($id: ID!) { webhooks { totalCount } node(id: $id) { id } }"
    answer = await gateway.ask(query, {"id": id_}, token=token)
    assert answer.data == {"webhooks": None, "node": None}
    assert [each["message"] for each in answer.errors] == ["The token lacks the scope webhook.read."] * 2


async def test_creating_needs_no_scope_of_devices(gateway: GatewayClient) -> None:
    token = token_of(gateway, scopes=[Scope.WEBHOOK_READ, Scope.WEBHOOK_WRITE], clients=[CLIENT])
    assert await create(gateway, token=token)


@pytest.mark.parametrize("wrong", [{"types": None}, {"types": ["PAINTED"]}, {"clientId": "x"}, {"url": None}])
async def test_an_input_that_the_schema_does_not_allow_is_an_error_of_the_request(
    gateway: GatewayClient, wrong: dict[str, Any]
) -> None:
    answer = await ask(gateway, "createWebhook", {**NEW_WEBHOOK, **wrong})
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])
