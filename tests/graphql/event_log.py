"""A small log of events, and what a filter of events means in plain Python: the oracle for it."""

from collections.abc import Mapping
from random import Random
from typing import Any

from sqlalchemy import update

from gateway.db.database import Database
from gateway.db.tables import event_log
from gateway.domain.enums import DeviceEventType
from tests.client import GatewayClient
from tests.factories import Row, RowFactory
from tests.graphql.fleet import CLIENTS, Fleet

LOG = """
query Log($first: Int, $after: String, $last: Int, $before: String, $filter: DeviceEventFilter) {
  deviceEvents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    totalCount
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


class EventLog:
    """The events of a fleet, in the order of their log."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.events: list[Row] = []

    async def populate(self, database: Database, random: Random) -> None:
        """Make, change, move and delete devices, as their events tell; a third of the devices are there no more."""
        factory = RowFactory(database)
        devices = [*self.fleet.devices]
        for device in devices[::3]:
            await self.fleet.remove(factory, device["id"])
        versions = dict.fromkeys((device["id"] for device in devices), 0)
        for _ in range(4):
            for device in random.sample(devices, len(devices)):
                version = versions[device["id"]] = versions[device["id"]] + 1
                client_id = random.choice([device["client_id"], device["client_id"], *CLIENTS])
                type_ = random.choice([*DeviceEventType])
                position = len(self.events) + 1
                values = {"client_id": client_id, "type": type_, "position": position}
                self.events.append(await factory.event(device, version, **values))
        async with database.writing() as connection:
            await connection.execute(update(event_log).values(numbered=position, head=position))

    def listed(self, filter_: Mapping[str, Any], clients: list[str] | None = None) -> list[str]:
        """Return the ids of the events for which a filter holds, for a caller of these clients, or of every one."""
        return [
            event["id"]
            for event in self.events
            if (clients is None or event["client_id"] in clients) and self._matches(event, filter_, clients)
        ]

    def _matches(self, event: Row, filter_: Mapping[str, Any], clients: list[str] | None) -> bool:
        fields = {"types": "type", "deviceIds": "device_id", "clientIds": "client_id"}
        if not all(event[field] in filter_[name] for name, field in fields.items() if name in filter_):
            return False
        if "device" not in filter_ or event["type"] == DeviceEventType.DEVICE_DELETED:
            return True
        return any(
            device["id"] == event["device_id"]
            and (clients is None or device["client_id"] in clients)
            and self.fleet.matches(device, filter_["device"])
            for device in self.fleet.devices
        )


async def page_of(gateway: GatewayClient, token: str | None = None, **variables: Any) -> Any:
    return (await gateway.data(LOG, variables, token=token))["deviceEvents"]


def ids_of(page: Any) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]
