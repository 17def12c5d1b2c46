"""The use cases of device groups: what they return is what the database then holds."""

from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.queries.groups import groups_by_id
from gateway.db.session import Session
from gateway.domain.commands import DeleteDeviceGroup, UpdateDeviceGroup
from gateway.services.groups import create_device_group, delete_device_group, update_device_group
from gateway.services.use_case import InSteps
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import BY_JOAN, NO_SUCH_ID, dump
from tests.services.support import GROUP_VALUES, Error, caller, execute, new_group, refusal

pytestmark = pytest.mark.anyio


def update(id_: str, expected_version: int | None = None, **changes: Any) -> UpdateDeviceGroup:
    return UpdateDeviceGroup(id=id_, changes=changes, expected_version=expected_version)


def delete(id_: str, expected_version: int | None = None) -> DeleteDeviceGroup:
    return DeleteDeviceGroup(id=id_, expected_version=expected_version)


async def test_a_created_group_is_returned_as_the_database_has_it(database: Database) -> None:
    group = await execute(database, create_device_group, new_group())
    assert group._asdict() == {
        **GROUP_VALUES,
        "id": group.id,
        "created_at": group.created_at,
        "created_by": BY_JOAN,
        "modified_at": group.created_at,
        "modified_by": BY_JOAN,
        "version": 1,
    }
    assert await groups_by_id(Session(database), caller(), [group.id]) == {group.id: group}
    assert (await dump(database))["device_event"] == []


async def test_everything_that_is_wrong_with_a_new_group_comes_together(database: Database) -> None:
    command = new_group(name="a\u2028b", description="\0", client_id=OTHER_CLIENT, key="k" * 256)
    assert await refusal(database, create_device_group, command, caller(CLIENT)) == [
        Error("INVALID_FORMAT", ("name",)),
        Error("INVALID_FORMAT", ("description",)),
        Error("NOT_ALLOWED", ("clientId",)),
        Error("TOO_LONG", ("idempotencyKey",)),
    ]


async def test_an_updated_group_is_returned_as_the_database_has_it(database: Database, factory: RowFactory) -> None:
    row = await factory.group(name="North", version=4)
    group = await execute(database, update_device_group, update(row["id"].upper(), 4, name="South"))
    assert (group.name, group.version, group.modified_by) == ("South", 5, BY_JOAN)
    assert await groups_by_id(Session(database), caller(), [group.id]) == {group.id: group}


async def test_an_update_to_what_the_group_is_saves_nothing(database: Database, factory: RowFactory) -> None:
    row = await factory.group(name="North", version=4)
    before = await dump(database)
    group = await execute(database, update_device_group, update(row["id"], 4, name="North", description=None))
    assert await dump(database) == before
    assert (group.version, group.modified_at) == (4, row["modified_at"])


async def test_everything_that_is_wrong_with_an_update_comes_together(database: Database, factory: RowFactory) -> None:
    row = await factory.group(version=4)
    assert await refusal(database, update_device_group, update(row["id"], 3, name=None)) == [
        Error("BLANK", ("name",)),
        Error("VERSION_MISMATCH", ("expectedVersion",), row["id"]),
    ]
    for id_, code in ((NO_SUCH_ID, "NOT_FOUND"), ("nonsense", "INVALID_FORMAT")):
        assert await refusal(database, update_device_group, update(id_, 3, name="")) == [
            Error("BLANK", ("name",)),
            Error(code, ("id",)),
        ]


async def test_a_deleted_group_is_returned_as_it_was_and_its_devices_record_that_they_left(
    database: Database, factory: RowFactory
) -> None:
    row = await factory.group(name="North", version=3)
    devices = [await factory.device(version=version) for version in (1, 7)]
    for device in devices:
        await factory.link(device, row)
    group = await execute(database, InSteps(delete_device_group), delete(row["id"], 3), caller(CLIENT))
    assert (group.id, group.name, group.version) == (row["id"], "North", 3)
    tables = await dump(database)
    assert (tables["device_group"], tables["device_group_link"]) == ([], [])
    assert {device["id"]: device["version"] for device in tables["device"]} == {
        devices[0]["id"]: 2,
        devices[1]["id"]: 8,
    }
    assert {(event["device_id"], event["type"], event["version"]) for event in tables["device_event"]} == {
        (devices[0]["id"], "REMOVED_FROM_GROUP", 2),
        (devices[1]["id"], "REMOVED_FROM_GROUP", 8),
    }


async def test_a_group_of_another_version_or_client_is_not_deleted(database: Database, factory: RowFactory) -> None:
    row = await factory.group(version=2)
    await factory.link(await factory.device(), row)
    assert await refusal(database, InSteps(delete_device_group), delete(row["id"], 1)) == [
        Error("VERSION_MISMATCH", ("expectedVersion",), row["id"])
    ]
    for id_, code in ((row["id"], "NOT_FOUND"), ("nonsense", "INVALID_FORMAT")):
        assert await refusal(database, InSteps(delete_device_group), delete(id_, 1), caller(OTHER_CLIENT)) == [
            Error(code, ("id",))
        ]
