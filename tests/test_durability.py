"""What was answered is on disk, whole, whatever ends the server, and whoever else writes to the same file."""

import itertools
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import text

from gateway.db.database import Database
from gateway.db.stores.sqlite import SQLite
from tests.databases import SQLiteDatabases
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.server import Server, running_server

pytestmark = pytest.mark.anyio

Pair = tuple[Server, Server]

CREATE_GROUP = "mutation ($input: CreateDeviceGroupInput!) { createDeviceGroup(input: $input) { deviceGroup { id } } }"
CREATE_DEVICE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { id version } userErrors { code } }
}"""
UPDATE_DEVICE = """mutation ($input: UpdateDeviceInput!) {
  updateDevice(input: $input) { device { id version } userErrors { code } }
}"""
ADD_ADAPTER = """mutation ($input: AddNetworkAdapterInput!) {
  addNetworkAdapter(input: $input) { device { id version } userErrors { code } }
}"""
DEVICES = """query ($identifiers: [DeviceIdentifier!]!) { devicesByIdentifier(identifiers: $identifiers) {
  id name version urns deviceGroups { nodes { id } } history { nodes { type version } }
} }"""

# uvicorn finishes what is under way, and then ends by the signal that it was sent.
TERMINATED = -signal.SIGTERM

HALVES = {
    "devices without both adapters": """SELECT count(*) FROM device
        WHERE (SELECT count(*) FROM network_adapter WHERE device_id = device.id) < 2""",
    "devices without their link": """SELECT count(*) FROM device
        WHERE (SELECT count(*) FROM device_group_link WHERE device_id = device.id) <> 1""",
    "devices whose version is not the number of their events": """SELECT count(*) FROM device
        WHERE (SELECT count(*) FROM device_event WHERE device_id = device.id) <> version""",
    "adapters without a device": "SELECT count(*) FROM network_adapter WHERE device_id NOT IN (SELECT id FROM device)",
    "events without a device": "SELECT count(*) FROM device_event WHERE device_id NOT IN (SELECT id FROM device)",
    "links without a device": "SELECT count(*) FROM device_group_link WHERE device_id NOT IN (SELECT id FROM device)",
    "links without a group": """SELECT count(*) FROM device_group_link
        WHERE device_group_id NOT IN (SELECT id FROM device_group)""",
}


class Writers:
    """Clients that create devices, each one after the other."""

    def __init__(self, server: Server, group_id: str, serials: Iterator[int]) -> None:
        self._server = server
        self._group_id = group_id
        self.acknowledged: dict[str, int] = {}
        """The serials of devices by the ids that the server answered with."""
        self._serials = serials
        self._writes = 0
        self._enough = anyio.Event()
        self._token = server.token()

    async def write_until(self, end: Callable[[], None], *, writes: int, clients: int = 4) -> None:
        """End the server once it has acknowledged so many, while others are under way."""
        self._writes = writes
        async with httpx.AsyncClient(timeout=20) as http, anyio.create_task_group() as tasks:
            for _ in range(clients):
                tasks.start_soon(self._write_until_it_is_gone, http)
            with anyio.fail_after(20):
                await self._enough.wait()
            end()

    async def write(self, writes: int, *, clients: int = 4) -> None:
        serials = itertools.islice(self._serials, writes)
        async with httpx.AsyncClient(timeout=20) as http, anyio.create_task_group() as tasks:
            for _ in range(clients):
                tasks.start_soon(self._write, http, serials)

    async def _write_until_it_is_gone(self, http: httpx.AsyncClient) -> None:
        with suppress(httpx.TransportError):
            await self._write(http, self._serials)

    async def _write(self, http: httpx.AsyncClient, serials: Iterator[int]) -> None:
        for serial in serials:
            data = await ask(http, self._server, self._token, CREATE_DEVICE, new_device(serial, self._group_id))
            assert data["createDevice"]["userErrors"] == []
            self.acknowledged[data["createDevice"]["device"]["id"]] = serial
            if len(self.acknowledged) == self._writes:
                self._enough.set()


async def ask(http: httpx.AsyncClient, server: Server, token: str, query: str, input_: dict[str, Any]) -> Any:
    """Return the data of an answer, which has no errors."""
    response = await http.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": {"input": input_}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (response.status_code, response.json().keys()) == (200, {"data"}), response.text
    return response.json()["data"]


def new_device(serial: int, group_id: str) -> dict[str, Any]:
    return {
        "name": f"Device {serial}",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        "networkAdapters": [{"cellular": {"imei": f"{serial:015}"}}, {"lora": {"devEui": f"{serial:016X}"}}],
        "deviceGroupIds": [group_id],
    }


async def new_group(server: Server) -> str:
    async with httpx.AsyncClient() as http:
        input_ = {"name": "All", "clientId": CLIENT, "projectId": PROJECT}
        made = await ask(http, server, server.token(), CREATE_GROUP, input_)
    return str(made["createDeviceGroup"]["deviceGroup"]["id"])


def assert_all_there(server: Server, acknowledged: dict[str, int], group_id: str) -> None:
    ids = list(acknowledged)
    for start in range(0, len(ids), 100):
        some = ids[start : start + 100]
        variables = {"identifiers": some}
        response = httpx.post(
            f"{server.url}/graphql",
            json={"query": DEVICES, "variables": variables},
            headers={"Authorization": f"Bearer {server.token()}"},
            timeout=20,
        )
        assert response.json() == {
            "data": {
                "devicesByIdentifier": [
                    {
                        "id": id_,
                        "name": f"Device {acknowledged[id_]}",
                        "version": 1,
                        "urns": [f"urn:dev:imei:{acknowledged[id_]:015}", f"urn:dev:deveui:{acknowledged[id_]:016x}"],
                        "deviceGroups": {"nodes": [{"id": group_id}]},
                        "history": {"nodes": [{"type": "DEVICE_CREATED", "version": 1}]},
                    }
                    for id_ in some
                ]
            }
        }


def assert_nothing_is_half_there(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("device_search", "device_group_search"):
            # Raises where the index does not agree with the table.
            connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")  # noqa: S608  # constants
        found = {what: connection.execute(query).fetchone()[0] for what, query in HALVES.items()}
    assert found == dict.fromkeys(HALVES, 0)


async def test_what_was_acknowledged_outlives_kills_and_nothing_else_is_half_there(tmp_path: Path) -> None:
    serials = itertools.count(1)
    acknowledged: dict[str, int] = {}
    group_id = ""
    for writes, clients in ((1, 4), (20, 4), (300, 64)):
        with running_server(tmp_path) as server:
            group_id = group_id or await new_group(server)
            assert_all_there(server, acknowledged, group_id)
            writers = Writers(server, group_id, serials)
            await writers.write_until(server.kill, writes=writes, clients=clients)
        acknowledged |= writers.acknowledged
        assert_nothing_is_half_there(tmp_path)
    with running_server(tmp_path) as server:
        assert_all_there(server, acknowledged, group_id)
    assert_nothing_is_half_there(tmp_path)


async def test_every_connection_syncs_each_commit_and_guards_references(sqlite: SQLiteDatabases) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys")
    with sqlite.copy() as url:
        database = Database(url)
        async with database.engine.connect() as connection:
            of_tasks = [(await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in names]
        assert isinstance(database.store, SQLite)
        of_store = [database.store._file.connect(), database.store._connect_for_reading()]
        of_requests, of_reads = [[each.execute(f"PRAGMA {name}").fetchone()[0] for name in names] for each in of_store]
        for each in of_store:
            each.close()
        await database.close()
    assert of_reads == of_requests == of_tasks == ["wal", 2, 1]  # 2 is FULL


async def test_a_server_that_is_told_to_end_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        group_id = await new_group(server)
        writers = Writers(server, group_id, itertools.count(1))
        await writers.write_until(server._process.terminate, writes=15)
        assert server._process.wait(10) == TERMINATED
    assert ("Traceback" in server.output, "ERROR" in server.output) == (False, False), server.output
    assert_nothing_is_half_there(tmp_path)
    with running_server(tmp_path) as server:
        assert_all_there(server, writers.acknowledged, group_id)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Yield two servers of one database."""
    folder = tmp_path_factory.mktemp("pair")
    with running_server(folder) as first, running_server(folder) as second:
        yield first, second


