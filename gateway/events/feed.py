"""Reads new events once for all who subscribe, and offers each audience those that it wants."""

import asyncio
import logging
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import devices_by_id
from gateway.db.queries.events import events_between
from gateway.db.queries.groups import group_ids_of_devices
from gateway.db.rows import DeviceEventRow
from gateway.db.session import Session
from gateway.domain.enums import DeviceEventType
from gateway.domain.errors import Unavailable
from gateway.domain.filters import EVERY_EVENT
from gateway.domain.matching import DeviceNow
from gateway.domain.principal import THE_GATEWAY
from gateway.domain.uuids import Uuid
from gateway.events.audience import Audience, Execute
from gateway.events.interest import Interest
from gateway.events.log import EventLog

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000
SECONDS_BEFORE_RETRY = 1.0
SECONDS_TO_WAIT = 60.0


class Feed:
    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.position = 0
        """Up to here all audiences have been offered what they want."""
        self._audiences: dict[Hashable, Audience] = {}
        self._by_clients: dict[frozenset[Uuid] | None, list[Audience]] = {}
        self._is_wanted = asyncio.Event()

    def audience(self, key: Hashable, interest: Interest, make_execute: Callable[[], Execute]) -> Audience:
        """Return the audience of a key, which begins with the next event where there was none."""
        audience = self._audiences.get(key)
        if audience is None or audience.has_failed:
            if not self._audiences:
                self.position = max(self.position, self.log.head)  # What came meanwhile nobody wanted.
            audience = self._audiences[key] = Audience(interest, make_execute(), self)
            self._by_clients.setdefault(interest.clients, []).append(audience)
            self._is_wanted.set()
        return audience

    def leave(self, key: Hashable, audience: Audience) -> None:
        """Close an audience if nobody is in it any more."""
        if not audience.is_empty:
            return
        audience.close()
        if self._audiences.get(key) is audience:
            del self._audiences[key]
        clients = audience.interest.clients
        beside = self._by_clients[clients]
        if audience in beside:
            beside.remove(audience)
        if not beside:
            del self._by_clients[clients]
        if not self._audiences:
            self._is_wanted.clear()

    async def run(self) -> None:
        """Offer new events to those who want them, for ever."""
        while True:
            await self._is_wanted.wait()
            head = await self.log.changed(self.position, SECONDS_TO_WAIT)
            if head <= self.position:
                continue
            try:
                await self._read(head)
            except Unavailable:
                await asyncio.sleep(SECONDS_BEFORE_RETRY)
            except Exception:
                logger.exception("New events could not be read.")
                await asyncio.sleep(SECONDS_BEFORE_RETRY)

    async def _read(self, head: int) -> None:
        session = await self.log.session()
        page = await events_between(
            session, THE_GATEWAY, EVERY_EVENT, after=self.position, until=head, most=MOST_AT_ONCE
        )
        devices: dict[Uuid, DeviceNow] = {}
        asked_for: set[Uuid] = set()
        while missing := self._devices_asked_for(page.nodes) - asked_for:
            devices |= await _devices_now(session, missing)
            asked_for |= missing
        self._offer(page.nodes, devices)
        self.position = page.nodes[-1].position if page.has_next_page else head
        for audience in self._audiences.values():
            audience.bound()

    def _devices_asked_for(self, events: Sequence[DeviceEventRow]) -> set[Uuid]:
        """Return the ids of the devices that have to be known; others may subscribe while they are read."""
        if all(each.interest.filter.device is None for each in self._audiences.values()):
            return set()
        return {each.device_id for each in events if each.type != DeviceEventType.DEVICE_DELETED}

    def _offer(self, events: Sequence[DeviceEventRow], devices: Mapping[Uuid, DeviceNow]) -> None:
        for clients, audiences in self._by_clients.items():
            reached = events if clients is None else [each for each in events if each.client_id in clients]
            for audience in audiences if reached else ():
                if wanted := [each for each in reached if audience.interest.wants(each, devices)]:
                    audience.offer(wanted)


async def _devices_now(session: Session, ids: Collection[Uuid]) -> dict[Uuid, DeviceNow]:
    rows = await devices_by_id(session, THE_GATEWAY, ids)
    adapters = await adapters_of_devices(session, THE_GATEWAY, list(rows.values()))
    group_ids = await group_ids_of_devices(session, rows)
    return {
        id_: DeviceNow(device=row, adapter_types={each.type for each in adapters[id_]}, group_ids=group_ids[id_])
        for id_, row in rows.items()
    }
