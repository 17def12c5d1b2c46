"""Devices by what names them, and lists of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import cast

from sqlalchemy import and_, select

from gateway.db.queries.by_id import rows_by_id
from gateway.db.queries.directory import LOOKS, Location, found_at_locations, is_of_device, locations
from gateway.db.rows import (
    DEVICE_COLUMNS,
    LINK_COLUMNS,
    DeviceRow,
    LinkedDeviceRow,
    NetworkAdapterRow,
    Row,
    columns_read,
    row_maker,
)
from gateway.db.session import Transaction
from gateway.db.statements import orders
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.filters import (
    COUNTED_DEVICE_PREDICATES,
    DEVICE_PREDICATES,
    FINDABLE_DEVICES,
    GROUPED_DEVICE_PREDICATES,
    device_condition,
)
from gateway.db.statements.kept import kept
from gateway.db.statements.listing import Listing, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import device, device_group_link, directory
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

_devices_by_id = rows_by_id(DeviceRow, DEVICE_COLUMNS, device)


async def device_to_change(transaction: Transaction, identifier: DeviceIdentifier) -> DeviceRow | None:
    """Return the device that an identifier names, locked: others who want to change it wait for the transaction.

    Raise ChangedMeanwhile where it is moved to another client again and again.
    """
    for _ in range(LOOKS):
        found = await device_by_identifier(transaction, transaction.principal, identifier, to_change=True)
        # The row that was waited for may be gone, and the device be another row by now.
        if found is not None or not await locations(transaction, transaction.principal, [identifier]):
            return found
    raise ChangedMeanwhile


async def device_by_identifier(
    reader: Reader,
    principal: Principal,
    identifier: DeviceIdentifier,
    selected: frozenset[str] | None = None,
    *,
    to_change: bool = False,
) -> DeviceRow | None:
    """Return the device that an identifier names; only its `selected` attributes are read, where they are given."""
    is_location_known = identifier.adapter_type is None and principal.reach is Reach.ONE_CLIENT
    if is_location_known or not await reader.is_on_cluster():
        return await _device(reader, principal, identifier, selected, to_change=to_change)
    # No server has the directory's entry beside the device, so it may be moved between the two statements.
    for _ in range(LOOKS):
        location = (await locations(reader, principal, [identifier])).get(identifier)
        if location is None:
            return None
        owner, id_ = principal.narrowed([location.client_id]), DeviceIdentifier(location.device_id)
        found = await _device(reader, owner, id_, selected, to_change=to_change)
        if found is not None:
            return found
    return None


async def _device(
    reader: Reader,
    principal: Principal,
    identifier: DeviceIdentifier,
    selected: frozenset[str] | None,
    *,
    to_change: bool,
) -> DeviceRow | None:
    is_id = identifier.adapter_type is None
    statement = kept(reader.dialect, _device_by_identifier, principal.reach, selected, is_id=is_id, to_change=to_change)
    name = identifier.value if is_id else str(identifier)
    found = await reader.fetch(statement, {"identifier": name, "reached": principal.reached})
    return found[0] if found else None


def _device_by_identifier(
    reach: Reach, selected: frozenset[str] | None, *, is_id: bool, to_change: bool
) -> Statement[DeviceRow]:
    columns = DEVICE_COLUMNS if selected is None else columns_read(DeviceRow, DEVICE_COLUMNS, {"id", *selected})
    statement = select(*columns.values()).where(within_reach(device.c.client_id, reach, by_id=True))
    if is_id:
        statement = statement.where(equals_parameter(device.c.id, "identifier"))
    else:
        named = equals_parameter(directory.c.identifier, "identifier")
        statement = statement.join(directory, is_of_device()).where(named)
    if to_change:
        statement = statement.with_for_update(of=device)
    return Statement(statement, row_maker(DeviceRow, columns))


async def devices_by_id(reader: Reader, principal: Principal, ids: Collection[Uuid]) -> dict[Uuid, DeviceRow]:
    """Return the devices of ids that a principal reaches, by id."""
    if principal.reach is Reach.ONE_CLIENT or not await reader.is_on_cluster():
        return await _devices_by_id(reader, principal, ids)
    found = await devices_by_identifier(reader, principal, list(map(DeviceIdentifier, ids)))
    return {row.id: row for row in found.values()}


async def devices_of_adapters(
    reader: Reader, principal: Principal, adapters: Sequence[NetworkAdapterRow]
) -> dict[Uuid, DeviceRow]:
    """Return the devices that have adapters, by id."""
    ids = {adapter.device_id for adapter in adapters}
    return await _devices_by_id(reader, reader.narrowed(principal, adapters), ids)


async def devices_by_identifier(
    reader: Reader, principal: Principal, identifiers: Collection[DeviceIdentifier]
) -> dict[DeviceIdentifier, DeviceRow]:
    """Return the devices by the identifiers that name them."""
    if not identifiers:
        return {}
    if await reader.is_on_cluster():
        return await found_at_locations(reader, principal, identifiers, partial(_devices_at, reader))
    by_name = {str(identifier): identifier for identifier in identifiers}
    parameters = {"identifiers": by_name, "reached": principal.reached}
    named = await reader.fetch(_devices_by_identifier(principal.reach), parameters)
    return {by_name[cast("str", row[-1])]: row for row in named}


async def _devices_at(
    reader: Reader, principal: Principal, at: Mapping[DeviceIdentifier, Location]
) -> dict[DeviceIdentifier, DeviceRow]:
    rows = await _devices_by_id(reader, principal, {location.device_id for location in at.values()})
    return {name: rows[location.device_id] for name, location in at.items() if location.device_id in rows}


@lru_cache
def _devices_by_identifier(reach: Reach) -> Statement[DeviceRow]:
    """Select rows that end with the identifier."""
    columns = {**DEVICE_COLUMNS, "identifier": directory.c.identifier}
    named = in_parameter(directory.c.identifier, "identifiers")
    statement = select(*columns.values()).join(directory, is_of_device())
    reached = within_reach(device.c.client_id, reach, by_id=True)
    return Statement(statement.where(named, reached), row_maker(DeviceRow, columns))


def devices(principal: Principal, filter_: DeviceFilter, order: orders.OrderFields) -> Listing[DeviceRow]:
    return _listing(_DEVICES, principal, filter_, order)


def devices_of_groups(
    principal: Principal, filter_: DeviceFilter, order: orders.OrderFields
) -> Listing[LinkedDeviceRow]:
    """Return the lists of groups' devices; the parent is the group's id."""
    return _listing(_DEVICES_OF_GROUPS, principal, filter_, order)


def _listing(
    definition: ListDefinition[Row], principal: Principal, filter_: DeviceFilter, order: orders.OrderFields
) -> Listing[Row]:
    # Filters by client are how far the caller reaches here: an index on the client has the order of the rest.
    if filter_.client_id is not None:
        principal, filter_ = principal.narrowed([filter_.client_id]), replace(filter_, client_id=None)
    if filter_.client_ids is not None:
        principal, filter_ = principal.narrowed(filter_.client_ids), replace(filter_, client_ids=None)
    return listing(definition, principal, device_condition(filter_), orders.of_devices(order))


_DEVICES = ListDefinition(
    columns=DEVICE_COLUMNS,
    row=DeviceRow,
    from_clause=device,
    client_id=device.c.client_id,
    predicates=DEVICE_PREDICATES,
    counted_by=COUNTED_DEVICE_PREDICATES,
    grouped_by=GROUPED_DEVICE_PREDICATES,
    findable=FINDABLE_DEVICES,
)
_DEVICES_OF_GROUPS = ListDefinition(
    columns={**DEVICE_COLUMNS, **LINK_COLUMNS},
    row=LinkedDeviceRow,
    from_clause=device.join(
        device_group_link,
        and_(device_group_link.c.device_id == device.c.id, device_group_link.c.client_id == device.c.client_id),
    ),
    client_id=device.c.client_id,
    predicates=DEVICE_PREDICATES,
    findable=FINDABLE_DEVICES,
    parent=device_group_link.c.device_group_id,
)
