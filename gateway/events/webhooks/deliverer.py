"""Delivers events to webhooks: to each by one process at a time, which has its lease."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from functools import partial

from gateway.db.queries.deliveries import DueWebhook, clients_with_events, due_webhooks
from gateway.db.session import Session
from gateway.db.stores.watching import safely
from gateway.domain.errors import Contended, Unavailable
from gateway.domain.instants import now
from gateway.domain.principal import THE_GATEWAY
from gateway.domain.uuids import Uuid
from gateway.domain.webhooks import PrivateHosts
from gateway.events.log import EventLog
from gateway.events.webhooks.delivery import Delivery
from gateway.events.webhooks.schedule import Schedule
from gateway.events.webhooks.sender import Sender
from gateway.services.deliveries import PassOver, pass_over, take_lease
from gateway.services.use_case import change

logger = logging.getLogger(__name__)

MOST_AT_A_TIME = 20
"""How many messages are under way at a time."""
MOST_LEASES = 500
SECONDS_BETWEEN_LOOKS = 1.0
"""So often it looks for webhooks whose next attempt is due, or which a process has left behind."""
SECONDS_TO_GATHER = 0.05
"""Changes of so short a time are looked for together."""
SECONDS_BETWEEN_PASSES = 10.0
SECONDS_TO_STOP = 2.0
"""How long a message may still be under way when the process ends; it is sent again elsewhere."""
NEAR = 1_000
"""Whether there is anything for a webhook is looked for ahead where it is no more positions behind."""


class Deliverer:
    def __init__(
        self,
        log: EventLog,
        sender: Sender,
        schedule: Schedule | None = None,
        *,
        seconds_between_looks: float = SECONDS_BETWEEN_LOOKS,
        seconds_between_passes: float = SECONDS_BETWEEN_PASSES,
    ) -> None:
        """Without a schedule, failed deliveries are tried again by that of Standard Webhooks."""
        self._log = log
        self._sender = sender
        self._schedule = schedule or Schedule()
        self._seconds_between_looks = seconds_between_looks
        self._seconds_between_passes = seconds_between_passes
        self._places = asyncio.Semaphore(MOST_AT_A_TIME)
        self._tasks: dict[Uuid, asyncio.Task[None]] = {}
        """What delivers to each webhook whose lease this process has, or wants."""
        self._stopping = asyncio.Event()
        self._has_ended = asyncio.Event()
        """Set once a delivery has ended, so that what came last is not left for long."""
        self._passed = 0.0

    async def run(self) -> None:
        """Deliver, for ever. When it is cancelled, what is under way has a little time to arrive."""
        try:
            while True:
                head = self._log.head
                self._has_ended.clear()
                await safely(partial(self._look, head), "Webhooks could not be looked for.")
                await asyncio.sleep(SECONDS_TO_GATHER)
                await self._wait_for_news(head)
        finally:
            await self._stop()

    async def _look(self, head: int) -> None:
        """Begin to deliver to webhooks for which there may be something."""
        session = Session(self._log.database)
        due = [each for each in await due_webhooks(session, head, now()) if each.id not in self._tasks]
        quiet = await self._pass_over(session, due, head)
        for webhook in due:
            if webhook.id not in quiet and len(self._tasks) < MOST_LEASES:
                self._tasks[webhook.id] = asyncio.create_task(self._deliver(webhook.id))

    async def _pass_over(self, session: Session, due: Sequence[DueWebhook], head: int) -> Collection[Uuid]:
        """Return the webhooks of clients that have no events up to the head, which are all brought there now and then.

        Each event would make a lease of every webhook otherwise, whosever it is.
        """
        near = [each for each in due if each.delivered_position >= max(head - NEAR, self._log.gone)]
        if not near:
            return ()
        after = min(each.delivered_position for each in near)
        session.read_from_primary()
        busy = await clients_with_events(session, after=after, until=head)
        quiet = {each.id for each in near if each.client_id not in busy}
        if quiet and time.monotonic() - self._passed >= self._seconds_between_passes:
            self._passed = time.monotonic()
            await change(session, THE_GATEWAY, pass_over, PassOver(ids=quiet, after=after, until=head))
        return quiet

    async def _deliver(self, id_: Uuid) -> None:
        try:
            webhook = await change(Session(self._log.database), THE_GATEWAY, take_lease, id_)
            if webhook is None:
                return
            delivery = Delivery(
                webhook,
                log=self._log,
                sender=self._sender,
                schedule=self._schedule,
                places=self._places,
                stopping=self._stopping,
            )
            await delivery.run()
            self._has_ended.set()
        except (Unavailable, Contended):
            pass  # The lease runs out, and what was not saved is delivered again.
        except Exception:
            logger.exception("Deliveries to the webhook %s ended.", id_)
        finally:
            del self._tasks[id_]

    async def _wait_for_news(self, head: int) -> None:
        """Wait until there are new events, a delivery has ended, or it is time to look again."""
        changed = asyncio.create_task(self._log.changed(head, self._seconds_between_looks))
        ended = asyncio.create_task(self._has_ended.wait())
        try:
            await asyncio.wait([changed, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            ended.cancel()

    async def _stop(self) -> None:
        self._stopping.set()
        if tasks := list(self._tasks.values()):
            _, late = await asyncio.wait(tasks, timeout=SECONDS_TO_STOP)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def deliver(log: EventLog, private_hosts: PrivateHosts) -> None:
    """Deliver what the log tells of, for ever."""
    sender = Sender(private_hosts)
    try:
        await Deliverer(log, sender).run()
    finally:
        await sender.close()
