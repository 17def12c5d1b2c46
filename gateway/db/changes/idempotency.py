"""The idempotency keys that callers use."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from gateway.db.changes.rows import insert, insert_many
from gateway.db.rows import Made
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import idempotency_key
from gateway.domain.instants import shifted
from gateway.domain.uuids import Uuid


async def claim_key(transaction: Transaction, key: str, request: str, made_id: Uuid, remembered: timedelta) -> bool:
    """Remember what a caller makes under a key; return False where it has used the key within the time `remembered`.

    On the way, older keys of all callers are removed.
    """
    await forget_keys(transaction, remembered)
    return await insert(transaction, idempotency_key, _values(transaction, key, Made(request, made_id)), unique=_UNIQUE)


async def claim_keys(transaction: Transaction, made: Mapping[str, Made]) -> bool:
    """Remember what a caller makes under keys; return False where it has used any of them."""
    rows = [_values(transaction, key, each) for key, each in sorted(made.items())]
    return await insert_many(transaction, idempotency_key, rows, unique=_UNIQUE) == len(rows)


async def release_keys(transaction: Transaction, keys: Collection[str], made_ids: Collection[Uuid]) -> None:
    """Forget those keys of the caller under which one of these things was made."""
    parameters = {"caller": transaction.principal.name, "keys": keys, "made_ids": made_ids}
    await transaction.execute(_RELEASE_KEYS, parameters)


async def forget_keys(transaction: Transaction, remembered: timedelta) -> None:
    """Forget what all callers made before the time `remembered`."""
    await transaction.execute(_FORGET_KEYS, {"oldest": shifted(transaction.instant, -remembered)})


def _values(transaction: Transaction, key: str, made: Made) -> dict[str, Any]:
    return {
        "caller": transaction.principal.name,
        "key": key,
        "request": made.request,
        "made_id": made.made_id,
        "created_at": transaction.instant,
    }


_UNIQUE = ("caller", "key")


_FORGET_KEYS: Statement[Any] = Statement(
    delete(idempotency_key).where(idempotency_key.c.created_at < parameter(idempotency_key.c.created_at, "oldest"))
)
_RELEASE_KEYS: Statement[Any] = Statement(
    delete(idempotency_key).where(
        equals_parameter(idempotency_key.c.caller, "caller"),
        in_parameter(idempotency_key.c.key, "keys"),
        in_parameter(idempotency_key.c.made_id, "made_ids"),
    )
)
