"""The requests that are being executed: none for longer than it may, and none that nobody waits for any more."""

import asyncio
import time
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.domain.errors import RequestError

# So often they are looked at. Whether a client is gone is asked of those alone that were there at the last look.
SECONDS_BETWEEN_LOOKS = 0.25


class RequestTimeout(RequestError):
    """A request took longer than it may."""

    code = "TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The request took longer than {seconds:g} s and was given up. A change that was being made when the time "
            "was up may have been made: look, before you send it again."
        )


@dataclass(eq=False, slots=True)
class _Running:
    task: "asyncio.Task[None]"
    receive: Receive
    since: float
    watcher: "asyncio.Task[None] | None" = None
    ended_by: Exception | None = None
    """Why it was given up."""


class RunningRequests:
    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._running: dict[asyncio.Task[None], _Running] = {}
        self._next_look: asyncio.TimerHandle | None = None

    def begin(self, task: "asyncio.Task[None]", receive: Receive) -> None:
        """Look after a task from now on. Its body has come, so what `receive` tells next is that the client is gone."""
        self._running[task] = _Running(task, receive, time.monotonic())
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(SECONDS_BETWEEN_LOOKS, self._look)

    def end(self, task: "asyncio.Task[None]") -> None:
        running = self._running.pop(task)
        if running.watcher is not None:
            running.watcher.cancel()

    def reason(self, task: "asyncio.Task[None]") -> Exception | None:
        """Return why a task was cancelled: RequestTimeout, ClientDisconnect, or None where it was not done here."""
        return self._running[task].ended_by

    def _look(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            if running.ended_by is not None:
                continue
            if now - running.since > self._timeout_seconds:
                _give_up(running, RequestTimeout(self._timeout_seconds))
            elif running.watcher is None:
                running.watcher = asyncio.create_task(_watch(running))
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(SECONDS_BETWEEN_LOOKS, self._look) if self._running else None


async def _watch(running: _Running) -> None:
    while (await running.receive())["type"] != "http.disconnect":
        pass
    _give_up(running, ClientDisconnect())


def _give_up(running: _Running, reason: Exception) -> None:
    if running.ended_by is None:
        running.ended_by = reason
        running.task.cancel()
