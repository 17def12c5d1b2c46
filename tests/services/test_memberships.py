"""The use cases of devices in groups: a link is a change to the device, and joins one client and one project."""

from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.queries.groups import links_to_group
from gateway.db.rows import link_to
from gateway.db.session import Session, UseCase
from gateway.domain.commands import ChangeMembership
from gateway.services.memberships import add_device_to_group, remove_device_from_group
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, RowFactory, new_uuid
from tests.mutations.support import BY_JOAN, NO_SUCH_ID, dump
from tests.services.support import Error, by_id, caller, execute, refusal

pytestmark = pytest.mark.anyio


def membership(device_id: str, group_id: str) -> ChangeMembership:
    return ChangeMembership(device=by_id(device_id), device_group_id=group_id)


async def test_a_new_link_is_returned_with_the_next_version_of_its_device(
    database: Database, factory: RowFactory
) -> None:
    row, group = await factory.device(version=2), await factory.group(version=5)
    link = await execute(database, add_device_to_group, membership(row["id"], group["id"].upper()))
    assert (link.device.id, link.device.version, link.device.modified_at) == (row["id"], 3, link.created_at)
    assert (link.device_group.id, link.device_group.version, link.created_by) == (group["id"], 5, BY_JOAN)
    links = await links_to_group(Session(database), caller(), [link.device], link.device_group.id)
    assert link == link_to(link.device, links[link.device.id])
    [event] = (await dump(database))["device_event"]
    assert (event["type"], event["version"]) == ("ADDED_TO_GROUP", 3)


async def test_a_link_that_is_there_is_returned_and_saves_nothing(database: Database, factory: RowFactory) -> None:
    row, group = await factory.device(version=2), await factory.group()
    stored = await factory.link(row, group, created_at="2025-02-02T00:00:00.000Z")
    before = await dump(database)
    link = await execute(database, add_device_to_group, membership(row["id"], group["id"]))
    assert await dump(database) == before
    assert (link.device.version, link.created_at, link.created_by) == (2, stored["created_at"], PRINCIPAL)


async def test_a_device_and_a_group_of_different_owners_are_not_linked(database: Database, factory: RowFactory) -> None:
    row = await factory.device()
    for owners, codes in (
        ({"client_id": OTHER_CLIENT}, ["CLIENT_MISMATCH"]),
        ({"project_id": new_uuid()}, ["PROJECT_MISMATCH"]),
        ({"client_id": OTHER_CLIENT, "project_id": new_uuid()}, ["CLIENT_MISMATCH", "PROJECT_MISMATCH"]),
    ):
        group = await factory.group(**owners)
        assert await refusal(database, add_device_to_group, membership(row["id"], group["id"])) == [
            Error(code, ("deviceGroupId",), group["id"]) for code in codes
        ]


async def test_a_removed_link_is_a_change_to_its_device(database: Database, factory: RowFactory) -> None:
    row, group = await factory.device(version=2), await factory.group(version=5)
    await factory.link(row, group)
    device, of = await execute(database, remove_device_from_group, membership(row["id"], group["id"]))
    assert (device.id, device.version, of.id, of.version) == (row["id"], 3, group["id"], 5)
    tables = await dump(database)
    assert tables["device_group_link"] == []
    assert [(event["type"], event["version"]) for event in tables["device_event"]] == [("REMOVED_FROM_GROUP", 3)]


async def test_a_device_that_is_not_in_the_group_stays_as_it_is(database: Database, factory: RowFactory) -> None:
    row, group = await factory.device(version=2), await factory.group(client_id=OTHER_CLIENT)
    before = await dump(database)
    device, of = await execute(database, remove_device_from_group, membership(row["id"], group["id"]))
    assert await dump(database) == before
    assert (device.version, of.id) == (2, group["id"])


@pytest.mark.parametrize("use_case", [add_device_to_group, remove_device_from_group])
async def test_both_ends_have_to_be_there_for_the_caller(
    database: Database, factory: RowFactory, use_case: UseCase[ChangeMembership, Any]
) -> None:
    row, group = await factory.device(), await factory.group()
    foreign = await factory.group(client_id=OTHER_CLIENT)
    missing_device, missing_group = Error("NOT_FOUND", ("device",)), Error("NOT_FOUND", ("deviceGroupId",))
    malformed = Error("INVALID_FORMAT", ("deviceGroupId",))
    for device_id, group_id, errors in (
        (NO_SUCH_ID, group["id"], [missing_device]),
        (row["id"], NO_SUCH_ID, [missing_group]),
        (row["id"], foreign["id"], [missing_group]),
        (NO_SUCH_ID, "nonsense", [missing_device, malformed]),
    ):
        assert await refusal(database, use_case, membership(device_id, group_id), caller(CLIENT)) == errors
