"""What mutations return: what they changed, or why they changed nothing."""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import strawberry
from strawberry.types import get_object_definition

from gateway.db.rows import DeviceGroupRow, WebhookRow
from gateway.domain import user_errors as domain
from gateway.domain.enums import Scope
from gateway.domain.user_errors import UserErrorCode
from gateway.graphql.context import Context
from gateway.graphql.costs import NO_STATEMENT
from gateway.graphql.fields import attribute, relation
from gateway.graphql.relay import Node
from gateway.graphql.types import (
    Device,
    DeviceDeviceGroupEdge,
    DeviceDeviceGroupLink,
    DeviceEdge,
    DeviceGroup,
    DeviceGroupDeviceEdge,
    DeviceGroupEdge,
    NetworkAdapter,
)

# Each field, adapter and group of an input may break two rules or three.
MOST_USER_ERRORS = 500
# That of an adapter's identifier, of one of many devices.
LONGEST_PATH = 6


def payload(type_: type, *, user_errors: Sequence[domain.UserError] = (), **values: Any) -> SimpleNamespace:
    """Return the value of a payload type. Fields without a value are null."""
    fields = get_object_definition(type_, strict=True).fields
    return SimpleNamespace(
        **{**dict.fromkeys(field.python_name for field in fields), **values, "user_errors": user_errors}
    )


async def conflicting_nodes(parents: Sequence[domain.UserError], context: Context) -> list[Any]:
    scopes = context.principal.scopes
    return [each.conflicting_node if _scope(each.conflicting_node) in scopes else None for each in parents]


def _scope(node: object) -> Scope:
    if isinstance(node, WebhookRow):
        return Scope.WEBHOOK_READ
    return Scope.DEVICE_GROUP_READ if isinstance(node, DeviceGroupRow) else Scope.DEVICE_READ


@strawberry.type(description="What is wrong with an input, so that nothing was changed.")
class UserError:
    code: UserErrorCode = attribute("The rule that the input breaks, for programs.")
    message: str = attribute("A sentence for a person, naming the value and the rule.")
    field: list[str] | None = attribute(
        'Where in `input`, for example `["networkAdapters", "0", "cellular", "imei"]`; null where it is about the '
        "whole input.",
        at_most=LONGEST_PATH,
    )
    conflicting_node: Node | None = relation(
        conflicting_nodes,
        scope=None,  # Each node needs the scope of its type.
        reads=("conflicting_node",),
        cost=NO_STATEMENT,
        description="What stands in the way, such as the device that already has the identifier; null where the caller "
        "may not see it.",
    )


_of_device = partial(attribute, scope=Scope.DEVICE_READ)
_of_group = partial(attribute, scope=Scope.DEVICE_GROUP_READ)
DEVICE = "The device as it is now; null where nothing was changed."
GROUP = "The group as it is now; null where nothing was changed."


@strawberry.type
class Payload:
    user_errors: list[UserError] = attribute(
        "What is wrong with the input; empty where the change was made.", at_most=MOST_USER_ERRORS
    )


@strawberry.type(description="What `createDevice` returns.")
class CreateDevicePayload(Payload):
    device: Device | None = _of_device("The new device; null where nothing was created.")
    device_edge: DeviceEdge | None = _of_device("The new device as an item of `devices` in its default order.")


@strawberry.type(description="What `updateDevice` returns.")
class UpdateDevicePayload(Payload):
    device: Device | None = _of_device(DEVICE)


@strawberry.type(description="What `deleteDevice` returns.")
class DeleteDevicePayload(Payload):
    deleted_device_id: strawberry.ID | None = attribute("The id that the device had; null where nothing was deleted.")


@strawberry.type(description="What `addNetworkAdapter` returns.")
class AddNetworkAdapterPayload(Payload):
    network_adapter: NetworkAdapter | None = _of_device("The new adapter; null where nothing was added.")
    device: Device | None = _of_device(DEVICE)


@strawberry.type(description="What `updateNetworkAdapter` returns.")
class UpdateNetworkAdapterPayload(Payload):
    network_adapter: NetworkAdapter | None = _of_device("The adapter as it is; null where the input is wrong.")
    device: Device | None = _of_device(DEVICE)


@strawberry.type(description="What `deleteNetworkAdapter` returns.")
class DeleteNetworkAdapterPayload(Payload):
    deleted_network_adapter_id: strawberry.ID | None = attribute(
        "The id that the adapter had; null where nothing was deleted."
    )
    device: Device | None = _of_device(DEVICE)


@strawberry.type(description="What `createDeviceGroup` returns.")
class CreateDeviceGroupPayload(Payload):
    device_group: DeviceGroup | None = _of_group("The new group; null where nothing was created.")
    device_group_edge: DeviceGroupEdge | None = _of_group(
        "The new group as an item of `deviceGroups` in its default order."
    )


@strawberry.type(description="What `updateDeviceGroup` returns.")
class UpdateDeviceGroupPayload(Payload):
    device_group: DeviceGroup | None = _of_group(GROUP)


@strawberry.type(description="What `deleteDeviceGroup` returns.")
class DeleteDeviceGroupPayload(Payload):
    deleted_device_group_id: strawberry.ID | None = attribute(
        "The id that the group had; null where nothing was deleted."
    )


@strawberry.type(description="What `addDeviceToGroup` returns.")
class AddDeviceToGroupPayload(Payload):
    link: DeviceDeviceGroupLink | None = _of_group("The link, new or as it was; null where the input is wrong.")
    device_group_edge: DeviceDeviceGroupEdge | None = _of_group("The group as an item of the device's list of groups.")
    device_edge: DeviceGroupDeviceEdge | None = _of_device("The device as an item of the group's list of devices.")


@strawberry.type(description="What `removeDeviceFromGroup` returns.")
class RemoveDeviceFromGroupPayload(Payload):
    device: Device | None = _of_device(DEVICE)
    device_group: DeviceGroup | None = _of_group("The group, which no longer has the device.")
