"""The rows that random operations meet: few, so that they often meet the same, and some of them damaged."""

import uuid
from itertools import cycle
from random import Random

from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, WebhookStatus
from gateway.domain.uuids import Uuid
from tests.factories import Row, RowFactory


def ids(seed: int, count: int) -> list[Uuid]:
    """The same ones in every run."""
    random = Random(seed)
    return [Uuid(str(uuid.UUID(int=random.getrandbits(128), version=4))) for _ in range(count)]


CLIENT, OTHER_CLIENT, CLIENT_WITH_DAMAGE = ids(1, 3)
PROJECTS, SPECIFICATIONS = ids(2, 2), ids(3, 2)
DEVICES, GROUPS, ADAPTERS = ids(4, 12), ids(5, 5), ids(6, 18)
DELETED_DEVICE, NO_SUCH_ID = ids(7, 2)
WEBHOOKS = ids(9, 4)

NAMES = ("Pumpe", "pumpe", "ÄPFEL", "straße", 'a"b', "100%", "\U0001f600 z")
DESCRIPTIONS = (None, "größe", "", "pum")
BARCODES = (None, "12", "", "123", "A-1")
INSTANTS = tuple(f"2025-03-0{day}T00:00:00.00{ms}Z" for day in (1, 2, 3) for ms in (0, 1))
LATE = "2025-04-01T00:00:00.000Z"
"""When the damaged rows were made, which therefore are the last ones."""
UNKNOWN = "UNKNOWN"
URLS = ("https://hooks.example/a", "https://hooks.example/b")

IMEIS = [f"49015420323751{last}" for last in range(6)]
DEV_EUIS = [f"70B3D57ED000001{last}" for last in "ABCDEF"]
DVN_UUIDS = ids(8, 6)
IDENTIFIERS = [
    *((NetworkAdapterType.CELLULAR, each) for each in IMEIS),
    *((NetworkAdapterType.LORA, each) for each in DEV_EUIS),
    *((NetworkAdapterType.GENERIC, each) for each in DVN_UUIDS),
]


async def populate(factory: RowFactory) -> None:
    random = Random(9)
    groups = await _groups(factory, random)
    devices = [await _device(factory, random, id_) for id_ in DEVICES[:-2]]
    devices += [await _damaged_device(factory, id_) for id_ in DEVICES[-2:]]
    # The last device has none of these.
    for adapter_id, (type_, identifier), device in zip(ADAPTERS[:-1], IDENTIFIERS, cycle(devices[:-1]), strict=False):
        created_at = random.choice(INSTANTS)
        await factory.adapter(device, type_, id=adapter_id, identifier=identifier, created_at=created_at)
    for device in devices:
        await _memberships(factory, random, device, groups)
        for version in range(1, device["version"] + 1):
            await factory.event(device, version, changes=[["name", None, "a"], ["status", "ACTIVE", "INACTIVE"]])
    await _damage(factory, devices[-1])
    gone = {"id": DELETED_DEVICE, "client_id": CLIENT}
    await factory.event(gone, 1, type=DeviceEventType.DEVICE_CREATED)
    await factory.event(gone, 2, type=DeviceEventType.DEVICE_DELETED)
    await _webhooks(factory, random)


async def _webhooks(factory: RowFactory, random: Random) -> None:
    owners = (CLIENT, CLIENT, OTHER_CLIENT, CLIENT_WITH_DAMAGE)
    for number, (id_, client_id) in enumerate(zip(WEBHOOKS, owners, strict=True), 1):
        await factory.webhook(
            number,
            id=id_,
            client_id=client_id,
            url=URLS[number % 2],
            types=list(DeviceEventType)[:number],
            status=random.choice(list(WebhookStatus)),
            delivered_position=number - 1,
            created_at=random.choice(INSTANTS),
        )


async def _groups(factory: RowFactory, random: Random) -> list[Row]:
    owners = [(CLIENT, PROJECTS[0])] * 2 + [(CLIENT, PROJECTS[1])] + [(OTHER_CLIENT, each) for each in PROJECTS]
    return [
        await factory.group(
            id=id_,
            name=random.choice(NAMES),
            description=random.choice(DESCRIPTIONS),
            client_id=client_id,
            project_id=project_id,
            created_at=random.choice(INSTANTS),
        )
        for id_, (client_id, project_id) in zip(GROUPS, owners, strict=True)
    ]


async def _device(factory: RowFactory, random: Random, id_: Uuid) -> Row:
    return await factory.device(
        id=id_,
        name=random.choice(NAMES),
        description=random.choice(DESCRIPTIONS),
        barcode=random.choice(BARCODES),
        status=random.choice(list(DeviceStatus)),
        client_id=random.choice([CLIENT, CLIENT, OTHER_CLIENT]),
        project_id=random.choice(PROJECTS),
        device_specification_id=random.choice(SPECIFICATIONS),
        created_at=random.choice(INSTANTS),
        modified_at=random.choice(INSTANTS),
        version=random.randint(1, 3),
    )


async def _damaged_device(factory: RowFactory, id_: Uuid) -> Row:
    return await factory.device(
        id=id_, status=UNKNOWN, client_id=CLIENT_WITH_DAMAGE, created_at=LATE, modified_at=LATE, barcode="9"
    )


async def _memberships(factory: RowFactory, random: Random, device: Row, groups: list[Row]) -> None:
    owner = (device["client_id"], device["project_id"])
    for group in groups:
        if (group["client_id"], group["project_id"]) == owner and random.random() < 0.8:
            await factory.link(device, group, created_at=random.choice(INSTANTS))


async def _damage(factory: RowFactory, device: Row) -> None:
    """An adapter and an event of kinds that nobody knows."""
    await factory.adapter(device, UNKNOWN, id=ADAPTERS[-1], identifier="1", created_at=LATE)  # type: ignore[arg-type]
    await factory.event(device, device["version"] + 1, type=UNKNOWN)