@pytest.fixture
async def group_id(pair: Pair) -> str:
    return await new_group(pair[0])


async def together(pair: Pair, query: str, inputs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[list[Any]]:
    """Return the payloads of both servers, for each pair of inputs that is sent to both at the same time."""
    token = pair[0].token()
    async with httpx.AsyncClient(timeout=20) as http:
        answers = []
        for both in inputs:
            answer: list[Any] = [None, None]

            async def send(place: int, server: Server, input_: dict[str, Any], answer: list[Any] = answer) -> None:
                [answer[place]] = (await ask(http, server, token, query, input_)).values()

            async with anyio.create_task_group() as tasks:
                for place, (server, input_) in enumerate(zip(pair, both, strict=True)):
                    tasks.start_soon(send, place, server, input_)
            answers.append(answer)
    return answers


def codes(answer: list[Any]) -> list[list[str]]:
    """Return the codes in both payloads, those of the one that went well first."""
    return sorted([error["code"] for error in payload["userErrors"]] for payload in answer)


async def test_two_servers_of_one_file_lose_and_refuse_nothing(pair: Pair, group_id: str) -> None:
    writers = [Writers(server, group_id, itertools.count(start)) for server, start in zip(pair, (1, 101), strict=True)]
    async with anyio.create_task_group() as tasks:
        for each in writers:
            tasks.start_soon(each.write, 40)
    acknowledged = writers[0].acknowledged | writers[1].acknowledged
    assert sorted(acknowledged.values()) == [*range(1, 41), *range(101, 141)]
    for server in pair:
        assert_all_there(server, acknowledged, group_id)
    assert_nothing_is_half_there(pair[0].folder)


async def test_one_of_two_servers_gives_an_identifier(pair: Pair, group_id: str) -> None:
    inputs = [new_device(serial, group_id) for serial in range(201, 216)]
    answers = await together(pair, CREATE_DEVICE, [(input_, input_) for input_ in inputs])
    assert [codes(answer) for answer in answers] == [[[], ["IDENTIFIER_TAKEN", "IDENTIFIER_TAKEN"]]] * 15
    query = f'{{ deviceGroup(id: "{group_id}") {{ devices {{ totalCount }} }} }}'
    assert pair[0].data(query) == {"deviceGroup": {"devices": {"totalCount": 15}}}
    assert_nothing_is_half_there(pair[0].folder)


async def test_one_of_two_servers_makes_the_next_version(pair: Pair, group_id: str) -> None:
    [[made, _]] = await together(pair, CREATE_DEVICE, [(new_device(301, group_id), new_device(302, group_id))])
    id_ = made["device"]["id"]
    inputs = [
        (
            {"device": id_, "name": f"left {version}", "expectedVersion": version},
            {"device": id_, "name": f"right {version}", "expectedVersion": version},
        )
        for version in range(1, 16)
    ]
    answers = await together(pair, UPDATE_DEVICE, inputs)
    assert [codes(answer) for answer in answers] == [[[], ["VERSION_MISMATCH"]]] * 15
    versions = [payload["device"]["version"] for answer in answers for payload in answer if payload["device"]]
    assert versions == list(range(2, 17))


async def test_changes_of_one_device_through_two_servers_follow_each_other(pair: Pair, group_id: str) -> None:
    [[made, _]] = await together(pair, CREATE_DEVICE, [(new_device(401, group_id), new_device(402, group_id))])
    id_ = made["device"]["id"]
    inputs = [
        (
            {"device": id_, "networkAdapter": {"lora": {"devEui": f"A{n:015}"}}},
            {"device": id_, "networkAdapter": {"lora": {"devEui": f"B{n:015}"}}},
        )
        for n in range(15)
    ]
    answers = await together(pair, ADD_ADAPTER, inputs)
    assert [codes(answer) for answer in answers] == [[[], []]] * 15
    versions = [sorted(payload["device"]["version"] for payload in answer) for answer in answers]
    assert versions == [[version, version + 1] for version in range(2, 32, 2)]
    assert_nothing_is_half_there(pair[0].folder)
