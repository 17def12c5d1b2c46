"""GraphiQL in a real browser, which may speak to the gateway and to nobody else."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from gateway.auth.tokens import issue_token
from gateway.domain.kinds import Scope
from tests.demo import make_demo_file
from tests.server import Server, running_server

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECRET = "a secret of thirty-two characters"  # noqa: S105  # of a test
TABS = ["Fleet", "Device", "Search", "Groups", "Viewer"]
NEWEST = "{ devices(first: 1, orderBy: [{ field: CREATED_AT, direction: DESC }]) { nodes { name } } }"
SECONDS = 10

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="There is no command chromium on this machine.")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A tab of a browser, and what went wrong in it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """Addresses outside the gateway that the page asked for, in vain."""
    faults: list[str] = field(default_factory=list)
    """Errors in the console, among them violations of the Content-Security-Policy."""

    @property
    def editor(self) -> Locator:
        return self.page.locator(".graphiql-query-editor .monaco-editor .view-line").first

    @property
    def result(self) -> Locator:
        return self.page.locator('section[aria-label="Result Window"]')

    def run_query(self, operation: str) -> None:
        expect(self.page.get_by_role("tab", name=operation, selected=True)).to_be_visible()
        # For a moment after a change of tabs, GraphiQL still asks for the operation of the tab before.
        for _ in range(20):
            with self.page.expect_request(lambda request: request.method == "POST") as asked:
                self.page.get_by_role("button", name="Execute query (Ctrl-Enter)").click()
            if (asked.value.post_data_json or {}).get("operationName") == operation:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"GraphiQL never asked for {operation}.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = make_demo_file(tmp_path_factory.mktemp("graphiql") / "gateway.db", 1_000)
    with running_server(file.parent) as server:
        yield server


@pytest.fixture(scope="module")
def server_with_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("graphiql-with-key")
    with running_server(folder, GATEWAY_JWT_SECRET=SECRET) as server:
        yield server


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Server], Visit]]:
    """Opens a server's front page, in a browser that knows nothing of earlier visits."""
    context = browser.new_context()
    context.set_default_timeout(SECONDS * 1000)
    expect.set_options(timeout=SECONDS * 1000)

    def open_front_page(server: Server) -> Visit:
        visit = Visit(page=context.new_page())

        def watch(route: Route) -> None:
            address = urlsplit(route.request.url)
            if f"{address.scheme}://{address.netloc}" == server.url:
                route.continue_()
            else:
                visit.outside.append(route.request.url)
                route.abort()

        context.route("**/*", watch)
        visit.page.on("console", lambda message: visit.faults.append(message.text) if message.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.faults.append(str(error)))
        visit.page.goto(server.url)
        return visit

    yield open_front_page
    context.close()


@pytest.fixture(scope="module")
def newest_device(server: Server) -> str:
    name: str = server.data(NEWEST)["devices"]["nodes"][0]["name"]
    return name


def token_signed_with(secret: str) -> str:
    return issue_token(secret, subject=None, scopes=Scope, clients=None, ttl=timedelta(minutes=5))


def enter(visit: Visit, token: str) -> None:
    visit.page.get_by_label("Access token").fill(token)
    visit.page.get_by_role("button", name="Open GraphiQL").click()


def test_the_first_example_runs_and_nothing_is_loaded_from_elsewhere(
    server: Server, visit: Callable[[Server], Visit], newest_device: str
) -> None:
    graphiql = visit(server)
    expect(graphiql.editor).to_be_visible()
    assert graphiql.page.url == f"{server.url}/graphql"

    graphiql.run_query("Fleet")

    expect(graphiql.result).to_contain_text(newest_device)
    assert (graphiql.outside, graphiql.faults) == ([], [])


def test_an_example_waits_in_each_tab(server: Server, visit: Callable[[Server], Visit]) -> None:
    graphiql = visit(server)
    for name in TABS:
        expect(graphiql.page.get_by_role("tab", name=name)).to_be_visible()

    graphiql.page.get_by_role("tab", name="Device").click()
    graphiql.run_query("Device")

    expect(graphiql.result).to_contain_text("DEVICE_CREATED")
    assert (graphiql.outside, graphiql.faults) == ([], [])


def test_the_documentation_explorer_shows_the_schema(server: Server, visit: Callable[[Server], Visit]) -> None:
    graphiql = visit(server)
    graphiql.page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = graphiql.page.get_by_label("Documentation Explorer")
    explorer.get_by_role("link", name="Query", exact=True).click()
    expect(explorer.get_by_role("link", name="devicesByIdentifier")).to_be_visible()
    assert (graphiql.outside, graphiql.faults) == ([], [])


def test_with_a_key_of_its_own_the_page_asks_for_a_token_and_works_with_a_good_one(
    server_with_key: Server, visit: Callable[[Server], Visit]
) -> None:
    graphiql = visit(server_with_key)
    expect(graphiql.page.locator("form [role=alert]")).to_have_count(0)
    enter(graphiql, token_signed_with(SECRET))

    graphiql.page.get_by_role("tab", name="Viewer").click()
    graphiql.run_query("Viewer")

    expect(graphiql.result).to_contain_text("device-group.write")
    assert (graphiql.outside, graphiql.faults) == ([], [])


def test_a_refused_token_is_said_to_be_and_asked_for_again(
    server_with_key: Server, visit: Callable[[Server], Visit]
) -> None:
    graphiql = visit(server_with_key)
    enter(graphiql, token_signed_with("another secret of thirty-two chars"))

    expect(graphiql.page.locator("form [role=alert]")).to_have_text("The gateway refused the access token.")
    enter(graphiql, token_signed_with(SECRET))
    expect(graphiql.editor).to_be_visible()
    assert graphiql.outside == []


def test_a_gateway_with_a_key_of_its_own_makes_none(server_with_key: Server) -> None:
    assert list(server_with_key.folder.glob("*.key")) == []
