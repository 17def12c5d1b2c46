"""Changes of network adapters."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import delete

from gateway.db.changes.directory import delete_entries
from gateway.db.changes.rows import insert, insert_many
from gateway.db.rows import NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.statement import Statement
from gateway.db.tables import network_adapter
from gateway.domain.principal import Reach


async def insert_adapter(transaction: Transaction, row: NetworkAdapterRow) -> None:
    """Insert an adapter, whose identifier has been claimed for its device."""
    await insert(transaction, network_adapter, row._asdict())


async def insert_adapters(transaction: Transaction, rows: Sequence[NetworkAdapterRow]) -> None:
    """Insert adapters of any devices, by the rule of `insert_adapter`."""
    await insert_many(transaction, network_adapter, [row._asdict() for row in rows])


async def delete_adapter(transaction: Transaction, row: NetworkAdapterRow) -> None:
    """Delete an adapter, whose identifier is free then."""
    names = ("id", "device_id", "client_id")
    parameters = {**{name: getattr(row, name) for name in names}, "reached": transaction.principal.reached}
    if await transaction.execute(_delete_adapter(transaction.principal.reach), parameters):
        await delete_entries(transaction, [row.urn])


@lru_cache
def _delete_adapter(reach: Reach) -> Statement[Any]:
    adapter = network_adapter.c
    is_it = (equals_parameter(adapter[name], name) for name in ("id", "device_id", "client_id"))
    return Statement(delete(network_adapter).where(*is_it, within_reach(adapter.client_id, reach)))
