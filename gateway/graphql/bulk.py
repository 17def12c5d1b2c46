"""Mutations of many devices: their inputs, their payloads, and what they cost."""

from collections.abc import Callable
from math import ceil
from types import SimpleNamespace
from typing import Any

import strawberry
from strawberry import Maybe

from gateway.domain import commands
from gateway.domain.enums import BulkMode, DeviceStatus, Scope
from gateway.domain.fields import DEVICE_FIELDS, MOST_CREATED, MOST_MATCHED
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.engine.field_cost import Arguments, FieldCost, OfArguments
from gateway.graphql.context import Context
from gateway.graphql.costs import TRANSACTION, page_price
from gateway.graphql.fields import attribute
from gateway.graphql.inputs import DeviceFilter, described
from gateway.graphql.mutation_inputs import BARCODE, CLEARED, DESCRIPTION, STAYS, CreateDeviceInput, given
from gateway.graphql.payloads import Payload, UserError
from gateway.graphql.types import Device
from gateway.services.device_batches import CreatedDevices
from gateway.services.matching_devices import ChangedDevices

DRY_RUN = "Judges everything as otherwise, identifiers that are taken and limits included, and changes nothing."
EXPECTED_COUNT = (
    "How many devices the caller believes to match: with another number nothing changes, and COUNT_MISMATCH tells how "
    f"many it is. At most {MOST_MATCHED} may match."
)
GROUPS = "at most 100. Needs the scope `device-group.write`."

ERRORS_OF_FIELDS = 12
"""How many rules one device may break, its adapters and groups left out."""
_PRICE_OF_NEW = 10
_PRICE_OF_PART = 5
"""The price of an adapter or a link."""
_PRICE_OF_CHANGED = 10


def _of_input(number: Callable[[dict[str, Any]], int]) -> OfArguments:
    """Return a number that depends on the input; what is no input object is refused later, with a better message."""

    def of_arguments(arguments: Arguments) -> int:
        input_ = arguments.get("input")
        return number(input_) if isinstance(input_, dict) else 0

    return OfArguments(frozenset({"input"}), of_arguments)


