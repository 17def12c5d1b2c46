"""The batch functions: one field's results for all the parents of a level (`context.BatchFunction`)."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import strawberry

from gateway.db.listing import NestedListing, Page
from gateway.db.queries import adapters, devices, events, groups
from gateway.db.rows import (
    DeviceEventRow,
    DeviceGroupMembership,
    DeviceGroupRow,
    DeviceRow,
    LinkedDeviceRow,
    LinkedGroupRow,
    NetworkAdapterRow,
    membership,
)
from gateway.domain import filters
from gateway.domain.instants import Instant
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.pagination import Window
from gateway.domain.uuids import parse_uuid
from gateway.engine.column import Wanted
from gateway.graphql.context import Context
from gateway.graphql.inputs import DeviceFilter, DeviceGroupLinkOrder, DeviceOrder, order_fields

Row = TypeVar("Row", bound=tuple[Any, ...])


async def adapters_of_devices(
    parents: Sequence[DeviceRow],
    context: Context,
    types: list[NetworkAdapterType] | None = None,
    wanted: Wanted = None,
) -> list[list[NetworkAdapterRow]]:
    ids = [device.id for device in parents]
    found = await adapters.adapters_of_devices(context.session, context.principal, ids, types, wanted)
    return [found[id_] for id_ in ids]


def urns(adapters_of_device: Sequence[NetworkAdapterRow]) -> list[str]:
    return [adapter.urn for adapter in adapters_of_device]


async def devices_of_adapters(parents: Sequence[NetworkAdapterRow], context: Context) -> list[DeviceRow | None]:
    ids = [adapter.device_id for adapter in parents]
    found = await devices.devices_by_id(context.session, context.principal, ids)
    return [found.get(id_) for id_ in ids]


async def links_to_group(
    parents: Sequence[DeviceRow], context: Context, device_group_id: strawberry.ID
) -> list[DeviceGroupMembership | None]:
    group_id = parse_uuid(device_group_id)
    ids = [device.id for device in parents]
    links = await groups.links_to_group(context.session, context.principal, ids, group_id)
    return [membership(device, links[device.id]) if device.id in links else None for device in parents]


async def groups_of_devices(  # noqa: PLR0917  # they are the field's arguments, and passed by name
    parents: Sequence[DeviceRow],
    context: Context,
    page: Window,
    created_since: Annotated[Instant | None, strawberry.argument(description="Linked at or after.")] = None,
    created_before: Annotated[Instant | None, strawberry.argument(description="Linked strictly before.")] = None,
    order_by: list[DeviceGroupLinkOrder] | None = None,
) -> list[Page[LinkedGroupRow]]:
    linked = filters.Period(since=created_since, before=created_before)
    listing = groups.groups_of_devices(context.principal.reach, linked, order_fields(order_by))
    return await _pages(context, listing, page, parents)


async def devices_of_groups(
    parents: Sequence[DeviceGroupRow],
    context: Context,
    page: Window,
    wanted: Annotated[DeviceFilter | None, strawberry.argument(name="filter")] = None,
    order_by: list[DeviceOrder] | None = None,
) -> list[Page[LinkedDeviceRow]]:
    conditions = wanted.to_domain(context.principal) if wanted else filters.EVERY_DEVICE
    listing = devices.devices_of_groups(context.principal.reach, conditions, order_fields(order_by))
    return await _pages(context, listing, page, parents)


async def events_of_devices(parents: Sequence[DeviceRow], context: Context, page: Window) -> list[Page[DeviceEventRow]]:
    return await _pages(context, events.events_of_devices(context.principal.reach), page, parents)


async def _pages(
    context: Context, listing: NestedListing[Row], page: Window, parents: Sequence[DeviceRow | DeviceGroupRow]
) -> list[Page[Row]]:
    context.spend(page.size * len(parents))
    return await listing.pages(context.session, context.principal, page, [parent.id for parent in parents])
