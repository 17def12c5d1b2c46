"""The fields of Query. They are batch functions like those of all relations; their only parent is the root."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from gateway.db.queries import adapters, devices, events, groups, webhooks
from gateway.db.rows import DeviceEventRow, DeviceGroupRow, DeviceRow, NetworkAdapterRow, WebhookRow
from gateway.db.statements.listing import Page
from gateway.domain import filters
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput, MissingScope
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.pages import PageArguments
from gateway.domain.uuids import Uuid, parse_uuid, parse_uuids
from gateway.graphql import types
from gateway.graphql.context import Context
from gateway.graphql.costs import NO_STATEMENT, PAGE_OF_LOG, rows_named_by
from gateway.graphql.fields import Selected, relation
from gateway.graphql.inputs import DeviceEventFilter, DeviceGroupFilter, DeviceGroupOrder, order_fields
from gateway.graphql.loaders import Filter, Order
from gateway.graphql.rate_limit_field import RateLimit, rate_limit
from gateway.graphql.relay import Node
from gateway.graphql.webhooks import WebhookConnection, all_webhooks
from gateway.services.log import log_of_page

MOST_AT_ONCE = 100

Root = Sequence[None]
NodeRow = DeviceRow | NetworkAdapterRow | DeviceGroupRow | DeviceEventRow | WebhookRow


async def node(
    parents: Root,
    context: Context,
    id_: Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the object.")],
) -> list[NodeRow | MissingScope | None]:
    found = await _nodes(context, [parse_uuid(id_, "id")])
    return found * len(parents)


async def nodes(
    parents: Root,
    context: Context,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids of the objects.")],
) -> list[list[NodeRow | MissingScope | None]]:
    _at_most("ids", ids)
    return [await _nodes(context, parse_uuids(ids, "ids"))] * len(parents)


async def _nodes(context: Context, ids: list[Uuid]) -> list[NodeRow | MissingScope | None]:
    """Look for objects among all types, since an id does not tell its own."""
    found: dict[Uuid, NodeRow | MissingScope] = {}
    for by_id, scope in (
        (devices.devices_by_id, Scope.DEVICE_READ),
        (adapters.adapters_by_id, Scope.DEVICE_READ),
        (groups.groups_by_id, Scope.DEVICE_GROUP_READ),
        (events.events_by_id, Scope.DEVICE_READ),
        (webhooks.webhooks_by_id, Scope.WEBHOOK_READ),
    ):
        if missing := set(ids) - found.keys():
            rows = await by_id(context.session, context.principal, missing)
            found |= rows if scope in context.principal.scopes else dict.fromkeys(rows, MissingScope(scope))
    return [found.get(id_) for id_ in ids]


async def viewer(parents: Root, context: Context) -> list[types.Viewer]:
    principal = context.principal
    clients = None if principal.clients is None else sorted(principal.clients)
    value = types.Viewer(principal=principal.name, scopes=sorted(principal.scopes), client_ids=clients)
    return [value] * len(parents)


async def device(
    parents: Root,
    context: Context,
    identifier: Annotated[DeviceIdentifier, strawberry.argument(description="What names the device.")],
    selected: Selected = None,
) -> list[DeviceRow | None]:
    found = await devices.device_by_identifier(context.session, context.principal, identifier, selected)
    return [found] * len(parents)


async def devices_by_identifier(
    parents: Root,
    context: Context,
    identifiers: Annotated[
        list[DeviceIdentifier], strawberry.argument(description="What names the devices, in any of the formats.")
    ],
) -> list[list[DeviceRow | None]]:
    _at_most("identifiers", identifiers)
    found = await devices.devices_by_identifier(context.session, context.principal, identifiers)
    return [[found.get(identifier) for identifier in identifiers]] * len(parents)


async def all_devices(
    parents: Root,
    context: Context,
    page: PageArguments,
    filter_: Filter = None,
    order_by: Order = None,
) -> list[Page[DeviceRow]]:
    conditions = filter_.to_domain(context.principal) if filter_ else filters.EVERY_DEVICE
    listing = devices.devices(context.principal, conditions, order_fields(order_by))
    return [await listing.page(context.session, page)] * len(parents)


async def device_group(
    parents: Root,
    context: Context,
    id_: Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the group.")],
) -> list[DeviceGroupRow | None]:
    group_id = parse_uuid(id_, "id")
    found = await groups.groups_by_id(context.session, context.principal, [group_id])
    return [found.get(group_id)] * len(parents)


async def all_device_groups(
    parents: Root,
    context: Context,
    page: PageArguments,
    filter_: Annotated[
        DeviceGroupFilter | None,
        strawberry.argument(name="filter", description="Return only groups for which this holds."),
    ] = None,
    order_by: Annotated[
        list[DeviceGroupOrder] | None,
        strawberry.argument(description="How to sort; the oldest come first where it is left out."),
    ] = None,
) -> list[Page[DeviceGroupRow]]:
    conditions = filter_.to_domain() if filter_ else filters.EVERY_GROUP
    listing = groups.groups(context.principal, conditions, order_fields(order_by))
    return [await listing.page(context.session, page)] * len(parents)


async def device_history(
    parents: Root,
    context: Context,
    page: PageArguments,
    device_id: Annotated[
        strawberry.ID, strawberry.argument(description="The id of the device, which may have been deleted.")
    ],
) -> list[Page[DeviceEventRow]]:
    listing = events.events_of_any_device(context.principal)
    ids = [parse_uuid(device_id, "deviceId")]
    return await listing.pages(context.session, page, ids) * len(parents)


async def all_device_events(
    parents: Root,
    context: Context,
    page: PageArguments,
    filter_: Annotated[
        DeviceEventFilter | None,
        strawberry.argument(name="filter", description="Return only events for which this holds."),
    ] = None,
) -> list[Page[DeviceEventRow]]:
    conditions = filter_.to_domain(context.principal) if filter_ else filters.EVERY_EVENT
    log = await log_of_page(context.session, context.principal, page)
    if log.gone and page.after is None:
        page = page._replace(after=events.events_cursor(log.gone))
    listing = events.all_events(context.principal, conditions, log.head)
    return [await listing.page(context.session, page)] * len(parents)


def _at_most(name: str, values: list[Any]) -> None:
    if len(values) > MOST_AT_ONCE:
        raise BadUserInput(f"{name}: {len(values)} were given; expected at most {MOST_AT_ONCE}.")


@strawberry.type(description="What can be read.")
class Query:
    node: Node | None = relation(
        node,
        scope=None,  # Each object needs the scope of its type.
        reads=(),
        description="Any object by its id; null where nothing visible to the caller has that id.",
    )
    nodes: list[Node | None] | None = relation(
        nodes,
        scope=None,  # See above.
        reads=(),
        description="In the order of `ids`, with null where nothing visible to the caller has that id. "
        f"At most {MOST_AT_ONCE}.",
        cost=rows_named_by("ids"),
        trusted=False,  # Some of the nodes may be forbidden.
    )
    viewer: types.Viewer = relation(
        viewer,
        scope=None,
        reads=(),
        cost=NO_STATEMENT,
        description="Who the caller is and what it may do. Needs no scope.",
    )
    rate_limit: RateLimit | None = relation(
        rate_limit,
        scope=None,
        reads=(),
        cost=NO_STATEMENT,
        description="What the caller may still spend; null where that is not limited. Needs no scope.",
    )
    device: types.Device | None = relation(
        device,
        scope=Scope.DEVICE_READ,
        reads=(),
        description="Null where no device visible to the caller answers to the identifier.",
    )
    devices_by_identifier: list[types.Device | None] | None = relation(
        devices_by_identifier,
        scope=Scope.DEVICE_READ,
        reads=(),
        cost=rows_named_by("identifiers"),
        description=f"In the order of `identifiers`, with null for each miss. At most {MOST_AT_ONCE}.",
    )
    devices: types.DeviceConnection | None = relation(
        all_devices,
        scope=Scope.DEVICE_READ,
        reads=(),
        description="The devices that the caller reaches, page by page. Needs the scope `device.read`.",
    )
    device_history: types.DeviceEventConnection | None = relation(
        device_history,
        scope=Scope.DEVICE_READ,
        reads=(),
        description="What happened to a device, oldest first; also to one that has been deleted.",
    )
    device_events: types.DeviceEventConnection | None = relation(
        all_device_events,
        scope=Scope.DEVICE_READ,
        reads=(),
        cost=PAGE_OF_LOG,
        description="All changes within the caller's reach, in the order in which they became visible. A cursor can go "
        "on as `after` of the subscription of the same name, and the other way round; `last: 1` finds where now is. "
        "Where older changes have been removed, the first page says with `hasPreviousPage` that there were some, and a "
        "cursor from among them is the error EVENTS_GONE.",
    )
    device_group: types.DeviceGroup | None = relation(
        device_group,
        scope=Scope.DEVICE_GROUP_READ,
        reads=(),
        description="Null where no group visible to the caller has that id. Needs the scope `device-group.read`.",
    )
    device_groups: types.DeviceGroupConnection | None = relation(
        all_device_groups,
        scope=Scope.DEVICE_GROUP_READ,
        reads=(),
        description="The device groups that the caller reaches, page by page. Needs the scope `device-group.read`.",
    )
    webhooks: WebhookConnection | None = relation(
        all_webhooks,
        scope=Scope.WEBHOOK_READ,
        reads=(),
        description="The webhooks of clients that the caller reaches, oldest first. Needs the scope `webhook.read`.",
    )
