"""The page at the end of a million rows costs what the first one costs: an index is used, and nothing is sorted.

These are the plans of SQLite; those of PostgreSQL are in `test_server_query_plans`.
"""

import itertools
import sqlite3
from contextlib import closing

import pytest

from gateway.cli.demo_data import load_demo_data
from gateway.db.queries.adapters import adapters_by_identifier
from gateway.db.queries.events import events_cursor
from gateway.db.session import Session
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from tests.client import SUBJECT, GatewayClient
from tests.databases import SQLiteDatabases, file_of
from tests.factories import CLIENT, OTHER_CLIENT
from tests.graphql.event_log import page_of as page_of_log
from tests.graphql.fleet import LIST, ORDER_COLUMNS
from tests.statements import Statement, Statements

pytestmark = pytest.mark.anyio

DEVICES = 200
INSTRUCTIONS_A_LOOK = 100
"""Of SQLite's virtual machine."""


@pytest.fixture(scope="module")
def databases(sqlite: SQLiteDatabases) -> SQLiteDatabases:
    return sqlite


@pytest.fixture
async def filled(gateway: GatewayClient) -> GatewayClient:
    await load_demo_data(gateway.database, DEVICES, seed=1)
    return gateway


async def _plan(
    gateway: GatewayClient, statements: Statements, *, token: str | None = None, **variables: object
) -> str:
    """Return how SQLite reads the page that follows the tenth device."""
    query = LIST.replace("    totalCount\n", "")
    page = (await gateway.data(query, {**variables, "first": 10}, token=token))["devices"]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    with statements.recorded() as recorded:
        await gateway.data(query, {**variables, "first": 10, "after": after}, token=token)
    [(text, parameters)] = recorded
    async with gateway.database.engine.connect() as connection:
        steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
        # An index that holds all that is selected is even better.
        return "\n".join(step.detail.replace("COVERING INDEX", "INDEX") for step in steps)


async def test_the_default_order_seeks_in_an_index(filled: GatewayClient, statements: Statements) -> None:
    assert await _plan(filled, statements) == "SEARCH device USING INDEX ix_device_created_at ((created_at,id)>(?,?))"


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDER_COLUMNS)
async def test_each_order_seeks_in_an_index(
    filled: GatewayClient, statements: Statements, field: str, direction: str
) -> None:
    plan = await _plan(filled, statements, orderBy=[{"field": field, "direction": direction}])
    assert plan.startswith("SEARCH device USING INDEX ")
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("column", ["created_at", "modified_at", "name"])
@pytest.mark.parametrize("by", ["filter", "token"])
async def test_likely_orders_of_a_client_seek_in_an_index(
    filled: GatewayClient, statements: Statements, column: str, by: str
) -> None:
    client_id = (await filled.data("{ devices(first: 1) { nodes { clientId } } }"))["devices"]["nodes"][0]["clientId"]
    order_by = [{"field": column.upper()}]
    if by == "filter":
        plan = await _plan(filled, statements, filter={"clientId": client_id}, orderBy=order_by)
    else:
        plan = await _plan(filled, statements, token=filled.token(clients=[client_id]), orderBy=order_by)
    assert plan == (f"SEARCH device USING INDEX ix_device_client_id_{column} (client_id=? AND ({column},id)>(?,?))")


BY_ID = {
    "device": ('{ device(identifier: "ID") { name } }', "SEARCH device USING INDEX ix_device_id (id=?)"),
    "group": ('{ deviceGroup(id: "ID") { name } }', "SEARCH device_group USING INDEX ix_device_group_id (id=?)"),
    "object": ('{ nodes(ids: ["ID"]) { id } }', "SEARCH device USING INDEX ix_device_id (id=?)"),
    "identifiers": (
        '{ devicesByIdentifier(identifiers: ["ID"]) { name } }',
        "SEARCH directory USING PRIMARY KEY (identifier=?)",
    ),
    "filter": (
        '{ devices(filter: {ids: ["ID"]}) { nodes { name } } }',
        "SEARCH device USING INDEX ix_device_id (id=?)",
    ),
}


