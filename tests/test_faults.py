"""A server whose embedded database loses its disk or its file: what it answers, and what is there afterwards."""

import os
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import SQLiteDatabases, sqlite_url
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.server import SERVE, Server, running_server

CREATE = "mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { device { name } } }"
NAMES = "{ devices(first: 250) { nodes { name } } }"
TIMEOUT = 1.0
# Root may write what is read-only, unless that is taken from it.
AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override")


class Caller:
    """Somebody who asks a server, and remembers the names of the devices whose creation was acknowledged."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acknowledged: list[str] = []
        self._headers = {"Authorization": f"Bearer {server.token()}"}

    def create(self, name: str, description: str = "") -> str:
        """Return the message of a SERVICE_UNAVAILABLE, or nothing where a device was created."""
        input_ = {
            "name": name,
            "description": description,
            "clientId": CLIENT,
            "projectId": PROJECT,
            "deviceSpecificationId": SPECIFICATION,
        }
        message = self._ask(CREATE, {"input": input_})[1]
        if not message:
            self.acknowledged.append(name)
        return message

    def create_until_refused(self) -> str:
        for number in range(2_000):
            if message := self.create(f"Device {number:04}", "filling " * 30):
                return message
        raise AssertionError("Nothing was refused.")

    def names(self) -> list[str]:
        data, message = self._ask(NAMES)
        assert message == ""
        return [node["name"] for node in data["devices"]["nodes"]]

    def refusal(self) -> str:
        return self._ask(NAMES)[1]

    def status_of_stream(self) -> int:
        """Return the status of a subscription by server-sent events, of which nothing is read."""
        parameters = {"query": "subscription { deviceEvents { cursor } }"}
        headers = {**self._headers, "Accept": "text/event-stream"}
        with httpx.stream("GET", f"{self.server.url}/graphql", params=parameters, headers=headers) as response:
            return response.status_code

    def readiness(self) -> tuple[int, str]:
        response = httpx.get(f"{self.server.url}/health/ready", timeout=10)
        return response.status_code, response.json()["status"]

    def _ask(self, query: str, variables: Any = None) -> tuple[Any, str]:
        content = httpx.post(
            f"{self.server.url}/graphql",
            json={"query": query, "variables": variables},
            headers=self._headers,
            timeout=20,
        ).json()
        if "errors" not in content:
            return content["data"], ""
        [error] = content["errors"]
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}, content
        return content["data"], error["message"]


READY = (200, "ok")
MISSING = "The database file is missing"


@pytest.fixture(scope="module")
def may_write_anything() -> bool:
    """Tell whether nothing is read-only to the server."""
    if os.geteuid():
        return False
    try:
        return subprocess.run([*AS_ANYBODY, "true"], capture_output=True, check=False).returncode != 0  # noqa: S603  # ours
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, *, may_write_anything: bool) -> Iterator[Server]:
    """Yield one that goes through all of it and is never started again."""
    folder = tmp_path_factory.mktemp("faults")
    command = SERVE if os.geteuid() or may_write_anything else (*AS_ANYBODY, *SERVE)
    with running_server(folder, command=command, GATEWAY_DATABASE_TIMEOUT=str(TIMEOUT)) as server:
        yield server
        assert "Traceback" not in server.output


@pytest.fixture
def file(server: Server, sqlite: SQLiteDatabases) -> Path:
    """Return the file of the server's database, another one for each test, and empty."""
    file = server.folder / "gateway.db"
    shutil.copy(sqlite.template, server.folder / "next.db")
    (server.folder / "next.db").rename(file)
    return file


@pytest.fixture
def caller(server: Server, file: Path) -> Caller:  # noqa: ARG001  # whose file it is
    caller = Caller(server)
    assert caller.create("before") == ""
    assert caller.names() == ["before"]
    return caller


