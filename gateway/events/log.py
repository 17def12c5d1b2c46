"""The log of all events as one process follows it: how far it has come, and who waits for more."""

import asyncio

from gateway.db.database import Database
from gateway.db.session import EVERYWHERE, Session
from gateway.db.stores.watching import safely
from gateway.services.log import give_positions

SECONDS_BETWEEN_LOOKS = 1.0
"""What wakes the log may be lost; so often it looks by itself."""
SECONDS_TO_GATHER = 0.03
"""Changes of so short a time are looked at together; on a server they get their positions by one transaction."""


class EventLog:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.head = 0
        """The last position up to which all events can be read, as far as this process knows."""
        self.gone = 0
        """The last one whose event has been removed."""
        self._moved: asyncio.Future[None] | None = None
        """Done once the head has moved; None where nobody waits for that."""
        self._others: asyncio.Task[None] | None = None
        """Waits for what others change, also while this process looks: to listen takes a connection of its own."""

    async def follow(self) -> None:
        """Give events their positions and follow the head, for ever."""
        try:
            while True:
                self.database.has_new_events.clear()
                await safely(self.look, "The log of events could not be read.")
                await self._wait_for_news()
        finally:
            if self._others is not None:
                self._others.cancel()

    async def look(self) -> None:
        """Look once how far the log has come, and give events that have none their positions. Raise Unavailable."""
        session = Session(self.database)
        session.read_from_primary()
        state = await give_positions(session)
        self.gone = state.gone
        if state.head > self.head:
            self.head = state.head
            if self._moved is not None:
                self._moved.set_result(None)
                self._moved = None
            if state.has_more:  # Else what is there waits for a server of a cluster that is away.
                self.database.has_new_events.set()

    async def changed(self, after: int, seconds: float) -> int:
        """Return the head once it is beyond `after`, or after so many seconds at the latest."""
        try:
            async with asyncio.timeout(seconds):
                while self.head <= after:
                    if self._moved is None:
                        self._moved = asyncio.get_running_loop().create_future()
                    await asyncio.shield(self._moved)
        except TimeoutError:
            pass
        return self.head

    async def session(self, caller: str = "") -> Session:
        """Return a session that reads all that the log has told of, from replicas too. Raise Unavailable."""
        replicas = self.database.replicas
        return Session(self.database, await replicas.committed() if replicas else EVERYWHERE, caller)

    async def _wait_for_news(self) -> None:
        """Wait until this process or another may have changed something."""
        own = asyncio.create_task(self.database.has_new_events.wait())
        if self._others is None or self._others.done():
            self._others = asyncio.create_task(self.database.store.news(SECONDS_BETWEEN_LOOKS))
        try:
            await asyncio.wait([own, self._others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            own.cancel()
        await asyncio.sleep(SECONDS_TO_GATHER)
