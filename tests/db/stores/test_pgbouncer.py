"""PgBouncer between the gateway and the server, with another connection of the server for each transaction."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from gateway.db.stores.postgresql_url import dsn
from gateway.settings import Settings
from scripts.postgres import USER
from tests.client import GatewayClient
from tests.databases import PostgreSQLDatabases
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.server import free_port
from tests.waiting import until

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
pytestmark = [pytest.mark.anyio, pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")]

CONNECTIONS = 2
CREATE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { name networkAdapters { __typename } } userErrors { code } }
}"""
NAMES = '{ devices(first: 250, filter: {search: "device"}) { totalCount nodes { name urns } } }'


@pytest.fixture
def url(postgresql: PostgreSQLDatabases, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database behind PgBouncer."""
    with postgresql.copy() as direct:
        server, port = make_url(direct), free_port()
        settings = tmp_path / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{server.database} = host={server.host} port={server.port} user={server.username}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\n"
        )
        log = (tmp_path / "pgbouncer.log").open("wb")
        # It lets go of root's rights once it has read its settings.
        process = subprocess.Popen(  # noqa: S603  # the command is ours
            [str(PROGRAM), *(("-u", USER) if USER else ()), settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        url = server.set(port=port).render_as_string(hide_password=False)
        try:
            asyncio.run(until(partial(_answers, url)))
            yield url
        finally:
            process.terminate()
            process.wait(10)


async def test_requests_share_a_few_connections_of_the_server(url: str, tmp_path: Path) -> None:
    gateway = GatewayClient(Settings(database_url=url, pgbouncer=True, key_file=tmp_path / "gateway.key"))
    inputs = [
        {
            "name": f"Device {number:02}",
            "clientId": CLIENT,
            "projectId": PROJECT,
            "deviceSpecificationId": SPECIFICATION,
            "networkAdapters": [{"cellular": {"imei": f"{number:015}"}}],
        }
        for number in range(30)
    ]
    answers = await asyncio.gather(
        *(gateway.data(CREATE, {"input": input_}) for input_ in inputs), *(gateway.ask(NAMES) for _ in range(30))
    )
    made = [answer["createDevice"] for answer in answers[:30]]
    assert made == [
        {
            "device": {"name": input_["name"], "networkAdapters": [{"__typename": "CellularNetworkAdapter"}]},
            "userErrors": [],
        }
        for input_ in inputs
    ]
    assert [answer.errors for answer in answers[30:]] == [[]] * 30
    devices = (await gateway.data(NAMES))["devices"]
    assert devices["totalCount"] == 30
    await gateway.close()


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn(url), statement_cache_size=0)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True
