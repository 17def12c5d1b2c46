"""What the gateway holds, and how each change changes it, in plain Python. Nothing of the gateway's code is in here.

Devices, groups and inputs have the shape that they have in GraphQL. What only the gateway can know, which is ids and
instants, is learned from its answers.
"""

import json
import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

DEVICE_FIELDS = ("name", "status", "barcode", "description", "clientId", "projectId", "deviceSpecificationId")
GROUP_FIELDS = ("name", "description", "clientId", "projectId")
ADAPTERS = {
    "cellular": ("imei", "CELLULAR", "urn:dev:imei:"),
    "lora": ("devEui", "LORA", "urn:dev:deveui:"),
    "generic": ("dvnUuid", "GENERIC", "urn:dev:dvnuuid:"),
}


@dataclass(frozen=True)
class Caller:
    subject: str
    clients: frozenset[str] | None
    """None for every client."""

    @property
    def name(self) -> str:
        return f"principal/{self.subject}"

    def reaches(self, client: str) -> bool:
        return self.clients is None or client in self.clients


@dataclass(frozen=True)
class Learned:
    """What only the gateway knows of a change that it has made."""

    id: str
    adapter_ids: Sequence[str]
    instant: str
    during: tuple[str, str]
    """When the request was under way."""

    @property
    def at(self) -> str:
        """Only looked at where something changes, which is when it has to be an instant of this request."""
        assert self.during[0] <= self.instant <= self.during[1]
        return self.instant


@dataclass(frozen=True)
class Touched:
    """The ids of what a change was about."""

    device: str = ""
    adapter: str = ""
    group: str = ""


