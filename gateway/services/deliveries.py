"""The use cases of delivering events to webhooks, which are nobody's but the gateway's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.db.changes import deliveries as changes
from gateway.db.queries.deliveries import LeasedWebhook, leased_webhook
from gateway.db.session import Transaction
from gateway.domain.instants import shifted
from gateway.domain.uuids import Uuid, new_uuid

LEASE = timedelta(seconds=30)
"""For so long nobody else delivers, whatever has become of the process that has the lease."""


@dataclass(frozen=True, kw_only=True)
class SaveDelivery:
    webhook: LeasedWebhook
    values: Mapping[str, Any]
    """The new values of columns, by name."""
    is_last: bool
    """Whether the lease ends with it."""


@dataclass(frozen=True, kw_only=True)
class PassOver:
    """There is nothing to deliver to webhooks between two positions."""

    ids: Collection[Uuid]
    after: int
    until: int


async def take_lease(transaction: Transaction, id_: Uuid) -> LeasedWebhook | None:
    """Return a webhook to which nobody else delivers until the lease ends; None where it is not to be had."""
    until = shifted(transaction.instant, LEASE)
    is_taken = await changes.claim_lease(transaction, id_, new_uuid(), until)
    return await leased_webhook(transaction, id_) if is_taken else None


async def save_delivery(transaction: Transaction, command: SaveDelivery) -> bool:
    """Save how far deliveries have come, and renew the lease or end it; return False where something else counts now.

    That is so where the lease was over, or the owner has changed the webhook: then nothing is saved, and it ends.
    """
    webhook = command.webhook
    until = transaction.instant if command.is_last else shifted(transaction.instant, LEASE)
    values = {**command.values, "leased_until": until}
    is_saved = await changes.save_delivery(transaction, webhook.id, webhook.version, webhook.lease, values)
    if not is_saved:
        await changes.end_lease(transaction, webhook.id, webhook.lease)
    return is_saved


async def pass_over(transaction: Transaction, command: PassOver) -> None:
    await changes.pass_over(transaction, command.ids, after=command.after, until=command.until)
