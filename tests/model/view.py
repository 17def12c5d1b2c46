"""Everything that a caller can read, as the gateway is asked for it, and as the model says it is."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tests.model.model import Caller, Model, Row, Touched

FRAGMENTS = """
fragment Adapter on NetworkAdapter {
  ... on CommonNetworkAdapter { id type urn createdAt createdBy modifiedAt modifiedBy }
  ... on CellularNetworkAdapter { imei }
  ... on LoraNetworkAdapter { devEui }
  ... on GenericNetworkAdapter { dvnUuid }
}
fragment Events on DeviceEventConnection {
  nodes { type deviceId clientId version occurredAt occurredBy changes { field before after } device { id } }
}
fragment Device on Device {
  id name status barcode description clientId projectId deviceSpecificationId
  version createdAt createdBy modifiedAt modifiedBy urns
  networkAdapters { ...Adapter }
  deviceGroups(first: 20) { edges { createdAt createdBy node { id } } }
  history(first: 50) { ...Events }
}
fragment Group on DeviceGroup {
  id name description clientId projectId version createdAt createdBy modifiedAt modifiedBy
  devices(first: 20) { edges { createdAt createdBy node { id } } }
}
"""

PAYLOADS = {
    "createDevice": ("device", "deviceEdge"),
    "updateDevice": ("device",),
    "deleteDevice": ("deletedDeviceId",),
    "addNetworkAdapter": ("networkAdapter", "device"),
    "updateNetworkAdapter": ("networkAdapter", "device"),
    "deleteNetworkAdapter": ("deletedNetworkAdapterId", "device"),
    "createDeviceGroup": ("deviceGroup", "deviceGroupEdge"),
    "updateDeviceGroup": ("deviceGroup",),
    "deleteDeviceGroup": ("deletedDeviceGroupId",),
    "addDeviceToGroup": ("link", "deviceGroupEdge", "deviceEdge"),
    "removeDeviceFromGroup": ("device", "deviceGroup"),
}
FIELDS_OF_TYPES = {"CELLULAR": "imei", "LORA": "devEui", "GENERIC": "dvnUuid"}
SELECTIONS = {
    "device": "{ ...Device }",
    "deviceEdge": "{ node { id } }",
    "networkAdapter": "{ ...Adapter }",
    "deviceGroup": "{ ...Group }",
    "deviceGroupEdge": "{ node { id } }",
    "link": "{ createdAt createdBy device { ...Device } deviceGroup { ...Group } }",
}

LINK_EDGES = dict.fromkeys(("deviceGroupEdge", "deviceEdge"), "{ createdAt createdBy node { id } }")


def mutation(name: str) -> str:
    input_type = f"{name[0].upper()}{name[1:]}Input"
    selections = {**SELECTIONS, **(LINK_EDGES if name == "addDeviceToGroup" else {})}
    fields = " ".join(f"{field} {selections.get(field, '')}" for field in PAYLOADS[name])
    fields += " userErrors { code message field conflictingNode { id } }"
    return _with_fragments(f"mutation ($input: {input_type}!) {{ {name}(input: $input) {{ {fields} }} }}")


def everything(past: int) -> str:
    """Return a query for all of it, with the histories of so many devices that are in no list."""
    variables = "".join(f", $past{n}: ID!" for n in range(past))
    histories = "".join(f" past{n}: deviceHistory(deviceId: $past{n}, first: 50) {{ ...Events }}" for n in range(past))
    return _with_fragments(f"""query ($identifiers: [DeviceIdentifier!]!{variables}) {{
      devices(first: 100) {{ totalCount nodes {{ ...Device }} }}
      deviceGroups(first: 100) {{ totalCount nodes {{ ...Group }} }}
      devicesByIdentifier(identifiers: $identifiers) {{ id }}{histories}
    }}""")


def in_order(changes: Iterable[Row]) -> list[Row]:
    return sorted(changes, key=lambda change: json.dumps(change, sort_keys=True))


def normal(value: Any) -> Any:
    """Return an answer with the changes of its events in one order, which the gateway leaves open."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: in_order(inner) if name == "changes" else normal(inner) for name, inner in value.items()}


