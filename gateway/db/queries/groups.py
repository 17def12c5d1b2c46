"""Device groups by id, lists of them, and the links between devices and groups."""

from collections.abc import Iterable

from sqlalchemy import select

from gateway.db import orders
from gateway.db.conditions import among, during, within_reach
from gateway.db.engine import Reader
from gateway.db.filters import device_group_condition
from gateway.db.listing import Listing, NestedListing
from gateway.db.rows import GROUP_COLUMNS, LINK_COLUMNS, DeviceGroupRow, LinkRow, linked
from gateway.db.tables import device_group, device_group_link
from gateway.domain.filters import DeviceGroupFilter, Period
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid

_GROUPS_AND_LINKS = device_group.join(device_group_link, device_group_link.c.device_group_id == device_group.c.id)


async def groups_by_id(reader: Reader, principal: Principal, ids: Iterable[Uuid]) -> dict[Uuid, DeviceGroupRow]:
    statement = select(*GROUP_COLUMNS).where(
        among(device_group.c.id, set(ids)), within_reach(device_group.c.client_id, principal)
    )
    return {row.id: DeviceGroupRow._make(row) for row in await reader.fetch(statement)}


async def links_to_group(
    reader: Reader, principal: Principal, device_ids: Iterable[Uuid], group_id: Uuid
) -> dict[Uuid, LinkRow[DeviceGroupRow]]:
    """By device id, for the devices that are in the group."""
    statement = (
        select(*GROUP_COLUMNS, *LINK_COLUMNS, device_group_link.c.device_id)
        .select_from(_GROUPS_AND_LINKS)
        .where(
            device_group.c.id == group_id,
            among(device_group_link.c.device_id, set(device_ids)),
            within_reach(device_group.c.client_id, principal),
        )
    )
    make = linked(DeviceGroupRow)
    return {device_id: make(values) for *values, device_id in await reader.fetch(statement)}


async def group_ids_of_device(reader: Reader, device_id: Uuid) -> list[Uuid]:
    """Of every client: a rule on a device's groups holds for those that the caller does not see too."""
    statement = select(device_group_link.c.device_group_id).where(device_group_link.c.device_id == device_id)
    return [row.device_group_id for row in await reader.fetch(statement)]


def groups(principal: Principal, wanted: DeviceGroupFilter, order: orders.Fields) -> Listing[DeviceGroupRow]:
    return Listing(
        columns=GROUP_COLUMNS,
        row=DeviceGroupRow._make,
        source=device_group,
        conditions=[within_reach(device_group.c.client_id, principal), device_group_condition(wanted)],
        order=orders.order_by(orders.DEVICE_GROUPS, order),
    )


def groups_of_devices(
    principal: Principal, period: Period, order: orders.Fields
) -> NestedListing[LinkRow[DeviceGroupRow]]:
    """The parent is the device's id; `period` is when the device was put into the group."""
    return NestedListing(
        columns=[*GROUP_COLUMNS, *LINK_COLUMNS],
        row=linked(DeviceGroupRow),
        source=_GROUPS_AND_LINKS,
        conditions=[within_reach(device_group.c.client_id, principal), *during(device_group_link.c.created_at, period)],
        order=orders.order_by(orders.GROUPS_OF_DEVICE, order),
        parent=device_group_link.c.device_id,
    )
