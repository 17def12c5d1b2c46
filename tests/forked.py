"""The command `gateway` in processes of its own that begin with its modules imported.

To import them takes longer than most of what tests ask of a server. So one process beside each of those that run tests
has imported them, and is forked for each command; from there on it is what an operator runs.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from gateway.cli import app

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "gateway.web.app"])


class Forked:
    """A process, with what `subprocess.Popen` has for it."""

    def __init__(
        self, arguments: list[str], *, folder: Path, environment: Mapping[str, str], output: Path, errors: Path
    ) -> None:
        self._process: ForkServerProcess = _FORKS.Process(
            target=_run_command, args=(arguments, folder, dict(environment), output, errors)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("gateway", timeout)
        return status


def _run_command(arguments: list[str], folder: Path, environment: dict[str, str], output: Path, errors: Path) -> None:
    # An operator's process is no worker of another one.
    multiprocessing.process._parent_process = None  # type: ignore[attr-defined]  # typeshed leaves out what is private
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, output), (2, errors)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has opened one of its own.
    sys.argv = ["gateway", *arguments]
    app()
