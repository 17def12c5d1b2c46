"""What the REST API has, each with the document that does the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.graphql.enums import DeviceGroupLinkOrderField, DeviceGroupOrderField, DeviceOrderField


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a list takes in its URL; each parameter has its name in GraphQL."""

    filters: Mapping[str, str] = field(default_factory=dict)
    """Those that are fields of `filter`."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Those that are arguments beside it."""
    order: type[StrEnum] | None = None
    """What `sort` may name; None where there are no pages."""


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    """With the names of variables, or of fields of the one variable `input`."""
    document: str
    parameters: Parameters | None = None
    body: Mapping[str, Any] | None = None
    """An example of what a body has, for `input`; None where there is no `input`."""

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


_TIMES = {name: name for name in ("createdSince", "createdBefore", "modifiedSince", "modifiedBefore")}
_OF_DEVICES = Parameters(
    filters={
        "q": "search",
        "clientId": "clientId",
        "barcode": "barcodeContains",
        "deviceSpecificationId": "deviceSpecificationIds",
        **_TIMES,
    },
    order=DeviceOrderField,
)
_OF_GROUPS = Parameters(filters={"q": "search", "clientId": "clientId", **_TIMES}, order=DeviceGroupOrderField)
_OF_LINKS = Parameters(
    arguments={"createdSince": "createdSince", "createdBefore": "createdBefore"}, order=DeviceGroupLinkOrderField
)
_OF_ADAPTERS = Parameters(arguments={"type": "types"})

_IN_A_PROJECT = {
    "clientId": "7098dc22-fed5-4d9e-8e68-6c6f853eac0c",
    "projectId": "b6a883a8-41f9-428e-a8a1-4597de54fec6",
}
_NEW_DEVICE = {
    "name": "My first device",
    **_IN_A_PROJECT,
    "deviceSpecificationId": "9c359e94-ace1-448c-8ac9-443a7d3d963f",
}
_NEW_GROUP = {"name": "My first group", **_IN_A_PROJECT}
_NAME = {"name": "Another name"}
_NEW_ADAPTER = {"networkAdapter": {"cellular": {"imei": "490154203237518"}}}

_DEVICE = (
    "id name status barcode description clientId projectId deviceSpecificationId "
    "createdAt createdBy modifiedAt modifiedBy"
)
_GROUP = "id name description clientId projectId createdAt createdBy modifiedAt modifiedBy"
_LINK = "createdAt createdBy node { id name }"
_ADAPTER = "__typename ... on CommonNetworkAdapter { id urn createdAt createdBy modifiedAt modifiedBy }"
_PAGE = "pageInfo { hasNextPage endCursor }"


def _query(variables: str, selection: str) -> str:
    return f"query ({variables}) {{ {selection} }}"


def _of_device(variables: str, selection: str) -> str:
    return _query(f"$device: DeviceIdentifier!{variables}", f"device(identifier: $device) {{ {selection} }}")


def _mutation(name: str, payload: str) -> str:
    type_ = name[0].upper() + name[1:]
    selection = f"{name}(input: $input) {{ {payload} userErrors {{ code message field }} }}"
    return f"mutation ($input: {type_}Input!) {{ {selection} }}"


def _page_of(name: str, types: tuple[str, str], nodes: str) -> str:
    variables = f"$filter: {types[0]}, $orderBy: [{types[1]}!], $first: Int, $after: String"
    arguments = "filter: $filter, orderBy: $orderBy, first: $first, after: $after"
    return _query(variables, f"{name}({arguments}) {{ nodes {{ {nodes} }} {_PAGE} }}")


OPERATIONS = (
    Operation("GET", "/devices", _page_of("devices", ("DeviceFilter", "DeviceOrder"), _DEVICE), _OF_DEVICES),
    Operation("POST", "/devices", _mutation("createDevice", f"device {{ {_DEVICE} }}"), body=_NEW_DEVICE),
    Operation("GET", "/devices/{device}", _of_device("", _DEVICE)),
    Operation("PUT", "/devices/{device}", _mutation("updateDevice", f"device {{ {_DEVICE} }}"), body=_NAME),
    Operation("DELETE", "/devices/{device}", _mutation("deleteDevice", "deletedDeviceId"), body={}),
    Operation(
        "GET",
        "/devices/{device}/device-groups",
        _of_device(
            ", $createdSince: DateTime, $createdBefore: DateTime, $orderBy: [DeviceGroupLinkOrder!], $first: Int, "
            "$after: String",
            "deviceGroups(createdSince: $createdSince, createdBefore: $createdBefore, orderBy: $orderBy, "
            f"first: $first, after: $after) {{ edges {{ {_LINK} }} {_PAGE} }}",
        ),
        _OF_LINKS,
    ),
    Operation(
        "GET",
        "/devices/{device}/device-groups/{deviceGroupId}",
        _of_device(", $deviceGroupId: ID!", "deviceGroupLink(deviceGroupId: $deviceGroupId) { createdAt createdBy }"),
    ),
    Operation(
        "GET",
        "/devices/{device}/network-adapters",
        _of_device(", $types: [NetworkAdapterType!]", f"networkAdapters(types: $types) {{ {_ADAPTER} }}"),
        _OF_ADAPTERS,
    ),
    Operation(
        "POST",
        "/devices/{device}/network-adapters",
        _mutation("addNetworkAdapter", f"networkAdapter {{ {_ADAPTER} }}"),
        body=_NEW_ADAPTER,
    ),
    Operation(
        "PUT",
        "/devices/{device}/network-adapters/{networkAdapterId}",
        _mutation("updateNetworkAdapter", f"networkAdapter {{ {_ADAPTER} }}"),
        body=_NEW_ADAPTER,
    ),
    Operation(
        "DELETE",
        "/devices/{device}/network-adapters/{networkAdapterId}",
        _mutation("deleteNetworkAdapter", "deletedNetworkAdapterId"),
        body={},
    ),
    Operation(
        "GET", "/device-groups", _page_of("deviceGroups", ("DeviceGroupFilter", "DeviceGroupOrder"), _GROUP), _OF_GROUPS
    ),
    Operation("POST", "/device-groups", _mutation("createDeviceGroup", f"deviceGroup {{ {_GROUP} }}"), body=_NEW_GROUP),
    Operation("GET", "/device-groups/{id}", _query("$id: ID!", f"deviceGroup(id: $id) {{ {_GROUP} }}")),
    Operation("PUT", "/device-groups/{id}", _mutation("updateDeviceGroup", f"deviceGroup {{ {_GROUP} }}"), body=_NAME),
    Operation("DELETE", "/device-groups/{id}", _mutation("deleteDeviceGroup", "deletedDeviceGroupId"), body={}),
    *(
        Operation(method, path, _mutation(name, payload), body={})
        for path in (
            "/device-groups/{deviceGroupId}/devices/{device}",
            "/devices/{device}/device-groups/{deviceGroupId}",
        )
        for method, name, payload in (
            ("PUT", "addDeviceToGroup", "link { createdAt createdBy }"),
            ("DELETE", "removeDeviceFromGroup", "deviceGroup { id }"),
        )
    ),
)