def _devices(input_: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the devices of an input, or as many as are looked at."""
    return [each for each in _items(input_.get("devices"))[: MOST_CREATED + 1] if isinstance(each, dict)]


def _items(value: Any) -> list[Any]:
    """Return the items of a list; what is none stands for a list of one (GraphQL specification, section 3.11)."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _length(device: dict[str, Any], name: str) -> int:
    return len(_items(device.get(name)))


def _results(input_: dict[str, Any]) -> int:
    """Return how many results there may be, and for the errors of adapters and groups, as many as could hold these."""
    devices = _devices(input_)
    of_parts = sum(_length(each, "networkAdapters") + 2 * _length(each, "deviceGroupIds") for each in devices)
    return len(devices) + ceil(of_parts / ERRORS_OF_FIELDS)


def _creation_price(input_: dict[str, Any]) -> int:
    devices = _devices(input_)
    parts = sum(_length(each, "networkAdapters") + _length(each, "deviceGroupIds") for each in devices)
    return TRANSACTION + _PRICE_OF_NEW * len(devices) + _PRICE_OF_PART * parts


def _change_price(input_: dict[str, Any]) -> int:
    """Return the price of a change. It changes no more devices than are expected."""
    expected = input_.get("expectedCount")
    changed = min(max(expected, 0), MOST_MATCHED) if isinstance(expected, int) else 0
    return TRANSACTION + page_price(input_) + _PRICE_OF_CHANGED * changed


CREATION = FieldCost(items=_of_input(_results), price=_of_input(_creation_price))
CHANGE = FieldCost(price=_of_input(_change_price))


@strawberry.input(description="Devices to create.")
class CreateDevicesInput:
    devices: list[CreateDeviceInput] = described(
        f"The devices, at most {MOST_CREATED}. Each finds those before it that have no fault as if they were there."
    )
    mode: BulkMode = strawberry.field(
        default=BulkMode.EACH, description="What becomes of the others where one has a fault."
    )
    dry_run: bool = strawberry.field(default=False, description=DRY_RUN)

    def command(self) -> commands.CreateDevices:
        devices = tuple(each.command() for each in self.devices)
        return commands.CreateDevices(devices=devices, mode=self.mode, dry_run=self.dry_run)


@strawberry.input(description="What changes of each device. Fields left out stay as they are.")
class DeviceChanges:
    status: Maybe[DeviceStatus | None] = described(f"Whether the device is in use. {STAYS}")
    barcode: Maybe[str | None] = described(f"{BARCODE} {CLEARED}")
    description: Maybe[str | None] = described(f"{DESCRIPTION} {CLEARED}")
    device_specification_id: Maybe[Uuid | None] = described(f"The specification of the device. {STAYS}")
    add_to_group_ids: list[strawberry.ID] | None = described(
        f"Groups of the client and project of all these devices that each is put into, {GROUPS}"
    )
    remove_from_group_ids: list[strawberry.ID] | None = described(
        f"Groups that each device is taken out of where it is in them, {GROUPS}"
    )


@strawberry.input(description="Devices to change, and what changes of them.")
class UpdateDevicesInput:
    filter: DeviceFilter = described("Which devices, as `devices` has it.")
    changes: DeviceChanges = described("What changes of each.")
    expected_count: int = described(EXPECTED_COUNT)
    dry_run: bool = strawberry.field(default=False, description=DRY_RUN)

    def command(self, principal: Principal) -> commands.UpdateDevices:
        return commands.UpdateDevices(
            filter=self.filter.to_domain(principal),
            changes=given(self.changes, DEVICE_FIELDS),
            add_to_group_ids=tuple(self.changes.add_to_group_ids or ()),
            remove_from_group_ids=tuple(self.changes.remove_from_group_ids or ()),
            expected_count=self.expected_count,
            dry_run=self.dry_run,
        )


@strawberry.input(description="Devices to delete.")
class DeleteDevicesInput:
    filter: DeviceFilter = described("Which devices, as `devices` has it.")
    expected_count: int = described(EXPECTED_COUNT)
    dry_run: bool = strawberry.field(default=False, description=DRY_RUN)

    def command(self, principal: Principal) -> commands.DeleteDevices:
        filter_ = self.filter.to_domain(principal)
        return commands.DeleteDevices(filter=filter_, expected_count=self.expected_count, dry_run=self.dry_run)


@strawberry.type(description="What became of one device of an input.")
class CreateDeviceResult:
    device: Device | None = attribute(
        "The device; null where it has faults, in a dry run, and where the fault of another has undone it.",
        scope=Scope.DEVICE_READ,
    )
    user_errors: list[UserError] = attribute(
        'What is wrong with the device, in paths that begin with `"devices"` and its place in the list.',
        at_most=ERRORS_OF_FIELDS,
    )


@strawberry.type(description="What `createDevices` returns.")
class CreateDevicesPayload(Payload):
    results: list[CreateDeviceResult] | None = attribute("One for each device of the input, in its order.", paged=True)
    created: int = attribute(
        "How many of the devices exist now, those that a repeated request finds by their idempotency keys included; in "
        "a dry run, how many would."
    )
    failed: int = attribute("How many of the devices have faults.")


@strawberry.type(description="What `updateDevices` returns.")
class UpdateDevicesPayload(Payload):
    matched: int = attribute("How many devices match.")
    changed: int = attribute("How many of these are other than before; in a dry run, how many would be.")


@strawberry.type(description="What `deleteDevices` returns.")
class DeleteDevicesPayload(Payload):
    matched: int = attribute("How many devices match.")
    deleted: int = attribute("How many are deleted; in a dry run, how many would be.")


def created(result: CreatedDevices, context: Context) -> dict[str, Any]:
    """Return what `createDevices` shows."""
    results = [
        SimpleNamespace(
            device=each.device,
            user_errors=[context.show_user_error(error.beneath("devices", str(index))) for error in each.user_errors],
        )
        for index, each in enumerate(result.results)
    ]
    return {
        "results": results,
        "created": result.created,
        "failed": result.failed,
        "user_errors": [*map(context.show_user_error, result.user_errors)],
    }


def changed(name: str) -> Callable[[ChangedDevices, Context], dict[str, Any]]:
    """Return what shows how many devices matched, and how many of these changed as the field `name`."""

    def show(result: ChangedDevices, context: Context) -> dict[str, Any]:
        user_errors = [*map(context.show_user_error, result.user_errors)]
        return {"matched": result.matched, name: result.changed, "user_errors": user_errors}

    return show
