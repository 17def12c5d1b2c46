"""What is delivered to one webhook under one lease: the events of its client, one after the other."""

import logging
import time
from asyncio import Event, Semaphore
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.db.queries.deliveries import LeasedWebhook
from gateway.db.queries.events import events_between, log_state
from gateway.db.rows import DeviceEventRow
from gateway.db.session import Session
from gateway.domain.enums import WebhookStatus
from gateway.domain.filters import EVERY_EVENT
from gateway.domain.instants import now, shifted
from gateway.domain.principal import THE_GATEWAY
from gateway.events.log import EventLog
from gateway.events.webhooks.failures import Failure
from gateway.events.webhooks.message import message_of
from gateway.events.webhooks.schedule import Schedule
from gateway.events.webhooks.sender import Sender
from gateway.services.deliveries import SaveDelivery, save_delivery
from gateway.services.use_case import change

logger = logging.getLogger(__name__)

EVENTS_AT_ONCE = 100
SECONDS_BETWEEN_SAVES = 0.5
SECONDS_TO_RENEW = 10.0
"""A lease that is older is renewed before something is sent, which may take half of the lease."""
SHORTEST_WAIT_SECONDS = 1.0
LONGEST_ERROR = 200


class Superseded(Exception):
    """The owner has changed the webhook, or the lease was over: what this process knows of it counts no more."""


class Delivery:
    """Keeps what it has not saved yet: what is lost of that is delivered again."""

    def __init__(
        self,
        webhook: LeasedWebhook,
        *,
        log: EventLog,
        sender: Sender,
        schedule: Schedule,
        places: Semaphore,
        stopping: Event,
    ) -> None:
        """Send a message only where it has one of the `places`, and none any more once `stopping` is set."""
        self._webhook = webhook
        self._types = webhook.types
        self._log = log
        self._sender = sender
        self._schedule = schedule
        self._places = places
        self._stopping = stopping
        self._principal = replace(THE_GATEWAY, clients=frozenset({webhook.client_id}))
        self._position = webhook.delivered_position
        self._attempts = webhook.attempts
        self._failing_since = webhook.failing_since
        self._unsaved: dict[str, Any] = {}
        """New values of columns, beside the position."""
        self._saved = time.monotonic()
        """When the lease was taken or renewed."""

    async def run(self) -> None:
        """Deliver all there is, until a delivery fails; the lease ends with it. Raise Unavailable and Contended."""
        try:
            await self._deliver_all()
        except Superseded:
            return
        except BaseException:
            await self._save(is_last=True)
            raise
        await self._save(is_last=True)

    async def _deliver_all(self) -> None:
        while not self._stopping.is_set():
            until = self._log.head
            events, has_more = await self._next_events(until)
            for position, event in events:
                if event.type in self._types and not await self._deliver(event, position):
                    return
                self._position = position
                if time.monotonic() - self._saved > SECONDS_BETWEEN_SAVES:
                    await self._renew()
            if not has_more:
                self._position = max(self._position, until)
                if self._log.head <= until:
                    return

    async def _next_events(self, until: int) -> tuple[Sequence[tuple[int, DeviceEventRow]], bool]:
        """Return the next events with their positions, and whether there are more up to a position."""
        session = Session(self._log.database)
        session.read_from_primary()
        page = await events_between(
            session, self._principal, EVERY_EVENT, after=self._position, until=until, most=EVENTS_AT_ONCE
        )
        # Only now: what is removed while they are read is missing from them.
        state = await log_state(session)
        if skipped := max(0, state.gone - self._position):
            self._unsaved["last_error"] = (
                f"History was removed before it was delivered: {skipped:,} positions of the log were skipped, with all "
                "events at them."
            )
            self._position = state.gone
        events = [(event.position or until, event) for event in page.nodes]  # What is in the log has a position.
        return [each for each in events if each[0] > self._position], page.has_next_page

    async def _deliver(self, event: DeviceEventRow, position: int) -> bool:
        """Send an event, and tell whether it was received."""
        async with self._places:
            if self._stopping.is_set():
                return False
            if time.monotonic() - self._saved > SECONDS_TO_RENEW:
                await self._renew()
            message = message_of(event, position, self._principal)
            failure = await self._sender.send(self._webhook.url, message, self._webhook.secrets(now()))
        if failure:
            self._fail(failure)
            return False
        if self._failing_since is not None:
            self._attempts, self._failing_since = 0, None
            self._unsaved |= {"status": WebhookStatus.ACTIVE, "failing_since": None, "attempts": 0}
        return True

    def _fail(self, failure: Failure) -> None:
        """Note when to try again, or that it is never to be."""
        at = now()
        since = self._failing_since or at
        attempts = self._attempts + 1
        next_attempt = None if failure.is_final else self._schedule.next_attempt(at, since, attempts)
        if next_attempt is None:
            logger.warning("The webhook %s is switched off: %s", self._webhook.id, failure.reason)
        elif failure.wait_seconds is not None:
            next_attempt = shifted(at, timedelta(seconds=max(SHORTEST_WAIT_SECONDS, failure.wait_seconds)))
        self._unsaved |= {
            "status": WebhookStatus.FAILING if next_attempt else WebhookStatus.DISABLED,
            "failing_since": since,
            "last_error": failure.reason[:LONGEST_ERROR],
            "attempts": attempts,
            "next_attempt_at": next_attempt or at,
        }

    async def _renew(self) -> None:
        """Save, and renew the lease. Raise Superseded."""
        if not await self._save(is_last=False):
            raise Superseded

    async def _save(self, *, is_last: bool) -> bool:
        values = {**self._unsaved, "delivered_position": self._position}
        command = SaveDelivery(webhook=self._webhook, values=values, is_last=is_last)
        began = time.monotonic()
        is_saved = await change(Session(self._log.database), THE_GATEWAY, save_delivery, command)
        self._unsaved, self._saved = {}, began
        return is_saved
