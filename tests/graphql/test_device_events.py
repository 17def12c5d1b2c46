"""The log of all events as a list: its pages, its filters against the oracle in `event_log`, and its cursors."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.db.queries.events import events_cursor
from gateway.domain.enums import DeviceEventType, Scope
from gateway.domain.quoting import quoted
from gateway.graphql.costs import FURTHER_FILTER, SCAN, STATEMENT
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, RowFactory, new_uuid
from tests.graphql.event_log import LOG, EventLog, ids_of, page_of
from tests.graphql.fleet import CLIENTS, FILTERS, FIRST_IDS, Fleet
from tests.statements import Statements

pytestmark = pytest.mark.anyio

Logged = tuple[GatewayClient, EventLog]
DEVICES = 24


@pytest.fixture(scope="module")
async def logged(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Logged]:
    with databases.copy() as url:
        key_file = tmp_path_factory.mktemp("log") / "gateway.key"
        gateway = GatewayClient(Settings(database_url=url, key_file=key_file, max_cost=10**9))
        fleet = Fleet()
        await fleet.populate(RowFactory(gateway.database), DEVICES, Random(7))
        log = EventLog(fleet)
        await log.populate(gateway.database, Random(8))
        yield gateway, log
        await gateway.close()


def _some(values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=3)


EVENT_FILTERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "types": _some(DeviceEventType),
        "deviceIds": _some(FIRST_IDS),
        "clientIds": _some(CLIENTS),
        "device": FILTERS,
    },
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    filter_=EVENT_FILTERS,
    clients=st.none() | st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=2, unique=True),
    window=st.tuples(st.integers(0, 4 * DEVICES), st.integers(1, 4 * DEVICES + 1)),
    size=st.integers(0, 20),
    backward=st.booleans(),
)
async def test_a_page_holds_what_the_oracle_says(
    logged: Logged,
    filter_: dict[str, Any],
    clients: list[str] | None,
    window: tuple[int, int],
    size: int,
    *,
    backward: bool,
) -> None:
    gateway, log = logged
    token = None if clients is None else gateway.token(clients=clients)  # type: ignore[arg-type]  # they are UUIDs
    after, before = window
    listed = log.listed(filter_, clients)
    positions = {event["id"]: position for position, event in enumerate(log.events, 1)}
    within = [id_ for id_ in listed if after < positions[id_] < before]
    page = await page_of(
        gateway,
        token,
        filter=filter_,
        after=events_cursor(after),
        before=events_cursor(min(before, len(log.events))) if before <= len(log.events) else None,
        **{"last" if backward else "first": size},
    )
    expected = within[max(0, len(within) - size) :] if backward else within[:size]
    assert ids_of(page) == expected
    assert page["totalCount"] == len(listed)
    assert page["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"] == (len(within) > size)
    assert [edge["cursor"] for edge in page["edges"]] == [events_cursor(positions[id_]) for id_ in expected]


@pytest.mark.parametrize("filter_", [{}, {"clientIds": CLIENTS[:1]}, {"types": ["DEVICE_DELETED", "DEVICE_CREATED"]}])
async def test_walks_forward_and_backward_give_every_event_once(logged: Logged, filter_: dict[str, Any]) -> None:
    gateway, log = logged
    walks: dict[str, list[str]] = {"first": [], "last": []}
    for size, walked in walks.items():
        to, end, more = ("after", "endCursor", "hasNextPage")
        if size == "last":
            to, end, more = ("before", "startCursor", "hasPreviousPage")
        cursor, goes_on = None, True
        while goes_on:
            variables: dict[str, Any] = {size: 7, to: cursor}
            page = await page_of(gateway, filter=filter_, **variables)
            walked[:] = walked + ids_of(page) if size == "first" else ids_of(page) + walked
            cursor, goes_on = page["pageInfo"][end], page["pageInfo"][more]
    assert walks == dict.fromkeys(walks, log.listed(filter_))


async def test_the_last_one_finds_where_now_is(gateway: GatewayClient) -> None:
    cursor = (await page_of(gateway, last=1))["pageInfo"]["endCursor"]
    assert cursor is None
    seen = []
    for name in ("Lamp", "Pump"):
        await create(gateway, name)
        page = await page_of(gateway, after=cursor, first=10)
        seen.append(len(page["edges"]))
        cursor = (await page_of(gateway, last=1))["pageInfo"]["endCursor"]
        assert cursor == page["pageInfo"]["endCursor"]
        assert ids_of(await page_of(gateway, after=cursor)) == []
    assert seen == [1, 1]


async def create(gateway: GatewayClient, name: str, **values: Any) -> str:
    mutation = "mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { device { id } } }"
    owned = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
    made = await gateway.data(mutation, {"input": {"name": name, **owned, **values}})
    return str(made["createDevice"]["device"]["id"])


async def change(gateway: GatewayClient, mutation: str, **input_: Any) -> None:
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation ($input: {type_}) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    assert (await gateway.data(query, {"input": input_}))[mutation]["userErrors"] == []


async def told(gateway: GatewayClient, filter_: Any = None, token: str | None = None) -> list[tuple[str, int]]:
    """Return what the log tells: types of events, with the versions that they made."""
    query = "query ($filter: DeviceEventFilter) { deviceEvents(filter: $filter) { nodes { type version } } }"
    nodes = (await gateway.data(query, {"filter": filter_}, token=token))["deviceEvents"]["nodes"]
    return [(node["type"], node["version"]) for node in nodes]


async def test_a_deletion_is_told_whatever_the_device_was(gateway: GatewayClient) -> None:
    id_ = await create(gateway, "Lamp")
    await change(gateway, "updateDevice", device=id_, name="Pump")
    matching, other = {"device": {"search": "pump"}}, {"device": {"search": "lamp"}}
    both = [("DEVICE_CREATED", 1), ("DEVICE_UPDATED", 2)]
    assert (await told(gateway, matching), await told(gateway, other)) == (both, [])
    await change(gateway, "deleteDevice", device=id_)
    deletion = [("DEVICE_DELETED", 3)]
    assert (await told(gateway, matching), await told(gateway, other)) == (deletion, deletion)
    assert await told(gateway, {**matching, "types": ["DEVICE_UPDATED"]}) == []
    assert await told(gateway, {**matching, "deviceIds": [new_uuid()]}) == []


async def test_of_a_device_that_has_moved_its_former_client_is_told_what_was_in_its_time(
    gateway: GatewayClient,
) -> None:
    id_ = await create(gateway, "Lamp")
    await change(gateway, "updateDevice", device=id_, clientId=OTHER_CLIENT, name="Pump")
    await change(gateway, "updateDevice", device=id_, name="Valve")
    former, present = gateway.token(clients=[CLIENT]), gateway.token(clients=[OTHER_CLIENT])
    first, then = [("DEVICE_CREATED", 1)], [("DEVICE_UPDATED", 2), ("DEVICE_UPDATED", 3)]
    assert (await told(gateway, token=former), await told(gateway, token=present)) == (first, then)
    assert await told(gateway, {"clientIds": [CLIENT]}) == first
    assert await told(gateway, {"clientIds": [OTHER_CLIENT]}) == then
    # What it is now is none of the former client's business.
    now = {"device": {"search": "valve"}}
    assert (await told(gateway, now, former), await told(gateway, now, present)) == ([], then)
    assert await told(gateway, now) == first + then


async def test_a_filter_by_group_needs_its_scope(gateway: GatewayClient) -> None:
    answer = await gateway.ask(
        LOG,
        {"filter": {"device": {"deviceGroupIds": [new_uuid()]}}},
        token=gateway.token(scopes=[Scope.DEVICE_READ]),
    )
    assert answer.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("name", ["types", "deviceIds", "clientIds"])
async def test_a_list_without_an_item_is_refused(gateway: GatewayClient, name: str) -> None:
    answer = await gateway.ask(LOG, {"filter": {name: []}})
    assert [(error["extensions"]["code"], error["message"]) for error in answer.errors] == [
        ("BAD_USER_INPUT", f"{name}: the list is empty, so no event would match; expected at least one item.")
    ]


CURSORS = {
    "damaged": ("x", '{argument}: "x" is not a cursor; expected one that the gateway returned, unchanged.'),
    "of devices": (
        "{{ devices {{ pageInfo {{ endCursor }} }} }}",
        "{argument}: {cursor} is a cursor of another list or order; expected one that was made for position.",
    ),
    "of a history": (
        '{{ devices: deviceHistory(deviceId: "{id}") {{ pageInfo {{ endCursor }} }} }}',
        "{argument}: {cursor} is a cursor of another list or order; expected one that was made for position.",
    ),
    "from the future": (
        events_cursor(2),
        "{argument}: the cursor names the position 2, but the log ends at 1; expected one that the gateway returned.",
    ),
}


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(("cursor", "message"), CURSORS.values(), ids=CURSORS)
async def test_a_cursor_that_is_none_of_the_log_is_refused(
    gateway: GatewayClient, argument: str, cursor: str, message: str
) -> None:
    id_ = await create(gateway, "Lamp")
    if "{" in cursor:
        cursor = (await gateway.data(cursor.format(id=id_)))["devices"]["pageInfo"]["endCursor"]
    answer = await gateway.ask(LOG, {argument: cursor})
    assert [error["message"] for error in answer.errors] == [message.format(argument=argument, cursor=quoted(cursor))]
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.data == {"deviceEvents": None}


@pytest.mark.parametrize(
    ("filter_", "price"),
    [
        ({}, STATEMENT),
        ({"types": ["DEVICE_DELETED"]}, SCAN),
        ({"deviceIds": [CLIENT], "types": ["DEVICE_DELETED"]}, STATEMENT),
        ({"clientIds": [CLIENT]}, STATEMENT),
        ({"device": {"ids": [CLIENT]}}, SCAN + FURTHER_FILTER),
        ({"deviceIds": [CLIENT], "device": {"and": [{"search": "abc"}]}}, STATEMENT + 2 * FURTHER_FILTER),
    ],
)
async def test_a_page_costs_what_may_be_looked_at(gateway: GatewayClient, filter_: Any, price: int) -> None:
    query = "query ($filter: DeviceEventFilter) { deviceEvents(first: 10, filter: $filter) { nodes { id } } }"
    response: httpx.Response = await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": {"filter": filter_}},
        headers={"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"},
    )
    # And how far the log has come is asked for.
    assert response.json()["extensions"]["cost"] == {"requested": 2 + 10 * 2 + STATEMENT + price}


async def test_a_page_with_all_that_is_beneath_takes_few_statements(
    gateway: GatewayClient, statements: Statements
) -> None:
    ids = [await create(gateway, name) for name in ("Lamp", "Pump")]
    query = "{ deviceEvents { nodes { deviceId changes { field } device { id networkAdapters { __typename } } } } }"
    await gateway.data(query)  # The events get their positions.
    with statements.recorded(numbering=True) as recorded:
        nodes = (await gateway.data(query))["deviceEvents"]["nodes"]
    assert [node["device"]["id"] for node in nodes] == ids
    # How far the log has come, the page, the devices of all its events, and all their adapters.
    assert len(recorded) == 4
