"""Network adapters by id, and those of devices."""

from collections.abc import Collection, Iterable

from sqlalchemy import select

from gateway.db.conditions import among, within_reach
from gateway.db.engine import Database
from gateway.db.rows import ADAPTER_COLUMNS, NetworkAdapterRow
from gateway.db.tables import network_adapter
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


async def adapters_by_id(
    database: Database, principal: Principal, ids: Iterable[Uuid]
) -> dict[Uuid, NetworkAdapterRow]:
    statement = select(*ADAPTER_COLUMNS).where(
        among(network_adapter.c.id, set(ids)), within_reach(network_adapter.c.client_id, principal)
    )
    return {row.id: NetworkAdapterRow._make(row) for row in await database.fetch(statement)}


async def adapters_of_devices(
    database: Database,
    principal: Principal,
    device_ids: Iterable[Uuid],
    types: Collection[NetworkAdapterType] | None,
) -> dict[Uuid, list[NetworkAdapterRow]]:
    """By device id, oldest first; only adapters of `types` where given. Every device has an entry."""
    found: dict[Uuid, list[NetworkAdapterRow]] = {id_: [] for id_ in device_ids}
    statement = select(*ADAPTER_COLUMNS).where(
        among(network_adapter.c.device_id, found), within_reach(network_adapter.c.client_id, principal)
    )
    if types is not None:
        statement = statement.where(among(network_adapter.c.type, types))
    for row in await database.fetch(
        statement.order_by(network_adapter.c.device_id, network_adapter.c.created_at, network_adapter.c.id)
    ):
        found[row.device_id].append(NetworkAdapterRow._make(row))
    return found
