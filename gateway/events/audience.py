"""Those who subscribe to the same events with the same selection set, within the same reach.

A response is made once for all of them. Each is somewhere in the log, and takes the responses after its position: from
memory, where the last ones are, or, where it has fallen behind or comes back, from the table, for itself. So nobody has
to keep up, nothing piles up for those who do not, and nothing is lost.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from gateway.db.queries.events import events_between
from gateway.db.rows import DeviceEventRow
from gateway.domain.errors import EventsGone, RequestError, Unavailable
from gateway.events.interest import Interest
from gateway.events.log import EventLog

logger = logging.getLogger(__name__)

MOST_PENDING = 1_000
"""So many events wait to be executed. Where there are more, they are read again from the table."""
MOST_MESSAGES = 100
MOST_BYTES = 262_144
"""What an audience holds for those who are behind, beside the messages that were made last."""
SECONDS_TO_TAKE = 0.05
"""So long members have to take messages before they are forgotten."""
WINDOW = 20_000
"""So many positions are looked through by one statement, however few of their events are wanted."""
POSITIONS_FOR_ONE = 20
"""So many positions that are looked through cost one."""
SECONDS_BEFORE_RETRY = 1.0

Pay = Callable[[int], Awaitable[None]]
"""Charges a cost, and returns once a caller could pay it."""


class Message(NamedTuple):
    """The response to one event."""

    position: int
    body: bytes
    """JSON, as it is sent."""
    cost: int
    """How many objects and leaves it holds, and what its resolvers did."""


class Execution(Protocol):
    """What executes events."""

    @property
    def most(self) -> int:
        """How many events are executed together."""

    async def execute(self, events: Sequence[DeviceEventRow], callers: Iterable[str]) -> list[Message]:
        """Return the message of each event, for these callers. Raise Unavailable where that is to be done later."""


class Reading(Protocol):
    """How far events have been read for all audiences."""

    log: EventLog

    @property
    def position(self) -> int: ...


@dataclass(eq=False, slots=True)
class _Member:
    caller: str
    position: int
    """How far it has come."""


class Audience:
    def __init__(self, interest: Interest, execution: Execution, reading: Reading) -> None:
        self.interest = interest
        self._execution = execution
        self._reading = reading
        self._start = reading.position
        """All that is wanted after this position is in the messages, or will be."""
        self._messages: deque[Message] = deque()
        self._pending: deque[DeviceEventRow] = deque()
        self._is_behind = False
        """Whether too many events were pending, so that they are read from the table."""
        self._executed = reading.position
        """All that is wanted up to here has been executed."""
        self._offered = asyncio.Event()
        self._news = asyncio.Event()
        self._failure: Exception | None = None
        self._members: dict[_Member, None] = {}
        self._working = asyncio.create_task(self._work())

    @property
    def is_empty(self) -> bool:
        return not self._members

    @property
    def has_failed(self) -> bool:
        return self._failure is not None

    def offer(self, events: Sequence[DeviceEventRow]) -> None:
        """Take new events that are wanted."""
        if self._is_behind or self.has_failed:
            return
        if not self._pending:
            self._executed = self._reading.position
        self._pending += events
        if len(self._pending) > MOST_PENDING:
            self._pending.clear()
            self._is_behind = True
        self._offered.set()

    def close(self) -> None:
        self._working.cancel()

    async def messages(self, position: int, caller: str, pay: Pay) -> AsyncGenerator[Message, None]:
        """Yield the response to each event after a position, for ever. The caller pays for each when it is taken.

        Raise EventsGone where events after it have been removed, and what made it impossible to execute one.
        """
        member = _Member(caller, position)
        self._members[member] = None
        try:
            while True:
                in_memory = position >= self._start
                found, until = self._next(position) if in_memory else await self._from_table(position, caller)
                has_any = bool(found)
                if not in_memory:
                    await pay((until - position) // POSITIONS_FOR_ONE)
                while found:
                    # What has been taken is not held on to, however long it takes to send it.
                    message = found.popleft()
                    await pay(message.cost)
                    member.position = message.position
                    yield message
                member.position = position = until
                if in_memory and not has_any:
                    if self._failure is not None:
                        raise self._failure.with_traceback(None)
                    await self._news.wait()
        finally:
            del self._members[member]

    def _next(self, position: int) -> tuple[deque[Message], int]:
        """Return the first message after a position, if there is one, and how far all is told then."""
        first: Message | None = None
        for message in reversed(self._messages):
            if message.position <= position:
                break
            first = message
        if first is not None:
            return deque([first]), first.position
        is_busy = self._pending or self._is_behind
        return deque(), max(position, self._executed if is_busy else self._reading.position)

    async def _from_table(self, position: int, caller: str) -> tuple[deque[Message], int]:
        """Return the next messages after a position from the table, and how far all is told then."""
        try:
            events, until = await self._read(position, caller)
            messages = await self._execution.execute(events, [caller]) if events else []
        except Unavailable:
            await asyncio.sleep(SECONDS_BEFORE_RETRY)
            return deque(), position
        return deque(messages), until

    async def _read(self, position: int, caller: str) -> tuple[Sequence[DeviceEventRow], int]:
        """Return the next events after a position, and up to where there are no others. Raise EventsGone."""
        log, interest = self._reading.log, self.interest
        if position < log.gone:  # What is gone is removed later than this page is read.
            raise EventsGone("after")
        until = max(position, min(self._reading.position, position + WINDOW))
        page = await events_between(
            await log.session(caller),
            interest.principal,
            interest.filter,
            after=position,
            until=until,
            most=self._execution.most,
        )
        return page.nodes, page.nodes[-1].position if page.has_next_page else until

    async def _work(self) -> None:
        """Execute what is offered, for ever, or until that is impossible."""
        try:
            while True:
                await self._offered.wait()
                self._offered.clear()
                while self._pending or self._is_behind:
                    await self._execute_some()
        except RequestError as error:
            self._failure = error
        except Exception as error:
            logger.exception("Events could not be executed.")
            self._failure = error
        self._pending.clear()
        self._tell()

    async def _execute_some(self) -> None:
        try:
            events, until = await self._next_events()
            messages = await self._execution.execute(events, self._callers()) if events else []
        except Unavailable:
            await asyncio.sleep(SECONDS_BEFORE_RETRY)
            return
        await self._make_room()
        self._messages += messages
        self._executed = until
        if self._is_behind:
            self._is_behind = until < self._reading.position
        else:
            for _ in events:
                self._pending.popleft()
        self._tell()
        await asyncio.sleep(0)  # So that those who wait take them before there are more.

    async def _next_events(self) -> tuple[Sequence[DeviceEventRow], int]:
        """Return the next events to execute, and how far all have been executed then."""
        if self._is_behind:
            return await self._read(self._executed, next(self._callers(), self.interest.principal.subject))
        events = list(islice(self._pending, self._execution.most))
        return events, events[-1].position

    async def _make_room(self) -> None:
        """Forget what all have taken, and what is too much to hold for those who have not."""
        self._forget_taken()
        if self._is_full:
            await asyncio.sleep(SECONDS_TO_TAKE)
            self._forget_taken()
        while self._is_full:
            self._start = self._messages.popleft().position

    def _forget_taken(self) -> None:
        """Forget what all have taken but those who are behind."""
        positions = (each.position for each in self._members)
        taken = min((each for each in positions if each >= self._start), default=self._executed)
        while self._messages and self._messages[0].position <= taken:
            self._start = self._messages.popleft().position

    @property
    def _is_full(self) -> bool:
        return len(self._messages) > MOST_MESSAGES or sum(len(each.body) for each in self._messages) > MOST_BYTES

    def _callers(self) -> Iterator[str]:
        return (each.caller for each in self._members)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
