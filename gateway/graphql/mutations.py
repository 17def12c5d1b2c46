"""The fields of Mutation. Each runs one use case; the fields of a request run in their order."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from types import SimpleNamespace
from typing import Annotated, Any

import strawberry

from gateway.db.rows import DeviceGroupLinkRow, linked_device, linked_group
from gateway.db.session import UseCase
from gateway.db.statements import orders
from gateway.db.statements.listing import Edge
from gateway.domain.commands import Command
from gateway.domain.fields import MOST_CHANGES_OF_MATCHED, MOST_CREATED, MOST_PARTS_OF_MATCHED
from gateway.domain.user_errors import Refused
from gateway.engine.field_cost import FieldCost
from gateway.engine.resolvers import NO_ATTRIBUTES, ColumnResolver
from gateway.graphql import bulk, payloads, webhooks
from gateway.graphql import mutation_inputs as inputs
from gateway.graphql.context import Context
from gateway.graphql.costs import MUTATION, MUTATION_IN_STEPS
from gateway.graphql.fields import Info, resolved_field
from gateway.graphql.payloads import payload
from gateway.services import adapters, device_batches, devices, groups, matching_devices, memberships
from gateway.services import webhooks as webhook_use_cases
from gateway.services.use_case import InSteps, change


def _command(input_: Any, _: Context) -> Command:
    made: Command = input_.command()
    return made


def _webhook_command(input_: Any, context: Context) -> Command:
    made: Command = input_.command(context.webhook_hosts)
    return made


def _filter_command(input_: Any, context: Context) -> Command:
    made: Command = input_.command(context.principal)
    return made


def mutation(
    use_case: UseCase[Any, Any] | InSteps[Any, Any],
    input_type: type,
    payload_type: type,
    show: Callable[[Any], dict[str, Any]],
    *,
    description: str,
    make_command: Callable[[Any, Context], Command] = _command,
) -> Any:
    """Declare a field that runs `use_case` with the command of its input; `show` makes the payload of the result."""

    def show_result(result: Any, _: Context) -> dict[str, Any]:
        return show(result)

    return _mutation(
        use_case,
        input_type,
        payload_type,
        show_result,
        description=description,
        make_command=make_command,
        cost=MUTATION_IN_STEPS if isinstance(use_case, InSteps) else MUTATION,
    )


def _mutation(
    use_case: UseCase[Any, Any] | InSteps[Any, Any],
    input_type: type,
    payload_type: type,
    show: Callable[[Any, Context], dict[str, Any]],
    *,
    description: str,
    make_command: Callable[[Any, Context], Command],
    cost: FieldCost,
) -> Any:
    """Declare a field as `mutation` does, whose result may have user errors, which `show` shows as the context does."""

    async def resolve(
        _: Sequence[None], context: Context, arguments: Mapping[str, Any], __: object
    ) -> list[SimpleNamespace]:
        command: Command = make_command(arguments["input"], context)
        for scope in command.scopes:
            context.principal.require(scope)
        try:
            result = await _run(use_case, context, command)
        except Refused as refusal:
            return [payload(payload_type, user_errors=[*map(context.show_user_error, refusal.user_errors)])]
        return [payload(payload_type, **show(result, context))]

    async def resolve_one(root: None, info: Info, **arguments: Any) -> SimpleNamespace:
        [value] = await resolve([root], info.context, arguments, None)
        return value

    annotation: Any = Annotated[input_type, strawberry.argument(description="What is to be changed.")]
    argument = Parameter("input", Parameter.KEYWORD_ONLY, annotation=annotation)
    resolver = ColumnResolver(resolve=resolve, reads=NO_ATTRIBUTES, trusted=True)
    return resolved_field(resolve_one, lambda _: resolver, iter([argument]), description, cost)


async def _run(use_case: UseCase[Any, Any] | InSteps[Any, Any], context: Context, command: Command) -> Any:
    if isinstance(use_case, InSteps):
        return await use_case.run(context.session, context.principal, command)
    return await change(context.session, context.principal, use_case, command)


def _edges(link: DeviceGroupLinkRow) -> dict[str, Any]:
    return {
        "link": link,
        "device_group_edge": Edge(linked_group(link), orders.of_groups_of_devices(())),
        "device_edge": Edge(linked_device(link), orders.of_devices(())),
    }


@strawberry.type(
    description="Each mutation is one transaction, unless it says otherwise. What the caller got wrong comes back in "
    "`userErrors`, with nothing changed; what it may not do at all (no token, no scope) is an error of the request."
)
class Mutation:
    create_device: payloads.CreateDevicePayload | None = mutation(
        devices.create_device,
        inputs.CreateDeviceInput,
        payloads.CreateDevicePayload,
        lambda device: {"device": device, "device_edge": Edge(device, orders.of_devices(()))},
        description="Creates a device with its adapters and links, or nothing at all. Needs the scope `device.write`.",
    )
    update_device: payloads.UpdateDevicePayload | None = mutation(
        devices.update_device,
        inputs.UpdateDeviceInput,
        payloads.UpdateDevicePayload,
        lambda device: {"device": device},
        description="Fields left out stay as they are; null clears an optional field.",
    )
    delete_device: payloads.DeleteDevicePayload | None = mutation(
        devices.delete_device,
        inputs.DeleteDeviceInput,
        payloads.DeleteDevicePayload,
        lambda device: {"deleted_device_id": device.id},
        description="Takes the device's adapters and links with it, and frees its identifiers.",
    )
    create_devices: bulk.CreateDevicesPayload | None = _mutation(
        device_batches.create_devices,
        bulk.CreateDevicesInput,
        bulk.CreateDevicesPayload,
        bulk.created,
        description=f"Creates up to {MOST_CREATED} devices, as `createDevice` would one after the other, in one "
        "transaction. Needs the scope `device.write`.",
        make_command=_command,
        cost=bulk.CREATION,
    )
    update_devices: bulk.UpdateDevicesPayload | None = _mutation(
        matching_devices.update_devices,
        bulk.UpdateDevicesInput,
        bulk.UpdateDevicesPayload,
        bulk.changed("changed"),
        description="Changes all devices that a filter matches, or none, as `updateDevice`, `removeDeviceFromGroup` "
        "and `addDeviceToGroup` would, in one transaction. Needs the scope `device.read`, since it tells how many "
        "match; `device.write` for fields, and `device-group.write` for groups. There are at most "
        f"{MOST_CHANGES_OF_MATCHED} events of it.",
        make_command=_filter_command,
        cost=bulk.CHANGE,
    )
    delete_devices: bulk.DeleteDevicesPayload | None = _mutation(
        matching_devices.delete_devices,
        bulk.DeleteDevicesInput,
        bulk.DeleteDevicesPayload,
        bulk.changed("deleted"),
        description="Deletes all devices that a filter matches, or none, as `deleteDevice` would, in one transaction. "
        "Needs the scopes `device.read`, since it tells how many match, and `device.write`. The devices have at most "
        f"{MOST_PARTS_OF_MATCHED} adapters and links.",
        make_command=_filter_command,
        cost=bulk.CHANGE,
    )
    add_network_adapter: payloads.AddNetworkAdapterPayload | None = mutation(
        adapters.add_network_adapter,
        inputs.AddNetworkAdapterInput,
        payloads.AddNetworkAdapterPayload,
        lambda result: {"network_adapter": result[0], "device": result[1]},
        description="Adds a network adapter to a device. Needs the scope `device.write`.",
    )
    update_network_adapter: payloads.UpdateNetworkAdapterPayload | None = mutation(
        adapters.update_network_adapter,
        inputs.UpdateNetworkAdapterInput,
        payloads.UpdateNetworkAdapterPayload,
        lambda result: {"network_adapter": result[0], "device": result[1]},
        description="The identifier may not change: the same value is a no-op that returns the adapter, another is "
        "IMMUTABLE.",
    )
    delete_network_adapter: payloads.DeleteNetworkAdapterPayload | None = mutation(
        adapters.delete_network_adapter,
        inputs.DeleteNetworkAdapterInput,
        payloads.DeleteNetworkAdapterPayload,
        lambda result: {"deleted_network_adapter_id": result[0].id, "device": result[1]},
        description="Deletes a network adapter, and frees its identifier. Needs the scope `device.write`.",
    )
    create_device_group: payloads.CreateDeviceGroupPayload | None = mutation(
        groups.create_device_group,
        inputs.CreateDeviceGroupInput,
        payloads.CreateDeviceGroupPayload,
        lambda group: {"device_group": group, "device_group_edge": Edge(group, orders.of_device_groups(()))},
        description="Creates a device group, which holds nothing yet. Needs the scope `device-group.write`.",
    )
    update_device_group: payloads.UpdateDeviceGroupPayload | None = mutation(
        groups.update_device_group,
        inputs.UpdateDeviceGroupInput,
        payloads.UpdateDeviceGroupPayload,
        lambda group: {"device_group": group},
        description="Fields left out stay as they are; null clears an optional field.",
    )
    delete_device_group: payloads.DeleteDeviceGroupPayload | None = mutation(
        InSteps(groups.delete_device_group),
        inputs.DeleteDeviceGroupInput,
        payloads.DeleteDeviceGroupPayload,
        lambda group: {"deleted_device_group_id": group.id},
        description="Removes the group and its links; the devices stay. Those of a group of more than "
        f"{groups.MOST_AT_ONCE:,} leave it in several transactions, each with its event, and the last one deletes it. "
        "`expectedVersion` is that when it begins. Where it is cut short, by the limit of time or whatever else, the "
        "group is there still, with fewer devices, and the same request goes on.",
    )
    add_device_to_group: payloads.AddDeviceToGroupPayload | None = mutation(
        memberships.add_device_to_group,
        inputs.AddDeviceToGroupInput,
        payloads.AddDeviceToGroupPayload,
        _edges,
        description="A device already in the group is a no-op that returns the link.",
    )
    remove_device_from_group: payloads.RemoveDeviceFromGroupPayload | None = mutation(
        memberships.remove_device_from_group,
        inputs.RemoveDeviceFromGroupInput,
        payloads.RemoveDeviceFromGroupPayload,
        lambda result: {"device": result[0], "device_group": result[1]},
        description="A device that is not in the group is a no-op.",
    )
    create_webhook: webhooks.CreateWebhookPayload | None = mutation(
        webhook_use_cases.create_webhook,
        webhooks.CreateWebhookInput,
        webhooks.CreateWebhookPayload,
        lambda result: {"webhook": result.webhook, "secret": result.secret},
        description="Tells an address of a client's events. Needs the scope `webhook.write`.",
        make_command=_webhook_command,
    )
    update_webhook: webhooks.UpdateWebhookPayload | None = mutation(
        webhook_use_cases.update_webhook,
        webhooks.UpdateWebhookInput,
        webhooks.UpdateWebhookPayload,
        lambda result: {"webhook": result.webhook, "secret": result.secret},
        description="To switch on or off, to change what is told, to deliver again from a cursor, or to get a new "
        "secret. Needs the scope `webhook.write`.",
        make_command=_webhook_command,
    )
    delete_webhook: webhooks.DeleteWebhookPayload | None = mutation(
        webhook_use_cases.delete_webhook,
        webhooks.DeleteWebhookInput,
        webhooks.DeleteWebhookPayload,
        lambda webhook: {"deleted_webhook_id": webhook.id},
        description="What is being delivered may still arrive. Needs the scope `webhook.write`.",
    )
