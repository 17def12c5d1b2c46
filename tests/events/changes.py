"""Changes at random: all mutations, of devices and groups of two clients."""

from random import Random
from typing import Any

from tests.events.processes import Process
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT

CLIENTS = (CLIENT, OTHER_CLIENT)

UPDATE = """mutation ($device: DeviceIdentifier!, $name: String, $client: UUID) {
  a: updateDevice(input: { device: $device, name: $name, clientId: $client }) { userErrors { code } }
}"""
RENAME = """mutation ($device: DeviceIdentifier!, $name: String!) {
  a: updateDevice(input: { device: $device, name: $name }) { userErrors { code } }
}"""
MOVE = """mutation ($device: DeviceIdentifier!, $client: UUID!) {
  a: updateDevice(input: { device: $device, clientId: $client }) { userErrors { code } }
}"""
DELETE = "mutation ($device: DeviceIdentifier!) { a: deleteDevice(input: { device: $device }) { userErrors { code } } }"
ADD_ADAPTER = """mutation ($device: DeviceIdentifier!, $id: String!) {
  a: addNetworkAdapter(input: { device: $device, networkAdapter: { generic: { dvnUuid: $id } } }) {
    networkAdapter { ... on CommonNetworkAdapter { id } } userErrors { code }
  }
}"""
DELETE_ADAPTER = """mutation ($device: DeviceIdentifier!, $adapter: ID!) {
  a: deleteNetworkAdapter(input: { device: $device, networkAdapterId: $adapter }) { userErrors { code } }
}"""
CREATE_GROUP = """mutation ($client: UUID!, $project: UUID!) {
  a: createDeviceGroup(input: { name: "Group", clientId: $client, projectId: $project }) {
    deviceGroup { id } userErrors { code }
  }
}"""
DELETE_GROUP = "mutation ($group: ID!) { a: deleteDeviceGroup(input: { id: $group }) { userErrors { code } } }"
ADD_TO_GROUP = """mutation ($device: DeviceIdentifier!, $group: ID!) {
  a: addDeviceToGroup(input: { device: $device, deviceGroupId: $group }) { userErrors { code } }
}"""
REMOVE_FROM_GROUP = """mutation ($device: DeviceIdentifier!, $group: ID!) {
  a: removeDeviceFromGroup(input: { device: $device, deviceGroupId: $group }) { userErrors { code } }
}"""


class Changes:
    """Makes changes, of which some are refused: a device may be gone, or be in a group when it is to move."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.steady: list[str] = []
        """Devices that are renamed, and neither moved nor deleted."""
        self._devices: list[str] = []
        self._groups: list[str] = []
        self._adapters: list[tuple[str, str]] = []

    async def begin(self, process: Process) -> None:
        for client in CLIENTS:
            self.steady.append(await process.create("Steady", client))
            self._devices += [await process.create("Device", client) for _ in range(3)]
            self._groups.append(await self._new_group(process, client))

    async def make(self, process: Process) -> None:
        """Make one change."""
        random = self._random
        device, group = random.choice(self._devices), random.choice(self._groups)
        match random.choice(["create", "rename", "rename", "steady", "move", "move", "delete", *"aadglllr"]):
            case "create":
                self._devices.append(await process.create("Device", random.choice(CLIENTS)))
            case "rename":
                await process.ask(RENAME, device=device, name=f"Name {random.random()}")
            case "steady":
                await process.ask(RENAME, device=random.choice(self.steady), name=f"Name {random.random()}")
            case "move":
                await process.ask(MOVE, device=device, client=random.choice(CLIENTS))
            case "delete":
                await process.ask(DELETE, device=device)
            case "a":
                await self._add_adapter(process, device)
            case "d" if self._adapters:
                owner, adapter = random.choice(self._adapters)
                await process.ask(DELETE_ADAPTER, device=owner, adapter=adapter)
            case "g":
                await process.ask(DELETE_GROUP, group=group)
                self._groups.append(await self._new_group(process, random.choice(CLIENTS)))
            case "l":
                await process.ask(ADD_TO_GROUP, device=device, group=group)
            case "r":
                await process.ask(REMOVE_FROM_GROUP, device=device, group=group)

    async def _add_adapter(self, process: Process, device: str) -> None:
        number = self._random.getrandbits(128)
        id_ = f"{number:032x}"
        text = "-".join([id_[:8], id_[8:12], id_[12:16], id_[16:20], id_[20:]])
        added = (await process.ask(ADD_ADAPTER, device=device, id=text))["a"]
        if added["networkAdapter"]:
            self._adapters.append((device, added["networkAdapter"]["id"]))

    async def _new_group(self, process: Process, client: str) -> str:
        made: Any = await process.ask(CREATE_GROUP, client=client, project=PROJECT)
        return str(made["a"]["deviceGroup"]["id"])
