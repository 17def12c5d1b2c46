"""Import and export are inverse, whatever devices there are."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from gateway.cli.files.values import ADAPTER_FORMS, AdapterForm, new_adapter
from gateway.db.database import Database
from gateway.db.tables import device, device_event, directory
from gateway.domain.commands import CreateDevices
from gateway.domain.enums import BulkMode, DeviceStatus, NetworkAdapterType
from gateway.domain.uuids import Uuid
from gateway.services.device_batches import create_devices
from tests.cli.files.support import counts, errors, exported, imported
from tests.databases import Databases
from tests.factories import CLIENT, PROJECT, SPECIFICATION, RowFactory
from tests.services.support import execute, new_device

GROUPS = [Uuid(f"00000000-0000-4000-8000-{number:012}") for number in range(2)]
SPECIAL = ["", '"', '""', ",", "a,b", "\n", "\r", "\r\n", " ", "x ", "#1", "=1+1", "null", "\ufeff", 'a"b', "a;b\tc"]
TEXTS = st.sampled_from(SPECIAL) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
)
NAMES = TEXTS.filter(lambda text: bool(text.strip()) and not set(text) & set("\n\r\x85\u2028\u2029"))
DEVICES = st.fixed_dictionaries(
    {
        "name": NAMES,
        "status": st.sampled_from(DeviceStatus),
        "barcode": st.none() | TEXTS,
        "description": st.none() | TEXTS,
        "adapters": st.lists(st.sampled_from([*ADAPTER_FORMS.values()]), max_size=4),
        "groups": st.sets(st.sampled_from(GROUPS)).map(sorted),
    }
)
FLEETS = st.lists(DEVICES, max_size=8)
Fleet = list[dict[str, Any]]


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def pair(databases: Databases, runner: asyncio.Runner) -> Iterator[Sequence[Database]]:
    """Yield two databases that have the same groups."""
    with databases.copy() as url, databases.copy() as other_url:
        pair = Database(url), Database(other_url)
        for database in pair:
            runner.run(make_groups(database))
        yield pair
        for database in pair:
            runner.run(database.close())


async def make_groups(database: Database) -> None:
    for id_ in GROUPS:
        await RowFactory(database).group(id=id_)


def identifier(form: AdapterForm, number: int) -> str:
    """Return the identifier of an adapter, each another one."""
    match form.type:
        case NetworkAdapterType.CELLULAR:
            return f"{number:015}"
        case NetworkAdapterType.LORA:
            return f"{number:016X}"
        case _:
            return f"{number:08}-0000-4000-8000-000000000000"


def inputs(fleet: Fleet) -> list[dict[str, Any]]:
    """Return what lines of JSON have to say of a fleet."""
    owned = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
    made = []
    for place, each in enumerate(fleet):
        values = {
            name: value for name, value in each.items() if value is not None and name not in {"adapters", "groups"}
        }
        adapters = [
            {form.outer: {form.inner: identifier(form, 1_000 * place + index)}}
            for index, form in enumerate(each["adapters"])
        ]
        lists = {"networkAdapters": adapters, "deviceGroupIds": each["groups"]}
        made.append({**values, **owned, **{name: items for name, items in lists.items() if items}})
    return made


async def make(database: Database, fleet: Fleet) -> None:
    commands = []
    for place, each in enumerate(fleet):
        adapters = [
            new_adapter(form, identifier(form, 1_000 * place + index), index)
            for index, form in enumerate(each["adapters"])
        ]
        values = {name: each[name] for name in ("name", "status", "barcode", "description")}
        commands.append(new_device(adapters=adapters, groups=each["groups"], **values))
    await execute(database, create_devices, CreateDevices(devices=tuple(commands), mode=BulkMode.EACH, dry_run=False))


async def unmake(database: Database) -> None:
    async with database.writing() as connection:
        for table in (device, device_event, directory):
            await connection.execute(delete(table))


def by_type(made: dict[str, Any]) -> dict[str, Any]:
    """Return an input whose adapters are in the order of their types, which is all that CSV tells of it."""
    if "networkAdapters" in made:
        outers = [form.outer for form in ADAPTER_FORMS.values()]
        made = {**made, "networkAdapters": sorted(made["networkAdapters"], key=lambda each: outers.index(*each))}
    return made


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_what_is_exported_and_imported_elsewhere_is_the_same(
    pair: Sequence[Database], runner: asyncio.Runner, tmp_path: Path, suffix: str
) -> None:
    original, other = pair

    async def there_and_back(fleet: Fleet) -> None:
        try:
            await make(original, fleet)
            there = tmp_path / f"there{suffix}"
            await exported(original, there)
            done = await imported(other, there)
            assert (counts(done), errors(there)) == ((len(fleet), 0, 0, 0), [])
            found = [json.loads(line) for line in await exported(other, tmp_path / "out.jsonl") if line]
            assert found == [by_type(each) if suffix == ".csv" else each for each in inputs(fleet)]
            await exported(other, tmp_path / f"back{suffix}")
            assert (tmp_path / f"back{suffix}").read_bytes() == there.read_bytes()
        finally:
            for database in pair:
                await unmake(database)

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(FLEETS)
    def check(fleet: Fleet) -> None:
        runner.run(there_and_back(fleet))

    check()
