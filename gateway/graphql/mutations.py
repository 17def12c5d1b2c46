"""The fields of Mutation. Each runs one use case in one transaction; the fields of a request run in their order."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from types import SimpleNamespace
from typing import Any

import strawberry

from gateway.db.listing import Edge
from gateway.db.orders import DEVICE_GROUPS, DEVICES, order_by
from gateway.domain.commands import Command
from gateway.domain.faults import Refused
from gateway.engine.column import Column
from gateway.graphql import mutation_inputs as inputs
from gateway.graphql import payloads
from gateway.graphql.context import Context
from gateway.graphql.payloads import payload
from gateway.graphql.relation import resolved_field
from gateway.services import adapters, devices, groups, memberships
from gateway.services.changing import UseCase, change


def mutation(
    use_case: UseCase[Any, Any],
    input_type: type,
    payload_type: type,
    show: Callable[[Any], dict[str, Any]],
    *,
    description: str | None = None,
) -> Any:
    """A field that runs `use_case` with what `input` asks for, and shows its result."""

    async def resolve(
        parents: Sequence[None],  # noqa: ARG001  # Mutation has none
        context: Context,
        arguments: Mapping[str, Any],
        _: object,
    ) -> list[SimpleNamespace]:
        command: Command = arguments["input"].command()
        for scope in command.scopes:
            context.principal.require(scope)
        try:
            result = await change(context.session, context.principal, use_case, command)
        except Refused as refusal:
            return [payload(payload_type, user_errors=refusal.faults)]
        return [payload(payload_type, **show(result))]

    argument = Parameter("input", Parameter.KEYWORD_ONLY, annotation=input_type)
    column = Column(resolve=resolve, plain=True)
    return resolved_field(lambda _: column, [argument], description=description)


@strawberry.type(
    description="Each mutation is one transaction. What the caller got wrong comes back in `userErrors`, with nothing "
    "changed; what it may not do at all (no token, no scope) is an error of the request."
)
class Mutation:
    create_device: payloads.CreateDevicePayload = mutation(
        devices.create_device,
        inputs.CreateDeviceInput,
        payloads.CreateDevicePayload,
        lambda device: {"device": device, "device_edge": Edge(device, order_by(DEVICES, ()))},
    )
    update_device: payloads.UpdateDevicePayload = mutation(
        devices.update_device,
        inputs.UpdateDeviceInput,
        payloads.UpdateDevicePayload,
        lambda device: {"device": device},
        description="Fields left out stay as they are; null clears an optional field.",
    )
    delete_device: payloads.DeleteDevicePayload = mutation(
        devices.delete_device,
        inputs.DeleteDeviceInput,
        payloads.DeleteDevicePayload,
        lambda device: {"deleted_device_id": device.id},
        description="Takes the device's adapters and links with it, and frees its identifiers.",
    )
    add_network_adapter: payloads.AddNetworkAdapterPayload = mutation(
        adapters.add_network_adapter,
        inputs.AddNetworkAdapterInput,
        payloads.AddNetworkAdapterPayload,
        lambda result: {"network_adapter": result[0], "device": result[1]},
    )
    update_network_adapter: payloads.UpdateNetworkAdapterPayload = mutation(
        adapters.update_network_adapter,
        inputs.UpdateNetworkAdapterInput,
        payloads.UpdateNetworkAdapterPayload,
        lambda result: {"network_adapter": result[0], "device": result[1]},
        description="The identifier may not change: the same value is a no-op that returns the adapter, another is "
        "IMMUTABLE.",
    )
    delete_network_adapter: payloads.DeleteNetworkAdapterPayload = mutation(
        adapters.delete_network_adapter,
        inputs.DeleteNetworkAdapterInput,
        payloads.DeleteNetworkAdapterPayload,
        lambda result: {"deleted_network_adapter_id": result[0].id, "device": result[1]},
    )
    create_device_group: payloads.CreateDeviceGroupPayload = mutation(
        groups.create_device_group,
        inputs.CreateDeviceGroupInput,
        payloads.CreateDeviceGroupPayload,
        lambda group: {"device_group": group, "device_group_edge": Edge(group, order_by(DEVICE_GROUPS, ()))},
    )
    update_device_group: payloads.UpdateDeviceGroupPayload = mutation(
        groups.update_device_group,
        inputs.UpdateDeviceGroupInput,
        payloads.UpdateDeviceGroupPayload,
        lambda group: {"device_group": group},
        description="Fields left out stay as they are; null clears an optional field.",
    )
    delete_device_group: payloads.DeleteDeviceGroupPayload = mutation(
        groups.delete_device_group,
        inputs.DeleteDeviceGroupInput,
        payloads.DeleteDeviceGroupPayload,
        lambda group: {"deleted_device_group_id": group.id},
        description="Removes the group and its links; the devices stay.",
    )
    add_device_to_group: payloads.AddDeviceToGroupPayload = mutation(
        memberships.add_device_to_group,
        inputs.AddDeviceToGroupInput,
        payloads.AddDeviceToGroupPayload,
        lambda link: {"link": link},
        description="A device already in the group is a no-op that returns the link.",
    )
    remove_device_from_group: payloads.RemoveDeviceFromGroupPayload = mutation(
        memberships.remove_device_from_group,
        inputs.RemoveDeviceFromGroupInput,
        payloads.RemoveDeviceFromGroupPayload,
        lambda result: {"device": result[0], "device_group": result[1]},
        description="A device that is not in the group is a no-op.",
    )
