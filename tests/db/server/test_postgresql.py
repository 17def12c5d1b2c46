"""What goes wrong between the gateway and a PostgreSQL server, and what becomes of it."""

import asyncio
import socket
import time
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from gateway.db import changes
from gateway.db.compiling import Statement
from gateway.db.conflicts import ChangedMeanwhile
from gateway.db.engine import Database, Session, Transaction
from gateway.db.postgresql import dsn
from gateway.db.queries.devices import device_to_change
from gateway.db.store import Options
from gateway.db.tables import device
from gateway.domain.errors import Contended, Unavailable
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import DeviceEventType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.services.changing import ATTEMPTS, change
from tests.client import SUBJECT
from tests.db.server.support import COUNT, SLEEP
from tests.factories import World

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


async def renamed(transaction: Transaction, command: tuple[str, str]) -> None:
    """A use case: gives a device another name."""
    id_, name = command
    row = await device_to_change(transaction, DeviceIdentifier(id_))
    assert row
    await changes.update_device(transaction, row, DeviceEventType.DEVICE_UPDATED, [], {"name": name})


async def run(url: str, statements: str) -> None:
    connection = await asyncpg.connect(dsn(url))
    await connection.execute(statements)
    await connection.close()


async def test_a_change_that_is_not_waited_for_any_more_is_undone(url: str, world: World) -> None:
    row = await world.device(name="Pump")
    database = Database(url, Options(pool_size=1))
    has_changed = asyncio.Event()

    async def change_and_wait(transaction: Transaction) -> None:
        await renamed(transaction, (row["id"], "Valve"))
        has_changed.set()
        await asyncio.Event().wait()

    changing = asyncio.create_task(database.change(CALLER, change_and_wait))
    await has_changed.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert await database.fetch(NAMES) == [("Pump", 1)]
    await change(Session(database), CALLER, renamed, (row["id"], "Motor"))
    assert await database.fetch(NAMES) == [("Motor", 2)]
    await database.close()


async def test_connections_that_the_server_ended_are_replaced(database: Database, url: str) -> None:
    assert await asyncio.gather(*(database.fetch(COUNT) for _ in range(5))) == [[(0,)]] * 5
    await run(url, END_OTHERS)
    assert await asyncio.gather(*(database.fetch(COUNT) for _ in range(5))) == [[(0,)]] * 5


async def test_a_change_whose_connection_ends_is_made_again(database: Database, world: World, url: str) -> None:
    row = await world.device(name="Pump")
    attempts = 0

    async def ended_once(transaction: Transaction, command: tuple[str, str]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await run(url, END_OTHERS)
        await renamed(transaction, command)

    await change(Session(database), CALLER, ended_once, (row["id"], "Valve"))
    assert (attempts, await database.fetch(NAMES)) == (2, [("Valve", 2)])


async def test_who_loses_the_connection_in_a_commit_is_told_to_look(database: Database, world: World, url: str) -> None:
    row = await world.device(name="Pump")
    await run(url, END_IN_COMMIT)
    with pytest.raises(Unavailable, match="look whether it was made before you try again"):
        await change(Session(database), CALLER, renamed, (row["id"], "Valve"))
    assert await database.fetch(NAMES) == [("Pump", 1)]


@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_a_change_that_the_server_refuses_for_others_is_made_again(
    database: Database, world: World, url: str, code: str
) -> None:
    row = await world.device(name="Pump")
    await run(url, FAIL.format(code=code, times=ATTEMPTS - 1))
    await change(Session(database), CALLER, renamed, (row["id"], "Valve"))
    assert await database.fetch(NAMES) == [("Valve", 2)]


async def test_a_change_that_is_refused_each_time_is_an_error_that_says_so(
    database: Database, world: World, url: str
) -> None:
    row = await world.device(name="Pump")
    await run(url, FAIL.format(code="40001", times=ATTEMPTS))
    with pytest.raises(Contended, match=f"met others {ATTEMPTS} times, and nothing was changed"):
        await change(Session(database), CALLER, renamed, (row["id"], "Valve"))
    assert await database.fetch(NAMES) == [("Pump", 1)]


async def test_changes_that_wait_for_each_other_are_both_made(database: Database, world: World) -> None:
    one, other = [(await world.device(name=name))["id"] for name in ("one", "other")]
    met = asyncio.Barrier(2)
    attempts = 0

    async def both(transaction: Transaction, ids: tuple[Uuid, Uuid]) -> None:
        nonlocal attempts
        attempts += 1
        await renamed(transaction, (ids[0], "a"))
        if attempts <= 2:
            await met.wait()
        await renamed(transaction, (ids[1], "b"))

    session = Session(database)
    await asyncio.gather(change(session, CALLER, both, (one, other)), change(session, CALLER, both, (other, one)))
    assert attempts > 2
    assert [version for _, version in await database.fetch(NAMES)] == [3, 3]


async def test_changes_of_one_device_wait_for_their_turn(database: Database, world: World) -> None:
    row = await world.device(name="Pump")
    await asyncio.gather(
        *(change(Session(database), CALLER, renamed, (row["id"], f"Pump {number}")) for number in range(30))
    )
    [(_, version)] = await database.fetch(NAMES)
    assert version == 31


async def test_what_a_row_refers_to_may_go_while_it_is_inserted(database: Database, world: World) -> None:
    row, group = await world.device(), await world.group()

    async def link(transaction: Transaction) -> None:
        await world.delete_device(row["id"])
        await changes.insert_link(transaction, row["id"], group["id"])

    with pytest.raises(ChangedMeanwhile):
        await database.change(CALLER, link)


async def test_a_statement_that_takes_too_long_is_ended(url: str) -> None:
    database = Database(url, Options(timeout_seconds=0.5))
    start = time.monotonic()
    with pytest.raises(Unavailable, match="takes too long"):
        await database.fetch(SLEEP)
    assert time.monotonic() - start < 3
    assert await database.fetch(COUNT) == [(0,)]
    await database.close()


async def test_who_waits_too_long_for_a_connection_is_told_so(url: str) -> None:
    database = Database(url, Options(timeout_seconds=0.5, pool_size=1))
    enough = asyncio.Event()

    async def wait(_: Transaction) -> None:
        await enough.wait()

    changing = asyncio.create_task(database.change(CALLER, wait))
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable, match="does not answer"):
        await database.fetch(COUNT)
    enough.set()
    await changing
    assert await database.fetch(COUNT) == [(0,)]
    await database.close()


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/gateway", Options(timeout_seconds=0.5))
        start = time.monotonic()
        with pytest.raises(Unavailable, match="does not answer"):
            await database.fetch(COUNT)
        assert time.monotonic() - start < 3
        await database.close()
