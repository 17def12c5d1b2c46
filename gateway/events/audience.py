"""Those who subscribe to the same events with the same selection set, within the same reach.

A response is made once for all of them. Each is somewhere in the log, and takes the responses after its position: from
memory, where the last ones are, or, where it has fallen behind or comes back, from the table, for itself. So nobody has
to keep up, nothing piles up for those who do not, and nothing is lost.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from gateway.db.queries.events import events_between
from gateway.db.rows import DeviceEventRow
from gateway.domain.errors import EventsGone, RequestError, Unavailable
from gateway.events.interest import Interest
from gateway.events.log import EventLog

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50
"""So many events are executed together."""
MOST_PENDING = 1_000
"""So many events wait to be executed. Where there are more, all of the audience go on from the table."""
MOST_MESSAGES = 100
MOST_BYTES = 262_144
"""What an audience holds for those who are behind."""
WINDOW = 20_000
"""So many positions are looked through by one statement, however few of their events are wanted."""
SECONDS_BEFORE_RETRY = 1.0


class Message(NamedTuple):
    """The response to one event."""

    position: int
    body: bytes
    """JSON, as it is sent."""
    cost: int
    """How many objects and leaves it holds, and what its resolvers did."""


Execute = Callable[[Sequence[DeviceEventRow]], Awaitable[list[Message]]]
"""Executes events. It raises Unavailable where the database is away, and they are to be executed later."""


class Reading(Protocol):
    """How far events have been read for all audiences."""

    log: EventLog

    @property
    def position(self) -> int: ...


class Audience:
    def __init__(self, interest: Interest, execute: Execute, reading: Reading) -> None:
        self.interest = interest
        self._execute = execute
        self._reading = reading
        self._start = reading.position
        """All that is wanted after this position is in the messages, or pending."""
        self._messages: deque[Message] = deque()
        self._pending: deque[DeviceEventRow] = deque()
        self._offered = asyncio.Event()
        self._news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failure: Exception | None = None
        self._positions: dict[object, int] = {}
        """How far each member has come."""
        self._working = asyncio.create_task(self._work())

    @property
    def is_empty(self) -> bool:
        return not self._positions

    @property
    def has_failed(self) -> bool:
        return self._failure is not None

    def offer(self, events: Sequence[DeviceEventRow]) -> None:
        """Take new events that are wanted."""
        self._pending += events
        self._offered.set()

    def bound(self) -> None:
        """Let everybody go on from the table where too many events wait."""
        if len(self._pending) > MOST_PENDING:
            self._pending.clear()
            self._messages.clear()
            self._start = self._reading.position
            self._tell()

    def close(self) -> None:
        self._working.cancel()

    async def messages(self, position: int) -> AsyncGenerator[Message, None]:
        """Yield the response to each event after a position, for ever.

        Raise EventsGone where events after it have been removed, and what made it impossible to execute one.
        """
        member = object()
        self._positions[member] = position
        try:
            while True:
                new, position = self._after(position) if position >= self._start else await self._from_table(position)
                for message in new:
                    self._positions[member] = message.position
                    yield message
                self._positions[member] = position
                if not new and position >= self._start:
                    if self._failure is not None:
                        raise self._failure
                    await asyncio.shield(self._news)
        finally:
            del self._positions[member]

    def _after(self, position: int) -> tuple[list[Message], int]:
        """Return the messages after a position, and how far all is told then."""
        new = [each for each in self._messages if each.position > position]
        if new:
            return new, new[-1].position
        return new, position if self._pending else max(position, self._reading.position)

    async def _from_table(self, position: int) -> tuple[list[Message], int]:
        """Return the next messages after a position from the table, and how far all is told then."""
        log = self._reading.log
        if position < log.gone:
            raise EventsGone("after")
        until = min(self._reading.position, position + WINDOW)
        interest = self.interest
        try:
            page = await events_between(
                await log.session(interest.principal.subject),
                interest.principal,
                interest.filter,
                after=position,
                until=until,
                most=MOST_AT_ONCE,
            )
            messages = await self._execute(page.nodes) if page.nodes else []
        except Unavailable:
            await asyncio.sleep(SECONDS_BEFORE_RETRY)
            return [], position
        return messages, messages[-1].position if page.has_next_page else until

    async def _work(self) -> None:
        """Execute what is offered, for ever, or until that is impossible."""
        try:
            while True:
                await self._offered.wait()
                self._offered.clear()
                while self._pending:
                    await self._execute_some()
        except RequestError as error:
            self._failure = error
        except Exception as error:
            logger.exception("Events could not be executed.")
            self._failure = error
        self._tell()

    async def _execute_some(self) -> None:
        events = list(islice(self._pending, MOST_AT_ONCE))
        try:
            messages = await self._execute(events)
        except Unavailable:
            await asyncio.sleep(SECONDS_BEFORE_RETRY)
            return
        if not self._pending or self._pending[0] is not events[0]:
            return  # Meanwhile they were too many.
        for _ in events:
            self._pending.popleft()
        self._messages += messages
        self._forget()
        self._tell()

    def _forget(self) -> None:
        """Forget what all have taken, and what is too much to hold for those who have not."""
        taken = min(self._positions.values(), default=self._reading.position)
        size = sum(len(each.body) for each in self._messages)
        while self._messages and (
            self._messages[0].position <= taken or len(self._messages) > MOST_MESSAGES or size > MOST_BYTES
        ):
            oldest = self._messages.popleft()
            size -= len(oldest.body)
            self._start = oldest.position

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.get_running_loop().create_future()
        news.set_result(None)
