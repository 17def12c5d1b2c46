"""Network adapters by what names them, and the adapters of devices."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial

from sqlalchemy import select

from gateway.db.queries.by_id import rows_by_id
from gateway.db.queries.directory import Location, found_at_locations
from gateway.db.rows import ADAPTER_COLUMNS, DeviceRow, NetworkAdapterRow, columns_read, row_maker
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.kept import kept
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import directory, network_adapter
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

adapters_by_id = rows_by_id(NetworkAdapterRow, ADAPTER_COLUMNS, network_adapter)


async def adapters_by_identifier(
    reader: Reader, principal: Principal, identifiers: Collection[DeviceIdentifier]
) -> dict[DeviceIdentifier, NetworkAdapterRow]:
    """Return the adapters by the identifiers that they have."""
    if await reader.is_on_cluster():
        return await found_at_locations(reader, principal, identifiers, partial(_adapters_at, reader))
    parameters = {
        "names": map(str, identifiers),
        "identifiers": [identifier.value for identifier in identifiers],
        "reached": principal.reached,
    }
    return _by_identifier(await reader.fetch(_adapters_by_identifier(principal.reach), parameters))


@lru_cache
def _adapters_by_identifier(reach: Reach) -> Statement[NetworkAdapterRow]:
    devices = select(directory.c.device_id).where(in_parameter(directory.c.identifier, "names"))
    statement = select(*ADAPTER_COLUMNS.values()).where(
        network_adapter.c.device_id.in_(devices),
        in_parameter(network_adapter.c.identifier, "identifiers"),
        within_reach(network_adapter.c.client_id, reach, by_id=True),
    )
    return Statement(statement, row_maker(NetworkAdapterRow))


async def _adapters_at(
    reader: Reader, principal: Principal, at: Mapping[DeviceIdentifier, Location]
) -> dict[DeviceIdentifier, NetworkAdapterRow]:
    statement = kept(reader.dialect, _adapters_of_devices, principal.reach, None, only_one=False, of_types=False)
    devices = {location.device_id for location in at.values()}
    rows = await reader.fetch(statement, {"devices": devices, "reached": principal.reached})
    return {name: row for name, row in _by_identifier(rows).items() if name in at}


def _by_identifier(rows: Sequence[NetworkAdapterRow]) -> dict[DeviceIdentifier, NetworkAdapterRow]:
    return {DeviceIdentifier(row.identifier, row.type): row for row in rows}


async def adapters_of_devices(
    reader: Reader,
    principal: Principal,
    devices: Sequence[DeviceRow],
    types: Collection[NetworkAdapterType] | None = None,
    selected: frozenset[str] | None = None,
) -> dict[Uuid, list[NetworkAdapterRow]]:
    """Return the adapters of each device, oldest first, by its id.

    Where they are given, only adapters of `types` are returned, and only their `selected` attributes are read.
    """
    principal = reader.narrowed(principal, devices)
    found: dict[Uuid, list[NetworkAdapterRow]] = {device.id: [] for device in devices}
    only_one = len(found) == 1  # Which is found in half the time.
    statement = kept(
        reader.dialect, _adapters_of_devices, principal.reach, selected, only_one=only_one, of_types=types is not None
    )
    parameters = {
        "devices": next(iter(found)) if only_one else found,
        "types": types,
        "reached": principal.reached,
    }
    for row in await reader.fetch(statement, parameters):
        found[row.device_id].append(row)
    return found


def _adapters_of_devices(
    reach: Reach, selected: frozenset[str] | None, *, only_one: bool, of_types: bool
) -> Statement[NetworkAdapterRow]:
    columns = ADAPTER_COLUMNS
    if selected is not None:
        # The type tells what an adapter is in the schema.
        columns = columns_read(NetworkAdapterRow, columns, {"device_id", "type", *selected})
    statement = select(*columns.values()).where(
        (equals_parameter if only_one else in_parameter)(network_adapter.c.device_id, "devices"),
        within_reach(network_adapter.c.client_id, reach),
    )
    if of_types:
        statement = statement.where(in_parameter(network_adapter.c.type, "types"))
    statement = statement.order_by(network_adapter.c.device_id, network_adapter.c.created_at, network_adapter.c.id)
    return Statement(statement, row_maker(NetworkAdapterRow, columns))
