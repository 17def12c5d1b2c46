"""The fields of Query. Like all others they are batch functions; their only parent is the root of the operation."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from gateway.db.listing import Page
from gateway.db.queries import adapters, devices, events, groups
from gateway.db.rows import DeviceEventRow, DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.domain import filters
from gateway.domain.errors import BadUserInput, Forbidden
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import Scope
from gateway.domain.pagination import Window
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.engine.column import Wanted
from gateway.graphql import types
from gateway.graphql.context import Context
from gateway.graphql.inputs import DeviceFilter, DeviceGroupFilter, DeviceGroupOrder, DeviceOrder, order_fields
from gateway.graphql.relation import relation
from gateway.graphql.relay import Node

MOST_AT_ONCE = 100

Root = Sequence[None]
NodeId = Annotated[strawberry.ID, strawberry.argument(name="id")]
NodeRow = DeviceRow | NetworkAdapterRow | DeviceGroupRow


async def node(parents: Root, context: Context, id_: NodeId) -> list[NodeRow | Forbidden | None]:
    found = await _nodes(context, [parse_uuid(id_)])
    return found * len(parents)


async def nodes(parents: Root, context: Context, ids: list[strawberry.ID]) -> list[list[NodeRow | Forbidden | None]]:
    _at_most("ids", ids)
    return [await _nodes(context, [parse_uuid(id_) for id_ in ids])] * len(parents)


async def _nodes(context: Context, ids: list[Uuid]) -> list[NodeRow | Forbidden | None]:
    """A node is looked for among all types, since its id does not tell its own."""
    found: dict[Uuid, NodeRow | Forbidden] = {}
    for by_id, scope in (
        (devices.devices_by_id, Scope.DEVICE_READ),
        (adapters.adapters_by_id, Scope.DEVICE_READ),
        (groups.groups_by_id, Scope.DEVICE_GROUP_READ),
    ):
        if missing := set(ids) - found.keys():
            rows = await by_id(context.session, context.principal, missing)
            found |= rows if scope in context.principal.scopes else dict.fromkeys(rows, Forbidden(scope))
    return [found.get(id_) for id_ in ids]


async def viewer(parents: Root, context: Context) -> list[types.Viewer]:
    principal = context.principal
    clients = None if principal.clients is None else sorted(principal.clients)
    value = types.Viewer(principal=principal.name, scopes=sorted(principal.scopes), client_ids=clients)
    return [value] * len(parents)


async def device(
    parents: Root, context: Context, identifier: DeviceIdentifier, wanted: Wanted = None
) -> list[DeviceRow | None]:
    found = await devices.device_by_identifier(context.session, context.principal, identifier, wanted)
    return [found] * len(parents)


async def devices_by_identifier(
    parents: Root, context: Context, identifiers: list[DeviceIdentifier]
) -> list[list[DeviceRow | None]]:
    _at_most("identifiers", identifiers)
    found = await devices.devices_by_identifier(context.session, context.principal, identifiers)
    return [[found.get(identifier) for identifier in identifiers]] * len(parents)


async def all_devices(
    parents: Root,
    context: Context,
    page: Window,
    wanted: Annotated[DeviceFilter | None, strawberry.argument(name="filter")] = None,
    order_by: list[DeviceOrder] | None = None,
) -> list[Page[DeviceRow]]:
    conditions = wanted.to_domain(context.principal) if wanted else filters.EVERY_DEVICE
    listing = devices.devices(context.principal.reach, conditions, order_fields(order_by))
    return [await listing.page(context.session, context.principal, page)] * len(parents)


async def device_group(parents: Root, context: Context, id_: NodeId) -> list[DeviceGroupRow | None]:
    group_id = parse_uuid(id_)
    found = await groups.groups_by_id(context.session, context.principal, [group_id])
    return [found.get(group_id)] * len(parents)


async def all_device_groups(
    parents: Root,
    context: Context,
    page: Window,
    wanted: Annotated[DeviceGroupFilter | None, strawberry.argument(name="filter")] = None,
    order_by: list[DeviceGroupOrder] | None = None,
) -> list[Page[DeviceGroupRow]]:
    conditions = wanted.to_domain() if wanted else filters.EVERY_GROUP
    listing = groups.groups(context.principal.reach, conditions, order_fields(order_by))
    return [await listing.page(context.session, context.principal, page)] * len(parents)


async def device_history(
    parents: Root, context: Context, page: Window, device_id: strawberry.ID
) -> list[Page[DeviceEventRow]]:
    listing = events.events_of_devices(context.principal.reach)
    return await listing.pages(context.session, context.principal, page, [parse_uuid(device_id)]) * len(parents)


def _at_most(name: str, values: list[Any]) -> None:
    if len(values) > MOST_AT_ONCE:
        raise BadUserInput(f"{name}: {len(values)} were given; expected at most {MOST_AT_ONCE}.")


@strawberry.type
class Query:
    node: Node | None = relation(node)
    nodes: list[Node | None] = relation(
        nodes,
        description="In the order of `ids`, with null where nothing visible to the caller has that id. "
        f"At most {MOST_AT_ONCE}.",
        plain=False,  # Some of the nodes may be forbidden.
    )
    viewer: types.Viewer = relation(viewer, description="Who the caller is and what it may do.")
    device: types.Device | None = relation(
        device,
        scope=Scope.DEVICE_READ,
        description="Null where no device visible to the caller answers to the identifier.",
    )
    devices_by_identifier: list[types.Device | None] = relation(
        devices_by_identifier,
        scope=Scope.DEVICE_READ,
        description=f"In the order of `identifiers`, with null for each miss. At most {MOST_AT_ONCE}.",
    )
    devices: types.DeviceConnection = relation(all_devices, scope=Scope.DEVICE_READ)
    device_history: types.DeviceEventConnection = relation(
        device_history,
        scope=Scope.DEVICE_READ,
        description="What happened to a device, oldest first; also to one that has been deleted.",
    )
    device_group: types.DeviceGroup | None = relation(device_group, scope=Scope.DEVICE_GROUP_READ)
    device_groups: types.DeviceGroupConnection = relation(all_device_groups, scope=Scope.DEVICE_GROUP_READ)
