"""What was made under an idempotency key."""

from typing import NamedTuple

from sqlalchemy import select

from gateway.db.engine import Transaction
from gateway.db.tables import idempotency_key
from gateway.domain.uuids import Uuid


class Made(NamedTuple):
    request: str
    made_id: Uuid


async def made_under(transaction: Transaction, key: str) -> Made:
    """By the transaction's caller, who has used the key."""
    columns = idempotency_key.c.request, idempotency_key.c.made_id
    caller = transaction.principal.name
    statement = select(*columns).where(idempotency_key.c.caller == caller, idempotency_key.c.key == key)
    [row] = await transaction.fetch(statement)
    return Made._make(row)