@pytest.mark.parametrize(("query", "step"), BY_ID.values(), ids=BY_ID)
async def test_what_has_an_id_is_found_by_it_and_not_under_each_client_of_a_token(
    filled: GatewayClient, statements: Statements, query: str, step: str
) -> None:
    [device] = (await filled.data("{ devices(first: 1) { nodes { id clientId } } }"))["devices"]["nodes"]
    token = filled.token(clients=[device["clientId"], OTHER_CLIENT])
    with statements.recorded() as recorded:
        await filled.data(query.replace("ID", device["id"]), token=token)
    text, parameters = recorded[0]
    async with filled.database.engine.connect() as connection:
        plan = [each.detail for each in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)]
    assert plan[0] == step


@pytest.mark.parametrize("clients", [None, {CLIENT}, {CLIENT, OTHER_CLIENT}], ids=["every", "one", "two"])
async def test_adapters_are_found_by_what_identifies_them(
    filled: GatewayClient, statements: Statements, clients: set[Uuid] | None
) -> None:
    caller = Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset(clients) if clients else None)
    imei = DeviceIdentifier("490154203237518", NetworkAdapterType.CELLULAR)
    with statements.recorded() as recorded:
        await adapters_by_identifier(Session(filled.database), caller, [imei])
    [(text, parameters)] = recorded
    async with filled.database.engine.connect() as connection:
        plan = [each.detail for each in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)]
    assert [step for step in plan if step.startswith("SEARCH")] == [
        "SEARCH network_adapter USING PRIMARY KEY (device_id=?)",
        "SEARCH directory USING PRIMARY KEY (identifier=?)",
    ]


COUNTS = {
    "by status": ("facets(by: STATUS) { field }", {}, ["SCAN device USING INDEX ix_device_status"]),
    "by specification": (
        "facets(by: DEVICE_SPECIFICATION_ID) { field }",
        {},
        ["SCAN device USING INDEX ix_device_device_specification_id"],
    ),
    # In the order of the table, where another order would look for each row.
    "by client, of one status": ("facets(by: CLIENT_ID) { field }", {"statuses": ["ACTIVE"]}, ["SCAN device"]),
    "by type": ("facets(by: NETWORK_ADAPTER_TYPE) { field }", {}, ["SCAN facet_adapter"]),
    "by type, of one status": (
        "facets(by: NETWORK_ADAPTER_TYPE) { field }",
        {"statuses": ["ACTIVE"]},
        [
            "SEARCH facet_adapter USING PRIMARY KEY (device_id=?)",
            "SEARCH device USING INDEX ix_device_status (status=?)",
        ],
    ),
    "by group": (
        "facets(by: DEVICE_GROUP_ID) { field }",
        {},
        ["SCAN facet_link USING INDEX ix_device_group_link_device_group_id"],
    ),
    "of one status": (
        "totalCount",
        {"statuses": ["ACTIVE"]},
        ["SEARCH device USING INDEX ix_device_status (status=?)"],
    ),
    # The adapters are read once, and not looked for at each device.
    "of one type": (
        "totalCount",
        {"networkAdapterTypes": ["LORA"]},
        ["SCAN device USING INDEX ix_device_id", "SCAN network_adapter"],
    ),
}


@pytest.mark.parametrize(("selected", "filter_", "steps"), COUNTS.values(), ids=COUNTS)
async def test_devices_are_counted_in_the_order_in_which_what_is_read_lies(
    filled: GatewayClient, statements: Statements, selected: str, filter_: object, steps: list[str]
) -> None:
    query = f"query ($filter: DeviceFilter) {{ devices(first: 0, filter: $filter) {{ {selected} }} }}"
    with statements.recorded() as recorded:
        await filled.data(query, {"filter": filter_})
    taken = await _steps(filled, recorded[-1])
    assert [step for step in taken if step.startswith(("SCAN device", "SEARCH", "SCAN facet", "SCAN network"))] == steps


