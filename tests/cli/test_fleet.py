"""A fleet of demo data is believable, and keeps the rules of the domain."""

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.fleet import Fleet, imei
from gateway.domain.identifiers import parse_device_identifier
from gateway.domain.instants import is_instant
from tests.demo import make_demo_file

DEVICES = 1_000
SHARE_OF_A_COUNT = 0.05
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo_file(tmp_path_factory.mktemp("demo") / "gateway.db", DEVICES)


@pytest.fixture(scope="module")
def demo(demo_file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(demo_file)) as connection:
        yield connection


def rows(demo: sqlite3.Connection, query: str) -> list[Row]:
    return demo.execute(query).fetchall()


def values(demo: sqlite3.Connection, query: str) -> list[Any]:
    return [value for (value,) in rows(demo, query)]


def passes_luhn(digits: str) -> bool:
    """Tell whether the sum of the digits is a multiple of ten, where every second one from the right counts double.

    A double of two digits counts as their sum.

    https://en.wikipedia.org/wiki/Luhn_algorithm
    """
    doubles = {str(digit): sum(map(int, str(2 * digit))) for digit in range(10)}
    return (sum(map(int, digits[::-1][::2])) + sum(doubles[digit] for digit in digits[::-1][1::2])) % 10 == 0


def test_the_fleet_is_as_large_as_asked(demo: sqlite3.Connection) -> None:
    assert values(demo, "SELECT count(*) FROM device") == [DEVICES]


@pytest.mark.parametrize("number", ["490154203237518", "356938035643809"])
def test_luhn_holds_for_published_imeis_and_for_no_neighbour_of_theirs(number: str) -> None:
    others = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert [passes_luhn(candidate) for candidate in (number, *others)] == [True] + [False] * 9


def test_every_imei_has_fifteen_digits_with_a_valid_check_digit(demo: sqlite3.Connection) -> None:
    imeis = values(demo, "SELECT identifier FROM network_adapter WHERE type = 'CELLULAR'")
    assert len(imeis) > DEVICES / 4
    assert [number for number in imeis if not (len(number) == 15 and number.isdecimal() and passes_luhn(number))] == []


def test_imeis_stay_apart_and_valid_beyond_one_type_allocation_code() -> None:
    numbers = [imei(serial) for serial in (1, 999_999, 1_000_000, 1_000_001, 5_000_000)]
    assert len({*numbers}) == 5
    assert all(len(number) == 15 and passes_luhn(number) for number in numbers)


def test_every_dev_eui_has_the_same_maker(demo: sqlite3.Connection) -> None:
    dev_euis = values(demo, "SELECT identifier FROM network_adapter WHERE type = 'LORA'")
    assert {dev_eui[:6] for dev_eui in dev_euis} == {"70B3D5"}
    assert all(parse_device_identifier(f"deveui:{dev_eui}").value == dev_eui for dev_eui in dev_euis)


def test_every_type_of_adapter_occurs_about_as_often(demo: sqlite3.Connection) -> None:
    counts: dict[str, int] = dict(rows(demo, "SELECT type, count(*) FROM network_adapter GROUP BY type"))
    assert counts.keys() == {"CELLULAR", "LORA", "GENERIC"}
    assert min(counts.values()) > sum(counts.values()) / 4


@pytest.mark.parametrize(("table", "most"), [("network_adapter", 3), ("device_group_link", 5)])
def test_devices_have_each_number_of_adapters_and_groups(demo: sqlite3.Connection, table: str, most: int) -> None:
    query = f"SELECT (SELECT count(*) FROM {table} WHERE device_id = device.id) FROM device"  # noqa: S608  # constants
    counts = Counter(values(demo, query))
    assert sorted(counts) == list(range(most + 1))
    assert min(counts.values()) > DEVICES * SHARE_OF_A_COUNT


