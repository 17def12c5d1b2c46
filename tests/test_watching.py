"""What an operator sees of a gateway: a line for each request, without a value in it, and metrics of all workers."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.addresses import Address
from gateway.web.metrics_server import serving_metrics
from tests.demo import make_demo_file
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.server import Server, free_port, running_server

IMEI = "490154203237518"
NAME = "Geheimnis Heizkeller"
QUERY = "query Fleet490154203237518 { devices(first: 2) { nodes { name } } }"
CREATE = """mutation Create($input: CreateDeviceInput!) {
  createDevice(input: $input) { device { id name networkAdapters { __typename } } userErrors { code message } }
}"""
FIRST_WORD = "Geheimnis"
MAX_COST = "50000"
SECONDS_TO_APPEAR = 5.0
METRIC = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def ask(server: Server, query: str, variables: Any = None, **headers: str) -> httpx.Response:
    return httpx.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {server.token()}", **headers},
        timeout=10,
    )


def soon(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_APPEAR
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lines(server: Server) -> list[dict[str, Any]]:
    """Return the lines of requests, of a server that logs JSON."""
    logged = [json.loads(line) for line in server.output.splitlines()]
    return [line for line in logged if line["message"] == "request"]


@dataclass(frozen=True)
class Watched:
    server: Server
    metrics_port: int


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server that logs all requests as JSON, and has metrics."""
    folder = tmp_path_factory.mktemp("watching")
    make_demo_file(folder / "gateway.db", 40)
    port = free_port()
    with running_server(
        folder,
        GATEWAY_LOG_FORMAT="json",
        GATEWAY_LOG_LEVEL="DEBUG",
        GATEWAY_REQUEST_LOG="all",
        GATEWAY_METRICS_ADDRESS=f"127.0.0.1:{port}",
        GATEWAY_MAX_COST=MAX_COST,
    ) as server:
        yield Watched(server, port)


@pytest.fixture
def server(watched: Watched) -> Server:
    return watched.server


