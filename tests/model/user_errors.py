"""What stands in the way of each mutation, in plain Python over the model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.model.model import Caller, Model, Row, adapter_of, is_uuid

REQUIRED = {"name", "status", "clientId", "projectId", "deviceSpecificationId", "idempotencyKey"}
TEXTS = ("name", "barcode", "description", "idempotencyKey")
LINE_TERMINATORS = set("\n\r\x85\u2028\u2029")


OWNERS = {"clientId": "CLIENT_MISMATCH", "projectId": "PROJECT_MISMATCH"}
"""What a device and its groups have in common, and the code where they do not."""


@dataclass(frozen=True)
class UserError:
    code: str
    field: tuple[str, ...]
    conflicting: frozenset[str | None] = frozenset([None])
    """The ids of which any may be the conflicting node's."""


@dataclass(frozen=True)
class Judge:
    """Finds every user error of the input of a caller's mutation."""

    model: Model
    caller: Caller

    def user_errors(self, mutation: str, input_: Row) -> list[UserError]:
        """Of a request under a key that is in use, return only that it cannot be answered as it was before."""
        if not self.model.key_is_used(self.caller, input_):
            return JUDGES[mutation](self, input_)
        made_id = self.model.made_before(self.caller, mutation, input_)
        if made_id is None:
            return [UserError("IDEMPOTENCY_KEY_REUSED", ("idempotencyKey",))]
        return [] if self._sees(made_id) else [UserError("NOT_FOUND", ("idempotencyKey",))]

    def create_device(self, input_: Row) -> list[UserError]:
        return [
            *_values(input_),
            *self._client(input_),
            *self._adapters([(("networkAdapters", str(n)), each) for n, each in enumerate(input_["networkAdapters"])]),
            *(
                user_error
                for place, id_ in enumerate(input_["deviceGroupIds"])
                for user_error in self._membership(("deviceGroupIds", str(place)), id_, input_)
            ),
        ]

    def update_device(self, input_: Row) -> list[UserError]:
        user_errors = list(_values(input_))
        if input_.get("clientId"):
            user_errors += self._client(input_)
        device = self.model.device(self.caller, input_["device"])
        if device is None:
            return [*user_errors, UserError("NOT_FOUND", ("device",))]
        user_errors += _version(input_, device)
        groups = self.model.groups_of(device["id"])
        for owner, code in OWNERS.items():
            if groups and input_.get(owner) not in {None, device[owner]}:
                user_errors.append(UserError(code, (owner,), frozenset(groups)))
        return user_errors

    def delete_device(self, input_: Row) -> list[UserError]:
        device = self.model.device(self.caller, input_["device"])
        return list(_version(input_, device)) if device else [UserError("NOT_FOUND", ("device",))]

    def add_network_adapter(self, input_: Row) -> list[UserError]:
        return [
            *_values(input_),
            *self._device(input_),
            *self._adapters([(("networkAdapter",), input_["networkAdapter"])]),
        ]

    def update_network_adapter(self, input_: Row) -> list[UserError]:
        user_errors = self.delete_network_adapter(input_)
        field, type_, identifier, _ = adapter_of(input_["networkAdapter"])
        adapter = self.model.adapters[input_["networkAdapterId"].lower()] if not user_errors else None
        if not identifier:
            user_errors.append(UserError("INVALID_FORMAT", ("networkAdapter", *field)))
        # Of another type it is another adapter, whether or not that one could be.
        if adapter and (adapter["type"] != type_ or identifier not in {"", adapter["identifier"]}):
            user_errors.append(UserError("IMMUTABLE", ("networkAdapter", *field)))
        return user_errors

    def delete_network_adapter(self, input_: Row) -> list[UserError]:
        device, id_ = self.model.device(self.caller, input_["device"]), input_["networkAdapterId"]
        user_errors = list(self._device(input_))
        # An adapter is looked for in its device only.
        adapter = self.model.adapters.get(id_.lower())
        if not is_uuid(id_) or (device and (adapter is None or adapter["deviceId"] != device["id"])):
            user_errors.append(_missing(id_, ("networkAdapterId",)))
        return user_errors

    def create_device_group(self, input_: Row) -> list[UserError]:
        return [*_values(input_), *self._client(input_)]

    def update_device_group(self, input_: Row) -> list[UserError]:
        return [*_values(input_), *self.delete_device_group(input_)]

    def delete_device_group(self, input_: Row) -> list[UserError]:
        group = self.model.group(self.caller, input_["id"])
        return list(_version(input_, group)) if group else [_missing(input_["id"], ("id",))]

    def add_device_to_group(self, input_: Row) -> list[UserError]:
        device = self.model.device(self.caller, input_["device"])
        return [*self._device(input_), *self._membership(("deviceGroupId",), input_["deviceGroupId"], device)]

    def remove_device_from_group(self, input_: Row) -> list[UserError]:
        return [*self._device(input_), *self._membership(("deviceGroupId",), input_["deviceGroupId"], None)]

    def _sees(self, made_id: str) -> bool:
        device_id = self.model.adapters.get(made_id, {}).get("deviceId", made_id)
        return bool(self.model.device(self.caller, device_id) or self.model.group(self.caller, made_id))

    def _client(self, input_: Row) -> Iterator[UserError]:
        if not self.caller.reaches(input_["clientId"]):
            yield UserError("NOT_ALLOWED", ("clientId",))

    def _device(self, input_: Row) -> Iterator[UserError]:
        if self.model.device(self.caller, input_["device"]) is None:
            yield UserError("NOT_FOUND", ("device",))

    def _membership(self, field: tuple[str, ...], id_: str, device: Row | None) -> Iterator[UserError]:
        """Find what is wrong with a group's id; `device` is to be in the group, if there is one."""
        group = self.model.group(self.caller, id_)
        if group is None:
            yield _missing(id_, field)
        for owner, code in OWNERS.items():
            if group and device and group[owner] != device[owner]:
                yield UserError(code, field, frozenset([group["id"]]))

    def _adapters(self, inputs: Iterable[tuple[tuple[str, ...], Row]]) -> Iterator[UserError]:
        seen: set[str] = set()
        for place, each in inputs:
            field, _, identifier, urn = adapter_of(each)
            holder = self.model.holder(urn)
            shown = holder if holder and self.model.device(self.caller, holder) else None
            if not identifier:
                yield UserError("INVALID_FORMAT", (*place, *field))
            elif urn in seen:
                # Whichever of the two reasons is named.
                yield UserError("IDENTIFIER_TAKEN", (*place, *field), frozenset([shown, None]))
            elif holder:
                yield UserError("IDENTIFIER_TAKEN", (*place, *field), frozenset([shown]))
            seen.add(urn)


def _values(input_: Row) -> Iterator[UserError]:
    for name, value in input_.items():
        # A key of null is no key.
        if value is None and name in REQUIRED - {"idempotencyKey"}:
            yield UserError("BLANK", (name,))
        if value is None or name not in TEXTS:
            continue
        if name in REQUIRED and not value.strip():
            yield UserError("BLANK", (name,))
        if len(value) > 255:
            yield UserError("TOO_LONG", (name,))
        if "\0" in value:
            yield UserError("INVALID_FORMAT", (name,))
        if name == "name" and not LINE_TERMINATORS.isdisjoint(value):
            yield UserError("INVALID_FORMAT", (name,))


def _version(input_: Row, present: Row) -> Iterator[UserError]:
    if input_.get("expectedVersion") not in {None, present["version"]}:
        yield UserError("VERSION_MISMATCH", ("expectedVersion",), frozenset([present["id"]]))


def _missing(id_: str, field: tuple[str, ...]) -> UserError:
    return UserError("NOT_FOUND" if is_uuid(id_) else "INVALID_FORMAT", field)


JUDGES: Mapping[str, Callable[[Judge, Row], list[UserError]]] = {
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
