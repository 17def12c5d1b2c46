"""A small fleet in which values collide, and what filters and orders mean in plain Python: the oracle for both."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from tests.client import GatewayClient
from tests.factories import Row, RowFactory, new_uuid

# Few values, so that sort keys are often equal. Beyond U+FFFF, code points and UTF-16 sort differently.
NAMES = ("Pumpe", "pumpe", "ÄPFEL", "äpfel", "straße", "STRASSE", 'a"b', "100%", "a_b", "\uffee z", "\U0001f600 z")
DESCRIPTIONS = (None, "größe", "GRÖSSE", "pum", "%", "İstanbul")
BARCODES = (None, "", "12", "123", "A-1", "a-1")
INSTANTS = tuple(f"2025-03-0{day}T00:00:00.00{ms}Z" for day in (1, 2, 3) for ms in (0, 1))
CLIENTS, PROJECTS, SPECIFICATIONS = ([new_uuid() for _ in range(3)] for _ in range(3))
GROUPS = {new_uuid(): {"client_id": client, "project_id": project} for client, project in product(CLIENTS, PROJECTS)}
"""The owners of the groups, by their ids."""
FIRST_IDS = [new_uuid() for _ in range(12)]
"""The ids of the first devices; the others have ids of their own."""

Filter = Mapping[str, Any]
OrderBy = Sequence[Mapping[str, str]]

ORDER_COLUMNS = {
    "CREATED_AT": "created_at",
    "MODIFIED_AT": "modified_at",
    "NAME": "name",
    "STATUS": "status",
    "BARCODE": "barcode",
    "CLIENT_ID": "client_id",
    "PROJECT_ID": "project_id",
    "DEVICE_SPECIFICATION_ID": "device_specification_id",
    "ID": "id",
}


class Fleet:
    def __init__(self) -> None:
        self.devices: list[Row] = []
        self.groups: list[Row] = []
        self.types: dict[str, set[NetworkAdapterType]] = {}
        self.members: dict[str, set[str]] = {group: set() for group in GROUPS}

    async def populate(self, factory: RowFactory, device_count: int, random: Random) -> None:
        for id_, owners in GROUPS.items():
            self.groups.append(await factory.group(id=id_, **owners))
        for number in range(device_count):
            device = await self.add(factory, random, **({"id": FIRST_IDS[number]} if number < len(FIRST_IDS) else {}))
            for type_ in random.sample(list(NetworkAdapterType), random.randint(0, 3)):
                await factory.adapter(device, type_)
                self.types[device["id"]].add(type_)
            for group in self.groups:
                fits = all(group[owner] == device[owner] for owner in ("client_id", "project_id"))
                if fits and random.random() < 0.5:
                    await factory.link(device, group, created_at=random.choice(INSTANTS))
                    self.members[group["id"]].add(device["id"])

    async def add(self, factory: RowFactory, random: Random, **values: str) -> Row:
        device = await factory.device(
            name=random.choice(NAMES),
            description=random.choice(DESCRIPTIONS),
            barcode=random.choice(BARCODES),
            status=random.choice(list(DeviceStatus)),
            client_id=random.choice(CLIENTS),
            project_id=random.choice(PROJECTS),
            device_specification_id=random.choice(SPECIFICATIONS),
            created_at=random.choice(INSTANTS),
            modified_at=random.choice(INSTANTS),
            **values,
        )
        self.devices.append(device)
        self.types[device["id"]] = set()
        return device

    async def remove(self, factory: RowFactory, device_id: str) -> str:
        await factory.delete_device(device_id)
        self.devices = [device for device in self.devices if device["id"] != device_id]
        return device_id

    def matches(self, device: Row, filter_: Filter) -> bool:
        return all(self._holds(device, name, value) for name, value in filter_.items() if value is not None)

    def _holds(self, device: Row, name: str, value: Any) -> bool:
        meanings: dict[str, Callable[[], bool]] = {
            "search": lambda: _contains(device["name"], value) or _contains(device["description"], value),
            "barcodeContains": lambda: _contains(device["barcode"], value),
            "clientId": lambda: device["client_id"] == value,
            "projectId": lambda: device["project_id"] == value,
            "ids": lambda: device["id"] in map(str.lower, value),
            "clientIds": lambda: device["client_id"] in value,
            "projectIds": lambda: device["project_id"] in value,
            "deviceSpecificationIds": lambda: device["device_specification_id"] in value,
            "statuses": lambda: device["status"] in value,
            "createdSince": lambda: device["created_at"] >= value,
            "createdBefore": lambda: device["created_at"] < value,
            "modifiedSince": lambda: device["modified_at"] >= value,
            "modifiedBefore": lambda: device["modified_at"] < value,
            "deviceGroupIds": lambda: any(device["id"] in self.members[group] for group in value),
            "networkAdapterTypes": lambda: not self.types[device["id"]].isdisjoint(value),
            "and": lambda: all(self.matches(device, each) for each in value),
            "or": lambda: any(self.matches(device, each) for each in value),
            "not": lambda: not self.matches(device, value),
        }
        return meanings[name]()

    def listed(self, filter_: Filter, order_by: OrderBy) -> list[str]:
        """Return the ids of the devices for which a filter holds, in order."""
        return [device["id"] for device in in_order([d for d in self.devices if self.matches(d, filter_)], order_by)]


def in_order(devices: list[Row], order_by: OrderBy) -> list[Row]:
    """Sort by each field in turn, and ties by id in the direction of the last field: Python's sort is stable."""
    orders = [*(order_by or [{"field": "CREATED_AT", "direction": "ASC"}])]
    orders.append({"field": "ID", "direction": orders[-1]["direction"]})
    for order in reversed(orders):
        devices = sorted(devices, key=lambda d: _sort_key(d, order["field"]), reverse=order["direction"] == "DESC")
    return devices


