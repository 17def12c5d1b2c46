"""What stands in the way of each mutation, in plain Python over the model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.model.model import Caller, Model, Row, adapter_of, is_uuid

REQUIRED = {"name", "status", "clientId", "projectId", "deviceSpecificationId", "idempotencyKey"}
TEXTS = ("name", "barcode", "description", "idempotencyKey")


@dataclass(frozen=True)
class Fault:
    code: str
    field: tuple[str, ...]
    conflicting: frozenset[str | None] = frozenset([None])
    """The ids of which any may be the conflicting node's."""


@dataclass(frozen=True)
class Judge:
    """Says what is wrong with the input of a caller's mutation. Whole: every fault of it."""

    model: Model
    caller: Caller

    def faults(self, mutation: str, input_: Row) -> list[Fault]:
        """Of a request under a key that is in use, only that it cannot be answered as it was before."""
        if not self.model.key_is_used(self.caller, input_):
            return JUDGES[mutation](self, input_)
        made_id = self.model.made_before(self.caller, mutation, input_)
        if made_id is None:
            return [Fault("IDEMPOTENCY_KEY_REUSED", ("idempotencyKey",))]
        return [] if self._sees(made_id) else [Fault("NOT_FOUND", ("idempotencyKey",))]

    def create_device(self, input_: Row) -> list[Fault]:
        return [
            *_values(input_),
            *self._client(input_),
            *self._adapters([(("networkAdapters", str(n)), each) for n, each in enumerate(input_["networkAdapters"])]),
            *(
                fault
                for place, id_ in enumerate(input_["deviceGroupIds"])
                for fault in self._membership(("deviceGroupIds", str(place)), id_, input_["projectId"])
            ),
        ]

    def update_device(self, input_: Row) -> list[Fault]:
        faults = list(_values(input_))
        if input_.get("clientId"):
            faults += self._client(input_)
        device = self.model.device(self.caller, input_["device"])
        if device is None:
            return [*faults, Fault("NOT_FOUND", ("device",))]
        faults += _version(input_, device)
        groups = self.model.groups_of(device["id"])
        if groups and input_.get("projectId") not in {None, device["projectId"]}:
            seen: list[str | None] = [id_ for id_ in groups if self.model.group(self.caller, id_)]
            faults.append(Fault("PROJECT_MISMATCH", ("projectId",), frozenset(seen or [None])))
        return faults

    def delete_device(self, input_: Row) -> list[Fault]:
        device = self.model.device(self.caller, input_["device"])
        return list(_version(input_, device)) if device else [Fault("NOT_FOUND", ("device",))]

    def add_network_adapter(self, input_: Row) -> list[Fault]:
        return [
            *_values(input_),
            *self._device(input_),
            *self._adapters([(("networkAdapter",), input_["networkAdapter"])]),
        ]

    def update_network_adapter(self, input_: Row) -> list[Fault]:
        faults = self.delete_network_adapter(input_)
        field, type_, identifier, _ = adapter_of(input_["networkAdapter"])
        adapter = self.model.adapters.get(input_["networkAdapterId"].lower(), {})
        # Of another type it is another adapter, whether or not that one could be.
        if not faults and adapter["type"] != type_:
            return [Fault("IMMUTABLE", ("networkAdapter", *field))]
        if not identifier:
            return [*faults, Fault("INVALID_FORMAT", ("networkAdapter", *field))]
        if not faults and adapter["identifier"] != identifier:
            return [Fault("IMMUTABLE", ("networkAdapter", *field))]
        return faults

    def delete_network_adapter(self, input_: Row) -> list[Fault]:
        device, id_ = self.model.device(self.caller, input_["device"]), input_["networkAdapterId"]
        faults = list(self._device(input_))
        # An adapter is looked for in its device only.
        adapter = self.model.adapters.get(id_.lower())
        if not is_uuid(id_) or (device and (adapter is None or adapter["deviceId"] != device["id"])):
            faults.append(_missing(id_, ("networkAdapterId",)))
        return faults

    def create_device_group(self, input_: Row) -> list[Fault]:
        return [*_values(input_), *self._client(input_)]

    def update_device_group(self, input_: Row) -> list[Fault]:
        return [*_values(input_), *self.delete_device_group(input_)]

    def delete_device_group(self, input_: Row) -> list[Fault]:
        group = self.model.group(self.caller, input_["id"])
        return list(_version(input_, group)) if group else [_missing(input_["id"], ("id",))]

    def add_device_to_group(self, input_: Row) -> list[Fault]:
        device = self.model.device(self.caller, input_["device"])
        project = device["projectId"] if device else None
        return [*self._device(input_), *self._membership(("deviceGroupId",), input_["deviceGroupId"], project)]

    def remove_device_from_group(self, input_: Row) -> list[Fault]:
        return [*self._device(input_), *self._membership(("deviceGroupId",), input_["deviceGroupId"], None)]

    def _sees(self, made_id: str) -> bool:
        device_id = self.model.adapters.get(made_id, {}).get("deviceId", made_id)
        return bool(self.model.device(self.caller, device_id) or self.model.group(self.caller, made_id))

    def _client(self, input_: Row) -> Iterator[Fault]:
        if not self.caller.reaches(input_["clientId"]):
            yield Fault("NOT_ALLOWED", ("clientId",))

    def _device(self, input_: Row) -> Iterator[Fault]:
        if self.model.device(self.caller, input_["device"]) is None:
            yield Fault("NOT_FOUND", ("device",))

    def _membership(self, field: tuple[str, ...], id_: str, project: str | None) -> Iterator[Fault]:
        """`project` is that of a device that is to be in the group."""
        group = self.model.group(self.caller, id_)
        if group is None:
            yield _missing(id_, field)
        elif project and group["projectId"] != project:
            yield Fault("PROJECT_MISMATCH", field, frozenset([group["id"]]))

    def _adapters(self, wanted: Iterable[tuple[tuple[str, ...], Row]]) -> Iterator[Fault]:
        seen: set[str] = set()
        for place, each in wanted:
            field, _, identifier, urn = adapter_of(each)
            holder = self.model.holder(urn)
            shown = holder if holder and self.model.device(self.caller, holder) else None
            if not identifier:
                yield Fault("INVALID_FORMAT", (*place, *field))
            elif urn in seen:
                # Whichever of the two reasons is given.
                yield Fault("IDENTIFIER_TAKEN", (*place, *field), frozenset([shown, None]))
            elif holder:
                yield Fault("IDENTIFIER_TAKEN", (*place, *field), frozenset([shown]))
            seen.add(urn)


