"""What processes read to deliver events to webhooks, of all clients."""

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import select

from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device_event, webhook
from gateway.domain.enums import DeviceEventType, WebhookStatus
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid


class DueWebhook(NamedTuple):
    """A webhook behind the head of the log, to which nobody delivers now, and which need not be left alone."""

    id: Uuid
    client_id: Uuid
    delivered_position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LeasedWebhook:
    """A webhook as the one process knows it that may deliver to it."""

    id: Uuid
    client_id: Uuid
    version: int
    lease: Uuid
    url: str
    types_json: str
    delivered_position: int
    failing_since: Instant | None
    attempts: int
    former_secret_until: Instant | None
    secret: str = field(repr=False)
    former_secret: str | None = field(repr=False)

    @property
    def types(self) -> frozenset[DeviceEventType]:
        return frozenset(map(DeviceEventType, json.loads(self.types_json)))

    def secrets(self, now: Instant) -> list[str]:
        """Return the secrets that sign at an instant."""
        if self.former_secret is None or self.former_secret_until is None or self.former_secret_until <= now:
            return [self.secret]
        return [self.secret, self.former_secret]


async def due_webhooks(reader: Reader, head: int, now: Instant) -> list[DueWebhook]:
    return await reader.fetch(_DUE, {"head": head, "now": now})


_DUE: Statement[DueWebhook] = Statement(
    select(webhook.c.id, webhook.c.client_id, webhook.c.delivered_position)
    .where(
        webhook.c.status != WebhookStatus.DISABLED,
        webhook.c.delivered_position < parameter(webhook.c.delivered_position, "head"),
        webhook.c.next_attempt_at <= parameter(webhook.c.next_attempt_at, "now"),
        webhook.c.leased_until <= parameter(webhook.c.leased_until, "now"),
    )
    .order_by(webhook.c.id),
    DueWebhook._make,
)


async def leased_webhook(transaction: Transaction, id_: Uuid) -> LeasedWebhook:
    """Return a webhook whose lease has just been taken."""
    [found] = await transaction.fetch(_LEASED, {"id": id_})
    return found


_NAMES = [each.removesuffix("_json") for each in LeasedWebhook.__slots__]
_LEASED: Statement[LeasedWebhook] = Statement(
    select(*(webhook.c[name] for name in _NAMES)).where(equals_parameter(webhook.c.id, "id")),
    lambda values: LeasedWebhook(**dict(zip(LeasedWebhook.__slots__, values, strict=True))),
)


async def clients_with_events(reader: Reader, *, after: int, until: int) -> set[Uuid]:
    """Return the clients that have events after a position and up to another one."""
    return {client_id for (client_id,) in await reader.fetch(_CLIENTS, {"after": after, "until": until})}


_CLIENTS: Statement[Any] = Statement(
    select(device_event.c.client_id)
    .distinct()
    .where(
        device_event.c.position > parameter(device_event.c.position, "after"),
        device_event.c.position <= parameter(device_event.c.position, "until"),
    )
)