def line_of(server: Server, request_id: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def logged() -> bool:
        found[:] = [line for line in lines(server) if line["id"] == request_id]
        return bool(found)

    soon(logged)
    [line] = found
    return line


def test_a_line_tells_who_asked_for_what_and_what_it_took(server: Server) -> None:
    response = ask(server, QUERY, **{"X-Request-Id": "a-request.1"})
    line = line_of(server, "a-request.1")
    assert response.headers["X-Request-Id"] == "a-request.1"
    assert line.pop("ms") >= line.pop("database_ms") > 0
    assert re.fullmatch(r"principal/[0-9a-f-]{36}", line.pop("principal"))
    del line["time"]
    assert line == {
        "level": "INFO",
        "logger": "gateway.web.request_log",
        "message": "request",
        "id": "a-request.1",
        "type": "query",
        "operation": "Fleet49015420_",
        "document": sha256(QUERY.encode()).hexdigest(),
        "status": 200,
        "codes": None,
        "statements": 1,
        "rows": 3,
        "cost": line["cost"],
    }


def test_a_change_counts_the_statements_and_rows_of_its_transaction(server: Server) -> None:
    ask(server, CREATE, {"input": new_device(NAME, "490154203237526")}, **{"X-Request-Id": "a-change"})
    line = line_of(server, "a-change")
    assert (line["type"], line["operation"]) == ("mutation", "Create")
    assert line["statements"] > 3
    assert line["rows"] >= 3


@pytest.mark.parametrize("given", ["", "a b", "ä", "x" * 129, 'a"b'])
def test_an_id_that_is_not_fit_for_a_log_is_made_anew(server: Server, given: str) -> None:
    response = httpx.get(f"{server.url}/graphql", headers={b"X-Request-Id": given.encode()})
    made = response.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", made)
    line = line_of(server, made)
    assert (line["status"], line["codes"], line["principal"]) == (401, ["UNAUTHENTICATED"], None)


def test_the_names_that_a_document_does_not_have_are_not_logged(server: Server) -> None:
    response = httpx.post(
        f"{server.url}/graphql",
        json={"query": QUERY, "operationName": "Geheim"},
        headers={"Authorization": f"Bearer {server.token()}", "X-Request-Id": "no-such-operation"},
    )
    assert response.json()["errors"]
    line = line_of(server, "no-such-operation")
    assert (line["type"], line["operation"], line["codes"]) == (None, None, ["BAD_USER_INPUT"])


def new_device(name: str, imei: str) -> dict[str, Any]:
    return {
        "name": name,
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        "networkAdapters": [{"cellular": {"imei": imei}}],
    }


def run_with_secrets(server: Server) -> list[str]:
    """Send requests of every kind, and return what nothing may repeat of them."""
    token = server.token()
    bearer = f"Bearer {token}"
    create = {"input": new_device(NAME, IMEI)}
    search = "query ($secret: String) { devices(filter: { search: $secret }) { nodes { name } } }"
    for query, values in [
        (CREATE, create),
        (CREATE, create),
        (CREATE, {"input": {**create["input"], "name": 5}}),
        (f'{{ device(identifier: "imei:{IMEI}") {{ name }} }}', None),
        (f'{{ a{IMEI}: device(identifier: "imei:{IMEI}x") {{ name }} }}', None),
        (f'query Q{IMEI} {{ devices(filter: {{ search: "{NAME}" }}) {{ nodes {{ {IMEI} }} }} }}', None),
        (search, {"secret": NAME}),
        (f"{{ {FIRST_WORD} }}", None),
    ]:
        ask(server, query, values, Authorization=bearer)
    ask(server, QUERY, **{"Authorization": f"{bearer}x", "X-Request-Id": f"{NAME} {token}"})
    url = f"{server.url}/graphql"
    httpx.get(url, params={"query": QUERY, "variables": f'{{"a": "{NAME}"}}'}, timeout=10)
    httpx.post(url, content=f"{NAME} {IMEI}", headers={"Authorization": bearer, "Content-Type": "application/json"})
    ask(server, "query Last { __typename }")
    soon(lambda: "Last" in server.output)
    return [IMEI, IMEI[:9], NAME, FIRST_WORD, token, *token.split(".")]


def test_no_line_of_json_has_a_value_a_token_or_an_imei(server: Server) -> None:
    secrets = run_with_secrets(server)
    assert not [secret for secret in secrets if secret in server.output]


def test_no_line_of_text_has_a_value_a_token_or_an_imei(tmp_path: Path) -> None:
    with running_server(tmp_path, GATEWAY_LOG_LEVEL="DEBUG", GATEWAY_SLOW_MS="0.001") as server:
        secrets = run_with_secrets(server)
        output = server.output
    assert not [secret for secret in secrets if secret in output]
    pattern = r"^WARNING:  request id=\S+ principal=principal/\S+ type=mutation operation=Create .* waited_for=\w+$"
    assert len(re.findall(pattern, output, re.MULTILINE)) == 3


def metrics_at(port: int) -> dict[tuple[str, str], float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    return {(name, labels): float(value) for name, labels, value in METRIC.findall(text)}


def ask_for_metrics(server: Server) -> None:
    for _ in range(10):
        ask(server, QUERY)
    ask(server, "{ wrong }")
    ask(server, "{ " + " ".join(f"a{n}: devices(first: 250) {{ nodes {{ name }} }}" for n in range(190)) + " }")
    assert ask(server, QUERY, **{"X-Large": "x" * 100_000}).status_code == 431


EXPECTED = {
    ("gateway_requests_total", 'code="ok",type="query"'): 10,
    ("gateway_requests_total", 'code="GRAPHQL_VALIDATION_FAILED",type="none"'): 1,
    ("gateway_requests_total", 'code="TOO_EXPENSIVE",type="query"'): 1,
    ("gateway_request_seconds_count", 'type="query"'): 11,
    ("gateway_refusals_total", 'code="TOO_EXPENSIVE"'): 1,
    ("gateway_refusals_total", 'code="431"'): 1,
    ("gateway_database_statements_total", ""): 10,
    ("gateway_request_cost_count", ""): 11,
}


def test_metrics_count_requests_and_tell_how_the_process_is(watched: Watched) -> None:
    before = metrics_at(watched.metrics_port)
    ask_for_metrics(watched.server)
    found = metrics_at(watched.metrics_port)
    assert {key: found[key] - before.get(key, 0) for key in EXPECTED} == EXPECTED
    assert found["gateway_database_seconds_total", ""] > before.get(("gateway_database_seconds_total", ""), 0)
    assert found["gateway_pool_size", ""] == 2
    state = ("gateway_wal_bytes", "gateway_waiting_reads", "gateway_pool_in_use", "gateway_kept_document_bytes")
    assert {(name, "") for name in state} <= found.keys()


def test_subscriptions_are_counted_while_they_are_open_and_at_their_end(watched: Watched) -> None:
    headers = {"Authorization": f"Bearer {watched.server.token()}", "Accept": "text/event-stream"}
    content = {"query": "subscription { deviceEvents { cursor } }"}
    ended = ("gateway_requests_total", 'code="ok",type="subscription"')
    before = metrics_at(watched.metrics_port).get(ended, 0)
    with httpx.stream("POST", f"{watched.server.url}/graphql", json=content, headers=headers, timeout=5) as response:
        assert response.status_code == 200
        soon(lambda: metrics_at(watched.metrics_port)["gateway_subscriptions", ""] == 1)
    soon(lambda: metrics_at(watched.metrics_port).get(ended, 0) == before + 1)
    soon(lambda: metrics_at(watched.metrics_port)["gateway_subscriptions", ""] == 0)


def test_metrics_are_summed_over_workers(tmp_path: Path) -> None:
    port = free_port()
    address = f"127.0.0.1:{port}"
    with running_server(tmp_path, workers=2, GATEWAY_METRICS_ADDRESS=address, GATEWAY_MAX_COST=MAX_COST) as server:
        ask_for_metrics(server)
        soon(lambda: metrics_at(port).get(("gateway_pool_size", "")) == 4)
        found = metrics_at(port)
    assert {key: found[key] for key in EXPECTED} == EXPECTED


def test_an_address_for_metrics_that_is_taken_is_told(server: Server) -> None:
    with pytest.raises(OSError, match="in use"), serving_metrics(Address("127.0.0.1", server.port), 1):
        pass