class View:
    """What the model says a caller reads."""

    def __init__(self, model: Model, caller: Caller) -> None:
        self.model = model
        self.caller = caller

    def everything(self, identifiers: Collection[str], past: Sequence[str]) -> Row:
        holders = [self.model.device(self.caller, identifier) for identifier in identifiers]
        return {
            "devices": _listed([self.device(device["id"]) for device in self._mine(self.model.devices)]),
            "deviceGroups": _listed([self.group(group["id"]) for group in self._mine(self.model.groups)]),
            "devicesByIdentifier": [device and {"id": device["id"]} for device in holders],
            **{f"past{n}": self.history(id_) for n, id_ in enumerate(past)},
        }

    def past(self) -> list[str]:
        """Return the devices that the caller does not see any more, or never did, those that changed last first."""
        hidden = [id_ for id_ in self.model.events if self.model.device(self.caller, id_) is None]
        return sorted(hidden, key=lambda id_: self.model.events[id_][-1]["occurredAt"], reverse=True)

    def device(self, id_: str) -> Row:
        device = self.model.devices[id_]
        links = [(pair[1], link) for pair, link in self.model.links.items() if pair[0] == id_]
        seen = [(group_id, link) for group_id, link in links if self.model.group(self.caller, group_id)]
        return device | {
            "urns": [adapter["urn"] for adapter in self.model.adapters_of(id_)],
            "networkAdapters": [self.adapter(adapter["id"]) for adapter in self.model.adapters_of(id_)],
            "deviceGroups": _linked(sorted(seen, key=lambda each: (each[1]["createdAt"], each[0]))),
            "history": self.history(id_),
        }

    def adapter(self, id_: str) -> Row:
        shown = dict(self.model.adapters[id_])
        del shown["deviceId"]
        return shown | {FIELDS_OF_TYPES[shown["type"]]: shown.pop("identifier")}

    def group(self, id_: str) -> Row:
        devices = [device["id"] for device in self._mine(self.model.devices)]
        links = [(device_id, self.model.links.get((device_id, id_))) for device_id in devices]
        return self.model.groups[id_] | {"devices": _linked([(of, link) for of, link in links if link])}

    def history(self, device_id: str) -> Row:
        """Return what happened while the device belonged to a client that the caller reaches.

        Of what it was before that time, there is nothing in it.
        """
        device = self.model.device(self.caller, device_id)
        nodes, former_client = [], None
        for event in self.model.events[device_id]:
            comes_from_outside = former_client is not None and not self.caller.reaches(former_client)
            former_client = event["clientId"]
            if self.caller.reaches(former_client):
                changes = [{**each, "before": None} if comes_from_outside else each for each in event["changes"]]
                nodes.append({**event, "changes": in_order(changes), "device": device and {"id": device_id}})
        return {"nodes": nodes}

    def payload(self, mutation: str, touched: Touched) -> Row:
        """Return the payload of one that succeeded."""
        edges = self._link_edges(touched) if mutation == "addDeviceToGroup" else {}
        return {field: edges.get(field) or self._field(field, touched) for field in PAYLOADS[mutation]}

    def _link_edges(self, touched: Touched) -> Row:
        link = self.model.links[touched.device, touched.group]
        ends = {"deviceGroupEdge": touched.group, "deviceEdge": touched.device}
        return {field: {**link, "node": {"id": id_}} for field, id_ in ends.items()}

    def _field(self, name: str, touched: Touched) -> Any:
        match name:
            case "device":
                return self.device(touched.device)
            case "deviceGroup":
                return self.group(touched.group)
            case "networkAdapter":
                return self.adapter(touched.adapter)
            case "deviceEdge" | "deviceGroupEdge":
                return {"node": {"id": touched.device if name == "deviceEdge" else touched.group}}
            case "link":
                ends = {"device": self.device(touched.device), "deviceGroup": self.group(touched.group)}
                return self.model.links[touched.device, touched.group] | ends
        deleted = {"deletedDeviceId": touched.device, "deletedNetworkAdapterId": touched.adapter}
        return deleted.get(name, touched.group)

    def _mine(self, rows: dict[str, Row]) -> list[Row]:
        mine = [row for row in rows.values() if self.caller.reaches(row["clientId"])]
        return sorted(mine, key=lambda row: (row["createdAt"], row["id"]))


def _with_fragments(operation: str) -> str:
    """Return an operation with the fragments that it uses, directly or through others."""
    used, text = "", operation
    for fragment in reversed(["fragment " + each for each in FRAGMENTS.split("fragment ")[1:]]):
        if f"...{fragment.split()[1]} " in text:
            used, text = fragment + used, text + fragment
    return operation + used


def _listed(nodes: list[Row]) -> Row:
    return {"totalCount": len(nodes), "nodes": nodes}


def _linked(links: list[tuple[str, Row]]) -> Row:
    return {"edges": [{**link, "node": {"id": id_}} for id_, link in links]}
