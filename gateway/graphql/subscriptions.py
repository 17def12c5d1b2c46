"""The fields of Subscription, and what opens their source streams."""

from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Annotated, Any, NamedTuple

import strawberry

from gateway.db.queries.events import position_of
from gateway.db.rows import DeviceEventRow
from gateway.db.statements.listing import Edge
from gateway.domain import filters
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver, Source
from gateway.events.interest import Interest
from gateway.graphql.context import Context
from gateway.graphql.costs import EVENT
from gateway.graphql.fields import Info, resolved_field
from gateway.graphql.inputs import DeviceEventFilter
from gateway.graphql.types import DeviceEventEdge
from gateway.services.log import give_positions


class EventStream(NamedTuple):
    """The events that one subscription asks for."""

    interest: Interest
    position: int
    """It begins after this one."""
    head: int
    """How far the log has come."""


async def open_device_events(context: Context, arguments: Mapping[str, Any]) -> EventStream:
    """Raise BadUserInput and EventsGone for a cursor from where nobody can go on, or a filter that is never true."""
    principal = context.principal
    given: DeviceEventFilter | None = arguments.get("filter_")
    interest = Interest(principal=principal, filter=given.to_domain(principal) if given else filters.EVERY_EVENT)
    if given and given.client_ids and not interest.clients:
        raise BadUserInput("clientIds: the token reaches none of these clients; expected some that it does.")
    session = context.session
    session.read_from_primary()
    state = await give_positions(session)
    after = context.last_event_id or arguments.get("after")
    return EventStream(interest, state.head if after is None else position_of(after, state), state.head)


def _events(events: Sequence[Edge[DeviceEventRow]], *_: object) -> Sequence[Edge[DeviceEventRow]]:
    return events


def _event(root: Edge[DeviceEventRow], info: Info, **_: object) -> Edge[DeviceEventRow]:  # noqa: ARG001  # Strawberry's
    return root


_DEVICE_EVENTS = ColumnResolver(
    resolve=_events,
    reads=NO_ATTRIBUTES,
    check=lambda context: context.principal.require(Scope.DEVICE_READ),
    trusted=True,
    source=Source(open=open_device_events, own_arguments=frozenset({"after"})),
)
_After: Any = Annotated[
    str | None, strawberry.argument(description="Begin with the event that follows this cursor; from now on without.")
]
_Filter: Any = Annotated[
    DeviceEventFilter | None,
    strawberry.argument(name="filter", description="Tell only of events for which this holds."),
]


@strawberry.type(description="What can be followed as it happens.")
class Subscription:
    device_events: DeviceEventEdge = resolved_field(
        _event,
        lambda _: _DEVICE_EVENTS,
        iter(
            [
                Parameter("after", Parameter.KEYWORD_ONLY, annotation=_After),
                Parameter("filter_", Parameter.KEYWORD_ONLY, annotation=_Filter),
            ]
        ),
        "Every committed change within the caller's reach, once each, in one order: from now on, or everything since "
        "`after`, a cursor of `Query.deviceEvents` or of this subscription. Where what lies between is gone, the error "
        "EVENTS_GONE. Needs the scope `device.read`.",
        EVENT,
    )
