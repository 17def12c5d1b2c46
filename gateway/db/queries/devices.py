"""Devices by what names them, and lists of them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, select

from gateway.db import orders
from gateway.db.conditions import among, within_reach
from gateway.db.engine import Reader
from gateway.db.filters import device_condition
from gateway.db.listing import Listing, NestedListing
from gateway.db.queries.adapters import identified_by
from gateway.db.rows import DEVICE_COLUMNS, LINK_COLUMNS, DeviceRow, LinkRow, linked
from gateway.db.tables import device, device_group_link, network_adapter
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


async def devices_by_id(reader: Reader, principal: Principal, ids: Iterable[Uuid]) -> dict[Uuid, DeviceRow]:
    statement = select(*DEVICE_COLUMNS).where(among(device.c.id, set(ids)), within_reach(device.c.client_id, principal))
    return {row.id: DeviceRow._make(row) for row in await reader.fetch(statement)}


async def devices_by_identifier(
    reader: Reader, principal: Principal, identifiers: Sequence[DeviceIdentifier]
) -> dict[DeviceIdentifier, DeviceRow]:
    """One statement for device ids and one for adapters' identifiers, each only where it is needed."""
    found: dict[DeviceIdentifier, DeviceRow] = {}
    if ids := {Uuid(each.value) for each in identifiers if each.adapter_type is None}:
        devices = await devices_by_id(reader, principal, ids)
        found |= {DeviceIdentifier(value=id_): row for id_, row in devices.items()}
    if adapters := [each for each in identifiers if each.adapter_type is not None]:
        statement = (
            select(*DEVICE_COLUMNS, network_adapter.c.type, network_adapter.c.identifier)
            .join(network_adapter, network_adapter.c.device_id == device.c.id)
            .where(identified_by(adapters), within_reach(device.c.client_id, principal))
        )
        for *values, type_, value in await reader.fetch(statement):
            found[DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_))] = DeviceRow._make(values)
    return found


def devices(principal: Principal, wanted: DeviceFilter, order: orders.Fields) -> Listing[DeviceRow]:
    return Listing(
        columns=DEVICE_COLUMNS,
        row=DeviceRow._make,
        source=device,
        conditions=_conditions(principal, wanted),
        order=orders.order_by(orders.DEVICES, order),
    )


def devices_of_groups(
    principal: Principal, wanted: DeviceFilter, order: orders.Fields
) -> NestedListing[LinkRow[DeviceRow]]:
    """The parent is the group's id."""
    return NestedListing(
        columns=[*DEVICE_COLUMNS, *LINK_COLUMNS],
        row=linked(DeviceRow),
        source=device.join(device_group_link, device_group_link.c.device_id == device.c.id),
        conditions=_conditions(principal, wanted),
        order=orders.order_by(orders.DEVICES_OF_GROUP, order),
        parent=device_group_link.c.device_group_id,
    )


def _conditions(principal: Principal, wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    return [within_reach(device.c.client_id, principal), device_condition(wanted, principal)]
