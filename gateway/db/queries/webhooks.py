"""Webhooks by id, the list of them, and how many a client has."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from gateway.db.queries.by_id import locked_row, rows_by_id
from gateway.db.rows import WEBHOOK_COLUMNS, WebhookRow
from gateway.db.session import Transaction
from gateway.db.statements import orders
from gateway.db.statements.conditions import equals_parameter
from gateway.db.statements.listing import Listing, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.predicates import all_of
from gateway.db.statements.statement import Statement
from gateway.db.tables import webhook
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid

webhooks_by_id = rows_by_id(WebhookRow, WEBHOOK_COLUMNS, webhook)
_locked_webhook = locked_row(WebhookRow, WEBHOOK_COLUMNS, webhook)


async def webhook_to_change(transaction: Transaction, id_: Uuid) -> WebhookRow | None:
    """Return a webhook, locked: others who want to change it, or deliver to it, wait until the transaction ends."""
    return await _locked_webhook(transaction, transaction.principal, id_)


async def numbers_of_webhooks(transaction: Transaction, client_id: Uuid) -> Collection[int]:
    """Return the numbers of the webhooks that a client has, which the caller reaches."""
    return {number for (number,) in await transaction.fetch(_NUMBERS, {"client_id": client_id})}


_NUMBERS: Statement[Any] = Statement(select(webhook.c.number).where(equals_parameter(webhook.c.client_id, "client_id")))


def webhooks(principal: Principal) -> Listing[WebhookRow]:
    return listing(_WEBHOOKS, principal, all_of(), orders.WEBHOOKS)


_WEBHOOKS = ListDefinition(
    columns=WEBHOOK_COLUMNS,
    row=WebhookRow,
    from_clause=webhook,
    client_id=webhook.c.client_id,
    predicates={},
)
