"""Webhooks: their type, the inputs of their mutations, and what these return."""

from collections.abc import Sequence
from functools import partial

import strawberry
from strawberry import Maybe

from gateway.db.queries.events import events_cursor
from gateway.db.queries.webhooks import webhooks
from gateway.db.rows import WebhookRow
from gateway.db.statements.listing import Page
from gateway.domain import commands
from gateway.domain.enums import DeviceEventType, Scope, WebhookStatus
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.uuids import Uuid
from gateway.domain.webhooks import LONGEST_URL, MOST_WEBHOOKS, PrivateHosts
from gateway.graphql.context import Context
from gateway.graphql.costs import NO_STATEMENT
from gateway.graphql.fields import attribute, relation
from gateway.graphql.inputs import described
from gateway.graphql.mutation_inputs import EXPECTED_VERSION, KEY, STAYS, given
from gateway.graphql.payloads import Payload
from gateway.graphql.relay import Edge, Node, OneListConnection
from gateway.graphql.row_types import is_row
from gateway.graphql.types import WHO

URL = (
    f"Where events are sent to by POST: a URL of https at a public address, at most {LONGEST_URL:,} characters, "
    "without credentials and without a fragment."
)
TYPES = "The types of events that are told, at least one."


async def all_webhooks(parents: Sequence[None], context: Context, page: PageArguments) -> list[Page[WebhookRow]]:
    return [await webhooks(context.principal).page(context.session, page)] * len(parents)


async def delivered_cursors(parents: Sequence[WebhookRow], _: Context) -> list[str | None]:
    """Return the cursors of the last events; None where all are still to be delivered."""
    return [events_cursor(row.delivered_position) if row.delivered_position else None for row in parents]


@strawberry.type(description="An address that is told of changes (Standard Webhooks 1.0.0).")
class Webhook(Node):
    is_type_of = staticmethod(is_row(WebhookRow))

    client_id: Uuid = attribute("The client whose events are told. Never changes.")
    url: str = attribute("Where events are sent to.")
    types: list[DeviceEventType] = attribute("The types of events that are told.", at_most=len(DeviceEventType))
    status: WebhookStatus = attribute("Whether events are delivered.")
    delivered_cursor: str | None = relation(
        delivered_cursors,
        scope=Scope.WEBHOOK_READ,
        reads=("delivered_position",),
        cost=NO_STATEMENT,
        description="Up to here, everything has been delivered; as `after` of deviceEvents, what has not.",
    )
    failing_since: Instant | None = attribute(
        "When the first of the deliveries failed of which none has succeeded yet."
    )
    last_error: str | None = attribute("Why the last delivery failed, or what could not be delivered.")
    created_at: Instant = attribute("When the webhook was created.")
    created_by: str = attribute(f"Who created the webhook, {WHO}")
    modified_at: Instant = attribute("When the webhook was last changed by a mutation.")
    modified_by: str = attribute(f"Who made the last change, {WHO}")
    version: int = attribute("Starts at 1 and grows by one with every change by a mutation.")


@strawberry.type(description="A webhook in a page.")
class WebhookEdge(Edge[Webhook]):
    pass


@strawberry.type(description="A page of webhooks.")
class WebhookConnection(OneListConnection[WebhookEdge, Webhook]):
    pass


@strawberry.input(description=f"A new webhook, of which a client may have {MOST_WEBHOOKS}.")
class CreateWebhookInput:
    client_id: Uuid = described("The client whose events are told; the token has to reach it.")
    url: str = described(URL)
    types: list[DeviceEventType] = described(TYPES)
    after: str | None = described(
        "A cursor of `deviceEvents`: everything after it is delivered too; from now on where there is none."
    )
    idempotency_key: str | None = described(f"{KEY} The secret is not shown again.")

    def command(self, private_hosts: PrivateHosts) -> commands.CreateWebhook:
        return commands.CreateWebhook(
            client_id=self.client_id,
            url=self.url,
            types=list(dict.fromkeys(self.types)),
            after=self.after,
            idempotency_key=self.idempotency_key,
            private_hosts=private_hosts,
        )


@strawberry.input(description="What changes of a webhook.")
class UpdateWebhookInput:
    id: strawberry.ID = described("The id of the webhook.")
    url: Maybe[str | None] = described(f"{URL} {STAYS}")
    types: Maybe[list[DeviceEventType] | None] = described(f"{TYPES} {STAYS}")
    enabled: bool | None = described(
        "With false, nothing is delivered any more; with true, all that has not been is, at once. " + STAYS
    )
    replay_after: str | None = described("A cursor of `deviceEvents`: everything after it is delivered again.")
    rotate_secret: bool | None = described("With true, signs with a new secret, and for a day with the old one too.")
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self, private_hosts: PrivateHosts) -> commands.UpdateWebhook:
        changes = given(self, ("url", "types"))
        if changes.get("types"):
            changes["types"] = list(dict.fromkeys(changes["types"]))
        return commands.UpdateWebhook(
            id=self.id,
            changes=changes,
            enabled=self.enabled,
            replay_after=self.replay_after,
            rotate_secret=bool(self.rotate_secret),
            expected_version=self.expected_version,
            private_hosts=private_hosts,
        )


@strawberry.input(description="A webhook to delete.")
class DeleteWebhookInput:
    id: strawberry.ID = described("The id of the webhook.")
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.DeleteWebhook:
        return commands.DeleteWebhook(id=self.id, expected_version=self.expected_version)


_of_webhook = partial(attribute, scope=Scope.WEBHOOK_READ)


@strawberry.type(description="What `createWebhook` returns.")
class CreateWebhookPayload(Payload):
    webhook: Webhook | None = _of_webhook("The new webhook; null where nothing was created.")
    secret: str | None = attribute(
        "What deliveries are signed with, `whsec_…`, shown this once; null where an earlier request made the webhook."
    )


@strawberry.type(description="What `updateWebhook` returns.")
class UpdateWebhookPayload(Payload):
    webhook: Webhook | None = _of_webhook("The webhook as it is now; null where nothing was changed.")
    secret: str | None = attribute("The new secret, shown this once; null where there is none.")


@strawberry.type(description="What `deleteWebhook` returns.")
class DeleteWebhookPayload(Payload):
    deleted_webhook_id: strawberry.ID | None = attribute("The id that the webhook had; null where nothing was deleted.")