async def test_that_devices_are_in_no_group_is_found_without_a_look_at_each_link(
    filled: GatewayClient, statements: Statements
) -> None:
    groups = (await filled.data("{ deviceGroups(first: 250) { nodes { id } } }"))["deviceGroups"]["nodes"]
    query = "query ($ids: [ID!]) { devices(filter: { not: { deviceGroupIds: $ids } }) { totalCount } }"
    with statements.recorded() as recorded:
        data = await filled.data(query, {"ids": [group["id"] for group in groups]})
    assert 0 < data["devices"]["totalCount"] < DEVICES
    looks = itertools.count()
    with closing(sqlite3.connect(file_of(filled.database.url))) as connection:
        [links] = connection.execute("SELECT count(*) FROM device_group_link").fetchone()
        connection.set_progress_handler(lambda: next(looks) and 0, INSTRUCTIONS_A_LOOK)
        connection.execute(*recorded[-1]).fetchall()
    # A few for each device and each link, and not for each pair of them.
    assert next(looks) * INSTRUCTIONS_A_LOOK < 10 * (DEVICES + links)


RANGE = "position>? AND position<?"
LOG_STEPS = {
    "of every client": (False, False, f"SEARCH device_event USING INDEX ix_device_event_position ({RANGE})"),
    "of one client": (
        True,
        False,
        f"SEARCH device_event USING INDEX ix_device_event_client_id_position (client_id=? AND {RANGE})",
    ),
    "of a device": (False, True, "SEARCH device_event USING PRIMARY KEY (device_id=?)"),
    "of one client's device": (True, True, "SEARCH device_event USING PRIMARY KEY (device_id=?)"),
}


@pytest.mark.parametrize(("by_client", "by_device", "step"), LOG_STEPS.values(), ids=LOG_STEPS)
async def test_a_page_of_the_log_seeks_in_an_index_wherever_it_begins(
    filled: GatewayClient, statements: Statements, step: str, *, by_client: bool, by_device: bool
) -> None:
    [device] = (await filled.data("{ devices(first: 1) { nodes { id clientId } } }"))["devices"]["nodes"]
    token = filled.token(clients=[device["clientId"]]) if by_client else None
    filter_ = {"deviceIds": [device["id"]]} if by_device else None
    with statements.recorded(numbering=True) as recorded:
        await page_of_log(filled, token, first=10, after=events_cursor(100), filter=filter_)
    looking, page, _ = [await _steps(filled, statement) for statement in recorded]
    # Whether there is any without a position is no look at each of them.
    [look] = [each for each in looking if "device_event" in each]
    assert look.startswith("SEARCH device_event USING INDEX")
    assert page[0] == step
    assert ("USE TEMP B-TREE FOR ORDER BY" in page) == by_device


async def test_a_page_of_the_log_of_many_clients_seeks_in_the_index_of_each(
    filled: GatewayClient, statements: Statements
) -> None:
    [device] = (await filled.data("{ devices(first: 1) { nodes { clientId } } }"))["devices"]["nodes"]
    clients = [device["clientId"], OTHER_CLIENT]
    for token, filter_ in ((filled.token(clients=clients), None), (None, {"clientIds": clients})):
        with statements.recorded(numbering=True) as recorded:
            await page_of_log(filled, token, first=10, filter=filter_)
        steps = await _steps(filled, recorded[1])
        [search] = [each for each in steps if each.startswith("SEARCH")]
        assert search.startswith("SEARCH device_event USING INDEX ix_device_event_client_id_position (client_id=? AND ")


async def _steps(gateway: GatewayClient, statement: Statement) -> list[str]:
    async with gateway.database.engine.connect() as connection:
        steps = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", tuple(statement.parameters))
        return [step.detail.replace("COVERING INDEX", "INDEX") for step in steps]
