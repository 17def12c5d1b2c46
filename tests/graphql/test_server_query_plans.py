"""The page after a cursor costs on PostgreSQL what it costs on SQLite: an index is used, and nothing is sorted."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gateway.cli.demo_data import load_demo_data
from gateway.db.queries.events import events_cursor
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import PostgreSQLDatabases
from tests.factories import new_uuid
from tests.graphql.event_log import page_of as page_of_log
from tests.graphql.fleet import LIST, ORDER_COLUMNS
from tests.statements import Statement, Statements

pytestmark = pytest.mark.anyio

DEVICES = 2_000
PAGES = LIST.replace("    totalCount\n", "")
SEEKS = {"Index Scan", "Index Only Scan"}
Node = dict[str, Any]


@pytest.fixture(scope="module")
async def filled(
    postgresql: PostgreSQLDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[GatewayClient]:
    with postgresql.copy() as url:
        client = GatewayClient(Settings(database_url=url, key_file=tmp_path_factory.mktemp("key") / "gateway.key"))
        await load_demo_data(client.database, DEVICES, seed=1)
        async with client.database.engine.connect() as connection:
            # By client, as `gateway copy` leaves them: of so few clients, all are read in the order of time otherwise.
            await connection.exec_driver_sql("CLUSTER device USING pk_device")
            await connection.exec_driver_sql("ANALYZE")
            await connection.commit()
        yield client
        await client.close()


async def plan(gateway: GatewayClient, *, token: str | None = None, **variables: Any) -> list[Node]:
    """Return the nodes by which PostgreSQL reads the page that follows the tenth device."""
    page = (await gateway.data(PAGES, {**variables, "first": 10}, token=token))["devices"]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    with Statements(gateway.database).recorded() as recorded:
        await gateway.data(PAGES, {**variables, "first": 10, "after": after}, token=token)
    [statement] = recorded
    return await explained(gateway, statement)


async def explained(gateway: GatewayClient, statement: Statement, setting: str = "enable_seqscan=on") -> list[Node]:
    text, parameters = statement
    async with gateway.database.engine.connect() as connection:
        await connection.exec_driver_sql(f"SET LOCAL {setting}")
        [shown] = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {text}", tuple(parameters))).scalar_one()
    return list(nodes(shown["Plan"]))


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in node.get("Plans", ()):
        yield from nodes(each)


def kinds(found: list[Node]) -> list[str]:
    return [node["Node Type"] for node in found]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ORDER_COLUMNS)
async def test_each_order_seeks_in_an_index(filled: GatewayClient, field: str, direction: str) -> None:
    found = await plan(filled, orderBy=[{"field": field, "direction": direction}])
    assert kinds(found)[0] == "Limit"
    assert set(kinds(found)[1:]) <= SEEKS
    assert all("Index Cond" in node for node in found[1:])


async def test_the_default_order_reads_its_index_from_the_cursor_on(filled: GatewayClient) -> None:
    _, scan = await plan(filled)
    assert scan["Node Type"] in SEEKS
    assert scan["Index Name"] == "ix_device_created_at"
    assert scan["Index Cond"].startswith("(ROW(created_at, id) > ROW(")


@pytest.mark.parametrize("column", ["created_at", "modified_at", "name"])
@pytest.mark.parametrize("by", ["filter", "token"])
async def test_likely_orders_of_a_client_seek_in_an_index(filled: GatewayClient, column: str, by: str) -> None:
    [device] = (await filled.data("{ devices(first: 1) { nodes { clientId } } }"))["devices"]["nodes"]
    order_by = [{"field": column.upper()}]
    if by == "filter":
        _, scan = await plan(filled, filter={"clientId": device["clientId"]}, orderBy=order_by)
    else:
        _, scan = await plan(filled, token=filled.token(clients=[device["clientId"]]), orderBy=order_by)
    assert scan["Node Type"] in SEEKS
    assert scan["Index Name"] == f"ix_device_client_id_{column}"
    assert scan["Index Cond"].startswith("((client_id = ")


async def test_a_search_of_three_characters_uses_the_index_of_trigrams(filled: GatewayClient) -> None:
    # A page of many matches is read in its order; what has to find them all shows how they are found.
    query = "query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }"
    with Statements(filled.database).recorded() as recorded:
        await filled.data(query, {"filter": {"search": "mpe"}})
    [counting] = [statement for statement in recorded if "count(" in statement.text]
    found = await explained(filled, counting, "enable_seqscan=off")
    assert {node["Index Name"] for node in found if node["Node Type"] == "Bitmap Index Scan"} == {
        "ix_device_name_folded_trigrams",
        "ix_device_description_folded_trigrams",
    }


@pytest.mark.parametrize("after", [0, 100, 2_500])
async def test_a_page_of_the_log_seeks_in_an_index_wherever_it_begins(filled: GatewayClient, after: int) -> None:
    looking, page = await log_plans(filled, first=10, after=events_cursor(after))
    assert set(kinds(looking)) == {"Seq Scan", "Index Only Scan"}  # Of the one row that tells how far the log is.
    assert kinds(page) == ["Limit", "Index Scan"]
    assert page[1]["Index Name"] == "ix_device_event_position"
    assert f"\"position\" > '{after}'" in page[1]["Index Cond"]


async def test_the_last_events_of_the_log_are_read_from_its_end(filled: GatewayClient) -> None:
    _, page = await log_plans(filled, last=1)
    assert [page[1][name] for name in ("Index Name", "Scan Direction")] == ["ix_device_event_position", "Backward"]


async def test_the_events_of_few_devices_are_found_by_these(filled: GatewayClient) -> None:
    [device] = (await filled.data("{ devices(first: 1) { nodes { id clientId } } }"))["devices"]["nodes"]
    for token in (None, filled.token(clients=[device["clientId"]])):
        _, page = await log_plans(filled, token, first=10, filter={"deviceIds": [device["id"]]})
        assert {node["Index Name"] for node in page if "Index Name" in node} == {"pk_device_event"}


async def log_plans(gateway: GatewayClient, token: str | None = None, **variables: Any) -> list[list[Node]]:
    """Return how PostgreSQL looks how far the log has come, and then reads a page of it."""
    with Statements(gateway.database).recorded(numbering=True) as recorded:
        await page_of_log(gateway, token, **variables)
    return [await explained(gateway, statement) for statement in recorded[:2]]


async def test_what_clients_have_is_looked_for_under_each_whether_they_have_anything(filled: GatewayClient) -> None:
    absent = [new_uuid(), new_uuid()]
    for field in ("CREATED_AT", "MODIFIED_AT", "NAME", "ID"):
        variables = {"orderBy": [{"field": field}], "filter": {"clientIds": absent}}
        with Statements(filled.database).recorded() as recorded:
            await filled.data(PAGES, variables)
        [statement] = recorded
        [scan] = [node for node in await explained(filled, statement) if node.get("Relation Name") == "device"]
        assert scan["Node Type"] in SEEKS
        assert "client_id = (unnest(" in scan["Index Cond"]
        assert "Filter" not in scan
