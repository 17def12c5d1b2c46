"""Every list that the schema has, with its filters and orders, as what `sizes` measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import func, select

from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, device_event, device_group, device_group_link
from gateway.domain.uuids import Uuid

Variables = Mapping[str, Any]
SEVERAL = 20
WITHOUT_ANYTHING = [Uuid("8d5e1f0a-3b7c-4a52-9f60-c1d2e3f4a5b6"), Uuid("f2b1c0d9-4e8f-4a7b-8c6d-5e4f3a2b1c0d")]
"""Clients that demo data does not have. By its statistics, a database may take them for some that it has."""

DEVICES = """query ($filter: DeviceFilter, $orderBy: [DeviceOrder!], $last: Int) {
  devices(filter: $filter, orderBy: $orderBy, last: $last) { nodes { id name } } }"""
GROUPS = """query ($filter: DeviceGroupFilter, $orderBy: [DeviceGroupOrder!]) {
  deviceGroups(filter: $filter, orderBy: $orderBy) { nodes { id name } } }"""
OF_GROUP = """query ($id: ID!, $filter: DeviceFilter, $orderBy: [DeviceOrder!]) {
  deviceGroup(id: $id) { devices(filter: $filter, orderBy: $orderBy) { nodes { id name } } } }"""
OF_DEVICE = """query ($id: DeviceIdentifier!, $orderBy: [DeviceGroupLinkOrder!]) {
  device(identifier: $id) { deviceGroups(orderBy: $orderBy) { nodes { id name } } } }"""
HISTORY = "query ($id: DeviceIdentifier!) { device(identifier: $id) { history { nodes { id type } } } }"
HISTORY_BY_ID = "query ($id: ID!) { deviceHistory(deviceId: $id) { nodes { id type } } }"
EVENTS = (
    "query ($filter: DeviceEventFilter, $last: Int) { deviceEvents(filter: $filter, last: $last) { nodes { id } } }"
)
WEBHOOKS = "{ webhooks { nodes { id url } } }"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Values of one database that filters are given."""

    client: Uuid
    clients: list[Uuid]
    project: Uuid
    projects: list[Uuid]
    specification: Uuid
    group: Uuid
    groups: list[Uuid]
    device: Uuid
    devices: list[Uuid]
    half: str
    """The instant before which half of the devices were made."""
    last_hundred: str
    """The instant from which on the last hundred were made."""


