"""What was made under an idempotency key."""

from typing import NamedTuple

from sqlalchemy import select

from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter
from gateway.db.statements.statement import Statement
from gateway.db.tables import idempotency_key
from gateway.domain.uuids import Uuid


class Made(NamedTuple):
    request: str
    made_id: Uuid


async def made_under(transaction: Transaction, key: str) -> Made:
    """Return what the transaction's caller made, who has used the key."""
    [row] = await transaction.fetch(_MADE_UNDER, {"caller": transaction.principal.name, "key": key})
    return row


_MADE_UNDER: Statement[Made] = Statement(
    select(idempotency_key.c.request, idempotency_key.c.made_id).where(
        equals_parameter(idempotency_key.c.caller, "caller"), equals_parameter(idempotency_key.c.key, "key")
    ),
    Made._make,
)
