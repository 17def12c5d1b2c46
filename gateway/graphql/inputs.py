"""Filters and orders as the schema shows them, and their way into the domain."""

from collections.abc import Iterable, Sequence
from enum import Enum, StrEnum
from typing import Any, TypeVar

import strawberry

from gateway.db.orders import Fields
from gateway.domain import filters
from gateway.domain.errors import BadUserInput
from gateway.domain.instants import Instant
from gateway.domain.kinds import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.principal import Principal
from gateway.domain.text import search_term
from gateway.domain.uuids import Uuid, parse_uuid

# Databases limit how large an expression may be, and it takes time to make one.
MOST_FILTERS = 200
AT_OR_AFTER = "At or after."
STRICTLY_BEFORE = "Strictly before."
ANY_OF_THESE = "Any of these."
SEARCH = "Part of the name or the description, in any letter case (Unicode); at least one character, matched literally."


def described(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.input(
    description="Every condition given has to hold. An unknown or malformed condition is an error, never ignored. "
    f"At most {MOST_FILTERS} filters may be joined by `and`, `or` and `not`."
)
class DeviceFilter:
    search: str | None = described(SEARCH)
    barcode_contains: str | None = described("Part of the barcode, in any letter case, matched literally.")
    client_id: Uuid | None
    project_id: Uuid | None
    device_specification_ids: list[Uuid] | None = described(ANY_OF_THESE)
    statuses: list[DeviceStatus] | None = described(ANY_OF_THESE)
    created_since: Instant | None = described(AT_OR_AFTER)
    created_before: Instant | None = described(STRICTLY_BEFORE)
    modified_since: Instant | None = described(AT_OR_AFTER)
    modified_before: Instant | None = described(STRICTLY_BEFORE)
    device_group_ids: list[strawberry.ID] | None = described(
        "In any of these groups. Needs the scope `device-group.read`."
    )
    network_adapter_types: list[NetworkAdapterType] | None = described("Has an adapter of any of these types.")
    all_of: list["DeviceFilter"] | None = strawberry.field(name="and", description="Each of these holds.")
    any_of: list["DeviceFilter"] | None = strawberry.field(
        name="or", description="At least one of these holds: never true for an empty list."
    )
    none_of: "DeviceFilter | None" = strawberry.field(name="not", description="This does not hold.")

    def to_domain(self, principal: Principal) -> filters.DeviceFilter:
        """Raises BadUserInput for what is malformed, Forbidden for a condition on groups without their scope."""
        if self.device_group_ids is not None:
            principal.require(Scope.DEVICE_GROUP_READ)
        made = filters.DeviceFilter(
            search=search_term("search", self.search),
            barcode_contains=search_term("barcodeContains", self.barcode_contains),
            client_id=self.client_id,
            project_id=self.project_id,
            device_specification_ids=_tuple(self.device_specification_ids),
            statuses=_tuple(self.statuses),
            created=filters.Period(since=self.created_since, before=self.created_before),
            modified=filters.Period(since=self.modified_since, before=self.modified_before),
            device_group_ids=None if self.device_group_ids is None else tuple(map(parse_uuid, self.device_group_ids)),
            network_adapter_types=_tuple(self.network_adapter_types),
            all_of=_conditions(self.all_of or (), principal),
            any_of=None if self.any_of is None else _conditions(self.any_of, principal),
            none_of=_conditions((self.none_of,) if self.none_of else (), principal),
        )
        if made.size > MOST_FILTERS:
            raise BadUserInput(f"filter: {made.size} filters are joined; expected at most {MOST_FILTERS}.")
        return made


@strawberry.input(description="Every condition given has to hold.")
class DeviceGroupFilter:
    search: str | None = described(SEARCH)
    client_id: Uuid | None
    project_id: Uuid | None
    created_since: Instant | None = described(AT_OR_AFTER)
    created_before: Instant | None = described(STRICTLY_BEFORE)
    modified_since: Instant | None = described(AT_OR_AFTER)
    modified_before: Instant | None = described(STRICTLY_BEFORE)

    def to_domain(self) -> filters.DeviceGroupFilter:
        """Raises BadUserInput for what is malformed."""
        return filters.DeviceGroupFilter(
            search=search_term("search", self.search),
            client_id=self.client_id,
            project_id=self.project_id,
            created=filters.Period(since=self.created_since, before=self.created_before),
            modified=filters.Period(since=self.modified_since, before=self.modified_before),
        )


def _conditions(inputs: Iterable[DeviceFilter], principal: Principal) -> tuple[filters.DeviceFilter, ...]:
    return tuple(each.to_domain(principal) for each in inputs)


Item = TypeVar("Item")


def _tuple(items: list[Item] | None) -> tuple[Item, ...] | None:
    return None if items is None else tuple(items)


@strawberry.enum
class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum
class DeviceOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    MODIFIED_AT = "MODIFIED_AT"
    NAME = "NAME"
    STATUS = "STATUS"
    BARCODE = "BARCODE"
    CLIENT_ID = "CLIENT_ID"
    PROJECT_ID = "PROJECT_ID"
    DEVICE_SPECIFICATION_ID = "DEVICE_SPECIFICATION_ID"
    ID = "ID"


@strawberry.enum
class DeviceGroupOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    MODIFIED_AT = "MODIFIED_AT"
    NAME = "NAME"
    ID = "ID"


@strawberry.enum
class DeviceGroupLinkOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When the device was put into the group.")
    NAME = strawberry.enum_value("NAME", description="The group's name.")


TIES = (
    "Text compares by code point. A missing value sorts after every present one, ascending. Ties are broken by id, "
    "in the direction of the last field."
)


@strawberry.input(description=TIES)
class DeviceOrder:
    field: DeviceOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description=TIES)
class DeviceGroupOrder:
    field: DeviceGroupOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description=TIES)
class DeviceGroupLinkOrder:
    field: DeviceGroupLinkOrderField
    direction: OrderDirection = OrderDirection.ASC


def order_fields(orders: Sequence[DeviceOrder | DeviceGroupOrder | DeviceGroupLinkOrder] | None) -> Fields:
    return tuple((order.field.value, order.direction is OrderDirection.DESC) for order in orders or ())
