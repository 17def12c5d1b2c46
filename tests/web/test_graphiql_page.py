"""The page for exploring the API: what it holds, for whom, and how it is kept from harm."""

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse, validate

from gateway.graphql.schema import graphql_schema
from gateway.settings import Settings
from gateway.web.graphiql import ASSETS, EXAMPLES, FOLDER, link
from tests.client import GatewayClient
from tests.demo import make_demo_file

pytestmark = pytest.mark.anyio

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
# A browser on the gateway's machine, one that comes through a proxy there, one by another name, another site's script.
ASKERS: list[dict[str, str]] = [
    {},
    {"Host": "localhost"},
    {"Host": "[::1]:8000"},
    {"Host": "127.0.0.1:8000", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"},
    {"Host": "localhost", "Forwarded": "for=127.0.0.1;host=localhost"},
    {"Host": "gateway.example"},
    {"Host": ""},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "https://gateway.example"},
    {"Origin": "null"},
]
EXAMPLE_FILES = sorted(EXAMPLES.glob("*.graphql"))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database that `scripts/serve` fills, which the examples are written for."""
    return f"sqlite+aiosqlite:///{make_demo_file(tmp_path_factory.mktemp('demo') / 'gateway.db', 1_000)}"


@pytest.fixture
async def demo(demo_url: str) -> AsyncIterator[GatewayClient]:
    gateway = GatewayClient(Settings(database_url=demo_url))
    yield gateway
    await gateway.close()


async def page(gateway: GatewayClient, **headers: str) -> str:
    response = await gateway.http.get("/graphql", headers=BROWSER | headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return response.text


def operation(example: Path) -> tuple[str, dict[str, Any]]:
    variables = example.with_suffix(".json")
    return example.read_text(), json.loads(variables.read_text()) if variables.exists() else {}


def config_text(html: str) -> str:
    (text,) = re.findall(r'<script type="application/json" id="config">(.*?)</script>', html, re.DOTALL)
    return str(text)


async def test_the_front_page_leads_to_graphiql(gateway: GatewayClient) -> None:
    response = await gateway.http.get("/", headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (307, "/graphql")


async def test_the_page_is_for_browsers_only(gateway: GatewayClient) -> None:
    answers = [
        await gateway.http.get("/graphql", headers={"Accept": "application/json"}),
        await gateway.http.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER),
        await gateway.http.post("/graphql", headers=BROWSER),
    ]
    assert [(answer.status_code, answer.headers["content-type"]) for answer in answers] == [
        (401, "application/json")
    ] * 3


async def test_the_page_comes_with_headers_that_let_nothing_in_or_out(gateway: GatewayClient) -> None:
    response = await gateway.http.get("/graphql", headers=BROWSER)
    assert dict(response.headers) == {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(response.content)),
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "vary": "Accept",
        "x-content-type-options": "nosniff",
    }


async def test_all_that_the_page_loads_is_served_by_the_gateway(gateway: GatewayClient) -> None:
    html = await page(gateway)
    links = [link for link in re.findall(r'(?:src|href)="([^"]*)"', html) if link != "data:,"]
    assert links == ["/graphiql/assets/graphiql.css", "/graphiql/assets/graphiql.js"]
    assert "//" not in html
    assert [(await gateway.http.get(link)).status_code for link in links] == [200, 200]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # nothing listens
async def test_whoever_asks_gets_the_same_page_and_no_token(settings: Settings, host: str) -> None:
    gateway = GatewayClient(Settings(database_url=settings.database_url, key_file=settings.key_file, host=host))
    pages = {await page(gateway, **headers) for headers in ASKERS}
    await gateway.close()
    [html] = pages
    assert json.loads(config_text(html)).keys() == {"examples"}
    assert html.replace(config_text(html), "{{config}}") == (FOLDER / "index.html").read_text()


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("gateway.example", "gateway.example"),
        ("192.168.0.7", "192.168.0.7"),
        ("::1", "[::1]"),
        # What listens on every address is open under the machine's own.
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104  # nothing listens
        ("::", "[::1]"),
    ],
)
def test_a_link_names_the_server_as_a_browser_on_its_machine_can_open_it(host: str, name: str) -> None:
    assert link(host, 9000, "a.b.c") == f"http://{name}:9000/graphql#token=a.b.c"


async def test_an_example_cannot_end_the_element_that_holds_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = "# </script><script>alert(1)</script><!--\n{ __typename }"
    (tmp_path / "1.graphql").write_text(example)
    monkeypatch.setattr("gateway.web.graphiql.EXAMPLES", tmp_path)

    gateway = GatewayClient(settings)
    text = config_text(await page(gateway))
    await gateway.close()

    assert "<" not in text
    assert json.loads(text)["examples"] == [{"query": example}]


async def test_the_page_can_be_turned_off(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_GRAPHIQL", "false")
    gateway = GatewayClient(Settings(database_url=settings.database_url))
    paths = ("/graphql", "/", "/graphiql/assets/graphiql.js")
    statuses = [(await gateway.http.get(path, headers=BROWSER)).status_code for path in paths]
    await gateway.close()
    assert statuses == [401, 404, 404]


@pytest.mark.parametrize("example", EXAMPLE_FILES, ids=lambda path: path.stem)
async def test_every_example_is_valid_and_finds_something_in_the_demo_data(demo: GatewayClient, example: Path) -> None:
    query, variables = operation(example)
    assert validate(graphql_schema, parse(query)) == []
    if "\nsubscription " in query:
        return  # Nothing happens to the demo data.
    ((field, value),) = (await demo.data(query, variables)).items()
    assert value is not None, f"{field} is null"
    assert value.get("nodes", True), f"{field} is empty"
    assert value.get("userErrors", []) == []


async def test_the_mutation_among_the_examples_changes_once_what_it_changes(demo: GatewayClient) -> None:
    (mutation,) = [example for example in EXAMPLE_FILES if "\nmutation " in example.read_text()]
    first, second = [await demo.data(*operation(mutation)) for _ in range(2)]
    assert first == second


async def test_the_examples_wait_in_the_page_in_the_order_of_their_names(gateway: GatewayClient) -> None:
    names = ["Fleet", "Device", "Search", "Groups", "Viewer", "Describe", "Changes"]
    tabs = json.loads(config_text(await page(gateway)))["examples"]
    found = [re.findall(r"^(?:query|mutation|subscription) (\w+)", tab["query"], re.MULTILINE) for tab in tabs]
    assert found == [[name] for name in names]
    assert "variables" not in tabs[0]  # GraphiQL would not show them before another tab was open.


async def test_each_example_starts_with_what_it_shows_and_brings_the_variables_that_it_declares(
    gateway: GatewayClient,
) -> None:
    for tab in json.loads(config_text(await page(gateway)))["examples"]:
        assert tab["query"].startswith("# ")
        (definition,) = parse(tab["query"]).definitions
        assert isinstance(definition, OperationDefinitionNode)
        declared = [variable.variable.name.value for variable in definition.variable_definitions or ()]
        assert list(json.loads(tab.get("variables", "{}"))) == declared


@pytest.mark.parametrize(
    ("name", "media_types"),
    [
        # Python 3.11 knows JavaScript by its old name where the system has no other list.
        ("graphiql.js", {"text/javascript; charset=utf-8", "application/javascript"}),
        ("editor.worker.js", {"text/javascript; charset=utf-8", "application/javascript"}),
        ("graphiql.css", {"text/css; charset=utf-8"}),
        ("LICENSES.txt", {"text/plain; charset=utf-8"}),
    ],
)
async def test_assets_have_their_media_types(gateway: GatewayClient, name: str, media_types: set[str]) -> None:
    response = await gateway.http.get(f"/graphiql/assets/{name}")
    assert (response.status_code, response.headers["content-type"] in media_types) == (200, True), response.headers


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0, br", None)])
async def test_assets_are_compressed_for_who_accepts_it(
    gateway: GatewayClient, accepted: str, encoding: str | None
) -> None:
    response = await gateway.http.get("/graphiql/assets/graphiql.js", headers={"Accept-Encoding": accepted})
    assert (response.headers.get("content-encoding"), response.headers["vary"]) == (encoding, "Accept-Encoding")
    assert response.content == (ASSETS / "graphiql.js").read_bytes()
    known = {"Accept-Encoding": accepted, "If-None-Match": response.headers["etag"]}
    assert (await gateway.http.get("/graphiql/assets/graphiql.js", headers=known)).status_code == 304


async def test_assets_are_compressed_once(gateway: GatewayClient) -> None:
    async def seconds() -> float:
        start = time.process_time()
        await gateway.http.get("/graphiql/assets/graphiql.js", headers={"Accept-Encoding": "gzip"})
        return time.process_time() - start

    first = await seconds()
    assert await seconds() < first / 5


def test_the_licences_of_what_is_served_are_with_it() -> None:
    text = (ASSETS / "LICENSES.txt").read_text()
    assert all(name in text for name in ("graphiql", "monaco-editor", "react", "graphql", "roboto", "fira-code"))
