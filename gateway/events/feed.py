"""Reads new events once for all who subscribe, and offers each audience those that it wants."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from time import perf_counter

from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import devices_by_id
from gateway.db.queries.events import events_between
from gateway.db.queries.groups import group_ids_of_devices
from gateway.db.rows import DeviceEventRow
from gateway.db.session import Session
from gateway.db.stores.watching import safely
from gateway.domain.enums import DeviceEventType
from gateway.domain.filters import EVERY_EVENT
from gateway.domain.matching import DeviceNow
from gateway.domain.principal import THE_GATEWAY
from gateway.domain.uuids import Uuid
from gateway.events.audience import Audience, Execution
from gateway.events.interest import Interest
from gateway.events.log import EventLog

MOST_AT_ONCE = 250
MOST_SECONDS_AT_A_TIME = 0.005
SECONDS_BEFORE_RETRY = 1.0
SECONDS_TO_WAIT = 60.0


class Feed:
    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.position = 0
        """Up to here all audiences have been offered what they want."""
        self._audiences: dict[Hashable, Audience] = {}
        self._offered_to: set[Audience] = set()
        """All audiences, those included that have failed and are not empty yet."""
        self._is_wanted = asyncio.Event()

    def audience(
        self, key: Hashable, interest: Interest, make_execution: Callable[[], Execution], head: int
    ) -> Audience:
        """Return the audience of a key, which begins with the next event where there was none.

        `head` is how far the log is known to have come.
        """
        audience = self._audiences.get(key)
        if audience is None or audience.has_failed:
            if not self._audiences:
                self.position = max(self.position, self.log.head, head)  # What came meanwhile nobody wanted.
            audience = self._audiences[key] = Audience(interest, make_execution(), self)
            self._offered_to.add(audience)
            self._is_wanted.set()
        return audience

    def leave(self, key: Hashable, audience: Audience) -> None:
        """Close an audience if nobody is in it any more."""
        if not audience.is_empty:
            return
        audience.close()
        if self._audiences.get(key) is audience:
            del self._audiences[key]
        self._offered_to.discard(audience)
        if not self._audiences:
            self._is_wanted.clear()

    async def run(self) -> None:
        """Offer new events to those who want them, for ever."""
        while True:
            await self._is_wanted.wait()
            head = await self.log.changed(self.position, SECONDS_TO_WAIT)
            if head <= self.position:
                continue
            if not await safely(partial(self._read, head), "New events could not be read."):
                await asyncio.sleep(SECONDS_BEFORE_RETRY)

    async def _read(self, head: int) -> None:
        after = self.position
        session = await self.log.session()
        page = await events_between(session, THE_GATEWAY, EVERY_EVENT, after=after, until=head, most=MOST_AT_ONCE)
        wanted = await self._wanted(session, page.nodes)
        if self.position != after:
            return  # All have left meanwhile, and those who have come begin later.
        for audience, events in wanted.items():
            if events:
                audience.offer(events)
        self.position = page.nodes[-1].position if page.has_next_page else head

    async def _wanted(
        self, session: Session, events: Sequence[DeviceEventRow]
    ) -> Mapping[Audience, Sequence[DeviceEventRow]]:
        """Return the events that each audience wants, also those who come while that is found out."""
        wanted: dict[Audience, Sequence[DeviceEventRow]] = {}
        reached: dict[frozenset[Uuid] | None, Sequence[DeviceEventRow]] = {None: events}
        devices: Mapping[Uuid, DeviceNow] = {}
        are_known = False
        of_devices = {each.device_id for each in events}
        began = perf_counter()
        while new := self._offered_to - wanted.keys():
            if not are_known and any(each.interest.filter.device is not None for each in new):
                devices = await _devices_now(session, {each.device_id for each in events if _may_exist(each)})
                are_known = True
            for audience in new:
                interest = audience.interest
                if interest.devices is not None and interest.devices.isdisjoint(of_devices):
                    wanted[audience] = ()
                    continue
                clients = interest.clients
                if clients is not None and clients not in reached:
                    reached[clients] = [each for each in events if each.client_id in clients]
                wanted[audience] = [each for each in reached[clients] if interest.wants(each, devices)]
                if perf_counter() - began > MOST_SECONDS_AT_A_TIME:
                    await asyncio.sleep(0)
                    began = perf_counter()
        return wanted


def _may_exist(event: DeviceEventRow) -> bool:
    """Tell whether the device of an event may exist."""
    return event.type != DeviceEventType.DEVICE_DELETED


async def _devices_now(session: Session, ids: Collection[Uuid]) -> dict[Uuid, DeviceNow]:
    rows = await devices_by_id(session, THE_GATEWAY, ids)
    adapters = await adapters_of_devices(session, THE_GATEWAY, list(rows.values()))
    group_ids = await group_ids_of_devices(session, rows)
    return {
        id_: DeviceNow(device=row, adapter_types={each.type for each in adapters[id_]}, group_ids=group_ids[id_])
        for id_, row in rows.items()
    }
