"""Changes at random: all mutations, of devices and groups of two clients."""

from random import Random
from typing import Any

from tests.events.processes import Process
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, new_uuid

CLIENTS = (CLIENT, OTHER_CLIENT)

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
        device, group = self._random.choice(self._devices), self._random.choice(self._groups)
        kind = self._random.choice(
            ["new", "rename", "rename", "steady", *["move"] * 2, *["one"] * 4, "adapter", "group"]
        )
        if kind == "new":
            self._devices.append(await process.create("Device", self._random.choice(CLIENTS)))
        elif kind in {"rename", "steady"}:
            renamed = device if kind == "rename" else self._random.choice(self.steady)
            await process.ask(RENAME, device=renamed, name=f"Name {self._random.random()}")
        elif kind == "move":
            await process.ask(MOVE, device=device, client=self._random.choice(CLIENTS))
        elif kind == "adapter":
            await self._change_adapters(process, device)
        elif kind == "group":
            await process.ask(DELETE_GROUP, group=group)
            self._groups.append(await self._new_group(process, self._random.choice(CLIENTS)))
        else:
            mutation = self._random.choice([DELETE, ADD_TO_GROUP, REMOVE_FROM_GROUP])
            further: dict[str, Any] = {} if mutation is DELETE else {"group": group}
            await process.ask(mutation, device=device, **further)

    async def _change_adapters(self, process: Process, device: str) -> None:
        if self._adapters and self._random.random() < 0.3:
            owner, adapter = self._random.choice(self._adapters)
            await process.ask(DELETE_ADAPTER, device=owner, adapter=adapter)
        else:
            await self._add_adapter(process, device)

    async def _add_adapter(self, process: Process, device: str) -> None:
        added = (await process.ask(ADD_ADAPTER, device=device, id=new_uuid()))["a"]
        if added["networkAdapter"]:
            self._adapters.append((device, added["networkAdapter"]["id"]))

    async def _new_group(self, process: Process, client: str) -> str:
        made: Any = await process.ask(CREATE_GROUP, client=client, project=PROJECT)
        return str(made["a"]["deviceGroup"]["id"])
