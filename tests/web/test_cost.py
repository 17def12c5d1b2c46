"""The header GraphQL-Cost, and the limit on the cost of an operation."""

from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from gateway.graphql.costs import FURTHER_FILTER, SCAN, SORTED, STATEMENT
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import CLIENT, PROJECT, RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio

SINCE = "2026-01-01T00:00:00Z"
PAGE = "query ($first: Int) { devices(first: $first) { nodes { id name } } }"


async def post(gateway: GatewayClient, query: str, cost: str, variables: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": cost}
    return await gateway.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def test_an_answer_tells_what_it_could_cost_and_what_it_did(gateway: GatewayClient, factory: RowFactory) -> None:
    for _ in range(3):
        await factory.device()
    answer = (await post(gateway, PAGE, "Report", {"first": 10})).json()
    assert len(answer["data"]["devices"]["nodes"]) == 3
    cost = {"requested": 2 + 10 * 3 + STATEMENT, "actual": 2 + 3 * 3 + STATEMENT}
    assert answer["extensions"] == {"cost": cost}


async def test_an_operation_is_validated_and_priced_without_being_executed(
    gateway: GatewayClient, statements: Statements
) -> None:
    with statements.recorded() as recorded:
        response = await post(gateway, PAGE, "validate")
    assert (response.status_code, response.json()) == (
        200,
        {"data": None, "extensions": {"cost": {"requested": 2 + 50 * 3 + STATEMENT}}},
    )
    assert recorded == []
    assert [each["extensions"]["code"] for each in (await post(gateway, "{ x }", "validate")).json()["errors"]] == [
        "GRAPHQL_VALIDATION_FAILED"
    ]


async def test_what_else_might_be_wanted_is_refused(gateway: GatewayClient) -> None:
    response = await post(gateway, PAGE, "all")
    assert (response.status_code, response.json()["errors"]) == (
        400,
        [
            {
                "message": 'GraphQL-Cost: "all" is unknown; expected report or validate.',
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "price"),
    [
        ("", STATEMENT),
        ("(orderBy: [{field: NAME}])", STATEMENT),
        ("(orderBy: {field: MODIFIED_AT, direction: DESC})", STATEMENT),
        ("(orderBy: [{field: DEVICE_SPECIFICATION_ID}])", SORTED),
        ("(orderBy: [{field: ID}, {field: STATUS}])", STATEMENT),
        ("(orderBy: [{field: NAME}, {field: STATUS}])", SORTED),
        ("(orderBy: [{field: STATUS}, {field: NAME}])", SCAN),
        ("(orderBy: [{field: BARCODE}, {field: NAME}])", SCAN),
        ('(filter: {search: "abc"})', SORTED),
        ('(filter: {search: "ab"})', SCAN),
        ('(filter: {search: "abc"}, orderBy: [{field: STATUS}, {field: NAME}])', SCAN),
        ('(filter: {barcodeContains: "ab", search: null, statuses: [ACTIVE]})', SCAN),
        ("(filter: {networkAdapterTypes: [LORA]})", SCAN),
        (f'(filter: {{clientId: "{CLIENT}"}}, orderBy: {{field: MODIFIED_AT}})', STATEMENT),
        (f'(filter: {{clientIds: ["{CLIENT}"], createdSince: "{SINCE}"}})', STATEMENT),
        (f'(filter: {{clientId: "{CLIENT}"}}, orderBy: {{field: BARCODE}})', SORTED),
        (f'(filter: {{clientId: "{CLIENT}", statuses: [ACTIVE]}})', SORTED),
        (f'(filter: {{clientId: "{CLIENT}"}}, orderBy: [{{field: STATUS}}, {{field: NAME}}])', SORTED),
        (f'(filter: {{projectId: "{PROJECT}"}})', STATEMENT),
        (f'(filter: {{projectId: "{PROJECT}"}}, orderBy: {{field: NAME}})', SORTED),
        (f'(filter: {{deviceSpecificationIds: ["{PROJECT}"]}}, orderBy: {{field: NAME}})', SORTED),
        (
            f'(filter: {{ids: ["{PROJECT}"], statuses: [ACTIVE]}}, orderBy: [{{field: STATUS}}, {{field: NAME}}])',
            STATEMENT,
        ),
        (f'(filter: {{createdSince: "{SINCE}"}})', STATEMENT),
        # Of a common value, none may have what else is asked for, and all that have it are read.
        (f'(filter: {{createdSince: "{SINCE}", statuses: [ACTIVE]}})', SCAN),
        (f'(filter: {{createdSince: "{SINCE}", search: "abc"}})', SORTED),
        (f'(filter: {{deviceSpecificationIds: ["{PROJECT}"], statuses: [ACTIVE]}})', SCAN),
        (f'(filter: {{deviceSpecificationIds: ["{PROJECT}"], clientId: "{CLIENT}"}})', SORTED),
        (f'(filter: {{clientIds: ["{CLIENT}", "{PROJECT}"]}}, orderBy: {{field: STATUS}})', SORTED),
        (f'(filter: {{clientIds: ["{CLIENT}", "{PROJECT}"], statuses: [ACTIVE]}})', 2 * SORTED),
        (
            f'(filter: {{clientIds: ["{CLIENT}", "{PROJECT}"]}}, orderBy: [{{field: STATUS}}, {{field: ID}}])',
            2 * SORTED,
        ),
        (f'(filter: {{projectIds: ["{CLIENT}", "{PROJECT}"]}})', 2 * SORTED),
        (f'(filter: {{deviceSpecificationIds: ["{CLIENT}", "{PROJECT}"]}})', 2 * SORTED),
        (f"(filter: {{deviceGroupIds: {[PROJECT] * 41}}})".replace("'", '"'), SCAN),
        (f'(filter: {{createdSince: "{SINCE}"}}, orderBy: {{field: NAME}})', SCAN),
        ('(filter: {and: [{statuses: [ACTIVE]}, {search: "abc"}]})', SORTED + 2 * FURTHER_FILTER),
        ('(filter: {or: [{search: "abc"}]})', SCAN + FURTHER_FILTER),
        ('(filter: {not: {search: "abc"}})', SCAN + FURTHER_FILTER),
        ("(filter: {})", STATEMENT),
    ],
)
async def test_a_page_has_the_price_of_what_its_filter_and_order_may_make_the_database_read(
    gateway: GatewayClient, arguments: str, price: int
) -> None:
    query = f"{{ devices{arguments} {{ pageInfo {{ hasNextPage }} }} }}"
    answer = (await post(gateway, query, "report")).json()
    assert answer["extensions"]["cost"] == {"requested": 4 + price, "actual": 4 + price}


async def test_variables_have_the_price_of_what_they_hold(gateway: GatewayClient) -> None:
    query = "query ($f: DeviceFilter, $o: [DeviceOrder!]) { devices(filter: $f, orderBy: $o) { totalCount } }"
    for variables, price in (
        ({"f": {"search": "abc"}, "o": [{"field": "NAME"}]}, SORTED),
        ({"f": {"search": "a"}}, SCAN),
        ({"o": [{"field": "STATUS"}, {"field": "NAME"}]}, SCAN),
    ):
        answer = (await post(gateway, query, "validate", variables)).json()
        assert answer["extensions"]["cost"] == {"requested": 3 + price + SCAN}


async def test_the_query_of_graphiql_for_the_schema_costs_little(gateway: GatewayClient) -> None:
    """Its lists are as long as those of the schema are together, and not each as long as the longest."""
    query = get_introspection_query(descriptions=True, input_value_deprecation=True, schema_description=True)
    cost = (await post(gateway, query, "report")).json()["extensions"]["cost"]
    assert cost["actual"] <= cost["requested"] < 10 * cost["actual"]
    assert 10 * cost["requested"] < gateway.settings.max_cost


async def test_an_answer_that_is_too_large_is_not_sent(settings: Settings, factory: RowFactory) -> None:
    for _ in range(5):
        await factory.device(name="Pump" * 50)
    gateway = GatewayClient(settings.model_copy(update={"max_answer_bytes": 1_000}))
    few, many = [(await gateway.ask(PAGE, {"first": first})) for first in (3, 4)]
    await gateway.close()
    assert len(few.data["devices"]["nodes"]) == 3
    assert many.data is None
    message = (
        "The answer has 1056 bytes; expected at most 1000. Ask for smaller pages, or for less in each. What was "
        "changed is changed."
    )
    assert many.errors == [{"message": message, "extensions": {"code": "TOO_EXPENSIVE"}}]
