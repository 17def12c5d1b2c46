"""A page is the same by whichever indexes SQLite finds its rows, and is read in as few statements as that takes."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.cli.demo_data import load_demo_data
from gateway.db.statements import access_paths
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases
from tests.factories import RowFactory, new_uuid
from tests.graphql.fleet import CLIENTS, FILTERS, LIST, ORDERS, PROJECTS, SPECIFICATIONS, Filter, Fleet, OrderBy, ids_of
from tests.statements import Statements

pytestmark = pytest.mark.anyio

PAGES = LIST.replace("    totalCount\n", "")
BOUNDS = [(3, 9), (0, 60), (0, 1)]
"""How many rows are few, and how many are walked along. Of 60, all are few elsewhere (`test_device_lists`)."""
FOUND: list[Filter] = [
    *({"search": term} for term in ("pum", "SS", "a_b", 'a"b', "Größe")),
    {"barcodeContains": "12"},
    {"barcodeContains": "123", "search": "pum"},
    {"projectId": PROJECTS[0]},
    {"projectIds": [*PROJECTS[:2], PROJECTS[0]]},
    {"deviceSpecificationIds": SPECIFICATIONS[:1]},
    {"createdSince": "2025-03-02T00:00:00.000Z"},
    {"createdSince": "2025-03-02T00:00:00.000Z", "search": "pum"},
    {"clientId": CLIENTS[0], "modifiedBefore": "2025-03-02T00:00:00.001Z"},
    {"clientIds": CLIENTS[1:], "statuses": ["ACTIVE"]},
    {"and": [{"projectId": PROJECTS[0]}, {"projectId": PROJECTS[1]}]},
]


@pytest.fixture(scope="module")
def databases(sqlite: SQLiteDatabases) -> SQLiteDatabases:
    return sqlite


@pytest.mark.parametrize(("few", "walked"), BOUNDS)
@hypothesis_settings(
    max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    filter_=st.sampled_from(FOUND) | FILTERS,
    order_by=ORDERS,
    clients=st.sampled_from([None, CLIENTS[:1], CLIENTS[:2], [CLIENTS[2], new_uuid()]]),
    size=st.integers(1, 20),
)
async def test_pages_are_those_of_the_oracle_however_they_are_read(  # noqa: PLR0917  # fixtures and drawn values
    listed: tuple[GatewayClient, Fleet],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    walked: int,
    filter_: Filter,
    order_by: OrderBy,
    clients: list[Uuid] | None,
    size: int,
) -> None:
    monkeypatch.setattr(access_paths, "FEW", few)
    monkeypatch.setattr(access_paths, "WALKED", walked)
    gateway, fleet = listed
    token = gateway.token(clients=clients)
    reached = {device["id"] for device in fleet.devices if clients is None or device["client_id"] in clients}
    expected = [id_ for id_ in fleet.listed(filter_, order_by) if id_ in reached]

    async def page(**bounds: object) -> tuple[list[str], bool, bool, str | None]:
        variables = {"filter": filter_, "orderBy": order_by, **bounds}
        found = (await gateway.data(LIST, variables, token=token))["devices"]
        assert found["totalCount"] == len(expected)
        info = found["pageInfo"]
        return ids_of(found), info["hasPreviousPage"], info["hasNextPage"], info["endCursor"]

    first, *_, end = read = await page(first=size)
    assert read[:3] == (expected[:size], False, len(expected) > size)
    if first:
        assert (await page(first=size, after=end))[:3] == (expected[size : 2 * size], True, len(expected) > 2 * size)
        assert (await page(last=size, before=end))[0] == expected[: len(first) - 1][-size:]
    assert (await page(last=size))[:3] == (expected[-size:], len(expected) > size, False)


STATEMENTS = {
    "every device": ({}, {}, None, 1),
    "those of one client": ({}, {"field": "NAME"}, CLIENTS[:1], 1),
    "those of some clients": ({}, {"field": "NAME"}, CLIENTS[:2], 1),
    "those of some projects": ({"projectIds": PROJECTS[:2]}, {}, None, 1),
    "few": ({"search": "pum", "barcodeContains": "123"}, {}, None, 1),
    "common ones": ({"search": "pum"}, {}, None, 3),
    "common ones of a client": ({"search": "pum", "clientId": CLIENTS[0]}, {"field": "NAME"}, None, 3),
    "few that the second of two indexes finds": (
        {"search": "pum", "createdSince": "2025-03-03T00:00:00.001Z"},
        {"field": "NAME"},
        None,
        2,
    ),
    "those of a period in another order": ({"createdSince": "2025-03-02T00:00:00Z"}, {"field": "NAME"}, None, 3),
    "those of a period": ({"createdSince": "2025-03-02T00:00:00Z"}, {"field": "CREATED_AT"}, None, 1),
}


@pytest.mark.parametrize(("filter_", "order", "clients", "count"), STATEMENTS.values(), ids=STATEMENTS)
async def test_a_page_takes_as_many_statements_as_ways_are_tried(  # noqa: PLR0917  # fixtures and parameters
    listed: tuple[GatewayClient, Fleet],
    monkeypatch: pytest.MonkeyPatch,
    filter_: Filter,
    order: dict[str, str],
    clients: list[Uuid] | None,
    count: int,
) -> None:
    monkeypatch.setattr(access_paths, "FEW", 15)
    monkeypatch.setattr(access_paths, "WALKED", 40)
    gateway, _ = listed
    variables = {"filter": filter_, "orderBy": [order] if order else [], "first": 2}
    with Statements(gateway.database).recorded() as recorded:
        await gateway.data(PAGES, variables, token=gateway.token(clients=clients))
    assert len(recorded) == count


COUNTED: dict[str, tuple[Filter, str, dict[str, Any], int, int]] = {
    "the first page": ({"search": "pum"}, "totalCount", {"first": 2}, 1, 4),
    "the last page": ({"search": "pum"}, "totalCount", {"last": 2}, 1, 4),
    "an empty page": ({"search": "pum"}, "totalCount", {"first": 0}, 1, 4),
    "a list of nothing": ({"search": "pump 9"}, "totalCount", {}, 1, 0),
    "no further than asked for": ({"search": "pum"}, "totalCount(atMost: 3)", {"first": 2}, 1, 3),
    "under two names": ({"search": "pum"}, "totalCount twice: totalCount(atMost: 3)", {"first": 2}, 1, 4),
    "more than a few": ({"search": "p"}, "totalCount", {"first": 2}, 2, 5),
}


@pytest.mark.parametrize(("filter_", "count", "bounds", "statements", "total"), COUNTED.values(), ids=COUNTED)
async def test_a_list_of_few_rows_is_counted_with_its_page(  # noqa: PLR0917  # fixtures and parameters
    gateway: GatewayClient,
    factory: RowFactory,
    filter_: Filter,
    count: str,
    bounds: dict[str, Any],
    statements: int,
    total: int,
) -> None:
    for name in ("Pump 1", "Pump 2", "Pump 3", "Pump 4", "Pipe"):
        await factory.device(name=name)
    query = f"""query ($filter: DeviceFilter, $first: Int, $last: Int) {{
      devices(filter: $filter, first: $first, last: $last) {{ {count} }}
    }}"""
    with Statements(gateway.database).recorded() as recorded:
        devices = (await gateway.data(query, {"filter": filter_, **bounds}))["devices"]
    assert devices["totalCount"] == total
    assert len(recorded) == statements


async def test_a_list_is_counted_by_itself_where_a_cursor_bounds_the_page(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    for number in range(4):
        await factory.device(name=f"Pump {number}")
    variables = {"filter": {"search": "pump"}, "first": 3}
    first = (await gateway.data(LIST, variables))["devices"]
    with Statements(gateway.database).recorded() as recorded:
        second = (await gateway.data(LIST, {**variables, "after": first["pageInfo"]["endCursor"]}))["devices"]
    assert [(page["totalCount"], len(page["edges"])) for page in (first, second)] == [(4, 3), (4, 1)]
    assert len(recorded) == 2


async def test_a_walk_that_comes_to_the_end_of_the_list_has_found_all(
    gateway: GatewayClient, factory: RowFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_paths, "FEW", 0)
    for number in range(4):
        await factory.device(name=f"Pump {number}")
    variables = {"filter": {"search": "pump"}, "orderBy": [{"field": "NAME"}], "first": 250}
    page = (await gateway.data(PAGES, variables))["devices"]
    assert len(page["edges"]) == 4
    assert page["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["CREATED_AT", "MODIFIED_AT", "NAME", "CLIENT_ID"])
async def test_the_rows_of_many_clients_are_read_in_the_order_of_each(
    gateway: GatewayClient, statements: Statements, field: str, direction: str
) -> None:
    await load_demo_data(gateway.database, 200, seed=1)
    clients = {
        each["clientId"] for each in (await gateway.data("{ devices { nodes { clientId } } }"))["devices"]["nodes"]
    }
    with statements.recorded() as recorded:
        variables = {"orderBy": [{"field": field, "direction": direction}], "first": 10}
        await gateway.data(PAGES, variables, token=gateway.token(clients=clients))
    [(text, parameters)] = recorded
    async with gateway.database.engine.connect() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(parameters))
        [step] = [each.detail for each in plan if each.detail.startswith("SEARCH device")]
    columns = "id" if field == "CLIENT_ID" else field.lower()
    assert f"(client_id=? AND {columns}>?)" in step
