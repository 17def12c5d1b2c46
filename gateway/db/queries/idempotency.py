"""What was made under an idempotency key."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from gateway.db.rows import Made
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter
from gateway.db.statements.statement import Statement
from gateway.db.tables import idempotency_key


async def made_under(transaction: Transaction, key: str) -> Made:
    """Return what the transaction's caller made, who has used the key."""
    [row] = await transaction.fetch(_MADE_UNDER, {"caller": transaction.principal.name, "key": key})
    return row


async def made_under_keys(transaction: Transaction, keys: Collection[str]) -> dict[str, Made]:
    """Return what the transaction's caller made under those of the keys that it has used."""
    if not keys:
        return {}
    found = await transaction.fetch(_MADE_UNDER_KEYS, {"caller": transaction.principal.name, "keys": keys})
    return {key: Made(request, made_id) for key, request, made_id in found}


_MADE_UNDER: Statement[Made] = Statement(
    select(idempotency_key.c.request, idempotency_key.c.made_id).where(
        equals_parameter(idempotency_key.c.caller, "caller"), equals_parameter(idempotency_key.c.key, "key")
    ),
    Made._make,
)
_MADE_UNDER_KEYS: Statement[Any] = Statement(
    select(idempotency_key.c.key, idempotency_key.c.request, idempotency_key.c.made_id).where(
        equals_parameter(idempotency_key.c.caller, "caller"), in_parameter(idempotency_key.c.key, "keys")
    )
)
