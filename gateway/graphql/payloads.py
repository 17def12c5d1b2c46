"""What mutations return: what they changed, or why they changed nothing."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import strawberry
from strawberry.types import get_object_definition

from gateway.db.rows import DeviceGroupRow
from gateway.domain.faults import Fault, FaultCode
from gateway.domain.kinds import Scope
from gateway.engine.column import Column
from gateway.graphql.context import Context
from gateway.graphql.inputs import described
from gateway.graphql.relation import guarded, resolved_field
from gateway.graphql.relay import Node
from gateway.graphql.types import (
    Device,
    DeviceDeviceGroupLink,
    DeviceEdge,
    DeviceGroup,
    DeviceGroupEdge,
    NetworkAdapter,
)

strawberry.enum(FaultCode, name="UserErrorCode")


def payload(type_: type, *, user_errors: Sequence[Fault] = (), **shown: Any) -> SimpleNamespace:
    """The value of a payload type, in which what is not `shown` is null."""
    fields = get_object_definition(type_, strict=True).fields
    return SimpleNamespace(
        **{**dict.fromkeys(field.python_name for field in fields), **shown, "user_errors": user_errors}
    )


def _conflicting_nodes(faults: Sequence[Fault], context: Context, *_: object) -> list[Any]:
    return [fault.conflicting if _scope(fault.conflicting) in context.principal.scopes else None for fault in faults]


def _scope(node: object) -> Scope:
    return Scope.DEVICE_GROUP_READ if isinstance(node, DeviceGroupRow) else Scope.DEVICE_READ


@strawberry.type
class UserError:
    code: FaultCode
    message: str = described("A sentence for a person, naming the value and the rule.")
    field: list[str] | None = described(
        'Where in `input`, for example `["networkAdapters", "0", "cellular", "imei"]`; null where it is about the '
        "whole input."
    )
    conflicting_node: Node | None = resolved_field(
        lambda _: Column(resolve=_conflicting_nodes, plain=True),
        description="What stands in the way, such as the device that already has the identifier; null where the caller "
        "may not see it.",
    )


@strawberry.type
class _Payload:
    user_errors: list[UserError]


@strawberry.type
class CreateDevicePayload(_Payload):
    device: Device | None = guarded(Scope.DEVICE_READ)
    device_edge: DeviceEdge | None = guarded(Scope.DEVICE_READ)


@strawberry.type
class UpdateDevicePayload(_Payload):
    device: Device | None = guarded(Scope.DEVICE_READ)


@strawberry.type
class DeleteDevicePayload(_Payload):
    deleted_device_id: strawberry.ID | None


@strawberry.type
class AddNetworkAdapterPayload(_Payload):
    network_adapter: NetworkAdapter | None = guarded(Scope.DEVICE_READ)
    device: Device | None = guarded(Scope.DEVICE_READ)


@strawberry.type
class UpdateNetworkAdapterPayload(_Payload):
    network_adapter: NetworkAdapter | None = guarded(Scope.DEVICE_READ)
    device: Device | None = guarded(Scope.DEVICE_READ)


@strawberry.type
class DeleteNetworkAdapterPayload(_Payload):
    deleted_network_adapter_id: strawberry.ID | None
    device: Device | None = guarded(Scope.DEVICE_READ)


@strawberry.type
class CreateDeviceGroupPayload(_Payload):
    device_group: DeviceGroup | None = guarded(Scope.DEVICE_GROUP_READ)
    device_group_edge: DeviceGroupEdge | None = guarded(Scope.DEVICE_GROUP_READ)


@strawberry.type
class UpdateDeviceGroupPayload(_Payload):
    device_group: DeviceGroup | None = guarded(Scope.DEVICE_GROUP_READ)


@strawberry.type
class DeleteDeviceGroupPayload(_Payload):
    deleted_device_group_id: strawberry.ID | None


@strawberry.type
class AddDeviceToGroupPayload(_Payload):
    link: DeviceDeviceGroupLink | None = guarded(Scope.DEVICE_GROUP_READ)


@strawberry.type
class RemoveDeviceFromGroupPayload(_Payload):
    device: Device | None = guarded(Scope.DEVICE_READ)
    device_group: DeviceGroup | None = guarded(Scope.DEVICE_GROUP_READ)