def names_after_a_crash(file: Path, folder: Path) -> list[str]:
    """Return the names of the devices that the next start would find, were the server killed now."""
    for suffix in ("", "-wal"):
        if Path(f"{file}{suffix}").exists():
            shutil.copy(f"{file}{suffix}", folder / f"crashed.db{suffix}")
    with closing(sqlite3.connect(folder / "crashed.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [name for (name,) in connection.execute("SELECT name FROM device ORDER BY created_at, id")]


def refusal_of_reads(caller: Caller) -> str:
    """Return the message of reads, which go on for a moment after a file was deleted."""
    deadline = time.monotonic() + 1
    while not (message := caller.refusal()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return message


def test_nothing_is_acknowledged_in_a_deleted_file_and_all_goes_on_once_it_is_back(
    caller: Caller, file: Path, tmp_path: Path
) -> None:
    saved = file.with_name("saved.db")
    file.rename(saved)
    assert caller.create("meanwhile") == f"{MISSING}; try again later."
    assert refusal_of_reads(caller) == f"{MISSING}; try again later."
    assert caller.readiness() == (503, "the database file is missing")
    assert caller.status_of_stream() == 503
    assert not file.exists()

    saved.rename(file)
    assert caller.readiness() == READY
    assert caller.status_of_stream() == 200
    assert caller.create("after") == ""
    assert caller.names() == caller.acknowledged == names_after_a_crash(file, tmp_path) == ["before", "after"]


@pytest.mark.parametrize("left", [("-wal", "-shm"), ()], ids=["with the log beside it", "alone"])
def test_another_file_in_place_of_one_is_used_and_both_keep_what_was_acknowledged(
    caller: Caller, file: Path, tmp_path: Path, sqlite: SQLiteDatabases, left: tuple[str, ...]
) -> None:
    moved = tmp_path / "moved.db"
    for suffix in {"", "-wal", "-shm"}.difference(left):
        Path(f"{file}{suffix}").rename(f"{moved}{suffix}")
    shutil.copy(sqlite.template, file)

    assert caller.create("of the second") == ""
    assert refusal_of_reads(caller) == ""
    assert caller.names() == ["of the second"]
    assert caller.readiness() == READY
    assert names_after_a_crash(file, tmp_path) == ["of the second"]
    assert names_after_a_crash(moved, tmp_path) == ["before"]


def test_what_was_acknowledged_is_there_though_the_log_was_deleted(caller: Caller, file: Path, tmp_path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink()
    assert caller.create("after") == ""
    assert caller.readiness() == READY
    assert caller.names() == names_after_a_crash(file, tmp_path) == ["before", "after"]


def test_a_file_without_the_tables_is_refused_and_left_as_it_is(caller: Caller, file: Path) -> None:
    file.unlink()
    file.touch()
    reason = "The database file has no tables of the gateway"
    assert caller.create("after") == refusal_of_reads(caller) == f"{reason}; try again later."
    assert caller.readiness() == (503, "the database file has no tables of the gateway")
    assert file.stat().st_size == 0


def test_those_who_wait_for_a_locked_file_are_told_so_at_the_same_time(caller: Caller, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        with ThreadPoolExecutor(4) as threads:
            messages = list(threads.map(caller.create, "abcd"))
        seconds = time.monotonic() - start
        assert {message.partition("; ")[2] for message in messages} == {"nothing was changed, try again later."}
        assert "Another process keeps the database busy; nothing was changed, try again later." in messages
        assert TIMEOUT <= seconds < TIMEOUT * 2
        assert caller.names() == ["before"]
        assert caller.readiness() == (503, "another process keeps the database busy")

        other.rollback()
    assert caller.readiness() == READY
    assert caller.create("after") == ""


def test_a_disk_that_fails_is_told_and_takes_changes_again_once_it_does_not(
    caller: Caller, file: Path, tmp_path: Path
) -> None:
    process = caller.server._process.pid
    limits = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (Path(f"{file}-wal").stat().st_size, limits[1]))
    reason = "The disk of the database cannot be read or written"
    assert caller.create("meanwhile").startswith(f"{reason}; ")
    assert caller.readiness() == (503, "the disk of the database cannot be read or written")
    assert caller.names() == ["before"]

    resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
    assert caller.readiness() == READY
    assert caller.create("after") == ""
    assert caller.names() == names_after_a_crash(file, tmp_path) == ["before", "after"]


def test_a_read_only_file_is_told_and_takes_changes_again_once_it_is_not(
    caller: Caller, file: Path, *, may_write_anything: bool
) -> None:
    if may_write_anything:
        pytest.skip("Root may write what is read-only.")
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    copy.chmod(0o444)
    copy.rename(file)
    assert caller.create("meanwhile") == "The database is read-only; try again later."
    assert caller.readiness() == (503, "the database is read-only")

    file.chmod(0o644)
    assert caller.readiness() == READY
    assert caller.create("after") == ""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603  # the command is ours
        pytest.skip("A disk may not be mounted here.")
    yield folder
    unmount = ("umount", "--lazy", str(folder))
    subprocess.run(unmount, check=True)  # noqa: S603  # the command is ours


def test_a_full_disk_is_told_and_takes_changes_again_once_there_is_room(tmp_path: Path, small_disk: Path) -> None:
    file = small_disk / "gateway.db"
    with running_server(tmp_path, GATEWAY_DATABASE_URL=sqlite_url(file)) as server:
        caller = Caller(server)
        assert caller.create("before") == ""
        filler = small_disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free))
        assert caller.readiness() == (503, "the disk of the database is full")
        refusal = caller.create_until_refused()
        assert refusal == "The disk of the database is full; nothing was changed, try again later."
        before = caller.acknowledged.copy()
        assert caller.names() == before[:250]

        filler.unlink()
        assert caller.readiness() == READY
        assert caller.create("after") == ""
        server.kill()
    assert names_after_a_crash(file, tmp_path) == caller.acknowledged == [*before, "after"]