async def sample(session: Session) -> Sample:
    """Return values of a database, such as the owners of the device in its middle."""

    async def values(column: Any, most: int = SEVERAL) -> list[Any]:
        statement = select(column).distinct().order_by(column).limit(most)
        return [value for (value,) in await session.fetch(Statement[Any](statement))]

    async def at(offset: int) -> Any:
        columns = (device.c.id, device.c.client_id, device.c.project_id, device.c.device_specification_id)
        statement = select(*columns, device.c.created_at).order_by(device.c.created_at, device.c.id)
        [row] = await session.fetch(Statement[Any](statement.limit(1).offset(offset)))
        return row

    [(devices,)] = await session.fetch(Statement[Any](select(func.count()).select_from(device)))
    middle, late = await at(devices // 2), await at(devices - 100)
    groups = select(device_group.c.id).where(device_group.c.client_id == middle[1]).order_by(device_group.c.id)
    [(group,)] = await session.fetch(Statement[Any](groups.limit(1)))
    return Sample(
        client=middle[1],
        clients=await values(device.c.client_id),
        project=middle[2],
        projects=await values(device.c.project_id),
        specification=middle[3],
        group=group,
        groups=await values(device_group_link.c.device_group_id),
        device=middle[0],
        devices=await values(device_event.c.device_id),
        half=middle[4],
        last_hundred=late[4],
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A page of a list: what is asked for, and by whom."""

    name: str
    query: str
    variables: Variables
    clients: list[Uuid] | None = None
    """The clients of the token; None for every client."""


def cases(found: Sample) -> Iterator[Case]:
    """Yield the cases, each plain list before those that have arguments."""
    return chain(_devices(found), _of_tokens(found), _groups(found), _nested(found), _events(found))


def _order(text: str) -> list[Variables]:
    """Return the order that `NAME, -STATUS` means."""
    return [
        {"field": field.lstrip("-"), "direction": "DESC" if field.startswith("-") else "ASC"}
        for field in text.split(", ")
    ]


_ORDERS = [
    *("CREATED_AT", "-CREATED_AT", "MODIFIED_AT", "NAME", "STATUS", "BARCODE", "CLIENT_ID", "PROJECT_ID"),
    *("DEVICE_SPECIFICATION_ID", "ID", "STATUS, NAME", "-STATUS, NAME", "PROJECT_ID, NAME"),
    *("CREATED_AT, NAME", "NAME, STATUS", "-MODIFIED_AT, NAME", "BARCODE, NAME"),
]


def _device_filters(found: Sample) -> Mapping[str, Variables]:
    return {
        "search, common": {"search": "rot"},
        "search, one in 160": {"search": "pumpe zürich"},
        "search, none": {"search": "zzz"},
        "search, few": {"search": "pumpe zürich 99"},
        "search of two characters, common": {"search": "ro"},
        "search of two characters, none": {"search": "xq"},
        "barcodeContains, common": {"barcodeContains": "123"},
        "barcodeContains, few": {"barcodeContains": "12345678"},
        "clientId": {"clientId": found.client},
        f"{SEVERAL} clientIds": {"clientIds": found.clients},
        "projectId": {"projectId": found.project},
        f"{SEVERAL} projectIds": {"projectIds": found.projects},
        "deviceSpecificationIds": {"deviceSpecificationIds": [found.specification]},
        f"{SEVERAL} ids": {"ids": found.devices},
        "statuses": {"statuses": ["INACTIVE"]},
        "createdSince, half": {"createdSince": found.half},
        "createdSince, a hundred": {"createdSince": found.last_hundred},
        "createdBefore, half": {"createdBefore": found.half},
        "modifiedSince, half": {"modifiedSince": found.half},
        "modifiedSince, a hundred": {"modifiedSince": found.last_hundred},
        "deviceGroupIds": {"deviceGroupIds": [found.group]},
        f"{SEVERAL} deviceGroupIds": {"deviceGroupIds": found.groups},
        "networkAdapterTypes": {"networkAdapterTypes": ["LORA"]},
        "clientId, statuses": {"clientId": found.client, "statuses": ["INACTIVE"]},
        "clientId, search": {"clientId": found.client, "search": "rot"},
        "projectId, createdSince": {"projectId": found.project, "createdSince": found.half},
        "search, barcodeContains": {"search": "pumpe", "barcodeContains": "123"},
        "and": {"and": [{"search": "rot"}, {"statuses": ["ACTIVE"]}]},
        "or": {"or": [{"search": "rot"}, {"search": "pumpe"}]},
        "not": {"not": {"search": "rot"}},
    }


def _devices(found: Sample) -> Iterator[Case]:
    yield Case(name="devices", query=DEVICES, variables={})
    yield Case(name="devices, last", query=DEVICES, variables={"last": 50})
    for order in _ORDERS:
        yield Case(name=f"devices by {order}", query=DEVICES, variables={"orderBy": _order(order)})
    for name, filter_ in _device_filters(found).items():
        yield Case(name=f"devices {name}", query=DEVICES, variables={"filter": filter_})
        for order in ("NAME", "-MODIFIED_AT", "STATUS", "STATUS, NAME"):
            variables = {"filter": filter_, "orderBy": _order(order)}
            yield Case(name=f"devices {name} by {order}", query=DEVICES, variables=variables)


def _of_tokens(found: Sample) -> Iterator[Case]:
    tokens = {
        "one client": [found.client],
        f"{SEVERAL} clients": found.clients,
        "a client without anything": WITHOUT_ANYTHING[:1],
        "two clients without anything": WITHOUT_ANYTHING,
    }
    for token, clients in tokens.items():
        for order in _ORDERS:
            yield Case(
                name=f"{token}: devices by {order}",
                query=DEVICES,
                variables={"orderBy": _order(order)},
                clients=clients,
            )
        for name in ("search, common", "search, none", "projectId", "deviceSpecificationIds", "modifiedSince, half"):
            filter_ = _device_filters(found)[name]
            yield Case(name=f"{token}: devices {name}", query=DEVICES, variables={"filter": filter_}, clients=clients)
        yield Case(name=f"{token}: groups", query=GROUPS, variables={}, clients=clients)
        by_name = {"orderBy": _order("NAME")}
        yield Case(name=f"{token}: groups by NAME", query=GROUPS, variables=by_name, clients=clients)
        yield Case(name=f"{token}: events", query=EVENTS, variables={"last": 50}, clients=clients)


def _groups(found: Sample) -> Iterator[Case]:
    yield Case(name="groups", query=GROUPS, variables={})
    for order in ("CREATED_AT", "-MODIFIED_AT", "NAME", "ID", "NAME, CREATED_AT"):
        yield Case(name=f"groups by {order}", query=GROUPS, variables={"orderBy": _order(order)})
    filters: Mapping[str, Variables] = {
        "search, common": {"search": "rot"},
        "search, none": {"search": "zzz"},
        "search of two characters, none": {"search": "xq"},
        "clientId": {"clientId": found.client},
        "projectId": {"projectId": found.project},
        "createdBefore": {"createdBefore": found.half},
        "modifiedSince": {"modifiedSince": found.half},
    }
    for name, filter_ in filters.items():
        yield Case(name=f"groups {name}", query=GROUPS, variables={"filter": filter_})
        by_name = {"filter": filter_, "orderBy": _order("NAME")}
        yield Case(name=f"groups {name} by NAME", query=GROUPS, variables=by_name)


def _nested(found: Sample) -> Iterator[Case]:
    variables: Variables
    for order in ("CREATED_AT", "NAME", "STATUS, NAME"):
        variables = {"id": found.group, "orderBy": _order(order)}
        yield Case(name=f"devices of a group by {order}", query=OF_GROUP, variables=variables)
    for name in ("search, common", "statuses", "networkAdapterTypes"):
        variables = {"id": found.group, "filter": _device_filters(found)[name]}
        yield Case(name=f"devices of a group {name}", query=OF_GROUP, variables=variables)
    for order in ("CREATED_AT", "NAME"):
        variables = {"id": found.device, "orderBy": _order(order)}
        yield Case(name=f"groups of a device by {order}", query=OF_DEVICE, variables=variables)
    yield Case(name="history of a device", query=HISTORY, variables={"id": found.device})
    yield Case(name="history by id", query=HISTORY_BY_ID, variables={"id": found.device})
    yield Case(name="webhooks", query=WEBHOOKS, variables={})


def _events(found: Sample) -> Iterator[Case]:
    yield Case(name="events", query=EVENTS, variables={})
    yield Case(name="events, last", query=EVENTS, variables={"last": 50})
    filters: Mapping[str, Variables] = {
        "of a common type": {"types": ["DEVICE_UPDATED"]},
        "of a type that never was": {"types": ["REMOVED_FROM_GROUP"]},
        f"of {SEVERAL} devices": {"deviceIds": found.devices},
        "of one client": {"clientIds": [found.client]},
        f"of {SEVERAL} clients": {"clientIds": found.clients},
        "of devices of a client": {"device": {"clientId": found.client}},
        "of devices that a search finds": {"device": {"search": "rot"}},
        "of devices of a status": {"device": {"statuses": ["INACTIVE"]}},
        "of devices that no search finds": {"device": {"search": "zzz"}},
    }
    for name, filter_ in filters.items():
        yield Case(name=f"events {name}", query=EVENTS, variables={"filter": filter_})
