"""How many shards of a cluster a statement goes to, as its servers explain it (`EXPLAIN`)."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.db.session import Session
from gateway.db.statements.reader import Reader
from gateway.settings import Settings
from tests.citus import SHARDS, CitusDatabases
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, RowFactory, new_uuid
from tests.statements import Statement, Statements

pytestmark = pytest.mark.anyio

IMEI, OTHER_IMEI = "490154203237518", "356938035643809"
NEW_DEVICE = {
    "name": "Pump",
    "clientId": CLIENT,
    "projectId": PROJECT,
    "deviceSpecificationId": SPECIFICATION,
    "networkAdapters": [{"cellular": {"imei": OTHER_IMEI}}],
}
FIELDS = "id name clientId networkAdapters { ... on CommonNetworkAdapter { id urn device { id } } }"
GROUPS = "deviceGroups(first: 5) { totalCount nodes { id name devices(first: 5) { nodes { id } } } }"
PAGE = f"nodes {{ {FIELDS} {GROUPS} history(first: 5) {{ nodes {{ id changes {{ field }} }} }} }}"
ERRORS = "userErrors { code }"

# What is asked, with the words in capital letters put in; each is of one client, for a caller who reaches it alone.
READS = {
    "a fleet page": f"{{ devices(first: 10) {{ {PAGE} totalCount }} }}",
    "a page by name": "{ devices(orderBy: [{field: NAME, direction: ASC}]) { nodes { id } } }",
    "a page by barcode": "{ devices(orderBy: [{field: BARCODE, direction: DESC}]) { nodes { id } } }",
    "the page after another": '{ devices(first: 1, after: "CURSOR") { nodes { id } } }',
    "a search": '{ devices(filter: {search: "pump"}) { nodes { id } totalCount } }',
    "a filter by group": '{ devices(filter: {deviceGroupIds: ["GROUP"]}) { nodes { id } } }',
    "a filter by adapters": "{ devices(filter: {networkAdapterTypes: [CELLULAR]}) { nodes { id } } }",
    "devices by id": '{ devices(filter: {ids: ["DEVICE"]}) { nodes { id } } }',
    "a device by id": '{ device(identifier: "DEVICE") { name } }',
    "groups": "{ deviceGroups { nodes { id name devices { totalCount nodes { id name } } } totalCount } }",
    "a group by id": '{ deviceGroup(id: "GROUP") { name } }',
    "a link": '{ device(identifier: "DEVICE") { deviceGroupLink(deviceGroupId: "GROUP") { createdAt } } }',
    "a history": '{ deviceHistory(deviceId: "DEVICE") { nodes { id type } totalCount } }',
    "the log": "{ deviceEvents(first: 10) { nodes { id type device { id } } totalCount } }",
    "the log of a device": '{ deviceEvents(filter: {deviceIds: ["DEVICE"]}) { nodes { id } } }',
    "the log of devices that match": '{ deviceEvents(last: 2, filter: {device: {search: "pump"}}) { nodes { id } } }',
    "any object": '{ node(id: "ADAPTER") { id } }',
}
CHANGES = {
    "an update": f'mutation {{ updateDevice(input: {{device: "DEVICE", name: "Valve"}}) {{ {ERRORS} }} }}',
    "an addition to a group": f'mutation {{ addDeviceToGroup(input: {{device: "OTHER", deviceGroupId: "GROUP"}}) '
    f"{{ {ERRORS} }} }}",
    "a removal from a group": f'mutation {{ removeDeviceFromGroup(input: {{device: "DEVICE", deviceGroupId: "GROUP"}}) '
    f"{{ {ERRORS} }} }}",
    "the end of a group": f'mutation {{ deleteDeviceGroup(input: {{id: "GROUP"}}) {{ {ERRORS} }} }}',
}
LOOKUPS = {
    "by IMEI": f'{{ device(identifier: "imei:{IMEI}") {{ name }} }}',
    "by id": '{ device(identifier: "DEVICE") { name } }',
}
ORDERED = {
    "created": "{ devices(first: 10) { nodes { id } } }",
    "by name": "{ devices(first: 10, orderBy: [{field: NAME, direction: ASC}]) { nodes { id } } }",
}


@pytest.fixture
def settings(citus: CitusDatabases, tmp_path: Path) -> Iterator[Settings]:
    with citus.copy() as url:
        yield Settings(database_url=url, key_file=tmp_path / "gateway.key")


@pytest.fixture
async def words(gateway: GatewayClient, factory: RowFactory) -> dict[str, str]:
    """Return what words in queries stand for: rows of one client, beside others of another one."""
    for client in (OTHER_CLIENT, new_uuid()):
        await factory.adapter(await factory.device(client_id=client))
    device, other = await factory.device(name="Pump 1"), await factory.device(name="Pump 2")
    adapter, group = await factory.adapter(device, identifier=IMEI), await factory.group()
    await factory.link(device, group)
    await factory.event(device)
    await gateway.data("{ deviceEvents { nodes { id } } }")  # It gets its position.
    page = await gateway.data(
        f'{{ devices(first: 1, filter: {{clientId: "{CLIENT}"}}) {{ pageInfo {{ endCursor }} }} }}'
    )
    return {
        "DEVICE": device["id"],
        "OTHER": other["id"],
        "ADAPTER": adapter["id"],
        "GROUP": group["id"],
        "CURSOR": page["devices"]["pageInfo"]["endCursor"],
    }


def filled(query: str, words: dict[str, str]) -> str:
    return re.sub(r"\b(DEVICE|OTHER|ADAPTER|GROUP|CURSOR)\b", lambda word: words[word[1]], query)


def literal(value: Any) -> str:
    if isinstance(value, list):
        return f"'{{{','.join(value)}}}'"
    return str(value) if isinstance(value, int) else f"'{value}'"


async def plan(reader: Reader, statement: Statement) -> str:
    """Return how the coordinator would run a statement."""
    # With its values in it: Citus explains no INSERT of what is selected by parameters.
    text = re.sub(r"\$(\d+)", lambda place: literal(statement.parameters[int(place[1]) - 1]), statement.text)
    rows = await reader._fetch(f"EXPLAIN (COSTS OFF) {text}", ())
    return "\n".join(line for (line,) in rows)


async def tasks(gateway: GatewayClient, statements: Sequence[Statement]) -> list[int]:
    """Return to how many shards each statement goes."""
    session = Session(gateway.database)
    plans = [await plan(session, statement) for statement in statements]
    return [sum(map(int, re.findall(r"Task Count: (\d+)", each))) for each in plans]


@pytest.mark.parametrize("query", READS.values(), ids=READS)
async def test_what_one_client_reads_is_on_one_shard(
    gateway: GatewayClient, words: dict[str, str], statements: Statements, query: str
) -> None:
    with statements.recorded(lookups=True) as recorded:
        await gateway.data(filled(query, words), token=gateway.token(clients=[CLIENT]))
    assert recorded
    assert await tasks(gateway, recorded) == [1] * len(recorded)


@pytest.mark.usefixtures("words")
async def test_how_far_the_log_has_come_is_asked_of_the_coordinator_and_one_clients_shard(
    gateway: GatewayClient, statements: Statements
) -> None:
    with statements.recorded(lookups=True, numbering=True) as recorded:
        await gateway.data("{ deviceEvents { nodes { id device { id } } } }", token=gateway.token(clients=[CLIENT]))
    assert await tasks(gateway, recorded) == [2, 1, 1]


@pytest.mark.parametrize("query", CHANGES.values(), ids=CHANGES)
async def test_what_one_client_changes_is_on_one_shard(
    gateway: GatewayClient, words: dict[str, str], statements: Statements, query: str
) -> None:
    with statements.recorded(lookups=True) as recorded:
        answer = await gateway.data(filled(query, words), token=gateway.token(clients=[CLIENT]))
    assert [payload["userErrors"] for payload in answer.values()] == [[]]
    assert await tasks(gateway, recorded) == [1] * len(recorded)


@pytest.mark.usefixtures("words")
async def test_a_creation_is_on_the_shard_of_its_client_and_those_of_its_identifiers(
    gateway: GatewayClient, statements: Statements
) -> None:
    mutation = "mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { userErrors { code } } }"
    with statements.recorded(lookups=True) as recorded:
        await gateway.data(mutation, {"input": NEW_DEVICE}, token=gateway.token(clients=[CLIENT]))
    found = dict(zip([each.text.split()[2] for each in recorded], await tasks(gateway, recorded), strict=True))
    directory = found.pop("directory")
    assert found == {"device": 1, "network_adapter": 1, "device_event": 1}
    assert directory in {1, 2}


@pytest.mark.parametrize("query", LOOKUPS.values(), ids=LOOKUPS)
async def test_who_reaches_every_client_finds_a_device_by_two_statements_on_one_shard_each(
    gateway: GatewayClient, words: dict[str, str], statements: Statements, query: str
) -> None:
    with statements.recorded(lookups=True) as recorded:
        assert (await gateway.data(filled(query, words)))["device"] == {"name": "Pump 1"}
    assert await tasks(gateway, recorded) == [1, 1]


@pytest.mark.usefixtures("words")
async def test_what_is_nested_in_devices_of_one_client_is_on_its_shard_for_who_reaches_every_client(
    gateway: GatewayClient, statements: Statements
) -> None:
    query = f'{{ devices(first: 10, filter: {{clientId: "{CLIENT}"}}) {{ nodes {{ {FIELDS} {GROUPS} }} totalCount }} }}'
    with statements.recorded(lookups=True) as recorded:
        await gateway.data(query)
    assert await tasks(gateway, recorded) == [1] * len(recorded)


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("query", ORDERED.values(), ids=ORDERED)
async def test_a_list_over_all_clients_merges_an_ordered_page_of_each_shard(
    gateway: GatewayClient, statements: Statements, query: str
) -> None:
    with statements.recorded(lookups=True) as recorded:
        await gateway.data(query)
    assert await tasks(gateway, recorded) == [SHARDS]
    _, _, on_a_shard = (await plan(Session(gateway.database), recorded[0])).partition("Tasks Shown: One of 8")
    assert "Limit" in on_a_shard
