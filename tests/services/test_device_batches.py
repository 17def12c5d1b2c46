"""Many devices at once are what they would be if one after the other were created."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from gateway.db.queries.devices import devices_by_id
from gateway.db.session import Session, Transaction
from gateway.domain.commands import CreateDevice, CreateDevices, DeleteDevice
from gateway.domain.enums import BulkMode
from gateway.domain.instants import now
from gateway.domain.user_errors import UserError
from gateway.domain.uuids import Uuid
from gateway.services.device_batches import CreatedDevices, CreationResult, create_devices
from gateway.services.devices import create_device, delete_device
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory, new_uuid
from tests.mutations.support import IMEI, NO_SUCH_ID, OTHER_IMEI, dump
from tests.services.support import Error, by_id, caller, execute, imei, new_device
from tests.services.undone import Outcome, attempted, outcome, sorted_rows, with_names
from tests.statements import Statement, Statements

pytestmark = pytest.mark.anyio

ONE_CLIENT = caller(CLIENT)
FREE = [f"10000000000000{digit}" for digit in range(4)]
GROUP, GROUP_OF_ANOTHER_PROJECT = new_uuid(), new_uuid()
START = now()


def device(adapters: Sequence[str] = (), **values: Any) -> CreateDevice:
    paths = (("networkAdapters", str(place), "cellular", "imei") for place in range(len(adapters)))
    return new_device(adapters=[imei(each, *path) for each, path in zip(adapters, paths, strict=True)], **values)


def batch(*devices: CreateDevice, mode: BulkMode = BulkMode.EACH, dry_run: bool = False) -> CreateDevices:
    return CreateDevices(devices=devices, mode=mode, dry_run=dry_run)


def found(error: UserError) -> Error:
    return Error(error.code, error.field, getattr(error.conflicting_node, "id", None))


good_devices = st.builds(
    device,
    adapters=st.lists(st.sampled_from([*FREE, IMEI, OTHER_IMEI]), max_size=2, unique=True),
    groups=st.sampled_from([[], [GROUP], [GROUP, GROUP.upper()]]),
    key=st.sampled_from([None, None, "first", "second"]),
    name=st.sampled_from(["Pump", "Valve"]),
)
any_devices = st.builds(
    device,
    adapters=st.lists(st.sampled_from([*FREE, IMEI, OTHER_IMEI, "12"]), max_size=3),
    groups=st.lists(st.sampled_from([GROUP, GROUP_OF_ANOTHER_PROJECT, NO_SUCH_ID, "nonsense"]), max_size=2),
    key=st.sampled_from([None, "first", "second", "used", "used for what is gone", ""]),
    name=st.sampled_from(["Pump", "Valve", " "]),
    client_id=st.sampled_from([CLIENT, OTHER_CLIENT]),
)
# Some come again.
batches = st.lists(
    good_devices | good_devices | any_devices | st.just(device(key="used")), min_size=1, max_size=4
).flatmap(lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=7))


@pytest.fixture
async def populated(database: Database, factory: RowFactory) -> Database:
    """Return a database that has what the devices of `batches` meet."""
    await factory.adapter(await factory.device(), identifier=IMEI)
    await factory.adapter(await factory.device(client_id=OTHER_CLIENT), identifier=OTHER_IMEI)
    await factory.group(id=GROUP)
    await factory.group(id=GROUP_OF_ANOTHER_PROJECT, project_id=new_uuid())
    await execute(database, create_device, device(key="used"), ONE_CLIENT)
    gone = await execute(database, create_device, device(key="used for what is gone"), ONE_CLIENT)
    deletion = DeleteDevice(device=by_id(gone.id), expected_version=None)
    await execute(database, delete_device, deletion, ONE_CLIENT)
    return database


async def one_after_the_other(transaction: Transaction, command: CreateDevices) -> CreatedDevices:
    results = []
    for each in command.devices:
        made, user_errors = await attempted(transaction, create_device, each)
        results.append(CreationResult(device=made, user_errors=user_errors))
    failed = sum(bool(each.user_errors) for each in results)
    return CreatedDevices(results=results, created=len(results) - failed, failed=failed)


def told(made: Outcome) -> Any:
    """Return an outcome in which devices are called by their places."""
    created, tables = made
    names: dict[Uuid, str] = {}
    for place, each in enumerate(created.results):
        if each.device:
            names.setdefault(each.device.id, f"device {place}")
    results = [(each.device, [_told(error) for error in each.user_errors]) for each in created.results]
    return with_names(results, names), created.created, created.failed, sorted_rows(with_names(tables, names))


def _told(error: UserError) -> Any:
    """Return a user error in which another device of the batch is called as if it had been there before."""
    code, field, conflicting = found(error)
    return code, field, conflicting, error.message.replace("comes twice in this input", "belongs to an adapter already")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(example=batches)
@example(example=[device(FREE[:1]), device([FREE[0], IMEI])])
async def test_a_batch_makes_what_its_devices_would_make_one_after_the_other(
    populated: Database, example: list[CreateDevice]
) -> None:
    command = batch(*example)
    expected = await outcome(populated, ONE_CLIENT, START, one_after_the_other, command)
    assert told(await outcome(populated, ONE_CLIENT, START, create_devices, command)) == told(expected)


async def test_a_device_has_what_an_earlier_one_of_its_batch_left_to_it(database: Database) -> None:
    refused, first, second = device(FREE[:2], name=" "), device(FREE[1:3]), device(FREE[2:])
    created = await execute(database, create_devices, batch(refused, first, second))
    holder = created.results[1].device
    assert holder is not None
    assert [[*map(found, each.user_errors)] for each in created.results] == [
        [Error("BLANK", ("name",))],
        [],
        [Error("IDENTIFIER_TAKEN", ("networkAdapters", "0", "cellular", "imei"), holder.id)],
    ]
    assert (created.created, created.failed) == (1, 2)


@pytest.mark.parametrize("mode", BulkMode)
async def test_a_dry_run_tells_what_a_run_would_do_and_does_nothing(
    database: Database, factory: RowFactory, mode: BulkMode
) -> None:
    holder = await factory.device()
    await factory.adapter(holder, identifier=IMEI)
    devices = [device(FREE[:1]), device([IMEI]), device(FREE[:1]), device(key="first")]
    before = await dump(database)
    created = await execute(database, create_devices, batch(*devices, mode=mode, dry_run=True))
    assert await dump(database) == before
    taken = ("networkAdapters", "0", "cellular", "imei")
    assert [(each.device, [*map(found, each.user_errors)]) for each in created.results] == [
        (None, []),
        (None, [Error("IDENTIFIER_TAKEN", taken, holder["id"])]),
        # By a device that is not to be.
        (None, [Error("IDENTIFIER_TAKEN", taken)]),
        (None, []),
    ]
    assert (created.created, created.failed) == (0 if mode is BulkMode.ALL_OR_NOTHING else 2, 2)


async def test_values_are_kept_as_they_are_given(database: Database) -> None:
    values = {"description": '{"a": [1, null]} \\u0041 \\ \n\u2028\x7f\U0001f50c', "barcode": "", "name": "  'Ä\"ß\\ "}
    created = await execute(
        database, create_devices, batch(device(**values), device(barcode="null"), device(barcode="1"))
    )
    made = [each.device for each in created.results if each.device]
    assert {name: getattr(made[0], name) for name in values} == values
    assert await devices_by_id(Session(database), caller(), [each.id for each in made]) == {
        each.id: each for each in made
    }
    single = await execute(database, create_device, device(**values))
    first, *_, last = sorted((await dump(database))["device_event"], key=lambda event: event["device_id"])
    assert (last["device_id"], json.loads(last["changes"])) == (single.id, json.loads(first["changes"]))


async def test_all_or_nothing_creates_all_devices_or_none(database: Database) -> None:
    good, faulty = device(FREE[:1], key="first"), device(["12"])
    before = await dump(database)
    refused = await execute(database, create_devices, batch(good, faulty, mode=BulkMode.ALL_OR_NOTHING))
    assert await dump(database) == before
    assert [(each.device, [*map(found, each.user_errors)]) for each in refused.results] == [
        (None, []),
        (None, [Error("INVALID_FORMAT", ("networkAdapters", "0", "cellular", "imei"))]),
    ]
    assert (refused.created, refused.failed) == (0, 1)
    made = await execute(database, create_devices, batch(good, mode=BulkMode.ALL_OR_NOTHING))
    assert [(each.device is not None, each.user_errors) for each in made.results] == [(True, ())]


async def test_a_batch_that_comes_again_makes_nothing_and_has_the_same_answer(database: Database) -> None:
    command = batch(device(FREE[:1], key="first"), device(FREE[1:2], key="second"))
    made = await execute(database, create_devices, command)
    before = await dump(database)
    assert await execute(database, create_devices, command) == made
    assert await execute(database, create_device, command.devices[0]) == made.results[0].device
    assert await dump(database) == before


async def test_more_devices_than_one_request_may_create_are_none(database: Database) -> None:
    with Statements(database).recorded() as recorded:
        created = await execute(database, create_devices, batch(*[device()] * 501))
    assert [*map(found, created.user_errors)] == [Error("TOO_MANY", ("devices",))]
    assert (created.results, created.created, created.failed) == ((), 0, 0)
    assert recorded == []


@pytest.mark.parametrize("count", [1, 500])
async def test_the_number_of_statements_does_not_depend_on_the_number_of_devices(
    database: Database, factory: RowFactory, count: int
) -> None:
    groups = [(await factory.group())["id"]]
    devices = [device([f"{2 * n:015}", f"{2 * n + 1:015}"], groups=groups, key=f"{n}") for n in range(count)]
    with Statements(database).recorded(numbering=True) as recorded:
        created = await execute(database, create_devices, batch(*devices))
    assert (created.created, created.failed) == (count, 0)
    positions = ["SELECT event_log", "UPDATE event_log"] if database.is_sqlite else []
    assert kinds(recorded) == [
        "SELECT device_group",
        "DELETE FROM idempotency_key",
        "SELECT idempotency_key",
        "INSERT INTO idempotency_key",
        "INSERT INTO directory",
        "INSERT INTO device",
        "INSERT INTO network_adapter",
        "INSERT INTO device_group_link",
        *positions,
        "INSERT INTO device_event",
    ]


async def test_who_has_identifiers_is_looked_up_only_where_they_are_taken(
    database: Database, factory: RowFactory
) -> None:
    await factory.adapter(await factory.device(), identifier=IMEI)
    with Statements(database).recorded() as recorded:
        created = await execute(database, create_devices, batch(device([IMEI]), device(FREE)))
    assert (created.created, created.failed) == (1, 1)
    assert kinds(recorded) == [
        "INSERT INTO directory",
        "DELETE FROM directory",
        "SELECT directory",
        "SELECT device",
        "INSERT INTO directory",
        "INSERT INTO device",
        "INSERT INTO network_adapter",
        "INSERT INTO device_event",
    ]


def kinds(statements: Iterable[Statement]) -> list[str]:
    """Return what statements do, and to which table."""
    found = (re.match(r"(SELECT|INSERT INTO|UPDATE|DELETE FROM) \w+", each.text) for each in statements)
    return [each[0] for each in found if each]