class Model:
    def __init__(self) -> None:
        self.devices: dict[str, Row] = {}
        self.adapters: dict[str, Row] = {}
        self.groups: dict[str, Row] = {}
        self.links: dict[tuple[str, str], Row] = {}
        self.events: dict[str, list[Row]] = {}
        """By device id; they outlive the device. `clientId` is whose the device was after the change."""
        self.keys: dict[tuple[str, str], tuple[str, str]] = {}
        """What was asked for, and the id of what was made, by caller and idempotency key."""

    # What a caller can find.

    def device(self, caller: Caller, identifier: str) -> Row | None:
        value, id_ = identifier.lower(), identifier.lower()
        if ":" in value:
            urn = "urn:dev:" + value.removeprefix("urn:dev:").removesuffix(":")
            id_ = next((each["deviceId"] for each in self.adapters.values() if each["urn"] == urn), "")
        device = self.devices.get(id_)
        return device if device and caller.reaches(device["clientId"]) else None

    def group(self, caller: Caller, id_: str) -> Row | None:
        group = self.groups.get(id_.lower())
        return group if group and caller.reaches(group["clientId"]) else None

    def holder(self, urn: str) -> str | None:
        """Return the id of the device that has an adapter's identifier."""
        return next((each["deviceId"] for each in self.adapters.values() if each["urn"] == urn), None)

    def adapters_of(self, device_id: str) -> list[Row]:
        found = [each for each in self.adapters.values() if each["deviceId"] == device_id]
        return sorted(found, key=lambda each: (each["createdAt"], each["id"]))

    def groups_of(self, device_id: str) -> list[str]:
        return sorted(group_id for of, group_id in self.links if of == device_id)

    def made_before(self, caller: Caller, mutation: str, input_: Row) -> str | None:
        """Return the id of what the same request has made, under its idempotency key."""
        request, made_id = self.keys.get((caller.name, input_.get("idempotencyKey") or ""), ("", ""))
        return made_id if request == _request(mutation, input_) else None

    def key_is_used(self, caller: Caller, input_: Row) -> bool:
        return (caller.name, input_.get("idempotencyKey") or "") in self.keys

    # What each mutation does where nothing stands in its way. A no-op does nothing.

    def change(self, caller: Caller, mutation: str, input_: Row, learned: Learned) -> Touched:
        if made_id := self.made_before(caller, mutation, input_):
            device_id = self.adapters.get(made_id, {}).get("deviceId", made_id)
            return Touched(device=device_id, adapter=made_id, group=made_id)
        touched = CHANGES[mutation](self, caller, input_, learned)
        if key := input_.get("idempotencyKey"):
            self.keys[caller.name, key] = _request(mutation, input_), learned.id
        return touched

    def create_device(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device = {"id": learned.id, **{name: input_.get(name) for name in DEVICE_FIELDS}}
        device |= {"version": 1, **_recorded(caller, learned.at)}
        self.devices[learned.id] = device
        for id_, adapter in zip(learned.adapter_ids, input_["networkAdapters"], strict=True):
            self._attach(device, id_, adapter, caller, learned.at)
        for group_id in input_["deviceGroupIds"]:
            self._link(device, group_id.lower(), caller, learned.at)
        self._event(device, "DEVICE_CREATED", caller, learned.at, self._whole(device))
        return Touched(device=learned.id)

    def update_device(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device = self._present(caller, input_["device"])
        changed = [name for name in DEVICE_FIELDS if name in input_ and input_[name] != device[name]]
        changes = [(name, device[name], input_[name]) for name in changed]
        if changes:
            device |= {name: input_[name] for name in changed}
            self._next(device, "DEVICE_UPDATED", caller, learned.at, changes)
        return Touched(device=device["id"])

    def delete_device(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device = self._present(caller, input_["device"])
        changes = [(field, after, before) for field, before, after in self._whole(device)]
        self._next(device, "DEVICE_DELETED", caller, learned.at, changes)
        del self.devices[device["id"]]
        self.adapters = {id_: each for id_, each in self.adapters.items() if each["deviceId"] != device["id"]}
        self.links = {pair: each for pair, each in self.links.items() if pair[0] != device["id"]}
        return Touched(device=device["id"])

    def add_network_adapter(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device = self._present(caller, input_["device"])
        adapter = self._attach(device, learned.id, input_["networkAdapter"], caller, learned.at)
        changes = [("networkAdapters", None, adapter["urn"])]
        self._next(device, "NETWORK_ADAPTER_ADDED", caller, learned.at, changes)
        return Touched(device=device["id"], adapter=learned.id)

    def update_network_adapter(self, _caller: Caller, input_: Row, _learned: Learned) -> Touched:
        """Nothing of an adapter ever changes."""
        adapter = self.adapters[input_["networkAdapterId"].lower()]
        return Touched(device=adapter["deviceId"], adapter=adapter["id"])

    def delete_network_adapter(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device = self._present(caller, input_["device"])
        adapter = self.adapters.pop(input_["networkAdapterId"].lower())
        changes = [("networkAdapters", adapter["urn"], None)]
        self._next(device, "NETWORK_ADAPTER_DELETED", caller, learned.at, changes)
        return Touched(device=device["id"], adapter=adapter["id"])

    def create_device_group(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        values = {name: input_.get(name) for name in GROUP_FIELDS}
        self.groups[learned.id] = {"id": learned.id, **values, "version": 1, **_recorded(caller, learned.at)}
        return Touched(group=learned.id)

    def update_device_group(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        group = self.groups[input_["id"].lower()]
        changed = {name: input_[name] for name in GROUP_FIELDS if name in input_ and input_[name] != group[name]}
        if changed:
            group |= {**changed, "version": group["version"] + 1}
            group |= {"modifiedAt": learned.at, "modifiedBy": caller.name}
        return Touched(group=group["id"])

    def delete_device_group(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        group_id = input_["id"].lower()
        for device_id, _ in [pair for pair in self.links if pair[1] == group_id]:
            self._unlink(self.devices[device_id], group_id, caller, learned.at)
        del self.groups[group_id]
        return Touched(group=group_id)

    def add_device_to_group(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device, group_id = self._present(caller, input_["device"]), input_["deviceGroupId"].lower()
        if (device["id"], group_id) not in self.links:
            self._link(device, group_id, caller, learned.at)
            self._next(device, "ADDED_TO_GROUP", caller, learned.at, [("deviceGroups", None, group_id)])
        return Touched(device=device["id"], group=group_id)

    def remove_device_from_group(self, caller: Caller, input_: Row, learned: Learned) -> Touched:
        device, group_id = self._present(caller, input_["device"]), input_["deviceGroupId"].lower()
        if (device["id"], group_id) in self.links:
            self._unlink(device, group_id, caller, learned.at)
        return Touched(device=device["id"], group=group_id)

    def _present(self, caller: Caller, identifier: str) -> Row:
        device = self.device(caller, identifier)
        assert device is not None
        return device

    def _attach(self, device: Row, id_: str, input_: Row, caller: Caller, at: str) -> Row:
        _, type_, identifier, urn = adapter_of(input_)
        adapter = {"id": id_, "deviceId": device["id"], "type": type_, "identifier": identifier, "urn": urn}
        self.adapters[id_] = adapter | _recorded(caller, at)
        return adapter

    def _link(self, device: Row, group_id: str, caller: Caller, at: str) -> None:
        self.links[device["id"], group_id] = {"createdAt": at, "createdBy": caller.name}

    def _unlink(self, device: Row, group_id: str, caller: Caller, at: str) -> None:
        del self.links[device["id"], group_id]
        self._next(device, "REMOVED_FROM_GROUP", caller, at, [("deviceGroups", group_id, None)])

    def _next(self, device: Row, type_: str, caller: Caller, at: str, changes: Any) -> None:
        device |= {"version": device["version"] + 1, "modifiedAt": at, "modifiedBy": caller.name}
        self._event(device, type_, caller, at, changes)

    def _event(self, device: Row, type_: str, caller: Caller, at: str, changes: Any) -> None:
        event = {"type": type_, "deviceId": device["id"], "version": device["version"], "clientId": device["clientId"]}
        event |= {"occurredAt": at, "occurredBy": caller.name}
        event["changes"] = sorted(({"field": f, "before": b, "after": a} for f, b, a in changes), key=_text)
        self.events.setdefault(device["id"], []).append(event)

    def _whole(self, device: Row) -> list[tuple[str, None, str]]:
        """Return the changes that a creation of the device as it is would show."""
        return [
            *((name, None, device[name]) for name in DEVICE_FIELDS if device[name] is not None),
            *(("networkAdapters", None, adapter["urn"]) for adapter in self.adapters_of(device["id"])),
            *(("deviceGroups", None, group_id) for group_id in self.groups_of(device["id"])),
        ]


def adapter_of(input_: Row) -> tuple[tuple[str, str], str, str, str]:
    """Return where in an adapter's input its identifier stands, its type, the canonical identifier, and the URN.

    The identifier is empty where it is malformed.
    """
    [(key, value)] = input_.items()
    field, type_, prefix = ADAPTERS[key]
    identifier = _canonical(type_, value[field])
    return (key, field), type_, identifier, prefix + identifier.lower()


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _canonical(type_: str, text: str) -> str:
    if type_ == "CELLULAR":
        return text if len(text) in {15, 16} and set(text) <= set(string.digits) else ""
    if type_ == "LORA":
        return text.upper() if len(text) == 16 and set(text) <= set(string.hexdigits) else ""
    return text.lower() if is_uuid(text) else ""


def _request(mutation: str, input_: Row) -> str:
    """Return what counts when a request comes again: all but the key. A device counts however it is written."""
    values = {name: value for name, value in input_.items() if name != "idempotencyKey" and value is not None}
    if "device" in values:
        values["device"] = values["device"].lower().removeprefix("urn:dev:").removesuffix(":")
    return json.dumps([mutation, values], sort_keys=True)


def _recorded(caller: Caller, at: str) -> Row:
    return {"createdAt": at, "createdBy": caller.name, "modifiedAt": at, "modifiedBy": caller.name}


def _text(change: Mapping[str, Any]) -> str:
    return json.dumps(change, sort_keys=True)


CHANGES: Mapping[str, Callable[[Model, Caller, Row, Learned], Touched]] = {
    "createDevice": Model.create_device,
    "updateDevice": Model.update_device,
    "deleteDevice": Model.delete_device,
    "addNetworkAdapter": Model.add_network_adapter,
    "updateNetworkAdapter": Model.update_network_adapter,
    "deleteNetworkAdapter": Model.delete_network_adapter,
    "createDeviceGroup": Model.create_device_group,
    "updateDeviceGroup": Model.update_device_group,
    "deleteDeviceGroup": Model.delete_device_group,
    "addDeviceToGroup": Model.add_device_to_group,
    "removeDeviceFromGroup": Model.remove_device_from_group,
}
