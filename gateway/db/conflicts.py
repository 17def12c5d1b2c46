"""Inserts that a unique index may refuse.

The index decides, and not a look before the insert, which another transaction could overtake. That it refused is an
answer and not an error, so that the transaction goes on and can find out who holds the value.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from gateway.db.engine import Transaction

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


async def insert_unless_taken(
    transaction: Transaction, table: Table, unique: list[str], values: dict[str, Any]
) -> bool:
    """False where another row has the same values in the `unique` columns, and nothing was inserted."""
    insert = _INSERTS[transaction.connection.dialect.name](table).on_conflict_do_nothing(index_elements=unique)
    return await transaction.execute(insert.values(values)) == 1