def _values(input_: Row) -> Iterator[Fault]:
    for name, value in input_.items():
        # No key is as good as none given.
        if value is None and name in REQUIRED - {"idempotencyKey"}:
            yield Fault("BLANK", (name,))
        if value is None or name not in TEXTS:
            continue
        if name in REQUIRED and not value.strip():
            yield Fault("BLANK", (name,))
        if len(value) > 255:
            yield Fault("TOO_LONG", (name,))
        if "\0" in value:
            yield Fault("INVALID_FORMAT", (name,))


def _version(input_: Row, present: Row) -> Iterator[Fault]:
    if input_.get("expectedVersion") not in {None, present["version"]}:
        yield Fault("VERSION_MISMATCH", ("expectedVersion",), frozenset([present["id"]]))


def _missing(id_: str, field: tuple[str, ...]) -> Fault:
    return Fault("NOT_FOUND" if is_uuid(id_) else "INVALID_FORMAT", field)


JUDGES: Mapping[str, Callable[[Judge, Row], list[Fault]]] = {
    "createDevice": Judge.create_device,
    "updateDevice": Judge.update_device,
    "deleteDevice": Judge.delete_device,
    "addNetworkAdapter": Judge.add_network_adapter,
    "updateNetworkAdapter": Judge.update_network_adapter,
    "deleteNetworkAdapter": Judge.delete_network_adapter,
    "createDeviceGroup": Judge.create_device_group,
    "updateDeviceGroup": Judge.update_device_group,
    "deleteDeviceGroup": Judge.delete_device_group,
    "addDeviceToGroup": Judge.add_device_to_group,
    "removeDeviceFromGroup": Judge.remove_device_from_group,
}
