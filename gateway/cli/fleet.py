"""Believable fleets, the same for the same seed: for trying the gateway out, for tests and for benchmarks."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table

from gateway.db import tables
from gateway.db.statements.search import folded_columns
from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType
from gateway.domain.history import FieldChange, creation, field_changes
from gateway.domain.identifiers import urn
from gateway.domain.instants import Instant, format_instant
from gateway.domain.uuids import Uuid, uuid7

# Two years up to a fixed day, so that a seed gives the same fleet on any day. The groups come before the devices.
_LATEST = datetime(2026, 6, 30, tzinfo=UTC)
EARLIEST_MS, FIRST_DEVICE_MS, LATEST_MS = (
    int((_LATEST - timedelta(days=days)).timestamp() * 1000) for days in (730, 700, 0)
)

TYPE_ALLOCATION_CODE = "35693803"
OUI = "70B3D5"
DEVICES_A_CLIENT = 2_000
MOST_ADAPTERS = 3
MOST_GROUPS = 5
SHARE_WITH_BARCODE = 0.8
SHARE_CHANGED = 0.5

THINGS: tuple[str, ...] = (
    "Tracker",
    "Wasserzähler",
    "Kühlraum",
    "Rauchmelder",
    "Ampel",
    "Pumpe",
    "Straßenlaterne",
    "Parkplatz",
)
THINGS += ("Café sensor", "Szélmérő", "Датчик", "温度センサー", "قياس", "Élévateur", "Smart meter", "Thermostat")
PLACES = ("Rotterdam", "Łódź", "Zürich", "São Paulo", "Κρήτη", "Київ", "東京", "Málaga", "Århus", "Besançon")
GROUP_KINDS = ("Building", "Floor", "Fleet", "Pilot", "Maintenance", "Région", "Lager", "Winter")
REMARKS = ("Installed by the north team", "Battery changed", "Behind the gate", "À vérifier", "Größe M", "second unit")

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Project:
    id: Uuid
    client_id: Uuid
    specifications: list[Uuid]
    groups: list[Uuid] = field(default_factory=list)


class Fleet:
    """A number of devices of several clients, whose projects have groups."""

    def __init__(self, device_count: int, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  # a seed has to repeat itself, and nothing here is secret
        # Of its own, so that the rest of a fleet does not depend on how many events there are.
        self._event_ids = Random(seed)  # noqa: S311  # see above
        self._device_count = device_count
        self._adapter_count = 0
        self._identifiers: Mapping[NetworkAdapterType, Callable[[], str]] = {
            NetworkAdapterType.CELLULAR: lambda: imei(self._adapter_count),
            NetworkAdapterType.LORA: lambda: f"{OUI}{self._adapter_count:010X}",
            NetworkAdapterType.GENERIC: lambda: f"{self._adapter_count:08x}{self._uuid4()[8:]}",
        }
        self._principals = [f"principal/{self._uuid4()}" for _ in range(8)]
        specifications = [self._uuid4() for _ in range(12)]
        clients = [self._uuid4() for _ in range(max(3, device_count // DEVICES_A_CLIENT))]
        self._projects = [
            _Project(id=self._uuid4(), client_id=client, specifications=self._random.sample(specifications, 3))
            for client in clients
            for _ in range(self._random.randint(2, 4))
        ]

    def rows(self) -> Iterator[tuple[Table, Row]]:
        """Yield tables and rows in an order that foreign keys allow: groups first, then devices with what they have.

        Devices come in the order in which they were made, and identifiers in that of their numbers, as in real life; so
        most keys ascend, and are written at the ends of their tables.
        """
        for project in self._projects:
            for number in range(1, self._random.randint(5, 12)):
                group = self._group(project, number)
                project.groups.append(group["id"])
                yield tables.device_group, group
        for number in range(1, self._device_count + 1):
            project = self._random.choice(self._projects)
            device = self._device(project, number)
            adapters = [self._adapter(device) for _ in range(self._random.randint(0, MOST_ADAPTERS))]
            groups = self._random.sample(project.groups, self._random.randint(0, min(MOST_GROUPS, len(project.groups))))
            yield tables.device, device
            yield from ((tables.network_adapter, adapter) for adapter in adapters)
            yield from ((tables.directory, entry) for entry in _entries(device, adapters))
            yield from ((tables.device_group_link, _link(device, group)) for group in groups)
            yield from ((tables.device_event, event) for event in _events(self._event_ids, device, adapters, groups))

    def _group(self, project: _Project, number: int) -> Row:
        name = f"{self._random.choice(GROUP_KINDS)} {self._random.choice(PLACES)} {number}"
        description = self._random.choice((None, *REMARKS))
        return {
            **self._recorded(EARLIEST_MS, FIRST_DEVICE_MS),
            **_searched(name=name, description=description),
            "client_id": project.client_id,
            "project_id": project.id,
            "version": 1,
        }

    def _device(self, project: _Project, number: int) -> Row:
        name = f"{self._random.choice(THINGS)} {self._random.choice(PLACES)} {number}"
        description = self._random.choice((None, None, *REMARKS))
        barcode = f"{self._random.randrange(10**12):012}" if self._random.random() < SHARE_WITH_BARCODE else None
        changed = self._random.random() < SHARE_CHANGED
        return {
            **self._recorded(FIRST_DEVICE_MS, LATEST_MS, number=number, changed=changed),
            **_searched(name=name, description=description, barcode=barcode),
            "status": (DeviceStatus.ACTIVE if changed else self._random.choice(list(DeviceStatus))).value,
            "client_id": project.client_id,
            "project_id": project.id,
            "device_specification_id": self._random.choice(project.specifications),
            "version": 2 if changed else 1,
        }

    def _adapter(self, device: Row) -> Row:
        """Return an adapter that came with its device, and is as old as it."""
        self._adapter_count += 1
        type_ = self._random.choice(list(self._identifiers))
        return {
            "id": self._uuid4(),
            "device_id": device["id"],
            "client_id": device["client_id"],
            "type": type_.value,
            "identifier": self._identifiers[type_](),
            "created_at": device["created_at"],
            "created_by": device["created_by"],
            "modified_at": device["created_at"],
            "modified_by": device["created_by"],
        }

    def _recorded(self, earliest: int, latest: int, *, number: int | None = None, changed: bool = False) -> Row:
        """Return an id, and when a row was made and changed: between two moments in milliseconds since 1970.

        Those that have numbers are made in the order of these: each in a part of that time of its own.
        """
        created = self._random.randint(earliest, latest)
        creator = self._random.choice(self._principals)
        modified, modifier = created, creator
        if changed:
            modified, modifier = self._random.randint(created, LATEST_MS), self._random.choice(self._principals)
        if number is not None:
            since = (modified - created) / (LATEST_MS - created + 1)
            created = earliest + ((number - 1) * (latest - earliest) + created - earliest) // self._device_count
            modified = created + int(since * (LATEST_MS - created))
        return {
            "id": uuid7(created, self._random.getrandbits),
            "created_at": _instant(created),
            "created_by": creator,
            "modified_at": _instant(modified),
            "modified_by": modifier,
        }

    def _uuid4(self) -> Uuid:
        return Uuid(str(uuid.UUID(int=self._random.getrandbits(128), version=4)))


def imei(serial: int) -> str:
    """Return 15 digits: a Type Allocation Code that counts up, the serial, and the check digit (3GPP TS 23.003)."""
    digits = str(int(TYPE_ALLOCATION_CODE) * 10**6 + serial)
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits)]
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"{digits}{-total % 10}"


def _searched(**values: str | None) -> Row:
    return {**values, **folded_columns(values)}


def _instant(milliseconds: int) -> Instant:
    return format_instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds))


def _entries(device: Row, adapters: list[Row]) -> Iterator[Row]:
    names = [device["id"], *(urn(adapter["type"], adapter["identifier"]) for adapter in adapters)]
    for name in names:
        yield {"identifier": name, "client_id": device["client_id"], "device_id": device["id"]}


def _link(device: Row, group_id: Uuid) -> Row:
    return {
        "device_id": device["id"],
        "device_group_id": group_id,
        "client_id": device["client_id"],
        "created_at": device["created_at"],
        "created_by": device["created_by"],
    }


def _events(random: Random, device: Row, adapters: list[Row], groups: list[Uuid]) -> Iterator[Row]:
    """Yield a device's creation, and the activation of one that was changed since."""
    changed = device["version"] > 1
    created = {**device, "status": DeviceStatus.INACTIVE.value} if changed else device
    changes = creation(created, (urn(each["type"], each["identifier"]) for each in adapters), groups)
    yield _event(random, device, 1, DeviceEventType.DEVICE_CREATED, "created", changes)
    if changed:
        yield _event(random, device, 2, DeviceEventType.DEVICE_UPDATED, "modified", field_changes(created, device))


def _event(  # noqa: PLR0917  # the columns of a row
    random: Random, device: Row, version: int, type_: DeviceEventType, verb: str, changes: list[FieldChange]
) -> Row:
    moment = int(datetime.fromisoformat(device[f"{verb}_at"]).timestamp() * 1000)
    return {
        "id": uuid7(moment, random.getrandbits),
        "device_id": device["id"],
        "version": version,
        "client_id": device["client_id"],
        "type": type_.value,
        "occurred_at": device[f"{verb}_at"],
        "occurred_by": device[f"{verb}_by"],
        "changes": json.dumps(changes),
    }
