"""The parent of several processes that serve."""

import time
from socket import socket

import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway.web.drain import SIGNALS

SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_TO_SPARE = 1.0
SECONDS_TO_ANSWER = 20
"""A worker answers its parent once it has imported all, which takes longer on a busy machine than uvicorn expects."""


class Workers(Multiprocess):
    """uvicorn's parent, which would wait for its workers for ever, and hear no further signal."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket], seconds_to_end: float) -> None:
        super().__init__(config, sockets)
        self._seconds_to_end = seconds_to_end + SECONDS_TO_SPARE
        self._signals = 0

    def keep_subprocess_alive(self) -> None:
        """Replace workers that are gone, or do not answer, unless a signal has come.

        uvicorn would wait for an answer whatever comes, and one that is told to end while it starts never answers.
        """
        for worker in self.processes:
            worker.parent_conn.send(b"ping")
            deadline = time.monotonic() + SECONDS_TO_ANSWER
            while worker.process.is_alive() and not self.signal_queue and time.monotonic() < deadline:
                if worker.parent_conn.poll(SECONDS_BETWEEN_LOOKS):
                    worker.parent_conn.recv()
                    break
        if not self.signal_queue:
            super().keep_subprocess_alive()

    def handle_int(self) -> None:
        self._signals += 1
        super().handle_int()

    def handle_term(self) -> None:
        self._signals += 1
        super().handle_term()

    def join_all(self) -> None:
        """Wait for the workers; kill them at the second signal, or where they do not end in time."""
        deadline = time.monotonic() + self._seconds_to_end
        while any(worker.process.is_alive() for worker in self.processes):
            signals = self._signals + sum(number in SIGNALS for number in self.signal_queue)
            if signals > 1 or time.monotonic() > deadline:
                for worker in self.processes:
                    worker.kill()
                break
            time.sleep(SECONDS_BETWEEN_LOOKS)
        super().join_all()
