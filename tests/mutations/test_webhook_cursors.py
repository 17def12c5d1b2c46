"""From where a webhook is told of events: `after`, `replayAfter` and `deliveredCursor`."""

from typing import Any

import pytest
from sqlalchemy import update

from gateway.db.queries.events import events_cursor
from gateway.db.tables import event_log
from tests.client import GatewayClient
from tests.mutations.support import NEW_DEVICE, changed, error, refused
from tests.mutations.test_create_webhook import NEW_WEBHOOK, create

pytestmark = pytest.mark.anyio

HEAD, GONE = 3, 1
GO_ON = "read the devices as they are now, and go on from the end of deviceEvents."


@pytest.fixture(autouse=True)
async def _events(gateway: GatewayClient) -> None:
    """Make a log of three events, of which the first has been removed."""
    for _ in range(HEAD):
        await changed(gateway, "createDevice", NEW_DEVICE)
    await gateway.data("{ deviceEvents(first: 0) { nodes { id } } }")  # Each has its position now.
    async with gateway.database.writing() as connection:
        await connection.execute(update(event_log).values(gone=GONE))


async def refusals(gateway: GatewayClient, mutation: str, cursor: str) -> Any:
    if mutation == "createWebhook":
        return await refused(gateway, mutation, {**NEW_WEBHOOK, "after": cursor})
    return await refused(gateway, mutation, {"id": await create(gateway), "replayAfter": cursor})


EACH = pytest.mark.parametrize(
    ("mutation", "field"), [("createWebhook", "after"), ("updateWebhook", "replayAfter")], ids=["create", "update"]
)


@EACH
@pytest.mark.parametrize(
    ("cursor", "code", "rule"),
    [
        ("x", "INVALID_FORMAT", '"x" is not a cursor; expected one that the gateway returned, unchanged.'),
        (
            events_cursor(HEAD + 1),
            "INVALID_FORMAT",
            "the cursor names the position 4, but the log ends at 3; expected one that the gateway returned.",
        ),
        (
            events_cursor(GONE - 1),
            "EVENTS_GONE",
            f"events that follow the cursor have been removed since; {GO_ON}",
        ),
    ],
    ids=["damaged", "from the future", "from before what is kept"],
)
async def test_a_cursor_from_where_nobody_can_go_on_is_refused(  # noqa: PLR0917  # they are parameters of pytest
    gateway: GatewayClient, mutation: str, field: str, cursor: str, code: str, rule: str
) -> None:
    assert await refusals(gateway, mutation, cursor) == [error(code, f"{field}: {rule}", field)]


@EACH
async def test_a_cursor_of_another_list_is_refused(gateway: GatewayClient, mutation: str, field: str) -> None:
    [edge] = (await gateway.data("{ devices(first: 1) { edges { cursor } } }"))["devices"]["edges"]
    [refusal] = await refusals(gateway, mutation, edge["cursor"])
    assert (refusal["code"], refusal["field"]) == ("INVALID_FORMAT", [field])
    assert "is a cursor of another list or order" in refusal["message"]


@pytest.mark.parametrize(
    ("after", "position"), [(None, HEAD), (events_cursor(GONE), GONE), (events_cursor(HEAD), HEAD)]
)
async def test_a_new_webhook_begins_after_its_cursor_or_at_the_end(
    gateway: GatewayClient, after: str | None, position: int
) -> None:
    payload = await changed(gateway, "createWebhook", {**NEW_WEBHOOK, "after": after}, "webhook { deliveredCursor }")
    assert payload == {"webhook": {"deliveredCursor": events_cursor(position)}}


async def test_what_has_not_been_delivered_is_after_the_cursor_of_a_webhook(gateway: GatewayClient) -> None:
    id_ = await create(gateway)
    input_ = {"id": id_, "replayAfter": events_cursor(GONE)}
    webhook = (await changed(gateway, "updateWebhook", input_, "webhook { deliveredCursor version }"))["webhook"]
    assert webhook == {"deliveredCursor": events_cursor(GONE), "version": 2}
    query = "query ($after: String) { deviceEvents(after: $after) { edges { cursor } } }"
    edges = (await gateway.data(query, {"after": webhook["deliveredCursor"]}))["deviceEvents"]["edges"]
    assert [edge["cursor"] for edge in edges] == [events_cursor(2), events_cursor(3)]
