"""Readers of events: of the log, and as one would read who takes sequence values for their order."""

import asyncio
from typing import Any

from sqlalchemy import select

from gateway.db.database import Database
from gateway.db.queries.events import events_between
from gateway.db.rows import DeviceEventRow
from gateway.db.session import Session
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import device_event
from gateway.domain.filters import EVERY_EVENT
from gateway.domain.principal import THE_GATEWAY, Principal
from gateway.services.log import give_positions

SECONDS_BETWEEN_READS = 0.005
AFTER: Statement[Any] = Statement(
    select(device_event.c.device_id, device_event.c.version, device_event.c.sequence)
    .where(device_event.c.sequence > parameter(device_event.c.sequence, "after"))
    .order_by(device_event.c.sequence)
)


class LogReader:
    """Reads the log on and on, from its last position."""

    def __init__(self, database: Database, principal: Principal = THE_GATEWAY) -> None:
        self._database = database
        self._principal = principal
        self.events: list[DeviceEventRow] = []

    @property
    def seen(self) -> list[tuple[str, int]]:
        return [(event.device_id, event.version) for event in self.events]

    async def read(self) -> None:
        """Read what there is now."""
        session = Session(self._database)
        state = await give_positions(session, self._principal)
        last = self.events[-1].position if self.events else 0
        assert last is not None
        page = await events_between(session, self._principal, EVERY_EVENT, after=last, until=state.head, most=40)
        self.events += page.nodes
        if page.has_next_page:
            await self.read()

    async def read_on(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(SECONDS_BETWEEN_READS)


class SequenceReader:
    """Reads as one would who takes the sequence values of events for their order."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.seen: list[tuple[str, int]] = []
        self._last = 0

    async def read(self) -> None:
        for device_id, version, sequence in await Session(self._database).fetch(AFTER, {"after": self._last}):
            self.seen.append((device_id, version))
            self._last = sequence

    async def read_on(self) -> None:
        while True:
            await self.read()
            await asyncio.sleep(SECONDS_BETWEEN_READS)