def _sort_key(device: Row, field: str) -> tuple[bool, str]:
    value = device[ORDER_COLUMNS[field]]
    return value is None, value or ""


def _contains(text: str | None, part: str) -> bool:
    return text is not None and part.casefold() in text.casefold()


ORDERS: st.SearchStrategy[OrderBy] = st.lists(
    st.fixed_dictionaries(
        {"field": st.sampled_from(sorted(ORDER_COLUMNS)), "direction": st.sampled_from(["ASC", "DESC"])}
    ),
    max_size=3,
    unique_by=lambda order: order["field"],
)


def _parts(texts: tuple[str | None, ...]) -> st.SearchStrategy[str]:
    """Draw parts of the texts in other letter cases, and what is in none of them."""
    parts = [text[start:end] for text in texts if text for start in range(3) for end in range(start + 1, 9)]
    cased = st.sampled_from(sorted(set(filter(None, parts)))).flatmap(
        lambda part: st.sampled_from([part, part.upper(), part.lower()])
    )
    return cased | st.sampled_from(["%", "_", "\\", '"', "*", "zzz", "ss", "SS", "pumpe größe", 'a "b" c', '""" OR'])


def _some(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), max_size=2)


def _filters() -> st.SearchStrategy[Filter]:
    conditions: dict[str, st.SearchStrategy[Any]] = {
        "search": _parts(NAMES + DESCRIPTIONS),
        "barcodeContains": _parts(BARCODES),
        "clientId": st.sampled_from(CLIENTS),
        "projectId": st.sampled_from(PROJECTS),
        "ids": _some([*FIRST_IDS, *map(str.upper, FIRST_IDS), PROJECTS[0]]),
        "clientIds": _some(CLIENTS),
        "projectIds": _some(PROJECTS),
        "deviceSpecificationIds": _some(SPECIFICATIONS),
        "statuses": _some(DeviceStatus),
        "networkAdapterTypes": _some(NetworkAdapterType),
        "deviceGroupIds": _some(GROUPS),
        **dict.fromkeys(
            ["createdSince", "createdBefore", "modifiedSince", "modifiedBefore"], st.sampled_from(INSTANTS)
        ),
    }
    one = st.sampled_from(sorted(conditions)).flatmap(lambda name: st.builds(lambda v: {name: v}, conditions[name]))
    return st.recursive(
        one | st.just({}) | st.builds(lambda a, b: {**a, **b}, one, one),
        lambda inner: (
            st.builds(
                lambda name, several: {name: several[0] if name == "not" else several},
                st.sampled_from(["and", "or", "not"]),
                st.lists(inner, min_size=1, max_size=3),
            )
            | st.just({"or": []})
            | st.just({"and": []})
        ),
        max_leaves=6,
    )


FILTERS = _filters()

LIST = """
query List($first: Int, $after: String, $last: Int, $before: String, $filter: DeviceFilter, $orderBy: [DeviceOrder!]) {
  devices(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    totalCount
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def page_of(gateway: GatewayClient, **variables: Any) -> Any:
    return (await gateway.data(LIST, variables))["devices"]


def ids_of(page: Any) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]
