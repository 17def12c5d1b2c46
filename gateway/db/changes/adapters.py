"""Changes of network adapters."""

from functools import lru_cache
from typing import Any

from sqlalchemy import delete

from gateway.db.changes.rows import insert
from gateway.db.rows import NetworkAdapterRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.statement import Statement
from gateway.db.tables import network_adapter
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


async def insert_adapter(transaction: Transaction, client_id: Uuid, row: NetworkAdapterRow) -> bool:
    """Insert an adapter of a client's device; return False where another adapter has the identifier."""
    values = {**row._asdict(), "client_id": client_id}
    return await insert(transaction, network_adapter, values, unique=("type", "identifier"))


async def delete_adapter(transaction: Transaction, id_: Uuid) -> None:
    parameters = {"id": id_, "reached": transaction.principal.reached}
    await transaction.execute(_delete_adapter(transaction.principal.reach), parameters)


@lru_cache
def _delete_adapter(reach: Reach) -> Statement[Any]:
    adapter = network_adapter.c
    is_it = equals_parameter(adapter.id, "id")
    return Statement(delete(network_adapter).where(is_it, within_reach(adapter.client_id, reach)))
