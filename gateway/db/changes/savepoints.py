"""Savepoints: a part of a transaction that can be undone by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from gateway.db.session import Transaction
from gateway.db.statements.statement import Statement
from gateway.domain.user_errors import Refused


@asynccontextmanager
async def savepoint(transaction: Transaction) -> AsyncIterator[None]:
    """Undo what the block has changed where it raises Refused, and leave the rest of the transaction as it is."""
    await transaction.fetch(_BEGIN)
    try:
        yield
    except Refused:
        await transaction.fetch(_UNDO)
        raise
    finally:
        await transaction.fetch(_END)


_BEGIN: Statement[Any] = Statement(text("SAVEPOINT part"))
_UNDO: Statement[Any] = Statement(text("ROLLBACK TO SAVEPOINT part"))
_END: Statement[Any] = Statement(text("RELEASE SAVEPOINT part"))
