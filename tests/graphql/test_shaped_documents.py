"""Documents that differ in literals alone are planned once, and answered as each would be by itself."""

import asyncio
import json
import logging
from hashlib import sha256

import pytest

from gateway.graphql import documents
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from gateway.graphql.schema import gateway_schema
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases, SQLiteDatabases
from tests.graphql.test_document_cache import new_context, new_executor, read
from tests.memory import traced

pytestmark = pytest.mark.anyio

CREATE = """mutation { createDevice(input: {
    name: "%s", clientId: "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0", projectId: "82283d15-a9ec-4806-b05f-ca161622bd79"
    deviceSpecificationId: "9c359e94-ace1-448c-8ac9-443a7d3d963f"
}) { device { name version } userErrors { code } } }"""


@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> Databases:
    """Return databases of one kind: what they answer makes no difference here."""
    return sqlite


@pytest.fixture
def executor() -> RequestExecutor:
    return new_executor()


async def test_documents_that_write_other_values_are_read_twice(gateway: GatewayClient, parsed: list[str]) -> None:
    names = ["Pump 1", "Pump 2", 'Pump "3" # ä', "", "Pump 5"]
    answers = [await gateway.data(CREATE % json.dumps(name)[1:-1]) for name in names]
    assert [answer["createDevice"]["device"] for answer in answers] == [
        {"name": name, "version": 1} if name else None for name in names
    ]
    assert parsed == [CREATE % "Pump 1", CREATE % "Pump 2"]


def test_a_text_that_came_before_is_executed_by_itself(executor: RequestExecutor, parsed: list[str]) -> None:
    queries = [f'{{ device(identifier: "imei:49015420323751{last}") {{ id }} }}' for last in range(4)]
    for query in (queries[0], *queries, queries[0]):
        assert "errors" in read(executor, query)  # There is no database.
    assert parsed == queries[:2]
    assert executor.documents.kept.get(queries[0]) is not None
    assert executor.documents.kept.get(queries[1]) is None


@pytest.mark.parametrize(
    "query",
    [
        "query A { device(identifier: %s) { id } } query B { viewer { principal } }",
        "subscription { deviceEvents(after: %s) { cursor } }",
        "query ($c: Boolean!) { device(identifier: %s) { id @skip(if: $c) } }",
        "{ __type(name: %s) { name } }",
        "{ device(identifier: %s, unknown: 1) { id } }",
        '{ device(identifier: ""%s"") { id } }',
    ],
    ids=[
        "several operations",
        "subscription",
        "directive with a variable",
        "field of graphql-core",
        "invalid",
        "block",
    ],
)
def test_what_has_no_plan_in_common_is_read_each_time(executor: RequestExecutor, parsed: list[str], query: str) -> None:
    texts = [query % f'"imei:49015420323751{last}"' for last in range(4)]
    for text in texts:
        asyncio.run(executor.respond(Request(text, {"c": True}, "A" if "query A" in text else None), new_context()))
    assert parsed == texts


def test_graphql_core_reads_each_document(parsed: list[str]) -> None:
    executor = RequestExecutor(gateway_schema(), Limits(), in_columns=False)
    queries = [f'{{ device(identifier: "imei:49015420323751{last}") {{ id }} }}' for last in range(3)]
    for query in queries:
        read(executor, query)
    assert parsed == queries


@pytest.mark.parametrize("wrong", ['"imei:1"', '"%s"' % ("x" * 300)])
def test_a_literal_that_its_type_refuses_gets_the_error_of_its_own_document(wrong: str) -> None:
    query = '{ a: device(identifier: "imei:490154203237518") { id }\n  b: device(identifier: %s) { id } }'
    executor = new_executor()
    for last in range(3):
        read(executor, query % f'"imei:49015420323751{last}"')
    assert read(executor, query % wrong) == read(new_executor(), query % wrong)


async def test_errors_are_at_their_places_in_the_text_that_was_sent(gateway: GatewayClient) -> None:
    query = """query ($after: String) { devices(filter: { search: %s }, first: %s) { nodes { id } }
    other: devices(first: 251, after: $after) { nodes { id } } }"""
    for search, size in (('"a"', 1), ('"abc"', 22), ('"\\\\ and more"', -300)):
        answer = await gateway.ask(query % (search, size), {"after": None})
        second = {"line": 2, "column": 5}
        first = {"line": 1, "column": 26}
        assert [error["locations"] for error in answer.errors] == ([[first]] if size < 0 else []) + [[second]]
    long = '{ a: device(identifier: "imei:%s") { id } b: devices(first: 251) { nodes { id } } }'
    for digits in ("490154203237518", "490154203237519", "4901542032375180"):
        [error] = (await gateway.ask(long % digits)).errors
        assert error["locations"] == [{"line": 1, "column": (long % digits).index("b:") + 1}]
        assert error["message"] == "first: 251 is out of bounds; expected 0 to 250."