def test_there_are_several_clients_with_several_projects_each(demo: sqlite3.Connection) -> None:
    projects: dict[str, int] = dict(
        rows(demo, "SELECT client_id, count(DISTINCT project_id) FROM device GROUP BY client_id")
    )
    assert len(projects) >= 3
    assert min(projects.values()) >= 2
    assert values(demo, "SELECT count(DISTINCT client_id) FROM device GROUP BY project_id") == [1] * sum(
        projects.values()
    )


def test_names_are_in_several_scripts_and_some_texts_are_missing(demo: sqlite3.Connection) -> None:
    names = "".join(values(demo, "SELECT name FROM device"))
    assert set("ßüŁЯДт温قé") & set(names) >= set("ßüДт温قé")
    for column in ("description", "barcode"):
        missing = f"SELECT count(*) FROM device WHERE {column} IS NULL"  # noqa: S608  # a constant
        assert 0.1 * DEVICES < values(demo, missing)[0] < 0.6 * DEVICES


def test_devices_were_made_in_every_month_of_nearly_two_years(demo: sqlite3.Connection) -> None:
    months = [f"{year}-{month:02}" for year, month in itertools.product((2024, 2025, 2026), range(1, 13))]
    expected = months[months.index("2024-08") : months.index("2026-06") + 1]
    assert set(values(demo, "SELECT DISTINCT substr(created_at, 1, 7) FROM device")) >= set(expected)
    assert values(demo, "SELECT count(*) FROM device WHERE modified_at >= '2026-06-30T00:00:00.001Z'") == [0]


def test_instants_are_in_canonical_form_and_in_order(demo: sqlite3.Connection) -> None:
    instants = rows(
        demo, "SELECT created_at, modified_at FROM device UNION ALL SELECT created_at, modified_at FROM device_group"
    )
    assert all(is_instant(created) and is_instant(modified) and created <= modified for created, modified in instants)


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("device.client_id <> device_group.client_id", id="a group of another client"),
        pytest.param("device.project_id <> device_group.project_id", id="a group of another project"),
        pytest.param("device_group_link.created_at < device_group.created_at", id="a link older than its group"),
        pytest.param("device_group_link.created_at < device.created_at", id="a link older than its device"),
    ],
)
def test_no_device_is_in(demo: sqlite3.Connection, condition: str) -> None:
    joined = (
        "device_group_link JOIN device ON device.id = device_id JOIN device_group ON device_group.id = device_group_id"
    )
    assert rows(demo, f"SELECT * FROM {joined} WHERE {condition}") == []  # noqa: S608  # constants
    assert values(demo, f"SELECT count(*) > {DEVICES} FROM {joined}") == [1]  # noqa: S608


def test_adapters_belong_to_their_devices_client(demo: sqlite3.Connection) -> None:
    joined = "network_adapter JOIN device ON device.id = device_id"
    assert rows(demo, f"SELECT * FROM {joined} WHERE device.client_id <> network_adapter.client_id") == []  # noqa: S608


def test_the_version_of_a_device_is_the_number_of_its_events(demo: sqlite3.Connection) -> None:
    events = (
        "(SELECT count(*), max(version), min(version), max(occurred_at) FROM device_event WHERE device_id = device.id)"
    )
    query = f"SELECT id FROM device WHERE (version, version, 1, modified_at) <> {events}"  # noqa: S608  # constants
    assert rows(demo, query) == []
    assert set(values(demo, "SELECT version FROM device")) == {1, 2}


def test_no_reference_leads_nowhere(demo: sqlite3.Connection) -> None:
    assert rows(demo, "PRAGMA foreign_key_check") == []


def test_the_same_seed_makes_the_same_fleet_and_another_seed_another() -> None:
    one, again, other = (list(Fleet(50, seed).rows()) for seed in (1, 1, 2))
    assert one == again
    assert {row["id"] for _, row in one if "id" in row}.isdisjoint(row["id"] for _, row in other if "id" in row)
