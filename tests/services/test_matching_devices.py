"""All devices of a filter become what they would become if one after the other were changed."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.db.changes.rows import delete_versions, update_versions
from gateway.db.database import Database
from gateway.db.queries.devices import devices_by_id, lock_devices, matching_devices
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import device
from gateway.domain.commands import (
    ChangeMembership,
    CreateDevices,
    DeleteDevice,
    DeleteDevices,
    UpdateDevice,
    UpdateDevices,
)
from gateway.domain.enums import BulkMode, DeviceStatus
from gateway.domain.fields import MOST_MATCHED
from gateway.domain.filters import EVERY_DEVICE, DeviceFilter
from gateway.domain.instants import now
from gateway.domain.user_errors import UserError
from gateway.domain.uuids import Uuid
from gateway.services.device_batches import create_devices
from gateway.services.devices import delete_device, update_device
from gateway.services.matching_devices import ChangedDevices, delete_devices, update_devices
from gateway.services.memberships import add_device_to_group, remove_device_from_group
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory, new_uuid
from tests.mutations.support import NO_SUCH_ID, Dump, dump
from tests.services.support import Error, by_id, caller, execute, new_device
from tests.services.undone import attempted, outcome, sorted_rows
from tests.statements import Statements

pytestmark = pytest.mark.anyio

ONE_CLIENT = caller(CLIENT)
DEVICES = sorted(new_uuid() for _ in range(4))
UNREACHED = new_uuid()
GROUPS = [new_uuid() for _ in range(3)]
GROUP_OF_ANOTHER_PROJECT = new_uuid()
START = now()
few_examples = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def update(
    filter_: DeviceFilter,
    expected_count: int,
    *,
    add: Any = (),
    remove: Any = (),
    dry_run: bool = False,
    **changes: Any,
) -> UpdateDevices:
    return UpdateDevices(
        filter=filter_,
        changes=changes,
        add_to_group_ids=tuple(add),
        remove_from_group_ids=tuple(remove),
        expected_count=expected_count,
        dry_run=dry_run,
    )


def deletion(filter_: DeviceFilter, expected_count: int, *, dry_run: bool = False) -> DeleteDevices:
    return DeleteDevices(filter=filter_, expected_count=expected_count, dry_run=dry_run)


def ids(*of_devices: Uuid) -> DeviceFilter:
    return DeviceFilter(ids=of_devices)


def errors(result: ChangedDevices) -> list[Error]:
    return [Error(error.code, error.field, getattr(error.conflicting_node, "id", None)) for error in result.user_errors]


@pytest.fixture
async def fleet(database: Database, factory: RowFactory) -> Database:
    """Return a database with devices that differ, some of which are in groups."""
    for group_id in GROUPS:
        await factory.group(id=group_id)
    await factory.group(id=GROUP_OF_ANOTHER_PROJECT, project_id=new_uuid())
    groups = [{"id": group_id} for group_id in GROUPS]
    await factory.device(id=DEVICES[0])
    await factory.device(id=UNREACHED, client_id=OTHER_CLIENT)
    second = await factory.device(id=DEVICES[1], status=DeviceStatus.INACTIVE, barcode="1", version=7)
    third = await factory.device(id=DEVICES[2], description="In the cellar")
    await factory.device(id=DEVICES[3], project_id=new_uuid())
    await factory.adapter(second)
    await factory.adapter(third)
    await factory.adapter(third)
    for member, group in ((second, groups[0]), (third, groups[0]), (third, groups[1])):
        await factory.link(member, group)
    return database


async def updated_one_by_one(transaction: Transaction, command: UpdateDevices) -> list[UserError]:
    user_errors: list[UserError] = []
    for each in await _matching(transaction, command.filter):
        single = UpdateDevice(device=each, changes=command.changes, expected_version=None)
        user_errors += (await attempted(transaction, update_device, single))[1]
        for use_case, group_ids in (
            (remove_device_from_group, command.remove_from_group_ids),
            (add_device_to_group, command.add_to_group_ids),
        ):
            for group_id in group_ids:
                membership = ChangeMembership(device=each, device_group_id=group_id)
                user_errors += (await attempted(transaction, use_case, membership))[1]
    return user_errors


async def deleted_one_by_one(transaction: Transaction, command: DeleteDevices) -> None:
    for each in await _matching(transaction, command.filter):
        await delete_device(transaction, DeleteDevice(device=each, expected_version=None))


async def _matching(transaction: Transaction, filter_: DeviceFilter) -> list[Any]:
    assert filter_.ids is not None
    found = await devices_by_id(transaction, transaction.principal, filter_.ids)
    return [by_id(id_) for id_ in sorted(found)]


def other_devices(before: Dump, after: Dump) -> int:
    """Return how many devices are other than before."""
    old, new = ({row["id"]: row["version"] for row in tables["device"]} for tables in (before, after))
    return sum(old[id_] != new.get(id_) for id_ in old)


field_changes = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([*DeviceStatus, *DeviceStatus, None]),
        "barcode": st.sampled_from([None, "1", "2"]),
        "description": st.sampled_from([None, "In the cellar", "x" * 255, "x" * 256]),
        "device_specification_id": st.just(new_uuid()),
    },
)
# A group is not in both.
memberships = st.tuples(
    st.lists(st.sampled_from([GROUPS[0], GROUPS[2].upper(), GROUP_OF_ANOTHER_PROJECT, "nonsense"]), max_size=2),
    st.lists(st.sampled_from([GROUPS[1], NO_SUCH_ID]), max_size=2),
) | st.tuples(st.just([GROUPS[1], GROUPS[2]]), st.just([GROUPS[0]]))


@few_examples
@given(
    chosen=st.lists(st.sampled_from([*DEVICES, UNREACHED]), unique=True).map(lambda some: [*some, DEVICES[2]]),
    values=field_changes,
    groups=memberships,
)
async def test_devices_become_what_single_changes_would_make_of_them(
    fleet: Database, chosen: list[Uuid], values: Mapping[str, Any], groups: tuple[list[str], list[str]]
) -> None:
    matched = len({*chosen} - {UNREACHED})
    command = update(ids(*chosen), matched, add=groups[0], remove=groups[1], **values)
    refused, expected = await outcome(fleet, ONE_CLIENT, START, updated_one_by_one, command)
    before = (await outcome(fleet, ONE_CLIENT, START, _matching, command.filter))[1]
    result, tables = await outcome(fleet, ONE_CLIENT, START, update_devices, command)
    assert result.matched == matched
    assert {error.code for error in result.user_errors} == {error.code for error in refused}
    if refused:
        assert (result.changed, sorted_rows(tables)) == (0, sorted_rows(before))
    else:
        assert (result.changed, sorted_rows(tables)) == (other_devices(before, expected), sorted_rows(expected))


@few_examples
@given(chosen=st.lists(st.sampled_from([*DEVICES, UNREACHED]), unique=True))
async def test_devices_are_gone_as_single_deletions_would_leave_them(fleet: Database, chosen: list[Uuid]) -> None:
    matched = len({*chosen} - {UNREACHED})
    command = deletion(ids(*chosen), matched)
    _, expected = await outcome(fleet, ONE_CLIENT, START, deleted_one_by_one, command)
    result, tables = await outcome(fleet, ONE_CLIENT, START, delete_devices, command)
    assert result == ChangedDevices(matched=matched, changed=matched)
    assert sorted_rows(tables) == sorted_rows(expected)


async def test_another_number_of_devices_than_expected_changes_nothing(fleet: Database) -> None:
    before = await dump(fleet)
    for result in (
        await execute(fleet, update_devices, update(EVERY_DEVICE, 3, status=DeviceStatus.INACTIVE), ONE_CLIENT),
        await execute(fleet, delete_devices, deletion(EVERY_DEVICE, 3), ONE_CLIENT),
    ):
        assert (result.matched, result.changed) == (4, 0)
        assert errors(result) == [Error("COUNT_MISMATCH", ("expectedCount",))]
        assert result.user_errors[0].message.endswith("3 was expected, but the number of devices that match is 4.")
    assert await dump(fleet) == before


async def test_a_dry_run_tells_how_many_would_change_and_changes_nothing(fleet: Database) -> None:
    before = await dump(fleet)
    changes = update(EVERY_DEVICE, 4, status=DeviceStatus.INACTIVE, dry_run=True)
    assert await execute(fleet, update_devices, changes, ONE_CLIENT) == ChangedDevices(matched=4, changed=3)
    gone = deletion(EVERY_DEVICE, 4, dry_run=True)
    assert await execute(fleet, delete_devices, gone, ONE_CLIENT) == ChangedDevices(matched=4, changed=4)
    assert await dump(fleet) == before


async def test_all_that_is_wrong_with_a_change_is_told_at_once(fleet: Database) -> None:
    both, add = GROUPS[0], [GROUPS[0].upper(), GROUP_OF_ANOTHER_PROJECT, NO_SUCH_ID]
    command = update(EVERY_DEVICE, 3, add=add, remove=[both, "nonsense"], status=None, barcode="x" * 256)
    assert errors(await execute(fleet, update_devices, command, ONE_CLIENT)) == [
        Error("COUNT_MISMATCH", ("expectedCount",)),
        Error("BLANK", ("changes", "status")),
        Error("TOO_LONG", ("changes", "barcode")),
        Error("NOT_FOUND", ("changes", "addToGroupIds", "2")),
        Error("INVALID_FORMAT", ("changes", "removeFromGroupIds", "1")),
        Error("INVALID_FORMAT", ("changes", "addToGroupIds", "0")),
        Error("PROJECT_MISMATCH", ("changes", "addToGroupIds", "0"), DEVICES[3]),
        Error("PROJECT_MISMATCH", ("changes", "addToGroupIds", "1"), DEVICES[0]),
    ]


async def test_what_comes_of_one_request_is_bounded(database: Database, factory: RowFactory) -> None:
    group_ids = [(await factory.group())["id"] for _ in range(101)]
    devices = tuple([new_device(groups=group_ids[:100])] * 101)
    await execute(database, create_devices, CreateDevices(devices=devices, mode=BulkMode.EACH, dry_run=False))
    before = await dump(database)
    for use_case, command, error in (
        (update_devices, update(EVERY_DEVICE, 101, remove=group_ids[:100]), Error("TOO_MANY", ("filter",))),
        (delete_devices, deletion(EVERY_DEVICE, 101), Error("TOO_MANY", ("filter",))),
    ):
        result: ChangedDevices = await execute(database, use_case, command)  # type: ignore[arg-type]
        assert (result.matched, result.changed, errors(result)) == (101, 0, [error])
    full = await execute(database, update_devices, update(EVERY_DEVICE, 101, add=group_ids[100:]))
    [error] = errors(full)
    assert error[:2] == ("TOO_MANY", ("changes", "addToGroupIds"))
    assert "101 of the devices" in full.user_errors[0].message
    assert await dump(database) == before


async def test_more_devices_than_one_request_may_change_are_counted_and_stay(database: Database) -> None:
    count = MOST_MATCHED + 1
    for start in range(0, count, 500):
        devices = tuple([new_device()] * min(500, count - start))
        await execute(database, create_devices, CreateDevices(devices=devices, mode=BulkMode.EACH, dry_run=False))
    with Statements(database).recorded() as recorded:
        result = await execute(database, delete_devices, deletion(EVERY_DEVICE, 7))
    assert (result.matched, result.changed) == (count, 0)
    assert errors(result) == [Error("TOO_MANY", ("filter",)), Error("COUNT_MISMATCH", ("expectedCount",))]
    assert [each.text.split()[0] for each in recorded] == ["SELECT", "SELECT"]


@pytest.mark.parametrize("count", [1, 200])
async def test_the_number_of_statements_does_not_depend_on_the_number_of_devices(
    database: Database, factory: RowFactory, count: int
) -> None:
    old, new = (await factory.group())["id"], (await factory.group())["id"]
    devices = tuple([new_device(groups=[old])] * count)
    await execute(database, create_devices, CreateDevices(devices=devices, mode=BulkMode.EACH, dry_run=False))
    locks = 0 if database.is_sqlite else 1
    with Statements(database).recorded() as recorded:
        command = update(EVERY_DEVICE, count, add=[new], remove=[old], status=DeviceStatus.INACTIVE)
        result = await execute(database, update_devices, command, ONE_CLIENT)
    assert result == ChangedDevices(matched=count, changed=count)
    # The groups, the devices and their links; the new versions, the events, and the links.
    assert len(recorded) == 7 + locks
    with Statements(database).recorded() as recorded:
        result = await execute(database, delete_devices, deletion(EVERY_DEVICE, count), ONE_CLIENT)
    assert result == ChangedDevices(matched=count, changed=count)
    # The devices, two counts, adapters and links; the devices, their entries in the directory, and the events.
    assert len(recorded) == 8 + locks


async def test_what_others_have_changed_meanwhile_stays(fleet: Database) -> None:
    async def with_stale_rows(transaction: Transaction, change: Any) -> None:
        _, rows = await matching_devices(transaction, EVERY_DEVICE, MOST_MATCHED)
        await change(transaction, [*rows[1:], rows[0]._replace(version=rows[0].version + 1)])

    async def updated(transaction: Transaction, rows: list[DeviceRow]) -> None:
        await update_versions(transaction, device, rows, [1] * len(rows), {"barcode": "3"})

    async def deleted(transaction: Transaction, rows: list[DeviceRow]) -> None:
        await delete_versions(transaction, device, rows)

    before = await dump(fleet)
    for change in [updated, deleted] if fleet.is_sqlite else [updated, deleted, lock_devices]:
        with pytest.raises(ChangedMeanwhile):
            await execute(fleet, with_stale_rows, change, ONE_CLIENT)
    assert await dump(fleet) == before
