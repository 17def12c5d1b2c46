"""What goes wrong between the gateway and a PostgreSQL server, and what becomes of it."""

import asyncio
import socket
import time
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from gateway.db.changes.devices import update_device
from gateway.db.changes.links import insert_link
from gateway.db.database import Database
from gateway.db.queries.devices import device_to_change, devices_by_id
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.db.stores.postgresql_url import dsn
from gateway.db.stores.store import ChangedMeanwhile, Options
from gateway.db.tables import device
from gateway.domain.enums import DeviceEventType
from gateway.domain.errors import Contended, Unavailable
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.services.use_case import ATTEMPTS, change
from tests.client import SUBJECT
from tests.db.stores.support import COUNT, SLEEP
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

CALLER = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
NAMES: Statement[Any] = Statement(select(device.c.name, device.c.version).order_by(device.c.name))
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()"""

FAIL = """
CREATE SEQUENCE failures;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('failures') <= {times} THEN RAISE EXCEPTION 'planned' USING ERRCODE = '{code}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fail BEFORE UPDATE ON device FOR EACH ROW EXECUTE FUNCTION fail();
"""
END_IN_COMMIT = """
CREATE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_terminate_backend(pg_backend_pid());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER end_it AFTER UPDATE ON device DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION end_it();
"""


async def rename(transaction: Transaction, command: tuple[str, str]) -> None:
    """Give a device another name, as a use case does."""
    id_, name = command
    row = await device_to_change(transaction, DeviceIdentifier(id_))
    assert row
    await update_device(transaction, row, DeviceEventType.DEVICE_UPDATED, [], {"name": name})


async def run(url: str, statements: str) -> None:
    connection = await asyncpg.connect(dsn(url))
    await connection.execute(statements)
    await connection.close()


async def test_a_change_that_is_not_waited_for_any_more_is_undone(url: str, factory: RowFactory) -> None:
    row = await factory.device(name="Pump")
    database = Database(url, Options(pool_size=1))
    session = Session(database)
    has_changed = asyncio.Event()

    async def change_and_wait(transaction: Transaction, command: tuple[str, str]) -> None:
        await rename(transaction, command)
        has_changed.set()
        await asyncio.Event().wait()

    changing = asyncio.create_task(session.change(CALLER, change_and_wait, (row["id"], "Valve")))
    await has_changed.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert await session.fetch(NAMES) == [("Pump", 1)]
    await change(session, CALLER, rename, (row["id"], "Motor"))
    assert await session.fetch(NAMES) == [("Motor", 2)]
    await database.close()


async def test_connections_that_the_server_ended_are_replaced(session: Session, url: str) -> None:
    assert await asyncio.gather(*(session.fetch(COUNT) for _ in range(5))) == [[(0,)]] * 5
    await run(url, END_OTHERS)
    assert await asyncio.gather(*(session.fetch(COUNT) for _ in range(5))) == [[(0,)]] * 5


async def test_a_change_whose_connection_ends_is_made_again(session: Session, factory: RowFactory, url: str) -> None:
    row = await factory.device(name="Pump")
    attempts = 0

    async def ended_once(transaction: Transaction, command: tuple[str, str]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await run(url, END_OTHERS)
        await rename(transaction, command)

    await change(session, CALLER, ended_once, (row["id"], "Valve"))
    assert (attempts, await session.fetch(NAMES)) == (2, [("Valve", 2)])


async def test_who_loses_the_connection_in_a_commit_is_told_to_look(
    session: Session, factory: RowFactory, url: str
) -> None:
    row = await factory.device(name="Pump")
    await run(url, END_IN_COMMIT)
    with pytest.raises(Unavailable, match="look whether it was made before you try again"):
        await change(session, CALLER, rename, (row["id"], "Valve"))
    assert await session.fetch(NAMES) == [("Pump", 1)]


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_change_that_the_server_refuses_for_others_is_made_again(
    session: Session, factory: RowFactory, url: str, code: str
) -> None:
    row = await factory.device(name="Pump")
    await run(url, FAIL.format(code=code, times=ATTEMPTS - 1))
    await change(session, CALLER, rename, (row["id"], "Valve"))
    assert await session.fetch(NAMES) == [("Valve", 2)]


async def test_a_change_that_is_refused_each_time_is_an_error_that_says_so(
    session: Session, factory: RowFactory, url: str
) -> None:
    row = await factory.device(name="Pump")
    await run(url, FAIL.format(code="40001", times=ATTEMPTS))
    with pytest.raises(
        Contended,
        match=f"^Others changed the same things during each of {ATTEMPTS} attempts, and nothing was changed; ",
    ):
        await change(session, CALLER, rename, (row["id"], "Valve"))
    assert await session.fetch(NAMES) == [("Pump", 1)]


async def test_changes_that_wait_for_each_other_are_both_made(session: Session, factory: RowFactory) -> None:
    one, other = [(await factory.device(name=name))["id"] for name in ("one", "other")]
    met = asyncio.Barrier(2)
    attempts = 0

    async def both(transaction: Transaction, ids: tuple[Uuid, Uuid]) -> None:
        nonlocal attempts
        attempts += 1
        await rename(transaction, (ids[0], "a"))
        if attempts <= 2:
            await met.wait()
        await rename(transaction, (ids[1], "b"))

    await asyncio.gather(change(session, CALLER, both, (one, other)), change(session, CALLER, both, (other, one)))
    assert attempts > 2
    assert [version for _, version in await session.fetch(NAMES)] == [3, 3]


async def test_changes_of_one_device_wait_for_their_turn(session: Session, factory: RowFactory) -> None:
    row = await factory.device(name="Pump")
    await asyncio.gather(*(change(session, CALLER, rename, (row["id"], f"Pump {number}")) for number in range(30)))
    [(_, version)] = await session.fetch(NAMES)
    assert version == 31


async def test_what_a_row_refers_to_may_go_while_it_is_inserted(session: Session, factory: RowFactory) -> None:
    row, group = await factory.device(), await factory.group()

    async def link(transaction: Transaction, group_id: Uuid) -> None:
        device = (await devices_by_id(transaction, CALLER, [row["id"]]))[row["id"]]
        await factory.delete_device(device.id)
        await insert_link(transaction, device, group_id)

    with pytest.raises(ChangedMeanwhile):
        await session.change(CALLER, link, group["id"])


async def test_a_statement_that_takes_too_long_is_ended(url: str) -> None:
    database = Database(url, Options(timeout_seconds=0.5))
    session = Session(database)
    start = time.monotonic()
    with pytest.raises(Unavailable, match="takes too long"):
        await session.fetch(SLEEP)
    assert time.monotonic() - start < 3
    assert await session.fetch(COUNT) == [(0,)]
    await database.close()


async def test_who_waits_too_long_for_a_connection_is_told_so(url: str) -> None:
    database = Database(url, Options(timeout_seconds=0.5, pool_size=1))
    session = Session(database)
    enough = asyncio.Event()

    async def wait(_: Transaction, until: asyncio.Event) -> None:
        await until.wait()

    changing = asyncio.create_task(session.change(CALLER, wait, enough))
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable, match="does not answer"):
        await session.fetch(COUNT)
    enough.set()
    await changing
    assert await session.fetch(COUNT) == [(0,)]
    await database.close()


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/gateway", Options(timeout_seconds=0.5))
        session = Session(database)
        start = time.monotonic()
        with pytest.raises(Unavailable, match="does not answer"):
            await session.fetch(COUNT)
        assert time.monotonic() - start < 3
        await database.close()
