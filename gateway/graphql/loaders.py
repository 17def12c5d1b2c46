"""The batch functions: each resolves a relation for all the parents of a level (`context.BatchFunction`)."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import strawberry

from gateway.db.queries import adapters, devices, events, groups
from gateway.db.rows import (
    DeviceEventRow,
    DeviceGroupLinkRow,
    DeviceGroupRow,
    DeviceRow,
    LinkedDeviceRow,
    LinkedGroupRow,
    NetworkAdapterRow,
    link_to,
)
from gateway.db.statements.listing import Listing, Page
from gateway.domain import filters
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.history import FieldChange, visible_changes
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.domain.uuids import parse_uuid
from gateway.graphql.context import Context
from gateway.graphql.fields import Selected
from gateway.graphql.inputs import DeviceFilter, DeviceGroupLinkOrder, DeviceOrder, order_fields

Row = TypeVar("Row", bound=tuple[Any, ...])

Filter = Annotated[
    DeviceFilter | None, strawberry.argument(name="filter", description="Return only devices for which this holds.")
]
Order = Annotated[
    list[DeviceOrder] | None,
    strawberry.argument(description="How to sort; the oldest come first where it is left out."),
]


async def adapters_of_devices(
    parents: Sequence[DeviceRow],
    context: Context,
    types: Annotated[
        list[NetworkAdapterType] | None, strawberry.argument(description="Return only adapters of any of these types.")
    ] = None,
    selected: Selected = None,
) -> list[list[NetworkAdapterRow]]:
    found = await adapters.adapters_of_devices(context.session, context.principal, parents, types, selected)
    return [found[device.id] for device in parents]


def urns(adapters_of_device: Sequence[NetworkAdapterRow]) -> list[str]:
    return [adapter.urn for adapter in adapters_of_device]


async def devices_of_adapters(parents: Sequence[NetworkAdapterRow], context: Context) -> list[DeviceRow | None]:
    found = await devices.devices_of_adapters(context.session, context.principal, parents)
    return [found.get(adapter.device_id) for adapter in parents]


async def devices_of_events(parents: Sequence[DeviceEventRow], context: Context) -> list[DeviceRow | None]:
    ids = [event.device_id for event in parents]
    found = await devices.devices_by_id(context.session, context.principal, ids)
    return [found.get(id_) for id_ in ids]


async def changes_of_events(parents: Sequence[DeviceEventRow], context: Context) -> list[Sequence[FieldChange]]:
    return [visible_changes(event.changes, context.principal) for event in parents]


async def links_to_group(
    parents: Sequence[DeviceRow],
    context: Context,
    device_group_id: Annotated[strawberry.ID, strawberry.argument(description="The id of the group.")],
) -> list[DeviceGroupLinkRow | None]:
    group_id = parse_uuid(device_group_id, "deviceGroupId")
    links = await groups.links_to_group(context.session, context.principal, parents, group_id)
    return [link_to(device, links[device.id]) if device.id in links else None for device in parents]


async def groups_of_devices(  # noqa: PLR0917  # they are the field's arguments, and passed by name
    parents: Sequence[DeviceRow],
    context: Context,
    page: PageArguments,
    created_since: Annotated[
        Instant | None, strawberry.argument(description="Return only links made at this instant or after it.")
    ] = None,
    created_before: Annotated[
        Instant | None, strawberry.argument(description="Return only links made before this instant.")
    ] = None,
    order_by: Annotated[
        list[DeviceGroupLinkOrder] | None,
        strawberry.argument(description="How to sort; the oldest links come first where it is left out."),
    ] = None,
) -> list[Page[LinkedGroupRow]]:
    linked = filters.Period(since=created_since, before=created_before)
    listing = groups.groups_of_devices(
        context.session.narrowed(context.principal, parents), linked, order_fields(order_by)
    )
    return await _pages(context, listing, page, parents)


async def devices_of_groups(
    parents: Sequence[DeviceGroupRow],
    context: Context,
    page: PageArguments,
    filter_: Filter = None,
    order_by: Order = None,
) -> list[Page[LinkedDeviceRow]]:
    conditions = filter_.to_domain(context.principal) if filter_ else filters.EVERY_DEVICE
    listing = devices.devices_of_groups(
        context.session.narrowed(context.principal, parents), conditions, order_fields(order_by)
    )
    return await _pages(context, listing, page, parents)


async def events_of_devices(
    parents: Sequence[DeviceRow], context: Context, page: PageArguments
) -> list[Page[DeviceEventRow]]:
    return await _pages(context, events.events_of_devices(context.principal), page, parents)


async def _pages(
    context: Context, listing: Listing[Row], page: PageArguments, parents: Sequence[DeviceRow | DeviceGroupRow]
) -> list[Page[Row]]:
    return await listing.pages(context.session, page, [parent.id for parent in parents])
