"""`gateway demo-data`: how much it adds, and that searches find it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cli.app import unseen
from gateway.cli.copy import row_counts
from gateway.cli.demo_data import load_demo_data
from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device
from gateway.settings import Settings
from tests.cli.support import ids
from tests.client import GatewayClient
from tests.demo import make_demo_file
from tests.server import output_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where 25 devices of seed 3 were added."""
    folder = tmp_path_factory.mktemp("demo")
    *lines, indexes, added = output_of(folder, "demo-data", "--devices", "25", "--seed", "3").splitlines()
    steps = indexes.split()[0]
    assert (indexes, added) == (f"{steps} of {steps} indexes", "Added 25 devices.")
    assert "25 of 25 devices" in lines
    return folder


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo_file(tmp_path_factory.mktemp("demo") / "gateway.db", 1_000)


def test_demo_data_adds_as_many_devices_as_asked(demo: Path) -> None:
    assert len(ids(demo)) == 25


def test_demo_data_is_not_added_twice(demo: Path) -> None:
    before = ids(demo)
    printed = output_of(demo, "demo-data", "--devices", "10", "--seed", "4")
    assert printed == "The database holds devices already; nothing was added.\n"
    assert ids(demo) == before


@pytest.mark.parametrize(("seed", "same"), [("3", True), ("4", False)])
def test_demo_data_is_the_same_for_the_same_seed_only(demo: Path, tmp_path: Path, seed: str, *, same: bool) -> None:
    output_of(tmp_path, "demo-data", "--devices", "25", "--seed", seed)
    for table in ("device", "device_group", "network_adapter"):
        assert (ids(tmp_path, table) == ids(demo, table)) is same


def test_the_events_of_demo_data_have_every_position_up_to_the_head_of_their_log(demo_file: Path) -> None:
    with closing(sqlite3.connect(demo_file)) as connection:
        events = connection.execute(
            "SELECT position, device_id, version FROM device_event ORDER BY position"
        ).fetchall()
        [log] = connection.execute("SELECT numbered, head, gone FROM event_log").fetchall()
    assert [position for position, *_ in events] == [*range(1, len(events) + 1)]
    assert log == (len(events), len(events), 0)
    versions: dict[str, int] = {}
    for _, device_id, version in events:
        assert version > versions.get(device_id, 0)
        versions[device_id] = version


@pytest.mark.anyio
async def test_a_demo_device_is_found_by_a_part_of_its_name_in_any_letter_case(demo_file: Path) -> None:
    gateway = GatewayClient(Settings(database_url=f"sqlite+aiosqlite:///{demo_file}"))
    query = "query($term: String!) { devices(filter: {search: $term}, first: 250) { nodes { name } } }"
    found = {}
    for term in ("STRASSENLATERNE ŁÓ", "温度", "Thermostat Łódź 2"):
        data = await gateway.data(query, {"term": term})
        found[term] = {node["name"] for node in data["devices"]["nodes"]}
    everything = {name for (name,) in await Session(gateway.database).fetch(Statement[Any](select(device.c.name)))}
    await gateway.close()

    assert found == {term: {name for name in everything if term.casefold() in name.casefold()} for term in found}
    assert "Thermostat Łódź 2" in found["Thermostat Łódź 2"]


@pytest.mark.parametrize("table", ["device", "device_group"])
def test_the_full_text_index_is_in_step_and_stays_so(demo_file: Path, table: str) -> None:
    check = f"INSERT INTO {table}_search ({table}_search, rank) VALUES ('integrity-check', 1)"  # noqa: S608  # constants
    with closing(sqlite3.connect(demo_file)) as connection:
        connection.execute(check)
        connection.execute(f"UPDATE {table} SET name_folded = 'other' WHERE rowid % 3 = 0")  # noqa: S608
        connection.execute(check)
        connection.rollback()


@pytest.mark.anyio
@pytest.mark.parametrize("part", ["devices", "indexes"])
async def test_demo_data_that_are_cut_short_leave_nothing(database: Database, part: str) -> None:
    def cut(*_: int) -> None:
        raise KeyboardInterrupt

    before = await contents(database)
    of_devices, of_indexes = (cut, unseen) if part == "devices" else (unseen, cut)
    with pytest.raises(KeyboardInterrupt):
        await load_demo_data(database, 5, 1, of_devices, of_indexes)
    assert await contents(database) == before
    assert await load_demo_data(database, 5, 1)


async def contents(database: Database) -> tuple[dict[str, int], list[Any]]:
    """Return how many rows there are, and the indexes by which they are found."""
    query = "SELECT indexdef FROM pg_indexes ORDER BY 1"
    if database.is_sqlite:
        query = "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') ORDER BY name"
    async with database.engine.connect() as connection:
        return await row_counts(connection), list((await connection.exec_driver_sql(query)).scalars())
