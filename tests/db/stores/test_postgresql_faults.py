"""Faults of a PostgreSQL server that is there: read-only, full, or without connections."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, select

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.stores.postgresql_url import dsn
from gateway.db.stores.store import Connection
from gateway.db.tables import device_group
from gateway.domain.errors import Unavailable
from tests.client import GatewayClient
from tests.db.stores.support import COUNT
from tests.factories import CLIENT, PROJECT

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateDeviceGroupInput!) {
  createDeviceGroup(input: $input) { deviceGroup { name } userErrors { code } }
}"""
NAMES: Statement[Any] = Statement(select(device_group.c.name))
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'planned' USING ERRCODE = '{code}';
END $$;
CREATE TRIGGER fail BEFORE INSERT ON device_group FOR EACH ROW EXECUTE FUNCTION fail();
"""
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()"""
READ_ONLY = "The database is read-only; nothing was changed, try again later."


async def run_beside(url: str, statements: str) -> None:
    """Run statements in another database of the same server."""
    beside = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn(beside))
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def run(url: str, statements: str) -> None:
    connection = await asyncpg.connect(dsn(url))
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def create(gateway: GatewayClient, name: str) -> tuple[str, str]:
    """Return the code and the message of what refuses a change, or nothing where it was made."""
    input_ = {"name": name, "clientId": CLIENT, "projectId": PROJECT}
    answer = await gateway.ask(CREATE, {"input": input_})
    if not answer.errors:
        return "", ""
    [error] = answer.errors
    return error["extensions"]["code"], error["message"]


async def readiness(gateway: GatewayClient) -> tuple[int, str]:
    response = await gateway.http.get("/health/ready")
    return response.status_code, response.json()["status"]


async def test_a_read_only_server_is_told_and_left_for_the_one_that_takes_changes(gateway: GatewayClient) -> None:
    url = gateway.database.url
    name = make_url(url).database
    assert await create(gateway, "before") == ("", "")
    await run_beside(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await run(url, END_OTHERS)
    assert await create(gateway, "meanwhile") == ("SERVICE_UNAVAILABLE", READ_ONLY)
    assert await Session(gateway.database).fetch(NAMES) == [("before",)]
    assert await readiness(gateway) == (503, "the database is read-only")

    # Of the connections that are open, each goes on as it is.
    await Session(gateway.database).fetch(COUNT)
    await run_beside(url, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert await create(gateway, "last") == ("SERVICE_UNAVAILABLE", READ_ONLY)
    assert await create(gateway, "after") == ("", "")
    assert await readiness(gateway) == (200, "ok")
    assert await Session(gateway.database).fetch(NAMES) == [("before",), ("after",)]


async def test_readiness_leaves_a_read_only_server_for_the_one_that_takes_changes(gateway: GatewayClient) -> None:
    url = gateway.database.url
    name = make_url(url).database
    await run_beside(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert await readiness(gateway) == (503, "the database is read-only")
    await Session(gateway.database).fetch(COUNT)
    await run_beside(url, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert await readiness(gateway) == (503, "the database is read-only")
    assert await readiness(gateway) == (200, "ok")
    assert await create(gateway, "after") == ("", "")


async def test_of_a_server_that_became_read_only_no_connection_is_used_again(url: str) -> None:
    """The connections that are in use meanwhile are given up as well, once they come back."""
    name = make_url(url).database
    database = Database(url)
    await run_beside(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    async def look(connection: Connection) -> None:
        await connection.fetch("SELECT 1", ())
        with pytest.raises(Unavailable):
            await database.store.change(insert)

    async def insert(connection: Connection) -> int:
        return await connection.execute("CREATE TABLE written ()", ())

    await database.store.change(look)
    await run_beside(url, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await database.store.check()
    await database.close()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("53100", "The disk of the database is full"),
        ("53200", "The database has no memory left"),
        ("53300", "The database has no connections left"),
        ("53400", "The database has reached a limit of its own"),
        ("58030", "The disk of the database cannot be read or written"),
        ("XX001", "The database is damaged"),
        ("57014", "The database takes too long"),
        ("08006", "The database does not answer"),
    ],
)
async def test_a_fault_of_the_server_is_told_and_changes_nothing(
    gateway: GatewayClient, code: str, reason: str
) -> None:
    url = gateway.database.url
    await run(url, FAIL.format(code=code))
    message = f"{reason}; nothing was changed, try again later."
    assert await create(gateway, "meanwhile") == ("SERVICE_UNAVAILABLE", message)

    await run(url, "DROP TRIGGER fail ON device_group")
    assert await create(gateway, "after") == ("", "")
    assert await Session(gateway.database).fetch(NAMES) == [("after",)]


async def test_a_mistake_of_ours_stays_an_internal_error(gateway: GatewayClient) -> None:
    await run(gateway.database.url, FAIL.format(code="42601"))
    assert (await create(gateway, "never"))[0] == "INTERNAL_SERVER_ERROR"


async def test_a_server_that_takes_no_more_connections_is_told(url: str) -> None:
    role = f"limited_{make_url(url).database}"
    await run(url, f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 0")
    try:
        database = Database(make_url(url).set(username=role).render_as_string(hide_password=False))
        with pytest.raises(Unavailable, match=r"^The database has no connections left; "):
            await Session(database).fetch(COUNT)
        await database.close()
    finally:
        await run(url, f"DROP ROLE {role}")
