"""The idempotency keys that callers use."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from gateway.db.changes.rows import insert
from gateway.db.session import Transaction
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import idempotency_key
from gateway.domain.instants import shifted
from gateway.domain.uuids import Uuid


async def claim_key(transaction: Transaction, key: str, request: str, made_id: Uuid, remembered: timedelta) -> bool:
    """Remember what a caller makes under a key; return False where it has used the key within the time `remembered`.

    On the way, older keys of all callers are removed.
    """
    await transaction.execute(_FORGET_KEYS, {"oldest": shifted(transaction.instant, -remembered)})
    values = {
        "caller": transaction.principal.name,
        "key": key,
        "request": request,
        "made_id": made_id,
        "created_at": transaction.instant,
    }
    return await insert(transaction, idempotency_key, values, unique=("caller", "key"))


_FORGET_KEYS: Statement[Any] = Statement(
    delete(idempotency_key).where(idempotency_key.c.created_at < parameter(idempotency_key.c.created_at, "oldest"))
)
