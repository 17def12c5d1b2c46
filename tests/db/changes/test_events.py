"""The ids of events, also of those that a database makes by itself."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Text, bindparam, select
from sqlalchemy.exc import IntegrityError

from gateway.db.changes.devices import update_device
from gateway.db.changes.events import next_uuid
from gateway.db.changes.groups import remove_from_group
from gateway.db.queries.devices import device_to_change
from gateway.db.queries.groups import first_members, groups_by_id
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, device_event
from gateway.domain.enums import DeviceEventType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid, is_uuid
from tests.client import SUBJECT
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

CALLER = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
BEGINNING = "0192de25-11fc-7"
RANDOM: Statement[Any] = Statement(select(next_uuid(bindparam("beginning", type_=Text()))).select_from(device))
EVENTS: Statement[Any] = Statement(select(device_event.c.id, device_event.c.device_id, device_event.c.version))
DEVICES = 40


async def remove_all(transaction: Transaction, group_id: Uuid) -> None:
    group = (await groups_by_id(transaction, CALLER, [group_id]))[group_id]
    await remove_from_group(transaction, group, await first_members(transaction, group, DEVICES), [])


async def make_next_version(transaction: Transaction, device_id: Uuid) -> None:
    row = await device_to_change(transaction, DeviceIdentifier(device_id))
    assert row
    await update_device(transaction, row, DeviceEventType.DEVICE_UPDATED, [])


async def test_a_database_makes_another_valid_uuid_for_each_row(session: Session, factory: RowFactory) -> None:
    for _ in range(DEVICES):
        await factory.device()
    made = [id_ for _ in range(50) for (id_,) in await session.fetch(RANDOM, {"beginning": BEGINNING})]
    assert len(set(made)) == len(made) == DEVICES * 50
    assert all(map(is_uuid, made))
    assert {(each.version, each.variant) for each in map(uuid.UUID, made)} == {(7, uuid.RFC_4122)}


async def test_every_digit_of_such_a_uuid_is_random_but_those_of_its_time_version_and_variant(
    session: Session, factory: RowFactory
) -> None:
    await factory.device()
    made = [(await session.fetch(RANDOM, {"beginning": BEGINNING}))[0][0] for _ in range(1_000)]
    found = ["".join(sorted({*characters})) for characters in zip(*made, strict=True)]
    expected = [*BEGINNING] + ["0123456789abcdef"] * 21
    for hyphen in (18, 23):
        expected[hyphen] = "-"
    expected[19] = "89ab"
    assert found == expected


async def test_every_event_has_an_id_of_its_own_whoever_made_it(session: Session, factory: RowFactory) -> None:
    group = await factory.group()
    devices = [await factory.device() for _ in range(DEVICES)]
    for each in devices:
        await factory.link(each, group)
        await session.change(CALLER, make_next_version, each["id"])
    await session.change(CALLER, remove_all, group["id"])

    events = await session.fetch(EVENTS)
    expected = {(each["id"], version) for each in devices for version in (2, 3)}
    assert {(device_id, version) for _, device_id, version in events} == expected
    ids = [id_ for id_, *_ in events]
    assert len(set(ids)) == len(ids) == 2 * DEVICES
    assert all(map(is_uuid, ids))


async def test_no_two_events_are_of_the_same_version_of_a_device(factory: RowFactory) -> None:
    row = await factory.device()
    await factory.event(row, version=1)
    with pytest.raises(IntegrityError):
        await factory.event(row, version=1)
