"""Devices by what names them, and lists of them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from sqlalchemy import select

from gateway.db.queries.adapters import identified_by, identifiers_by_type
from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import DEVICE_COLUMNS, LINK_COLUMNS, DeviceRow, LinkedDeviceRow, Row, columns_read, row_maker
from gateway.db.session import Transaction
from gateway.db.statements import orders
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.filters import DEVICE_PREDICATES, device_condition
from gateway.db.statements.kept import kept
from gateway.db.statements.listing import Listing, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, device_group_link, network_adapter
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

devices_by_id = rows_by_id(DeviceRow, DEVICE_COLUMNS, device)


async def device_to_change(transaction: Transaction, identifier: DeviceIdentifier) -> DeviceRow | None:
    """Return the device that an identifier names, locked: others who want to change it wait for the transaction."""
    return await device_by_identifier(transaction, transaction.principal, identifier, to_change=True)


async def device_by_identifier(
    reader: Reader,
    principal: Principal,
    identifier: DeviceIdentifier,
    selected: frozenset[str] | None = None,
    *,
    to_change: bool = False,
) -> DeviceRow | None:
    """Return the device that an identifier names; only its `selected` attributes are read, where they are given."""
    statement = kept(
        reader.dialect,
        _device_by_identifier,
        principal.reach,
        identifier.adapter_type,
        selected,
        to_change=to_change,
    )
    found = await reader.fetch(statement, {"identifier": identifier.value, "reached": principal.reached})
    return found[0] if found else None


def _device_by_identifier(
    reach: Reach, adapter_type: NetworkAdapterType | None, selected: frozenset[str] | None, *, to_change: bool
) -> Statement[DeviceRow]:
    columns = DEVICE_COLUMNS if selected is None else columns_read(DeviceRow, DEVICE_COLUMNS, {"id", *selected})
    statement = select(*columns.values()).where(within_reach(device.c.client_id, reach))
    if adapter_type is None:
        statement = statement.where(equals_parameter(device.c.id, "identifier"))
    else:
        statement = statement.join(network_adapter, network_adapter.c.device_id == device.c.id).where(
            network_adapter.c.type == adapter_type, equals_parameter(network_adapter.c.identifier, "identifier")
        )
    if to_change:
        statement = statement.with_for_update()
    return Statement(statement, row_maker(DeviceRow, columns))


async def devices_by_identifier(
    reader: Reader, principal: Principal, identifiers: Sequence[DeviceIdentifier]
) -> dict[DeviceIdentifier, DeviceRow]:
    """Return the devices by the identifiers that name them.

    One statement finds those of device ids and one those of adapters' identifiers, each only where it is needed.
    """
    found: dict[DeviceIdentifier, DeviceRow] = {}
    if ids := {Uuid(each.value) for each in identifiers if each.adapter_type is None}:
        devices = await devices_by_id(reader, principal, ids)
        found |= {DeviceIdentifier(value=id_): row for id_, row in devices.items()}
    if by_type := identifiers_by_type(identifiers):
        statement = _devices_by_identifier(principal.reach, tuple(sorted(by_type)))
        for row in await reader.fetch(statement, {**by_type, "reached": principal.reached}):
            type_, value = cast("tuple[str, str]", row[-2:])
            found[DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_))] = row
    return found


@lru_cache
def _devices_by_identifier(reach: Reach, types: tuple[str, ...]) -> Statement[DeviceRow]:
    """Select rows that end with the type and the identifier of an adapter."""
    columns = {**DEVICE_COLUMNS, "type": network_adapter.c.type, "identifier": network_adapter.c.identifier}
    statement = (
        select(*columns.values())
        .join(network_adapter, network_adapter.c.device_id == device.c.id)
        .where(identified_by(types), within_reach(device.c.client_id, reach))
    )
    return Statement(statement, row_maker(DeviceRow, columns))


def devices(reach: Reach, filter_: DeviceFilter, order: orders.OrderFields) -> Listing[DeviceRow]:
    return _listing(_DEVICES, reach, filter_, order)


def devices_of_groups(reach: Reach, filter_: DeviceFilter, order: orders.OrderFields) -> Listing[LinkedDeviceRow]:
    """Return the lists of groups' devices; the parent is the group's id."""
    return _listing(_DEVICES_OF_GROUPS, reach, filter_, order)


def _listing(
    definition: ListDefinition[Row], reach: Reach, filter_: DeviceFilter, order: orders.OrderFields
) -> Listing[Row]:
    condition = device_condition(filter_)
    return listing(definition, reach, condition, orders.of_devices(order))


_DEVICES = ListDefinition(
    columns=DEVICE_COLUMNS,
    row=DeviceRow,
    from_clause=device,
    client_id=device.c.client_id,
    predicates=DEVICE_PREDICATES,
)
_DEVICES_OF_GROUPS = ListDefinition(
    columns={**DEVICE_COLUMNS, **LINK_COLUMNS},
    row=LinkedDeviceRow,
    from_clause=device.join(device_group_link, device_group_link.c.device_id == device.c.id),
    client_id=device.c.client_id,
    predicates=DEVICE_PREDICATES,
    parent=device_group_link.c.device_group_id,
)
