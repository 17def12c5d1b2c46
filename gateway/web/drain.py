"""What happens between the signal that ends a process and its end."""

import asyncio
import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from starlette.types import Message, Send

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Drain:
    """Once a signal has come, readiness tells so, and requests are served for `seconds` more.

    Then the server gets the signal. The process ends `shutdown_seconds` later at the latest, whatever holds it up.
    """

    def __init__(self, seconds: float, shutdown_seconds: float) -> None:
        self.has_begun = False
        self._seconds = seconds
        self._shutdown_seconds = shutdown_seconds
        self._handlers: dict[int, Any] = {}
        """What the server does at each signal."""
        self._is_over = False
        self._ends: set[Callable[[], None]] = set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take the signals in place of the server, whose event loop runs here."""
        if threading.current_thread() is not threading.main_thread():
            # Python allows it nowhere else. A server in another thread is ended by what started it.
            yield
            return
        loop = asyncio.get_running_loop()

        def take(number: int, _: FrameType | None) -> None:
            self._take(number, loop)

        self._handlers = {number: signal.signal(number, take) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` once the server is told to end, which waits for what goes on."""
        if self._is_over:
            end()
        self._ends.add(end)
        try:
            yield
        finally:
            self._ends.discard(end)

    def _take(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        if not self.has_begun:
            self.has_begun = True
            # The system keeps this one, so it ends a process whose threads or event loop do not.
            signal.setitimer(signal.ITIMER_REAL, self._seconds + self._shutdown_seconds)
            loop.call_soon_threadsafe(self._begin, number, loop)
        elif multiprocessing.parent_process() is None:
            # A worker may get the same signal from its parent and from a terminal: there, the parent counts.
            end_at_once(number)

    def _begin(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        logger.info("Draining for %g seconds; another signal ends the process at once", self._seconds)
        loop.call_later(self._seconds, self._hand_on, number)

    def _hand_on(self, number: int) -> None:
        self._is_over = True
        for end in list(self._ends):
            end()
        handler = self._handlers[number]
        if callable(handler):
            handler(number, None)
        else:
            end_at_once(number)


def end_now(time: asyncio.Timeout) -> None:
    """Let a timeout be over, unless it is already."""
    if not time.expired():
        time.reschedule(asyncio.get_running_loop().time())


def end_at_once(number: int) -> None:
    """End the process as the signal does where nothing handles it."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def closing(send: Send) -> Send:
    """Return what sends answers after which clients open another connection, perhaps to another process."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return send_and_close
