"""A primary and a replica that streams from it: which of them answers which read."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from gateway.db.stores.replicas import ReplicaState
from gateway.domain.positions import parse_position
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import ReplicatedServers, fetched, migrated, replicated_servers
from tests.factories import CLIENT, PROJECT, SPECIFICATION, RowFactory
from tests.postgres import PostgresServer
from tests.waiting import until

pytestmark = pytest.mark.anyio

NAMES = "{ devices { nodes { name } } }"
CREATE = """mutation ($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { name deviceGroups { nodes { id } } } }
}"""
NEW = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
MAX_LAG_SECONDS = 1.0
NONE: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def servers() -> Iterator[ReplicatedServers]:
    with replicated_servers() as servers:
        yield servers


@pytest.fixture
async def gateway(servers: ReplicatedServers, tmp_path: Any) -> AsyncIterator[GatewayClient]:
    """Yield a gateway with an empty database, whose replica is in use."""
    await _resume(servers)
    await fetched(servers.primary.url(), "TRUNCATE device CASCADE")
    client = GatewayClient(
        Settings(
            database_url=servers.primary.url(),
            replica_urls=(servers.standby.url(),),
            replica_max_lag=MAX_LAG_SECONDS,
            key_file=tmp_path / "gateway.key",
        )
    )
    await _until_replica_answers(client, servers)
    yield client
    await client.close()


async def test_reads_go_to_the_replica(gateway: GatewayClient, servers: ReplicatedServers) -> None:
    await _pause(servers)
    await RowFactory(gateway.database).device(name="behind the gateway's back")
    assert await _names(gateway) == []


async def test_a_client_that_sends_its_position_back_sees_what_it_wrote_while_the_replica_does_not_yet(
    gateway: GatewayClient, servers: ReplicatedServers
) -> None:
    await _pause(servers)
    made = await _post(gateway, CREATE, {"input": {**NEW, "name": "Pump"}})
    position = made.headers["gateway-position"]

    assert made.json()["data"]["createDevice"]["device"] == {"name": "Pump", "deviceGroups": {"nodes": []}}
    assert made.json()["extensions"] == {"position": position}
    assert await _names(gateway) == []
    assert await _names(gateway, position) == ["Pump"]
    by_extension = await _post(gateway, NAMES, extensions={"position": position})
    assert by_extension.json() == {"data": {"devices": {"nodes": [{"name": "Pump"}]}}}


async def test_a_replica_that_has_reached_a_position_answers_who_sends_it(
    gateway: GatewayClient, servers: ReplicatedServers
) -> None:
    position = (await _post(gateway, CREATE, {"input": {**NEW, "name": "Pump"}})).headers["gateway-position"]
    await _until_replica_answers(gateway, servers)
    await _pause(servers)
    await RowFactory(gateway.database).device(name="behind the gateway's back")
    assert await _names(gateway, position) == ["Pump"]


async def test_a_replica_that_lags_too_far_is_left_out_until_it_has_caught_up(
    gateway: GatewayClient, servers: ReplicatedServers
) -> None:
    await _pause(servers)
    await RowFactory(gateway.database).device(name="Pump")
    assert await _names(gateway) == []
    await _until_names(gateway, ["Pump"])  # From the primary, since the replica does not move.
    [(_, answers, lag)] = _states(gateway)
    assert (answers, math.isnan(lag)) == (False, True)
    await _resume(servers)
    await _until_replica_answers(gateway, servers)
    [(_, answers, lag)] = _states(gateway)
    assert (answers, 0 <= lag <= MAX_LAG_SECONDS) == (True, True)


def _states(gateway: GatewayClient) -> list[ReplicaState]:
    assert gateway.database.replicas
    return gateway.database.replicas.states()


async def test_the_service_goes_on_without_the_replica_and_uses_it_again_when_it_is_back(
    gateway: GatewayClient, servers: ReplicatedServers
) -> None:
    servers.standby.stop("immediate")
    answers = [await _post(gateway, NAMES) for _ in range(20)]
    assert [answer.json() for answer in answers] == [{"data": {"devices": {"nodes": []}}}] * 20
    await RowFactory(gateway.database).device(name="Pump")
    assert await _names(gateway) == ["Pump"]

    servers.standby.start()
    await _until_replica_answers(gateway, servers)


async def test_reads_go_on_while_the_primary_is_away(gateway: GatewayClient, servers: ReplicatedServers) -> None:
    await _post(gateway, CREATE, {"input": {**NEW, "name": "Pump"}})
    await _until_names(gateway, ["Pump"])
    servers.primary.stop()
    try:
        assert await _names(gateway) == ["Pump"]
        refused = await _post(gateway, CREATE, {"input": {**NEW, "name": "Valve"}})
        assert [error["extensions"]["code"] for error in refused.json()["errors"]] == ["SERVICE_UNAVAILABLE"]
    finally:
        servers.primary.start()


async def test_a_server_that_is_no_replica_answers_nothing(gateway: GatewayClient, servers: ReplicatedServers) -> None:
    settings = gateway.settings.model_copy(update={"replica_urls": (servers.primary.url(),)})
    client = GatewayClient(settings)
    await _names(client)
    await asyncio.sleep(1)
    assert client.database.replicas
    assert [replica.position for replica in client.database.replicas._replicas] == [None]
    await client.close()


async def test_a_replica_of_another_server_that_is_further_answers_nothing(
    gateway: GatewayClient, servers: ReplicatedServers
) -> None:
    other = PostgresServer.new()
    try:
        other.start()
        await migrated(other.url())
        for _ in range(2):
            await fetched(servers.primary.url(), "SELECT pg_switch_wal()")
            await RowFactory(gateway.database).device(name="of another server")
        await _until_replica_answers(gateway, servers)
        client = GatewayClient(gateway.settings.model_copy(update={"database_url": other.url()}))
        assert await _names(client) == []
        await asyncio.sleep(1)  # It is found out at the second look at the latest.
        assert [each.answers for each in _states(client)] == [False]
        await RowFactory(client.database).device(name="of this one")
        assert await _names(client) == ["of this one"]
        await client.close()
    finally:
        other.remove()


async def _post(
    gateway: GatewayClient,
    query: str,
    variables: dict[str, Any] | None = None,
    extensions: dict[str, Any] | None = None,
    headers: Mapping[str, str] = NONE,
) -> httpx.Response:
    return await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": variables, "extensions": extensions},
        headers={"Authorization": f"Bearer {gateway.token()}", **headers},
    )


async def _names(gateway: GatewayClient, position: str | None = None) -> list[str]:
    headers = {"Gateway-Position": position} if position else {}
    answer = (await _post(gateway, NAMES, headers=headers)).json()
    return [node["name"] for node in answer["data"]["devices"]["nodes"]]


async def _until_names(gateway: GatewayClient, names: list[str]) -> None:
    async def are_shown() -> bool:
        return await _names(gateway) == names

    await until(are_shown)


async def _until_replica_answers(gateway: GatewayClient, servers: ReplicatedServers) -> None:
    """Wait until the gateway knows that the replica has all that the primary has."""
    [(position,)] = await fetched(servers.primary.url(), "SELECT pg_current_wal_flush_lsn()::text")
    assert gateway.database.replicas
    [replica] = gateway.database.replicas._replicas

    async def has_come_so_far() -> bool:
        await _names(gateway)
        return replica.position is not None and replica.position >= parse_position(position)

    await until(has_come_so_far)


async def _pause(servers: ReplicatedServers) -> None:
    """Let nothing reach the replica any more."""
    await fetched(servers.standby.url(), "SELECT pg_wal_replay_pause()")

    async def paused() -> bool:
        [(state,)] = await fetched(servers.standby.url(), "SELECT pg_get_wal_replay_pause_state()")
        return bool(state == "paused")

    await until(paused)


async def _resume(servers: ReplicatedServers) -> None:
    await fetched(servers.standby.url(), "SELECT pg_wal_replay_resume()")
