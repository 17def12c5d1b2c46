"""What deliveries change of webhooks. A lease says who may."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import update

from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter
from gateway.db.statements.kept import kept
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import webhook
from gateway.domain.enums import WebhookStatus
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid


async def claim_lease(transaction: Transaction, id_: Uuid, lease: Uuid, until: Instant) -> bool:
    """Give the lease of a webhook to one process; return False where another one has it, or nothing is to be sent."""
    parameters = {"id": id_, "lease": lease, "leased_until": until, "now": transaction.instant}
    return await transaction.execute(_CLAIM, parameters) == 1


async def save_delivery(
    transaction: Transaction, id_: Uuid, version: int, lease: Uuid, values: Mapping[str, Any]
) -> bool:
    """Write how far deliveries have come; return False where the lease is over, or the webhook has another version."""
    statement = kept(transaction.dialect, _save, tuple(values))
    present = {"present_id": id_, "present_version": version, "present_lease": lease}
    return await transaction.execute(statement, {**values, **present}) == 1


async def end_lease(transaction: Transaction, id_: Uuid, lease: Uuid) -> None:
    await transaction.execute(_END, {"id": id_, "lease": lease, "leased_until": transaction.instant})


async def pass_over(transaction: Transaction, ids: Collection[Uuid], *, after: int, until: int) -> None:
    """Note that there is nothing to deliver between two positions, to webhooks that have come to the first of them."""
    await transaction.execute(_PASS_OVER, {"ids": ids, "after": after, "until": until, "now": transaction.instant})


_IS_FREE = webhook.c.leased_until <= parameter(webhook.c.leased_until, "now")
_CLAIM: Statement[Any] = Statement(
    update(webhook)
    .where(
        equals_parameter(webhook.c.id, "id"),
        webhook.c.status != WebhookStatus.DISABLED,
        webhook.c.next_attempt_at <= parameter(webhook.c.next_attempt_at, "now"),
        _IS_FREE,
    )
    .values(lease=parameter(webhook.c.lease), leased_until=parameter(webhook.c.leased_until))
)
_END: Statement[Any] = Statement(
    update(webhook)
    .where(equals_parameter(webhook.c.id, "id"), equals_parameter(webhook.c.lease, "lease"))
    .values(leased_until=parameter(webhook.c.leased_until))
)
_PASS_OVER: Statement[Any] = Statement(
    update(webhook)
    .where(
        in_parameter(webhook.c.id, "ids"),
        webhook.c.delivered_position.between(
            parameter(webhook.c.delivered_position, "after"), parameter(webhook.c.delivered_position, "until")
        ),
        _IS_FREE,
    )
    .values(delivered_position=parameter(webhook.c.delivered_position, "until"))
)


def _save(names: tuple[str, ...]) -> Statement[Any]:
    present = [equals_parameter(webhook.c[name], f"present_{name}") for name in ("id", "version", "lease")]
    return Statement(update(webhook).where(*present).values({name: parameter(webhook.c[name]) for name in names}))