async def test_errors_of_variables_are_at_their_places_too(gateway: GatewayClient) -> None:
    query = "query ($size: Int!) { b: devices(first: $size) { nodes { id } } a: devices(first: %s) { nodes { id } } }"
    for size in (1, 2, 33):
        answer = await gateway.ask(query % size, {"size": "x"})
        assert [error["locations"] for error in answer.errors] == [[{"line": 1, "column": 8}]]


async def test_each_document_has_its_own_cost(gateway: GatewayClient) -> None:
    headers = {"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"}
    costs = []
    for size in (1, 2, 250):
        query = f"{{ devices(first: {size}) {{ nodes {{ id }} }} }}"
        response = await gateway.http.post("/graphql", json={"query": query}, headers=headers)
        costs.append(response.json()["extensions"]["cost"]["requested"])
    # The root, the page, and of each device itself and its id; and a statement.
    assert costs == [2 + 2 * size + 10 for size in (1, 2, 250)]


def test_fields_that_do_not_merge_any_more_are_refused(executor: RequestExecutor) -> None:
    query = "{ devices(first: %s) { nodes { id } } devices(first: %s) { nodes { id } } }"
    for size in range(3):
        read(executor, query % (size, size))
    assert read(executor, query % (3, 4)) == read(new_executor(), query % (3, 4))
    assert read(executor, query % (3, 4))["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_text_is_no_longer_than_the_limit_whatever_its_shape(executor: RequestExecutor) -> None:
    query = '{ devices(filter: { search: "%s" }) { nodes { id } } }'
    for letter in "abc":
        read(executor, query % letter)
    [error] = read(executor, query % ("a" * Limits().characters))["errors"]
    assert error["message"].startswith("The limit on characters is 100000")


async def test_a_document_that_came_with_its_digest_is_known_by_it_afterwards(gateway: GatewayClient) -> None:
    headers = {"Authorization": f"Bearer {gateway.token()}"}
    for size in (1, 2, 3):
        await gateway.data(f"{{ devices(first: {size}) {{ totalCount }} }}")
    query = "{ devices(first: 4) { totalCount } }"
    digest = sha256(query.encode()).hexdigest()
    automatic = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    for content in ({**automatic, "query": query}, automatic, {"documentId": f"sha256:{digest}"}):
        response = await gateway.http.post("/graphql", json=content, headers=headers)
        assert response.json() == {"data": {"devices": {"totalCount": 0}}}


async def test_logs_name_the_digest_of_the_text_that_was_sent(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = GatewayClient(settings.model_copy(update={"request_log": "all"}))
    queries = [f"query Some {{ devices(first: {size}) {{ totalCount }} }}" for size in (1, 2, 3)]
    with caplog.at_level(logging.INFO, "gateway.web.request_log"):
        for query in queries:
            await gateway.data(query)
    await gateway.close()
    lines = [record.message for record in caplog.records if record.name == "gateway.web.request_log"]
    assert len(lines) == len(queries)
    for line, query in zip(lines, queries, strict=True):
        assert f" type=query operation=Some document={sha256(query.encode()).hexdigest()} status=200 " in line


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("{ devices(first: 1) { totalCount } }", 300_000),
        ('{ devices(filter: { ids: ["a", %s"b"] }) { totalCount } }' % ('"a" "b" ' * 60), 600_000),
    ],
    ids=["small", "many literals"],
)
async def test_shapes_that_are_kept_take_no_more_memory_than_they_may(
    monkeypatch: pytest.MonkeyPatch, query: str, most: int
) -> None:
    monkeypatch.setattr(documents, "SHAPE_BYTES", most)
    monkeypatch.setattr(documents, "DOCUMENT_BYTES", 0)
    executor, context = new_executor(), new_context()
    await executor.execute(Request(query), context)  # What all documents share.
    with traced() as taken:
        number = sizes = 0
        while sizes < 1.5 * most:
            text = f"{query} # {number}"
            shaped = executor.documents.shaped(text)
            assert shaped is not None
            executor.documents.kept_shapes.note(shaped.shape)
            await executor.execute(Request(text), context)
            kept = executor.documents.kept_shapes.get(shaped.shape)
            assert kept is not None
            number, sizes = number + 1, sizes + kept.size
    assert executor.documents.size <= most
    assert taken[0] < most + 150_000  # To remember which texts came takes some.
