"""The deletion of a group that is too large for one transaction: what is there after each, and at the end."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.session import Command, Session, UseCase
from gateway.db.stores.faults import AWAY, Fault
from gateway.db.stores.store import Result
from gateway.domain.commands import ChangeMembership, DeleteDeviceGroup, UpdateDeviceGroup
from gateway.domain.principal import Principal
from gateway.services.groups import delete_device_group, update_device_group
from gateway.services.memberships import add_device_to_group
from tests.factories import Row, RowFactory
from tests.mutations.support import dump
from tests.services.support import by_id, caller, execute
from tests.statements import Statements

pytestmark = pytest.mark.anyio

STEP, MEMBERS = 2, 5


@pytest.fixture(autouse=True)
def _steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.groups.MOST_AT_ONCE", STEP)


@pytest.fixture
async def members(factory: RowFactory) -> list[Row]:
    return [await factory.device(version=version) for version in range(1, MEMBERS + 1)]


@pytest.fixture
async def group(factory: RowFactory, members: list[Row]) -> Row:
    group = await factory.group(version=3)
    for each in members:
        await factory.link(each, group)
    return group


class Meanwhile(Session):
    """A session with something that happens once its first change has been made."""

    def __init__(self, database: Database, happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(database)
        self._happens: Callable[[], Awaitable[object]] | None = happens

    async def change(self, principal: Principal, use_case: UseCase[Command, Result], command: Command) -> Result:
        result = await super().change(principal, use_case, command)
        happens, self._happens = self._happens, None
        if happens:
            await happens()
        return result


def deletion(group: Row, expected_version: int | None = 3) -> DeleteDeviceGroup:
    return DeleteDeviceGroup(id=group["id"], expected_version=expected_version)


async def delete(session: Session, group: Row, principal: Principal | None = None) -> Any:
    return await delete_device_group(session, principal or caller(), deletion(group))


def removals(tables: dict[str, list[dict[str, Any]]]) -> set[tuple[str, int]]:
    """Return the devices that have an event, each with its version there."""
    return {(event["device_id"], event["version"]) for event in tables["device_event"]}


async def test_every_device_records_once_that_it_left_and_the_group_is_gone(
    database: Database, group: Row, members: list[Row]
) -> None:
    deleted = await delete(Session(database), group)
    assert (deleted.id, deleted.version) == (group["id"], 3)
    tables = await dump(database)
    assert (tables["device_group"], tables["device_group_link"]) == ([], [])
    assert len(tables["device_event"]) == MEMBERS
    assert removals(tables) == {(each["id"], each["version"] + 1) for each in members}
    assert {(each["id"], each["version"]) for each in tables["device"]} == removals(tables)
    assert {event["type"] for event in tables["device_event"]} == {"REMOVED_FROM_GROUP"}
    assert [json.loads(event["changes"]) for event in tables["device_event"]] == [
        [["deviceGroups", group["id"], None]]
    ] * MEMBERS


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_the_embedded_database_gives_every_event_its_position_at_once(database: Database, group: Row) -> None:
    await delete(Session(database), group)
    tables = await dump(database)
    assert sorted(event["position"] for event in tables["device_event"]) == [*range(1, MEMBERS + 1)]
    assert tables["event_log"] == [{"id": 1, "numbered": MEMBERS, "head": MEMBERS, "gone": 0}]


@pytest.mark.parametrize(("count", "statements"), [(0, 6), (1, 6), (STEP, 6), (STEP + 1, 11), (2 * STEP + 1, 16)])
async def test_so_many_devices_leave_in_one_transaction(
    database: Database, factory: RowFactory, count: int, statements: int
) -> None:
    group = await factory.group(version=3)
    for _ in range(count):
        await factory.link(await factory.device(), group)
    with Statements(database).recorded() as recorded:
        await delete(Session(database), group, caller(group["client_id"]))
    assert len(recorded) == statements
    assert (await dump(database))["device_group"] == []


async def test_a_deletion_that_is_cut_short_leaves_a_smaller_group_and_the_same_request_goes_on(
    database: Database, group: Row, members: list[Row]
) -> None:
    async def cut() -> None:
        raise Fault(AWAY)

    with pytest.raises(Fault):
        await delete(Meanwhile(database, cut), group)
    tables = await dump(database)
    left = sorted(members, key=lambda each: str(each["id"]))[:STEP]
    assert removals(tables) == {(each["id"], each["version"] + 1) for each in left}
    assert {each["id"] for each in tables["device_group"]} == {group["id"]}
    there = {each["device_id"] for each in tables["device_group_link"]}
    assert there == {each["id"] for each in members} - {each["id"] for each in left}

    await delete(Session(database), group)
    tables = await dump(database)
    assert (tables["device_group"], tables["device_group_link"]) == ([], [])
    assert len(tables["device_event"]) == MEMBERS
    assert removals(tables) == {(each["id"], each["version"] + 1) for each in members}


async def test_a_deletion_that_has_begun_takes_with_it_what_others_do_to_the_group(
    database: Database, factory: RowFactory, group: Row
) -> None:
    late = await factory.device()

    async def others() -> None:
        command = UpdateDeviceGroup(id=group["id"], changes={"name": "South"}, expected_version=None)
        await execute(database, update_device_group, command)
        membership = ChangeMembership(device=by_id(late["id"]), device_group_id=group["id"])
        await execute(database, add_device_to_group, membership)

    await delete(Meanwhile(database, others), group)
    tables = await dump(database)
    assert (tables["device_group"], tables["device_group_link"]) == ([], [])
    of_late = [
        (event["type"], event["version"]) for event in tables["device_event"] if event["device_id"] == late["id"]
    ]
    assert of_late == [("ADDED_TO_GROUP", 2), ("REMOVED_FROM_GROUP", 3)]


async def test_a_group_that_another_deletes_meanwhile_is_deleted(database: Database, group: Row) -> None:
    async def another() -> None:
        await delete(Session(database), group)

    assert (await delete(Meanwhile(database, another), group)).id == group["id"]
    tables = await dump(database)
    assert (tables["device_group"], len(tables["device_event"])) == ([], MEMBERS)
