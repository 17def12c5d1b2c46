"""Filters and orders as the schema has them, and their way into the domain."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import strawberry

from gateway.db.statements.orders import OrderFields
from gateway.domain import filters
from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.instants import Instant
from gateway.domain.principal import Principal
from gateway.domain.text import LONGEST_TERM, search_term
from gateway.domain.uuids import Uuid, parse_uuids
from gateway.graphql.enums import (
    DeviceGroupLinkOrderField,
    DeviceGroupOrderField,
    DeviceOrderField,
    OrderDirection,
)

# Databases limit how large an expression may be, and it takes time to make one.
MOST_FILTERS = 200
SEARCH = (
    "Part of the name or of the description, in any letter case (Unicode), matched literally; at least one character, "
    f"at most {LONGEST_TERM}."
)
ANY_OF_THESE = "Any of these; an empty list matches nothing."


def described(description: str) -> Any:
    """Declare an input field."""
    return strawberry.field(description=description)


@strawberry.input(
    description="Conditions on devices. Every condition given has to hold. An unknown or malformed condition is an "
    f"error, never ignored. At most {MOST_FILTERS} filters may be joined by `and`, `or` and `not`."
)
class DeviceFilter:
    search: str | None = described(SEARCH)
    barcode_contains: str | None = described(
        f"Part of the barcode, in any letter case, matched literally; at most {LONGEST_TERM} characters."
    )
    client_id: Uuid | None = described("The device belongs to this client.")
    project_id: Uuid | None = described("The device belongs to this project.")
    ids: list[strawberry.ID] | None = described(f"The device has one of these ids. {ANY_OF_THESE}")
    client_ids: list[Uuid] | None = described(f"The device belongs to one of these clients. {ANY_OF_THESE}")
    project_ids: list[Uuid] | None = described(f"The device belongs to one of these projects. {ANY_OF_THESE}")
    device_specification_ids: list[Uuid] | None = described(
        f"The device is of one of these specifications. {ANY_OF_THESE}"
    )
    statuses: list[DeviceStatus] | None = described(f"The device has one of these statuses. {ANY_OF_THESE}")
    created_since: Instant | None = described("The device was created at this instant or after it.")
    created_before: Instant | None = described("The device was created strictly before this instant.")
    modified_since: Instant | None = described("The device last changed at this instant or after it.")
    modified_before: Instant | None = described("The device last changed strictly before this instant.")
    device_group_ids: list[strawberry.ID] | None = described(
        f"The device is in one of these groups. {ANY_OF_THESE} Needs the scope `device-group.read`."
    )
    network_adapter_types: list[NetworkAdapterType] | None = described(
        f"The device has an adapter of one of these types. {ANY_OF_THESE}"
    )
    all_of: list["DeviceFilter"] | None = strawberry.field(name="and", description="Each of these filters holds.")
    any_of: list["DeviceFilter"] | None = strawberry.field(
        name="or", description="At least one of these filters holds: never true for an empty list."
    )
    none_of: "DeviceFilter | None" = strawberry.field(name="not", description="This filter does not hold.")

    def to_domain(self, principal: Principal) -> filters.DeviceFilter:
        """Raise BadUserInput for what is malformed, MissingScope for a condition on groups without their scope."""
        if self.device_group_ids is not None:
            principal.require(Scope.DEVICE_GROUP_READ)
        made = filters.DeviceFilter(
            search=search_term("search", self.search),
            barcode_contains=search_term("barcodeContains", self.barcode_contains),
            client_id=self.client_id,
            project_id=self.project_id,
            ids=_uuids("ids", self.ids),
            client_ids=_tuple(self.client_ids),
            project_ids=_tuple(self.project_ids),
            device_specification_ids=_tuple(self.device_specification_ids),
            statuses=_tuple(self.statuses),
            created=filters.Period(since=self.created_since, before=self.created_before),
            modified=filters.Period(since=self.modified_since, before=self.modified_before),
            device_group_ids=_uuids("deviceGroupIds", self.device_group_ids),
            network_adapter_types=_tuple(self.network_adapter_types),
            all_of=_conditions(self.all_of or (), principal),
            any_of=None if self.any_of is None else _conditions(self.any_of, principal),
            none_of=_conditions((self.none_of,) if self.none_of else (), principal),
        )
        if made.size > MOST_FILTERS:
            raise BadUserInput(f"filter: {made.size} filters are joined; expected at most {MOST_FILTERS}.")
        return made


@strawberry.input(description="Conditions on device groups. Every condition given has to hold.")
class DeviceGroupFilter:
    search: str | None = described(SEARCH)
    client_id: Uuid | None = described("The group belongs to this client.")
    project_id: Uuid | None = described("The group belongs to this project.")
    created_since: Instant | None = described("The group was created at this instant or after it.")
    created_before: Instant | None = described("The group was created strictly before this instant.")
    modified_since: Instant | None = described("The group last changed at this instant or after it.")
    modified_before: Instant | None = described("The group last changed strictly before this instant.")

    def to_domain(self) -> filters.DeviceGroupFilter:
        """Raise BadUserInput for what is malformed."""
        return filters.DeviceGroupFilter(
            search=search_term("search", self.search),
            client_id=self.client_id,
            project_id=self.project_id,
            created=filters.Period(since=self.created_since, before=self.created_before),
            modified=filters.Period(since=self.modified_since, before=self.modified_before),
        )


@strawberry.input(description="Conditions on events. Every condition given has to hold.")
class DeviceEventFilter:
    types: list[DeviceEventType] | None = described("The event is of one of these types.")
    device_ids: list[strawberry.ID] | None = described("The event is of one of these devices.")
    client_ids: list[Uuid] | None = described("The device belonged to one of these clients after the change.")
    device: DeviceFilter | None = described(
        "The device matches now; deletions are always told, since nothing is left that could match."
    )

    def to_domain(self, principal: Principal) -> filters.DeviceEventFilter:
        """Raise BadUserInput for what is malformed or never true, and MissingScope as DeviceFilter does."""
        for name, items in (("types", self.types), ("deviceIds", self.device_ids), ("clientIds", self.client_ids)):
            if items is not None and not items:
                raise BadUserInput(f"{name}: the list is empty, so no event would match; expected at least one item.")
        return filters.DeviceEventFilter(
            types=_tuple(self.types),
            device_ids=_uuids("deviceIds", self.device_ids),
            client_ids=_tuple(self.client_ids),
            device=None if self.device is None else self.device.to_domain(principal),
        )


def _conditions(inputs: Iterable[DeviceFilter], principal: Principal) -> tuple[filters.DeviceFilter, ...]:
    return tuple(each.to_domain(principal) for each in inputs)


Item = TypeVar("Item")


def _tuple(items: list[Item] | None) -> tuple[Item, ...] | None:
    return None if items is None else tuple(items)


def _uuids(name: str, ids: list[strawberry.ID] | None) -> tuple[Uuid, ...] | None:
    return None if ids is None else tuple(parse_uuids(ids, name))


TIES = (
    "Text compares by code point. A missing value sorts after every present one, ascending. Ties are broken by id, "
    "in the direction of the last field."
)
BY = "What to sort by."
DIRECTION = "The direction of the sort."


@strawberry.input(description=f"One field that devices are sorted by. {TIES}")
class DeviceOrder:
    field: DeviceOrderField = described(BY)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


@strawberry.input(description=f"One field that device groups are sorted by. {TIES}")
class DeviceGroupOrder:
    field: DeviceGroupOrderField = described(BY)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


@strawberry.input(description=f"One field that the groups of a device are sorted by. {TIES}")
class DeviceGroupLinkOrder:
    field: DeviceGroupLinkOrderField = described(BY)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


def order_fields(orders: Sequence[DeviceOrder | DeviceGroupOrder | DeviceGroupLinkOrder] | None) -> OrderFields:
    """Raise BadUserInput for a field that comes again, which could change nothing."""
    fields: dict[str, bool] = {}
    for index, order in enumerate(orders or ()):
        if order.field.value in fields:
            raise BadUserInput(f"orderBy[{index}]: {order.field.value} comes twice; expected each field once.")
        fields[order.field.value] = order.direction is OrderDirection.DESC
    return tuple(fields.items())
