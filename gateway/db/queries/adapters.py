"""Network adapters by id, and those of devices."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, and_, false, or_, select

from gateway.db.conditions import among, within_reach
from gateway.db.engine import Reader
from gateway.db.rows import ADAPTER_COLUMNS, NetworkAdapterRow
from gateway.db.tables import network_adapter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


async def adapters_by_id(reader: Reader, principal: Principal, ids: Iterable[Uuid]) -> dict[Uuid, NetworkAdapterRow]:
    statement = select(*ADAPTER_COLUMNS).where(
        among(network_adapter.c.id, set(ids)), within_reach(network_adapter.c.client_id, principal)
    )
    return {row.id: NetworkAdapterRow._make(row) for row in await reader.fetch(statement)}


async def adapters_of_devices(
    reader: Reader,
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
    for row in await reader.fetch(
        statement.order_by(network_adapter.c.device_id, network_adapter.c.created_at, network_adapter.c.id)
    ):
        found[row.device_id].append(NetworkAdapterRow._make(row))
    return found


async def taken_identifiers(reader: Reader, wanted: Sequence[DeviceIdentifier]) -> set[DeviceIdentifier]:
    """Those that adapters have, of any client: identifiers are unique on the whole platform."""
    columns = network_adapter.c.type, network_adapter.c.identifier
    rows = await reader.fetch(select(*columns).where(identified_by(wanted)))
    return {DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_)) for type_, value in rows}


def identified_by(identifiers: Iterable[DeviceIdentifier]) -> ColumnElement[bool]:
    """Adapters with any of the identifiers, none of which is a device's id."""
    by_type: dict[NetworkAdapterType | None, list[str]] = {}
    for each in identifiers:
        by_type.setdefault(each.adapter_type, []).append(each.value)
    conditions = (
        and_(network_adapter.c.type == type_, among(network_adapter.c.identifier, values))
        for type_, values in by_type.items()
    )
    return or_(false(), *conditions)
