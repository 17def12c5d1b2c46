"""`gateway export` has the devices that match, as they were at one moment."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.cli.files.exporting import Chosen, export_file
from gateway.cli.files.formats import Format
from gateway.db.database import Database
from gateway.db.queries.devices import devices
from gateway.db.snapshot import snapshot
from gateway.domain.enums import DeviceStatus
from gateway.domain.filters import EVERY_DEVICE, DeviceFilter
from gateway.domain.instants import Instant
from gateway.domain.pages import PageArguments
from gateway.services.devices import create_device
from tests.cli.files.support import exported, lines_of, text_file
from tests.cli.support import Invoke
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.services.support import caller, execute, new_device

pytestmark = pytest.mark.anyio


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.files.exporting.PAGE", 2)


def names(lines: list[str]) -> list[str]:
    return [line.partition(",")[0] for line in lines]


@pytest.mark.usefixtures("_small_pages")
async def test_devices_come_oldest_first_and_the_caller_is_told_how_many(
    database: Database, factory: RowFactory, tmp_path: Path
) -> None:
    for number in (3, 1, 5, 2, 4):
        await factory.device(name=f"Device {number}", created_at=Instant(f"2025-01-0{number}T00:00:00.000Z"))
    told: list[tuple[int, int]] = []
    path = tmp_path / "out.csv"
    await export_file(database, path, Format.CSV, Chosen(caller()), lambda *each: told.append(each))
    assert names(lines_of(path)) == ["name", *(f"Device {number}" for number in range(1, 6))]
    assert told == [(2, 5), (2, 5), (1, 5)]
    assert [file.name for file in tmp_path.iterdir() if "out" in file.name] == ["out.csv"]  # noqa: ASYNC240


async def test_a_caller_has_its_clients_devices_and_those_that_match(
    database: Database, factory: RowFactory, tmp_path: Path
) -> None:
    await factory.device(name="Pump", status=DeviceStatus.INACTIVE)
    await factory.device(name="Lamp")
    await factory.device(name="Pump elsewhere", client_id=OTHER_CLIENT)
    path = tmp_path / "out.csv"
    assert names(await exported(database, path, Chosen(caller(CLIENT), DeviceFilter(search="pump")))) == ["Pump"]
    active = Chosen(caller(CLIENT), DeviceFilter(statuses=(DeviceStatus.ACTIVE,)))
    assert names(await exported(database, path, active)) == ["Lamp"]
    assert names(await exported(database, path, Chosen(caller(OTHER_CLIENT)))) == ["Pump elsewhere"]


async def test_a_snapshot_does_not_see_what_others_change_meanwhile(database: Database, factory: RowFactory) -> None:
    await factory.device(name="Before")
    async with snapshot(database) as reader:
        read = devices(caller(), EVERY_DEVICE, ())
        assert [row.name for row in (await read.page(reader, PageArguments())).nodes] == ["Before"]
        await execute(database, create_device, new_device(name="Meanwhile"))
        assert [row.name for row in (await read.page(reader, PageArguments())).nodes] == ["Before"]
        assert await read.counts(reader, [None]) == {None: 1}
    async with snapshot(database) as reader:
        assert await read.counts(reader, [None]) == {None: 2}


async def test_an_export_that_fails_leaves_the_file_that_was_there(
    database: Database, factory: RowFactory, tmp_path: Path
) -> None:
    def fail(*_: int) -> None:
        raise InterruptedError

    await factory.device()
    path = text_file(tmp_path, "precious", "out.csv")
    with pytest.raises(InterruptedError):
        await export_file(database, path, Format.CSV, Chosen(caller()), fail)
    assert {file.name: file.read_text() for file in tmp_path.glob("*out*")} == {"out.csv": "precious"}  # noqa: ASYNC240


async def test_the_file_that_is_replaced_keeps_its_mode_and_a_link_leads_to_it(
    database: Database, tmp_path: Path
) -> None:
    path = text_file(tmp_path, "before", "out.csv")
    path.chmod(0o600)
    link = tmp_path / "link.csv"
    link.symlink_to("out.csv")
    await exported(database, link)
    assert link.is_symlink()
    assert path.read_text().startswith("name,")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_is_written_to_and_stays(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("migrate").exit_code == 0
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(lambda: os.read(os.open(pipe, os.O_RDONLY), 5))
        assert invoke("export", "out.csv").exit_code == 0
        assert pipe.is_fifo()
        assert reading.result() == b"name,"


def test_the_command_takes_the_filters_of_devices(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("demo-data", "--devices", "40").exit_code == 0
    assert invoke("export", "all.csv").stdout.splitlines()[-1] == "Exported 40 devices."
    assert invoke("export", "some.jsonl", "--search", "pump", "--status", "ACTIVE").exit_code == 0
    expected = sum(1 for line in lines_of(tmp_path / "all.csv") if "pump" in line.lower() and ",ACTIVE," in line)
    assert len(lines_of(tmp_path / "some.jsonl")) == expected > 0
    assert invoke("export", "some.csv", "--created-since", "yesterday").exit_code == 2
    assert invoke("export", "some.csv", "--search", "").exit_code == 2
    assert invoke("export", "-").exit_code == 1
