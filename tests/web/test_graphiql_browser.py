"""GraphiQL in a real browser, which may speak to the gateway and to nobody else."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, Route, ViewportSize, expect, sync_playwright

from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from tests.demo import make_demo_file
from tests.server import SERVE, Server, running_server

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
TABS = ["Fleet", "Device", "Search", "Groups", "Viewer", "Describe", "Changes"]
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(33, 42, 59)"
TELEPHONE: ViewportSize = {"width": 390, "height": 844}
NEWEST = "{ devices(first: 1, orderBy: [{ field: CREATED_AT, direction: DESC }]) { nodes { name } } }"
CREATE = """
mutation {
  createDevice(input: {
    name: "%s"
    clientId: "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0"
    projectId: "82283d15-a9ec-4806-b05f-ca161622bd79"
    deviceSpecificationId: "9c359e94-ace1-448c-8ac9-443a7d3d963f"
  }) { device { id } userErrors { code } }
}
"""
SUBJECT, CLIENT = Uuid("0f3d1c6e-3b0e-4a3c-9a53-1f0a8e6e4f5b"), Uuid("e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0")
SECONDS = 10

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="There is no command chromium on this machine.")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A tab of a browser, and what went wrong in it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """Addresses outside the gateway that the page asked for, in vain."""
    user_errors: list[str] = field(default_factory=list)
    """Errors in the console, among them violations of the Content-Security-Policy."""

    @property
    def editor(self) -> Locator:
        return self.page.locator(".graphiql-query-editor .monaco-editor .view-line").first

    @property
    def token_line(self) -> Locator:
        """Whose token is in use, and until when."""
        return self.page.locator(".token-line")

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


Visitor = Callable[[str], Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = make_demo_file(tmp_path_factory.mktemp("graphiql") / "gateway.db", 1_000)
    with running_server(file.parent, command=[*SERVE, "--link"]) as server:
        yield server


@pytest.fixture(scope="module")
def server_with_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("graphiql-with-key")
    with running_server(folder, GATEWAY_JWT_SECRET=SECRET) as server:
        yield server


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visitor]:
    """Opens an address of a gateway in a browser that knows nothing of earlier visits."""
    # To compress the page's scripts takes half a second, each time; test_graphiql_page.py has that they stay the same.
    context = browser.new_context(extra_http_headers={"Accept-Encoding": "identity"})
    context.set_default_timeout(SECONDS * 1000)
    expect.set_options(timeout=SECONDS * 1000)

    def open_address(address: str) -> Visit:
        visit = Visit(page=context.new_page())

        def watch(route: Route) -> None:
            if urlsplit(route.request.url)[:2] == urlsplit(address)[:2]:
                route.continue_()
            else:
                visit.outside.append(route.request.url)
                route.abort()

        context.route("**/*", watch)
        visit.page.on(
            "console", lambda message: visit.user_errors.append(message.text) if message.type == "error" else None
        )
        visit.page.on("pageerror", lambda error: visit.user_errors.append(str(error)))
        visit.page.goto(address)
        return visit

    yield open_address
    context.close()


@pytest.fixture(scope="module")
def newest_device(server: Server) -> str:
    name: str = server.data(NEWEST)["devices"]["nodes"][0]["name"]
    return name


def a_token(
    secret: str,
    *,
    scopes: Iterable[str] = tuple(Scope),
    clients: Iterable[Uuid] | None = None,
    ttl: timedelta = timedelta(minutes=5),
) -> str:
    return issue_token(secret, subject=SUBJECT, scopes=scopes, clients=clients, ttl=ttl)


def box(locator: Locator) -> FloatRect:
    found = locator.bounding_box()
    assert found is not None, "This is not in the page."
    return found


def enter(visit: Visit, token: str) -> None:
    visit.page.get_by_label("Access token").fill(token)
    visit.page.get_by_role("button", name="Open GraphiQL").click()


def test_a_link_opens_the_page_and_its_token_leaves_the_address(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    expect(graphiql.editor).to_be_visible()
    assert graphiql.page.url == f"{server.url}/graphql"
    assert graphiql.page.evaluate("history.length") == 2  # The empty page of a new tab, and this one.


def test_the_first_example_runs_and_nothing_is_loaded_from_elsewhere(
    server: Server, visit: Visitor, newest_device: str
) -> None:
    graphiql = visit(server.link)
    graphiql.run_query("Fleet")
    expect(graphiql.result).to_contain_text(newest_device)
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


def test_a_reload_keeps_the_token_of_the_link(server: Server, visit: Visitor, newest_device: str) -> None:
    graphiql = visit(server.link)
    graphiql.page.reload()
    graphiql.run_query("Fleet")
    expect(graphiql.result).to_contain_text(newest_device)
    assert graphiql.page.url == f"{server.url}/graphql"


@pytest.mark.parametrize("between", [None, "about:blank"], ids=["in the open page", "in its tab"])
def test_a_link_replaces_the_token_before(server_with_key: Server, visit: Visitor, between: str | None) -> None:
    page = f"{server_with_key.url}/graphql"
    graphiql = visit(f"{page}#token={a_token(SECRET, scopes=[Scope.DEVICE_READ])}")
    graphiql.page.get_by_role("tab", name="Viewer").click()
    graphiql.run_query("Viewer")
    expect(graphiql.result).to_contain_text("device.read")
    expect(graphiql.result).not_to_contain_text("device-group.write")

    if between:
        graphiql.page.goto(between)
    graphiql.page.goto(f"{page}#token={a_token(SECRET)}")
    graphiql.run_query("Viewer")

    expect(graphiql.result).to_contain_text("device-group.write")
    assert graphiql.page.url == page


def test_without_a_link_the_page_asks_for_a_token(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.url)
    expect(graphiql.page.get_by_label("Access token")).to_be_visible()
    expect(graphiql.page.locator("form [role=alert]")).to_have_count(0)
    for nothing in ("", " ", "not a token"):
        enter(graphiql, nothing)
        expect(graphiql.page.locator("input:invalid")).to_be_focused()


def test_an_example_waits_in_each_tab(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    for name in TABS:
        expect(graphiql.page.get_by_role("tab", name=name)).to_be_visible()

    graphiql.page.get_by_role("tab", name="Device").click()
    graphiql.run_query("Device")

    expect(graphiql.result).to_contain_text("DEVICE_CREATED")
    graphiql.page.get_by_role("tab", name="Describe").click()
    graphiql.run_query("Describe")
    expect(graphiql.result).to_contain_text('"userErrors": []')
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


def test_a_subscription_shows_what_happens_until_it_is_stopped(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    graphiql.page.get_by_role("tab", name="Changes").click()
    graphiql.run_query("Changes")
    for name in ("Ada's pump", "Grace's pump"):
        server.data(CREATE % name)
        expect(graphiql.result).to_contain_text(name)
    graphiql.page.get_by_role("button", name="Stop query").click()
    expect(graphiql.page.get_by_role("button", name="Execute query")).to_be_visible()
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


def test_a_subscription_that_is_refused_shows_why(server_with_key: Server, visit: Visitor) -> None:
    token = a_token(SECRET, scopes=[Scope.DEVICE_GROUP_READ])
    graphiql = visit(f"{server_with_key.url}/graphql#token={token}")
    graphiql.page.get_by_role("tab", name="Changes").click()
    graphiql.run_query("Changes")
    expect(graphiql.result).to_contain_text("The token lacks the scope device.read.")


def test_the_documentation_explorer_shows_the_schema(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    graphiql.page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = graphiql.page.get_by_label("Documentation Explorer", exact=True)
    expect(explorer).to_contain_text("A registry of devices")
    explorer.get_by_role("link", name="Query", exact=True).click()
    expect(explorer.get_by_role("link", name="devicesByIdentifier")).to_be_visible()
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


def test_with_a_key_of_its_own_the_page_asks_for_a_token_and_works_with_a_good_one(
    server_with_key: Server, visit: Visitor
) -> None:
    graphiql = visit(server_with_key.url)
    enter(graphiql, f"Bearer {a_token(SECRET)} ")  # As it is copied from a header.

    graphiql.page.get_by_role("tab", name="Viewer").click()
    graphiql.run_query("Viewer")

    expect(graphiql.result).to_contain_text("device-group.write")
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (a_token(SECRET, ttl=timedelta(minutes=-1)), "The token has expired."),
        (a_token(SECRET[::-1]), "The token is not valid: Signature verification failed."),
    ],
    ids=["ended", "of another key"],
)
def test_a_refused_token_is_said_to_be_and_asked_for_again(
    server_with_key: Server, visit: Visitor, token: str, reason: str
) -> None:
    graphiql = visit(f"{server_with_key.url}/graphql#token={token}")
    expect(graphiql.page.locator("form [role=alert]")).to_have_text(reason)
    enter(graphiql, a_token(SECRET))
    expect(graphiql.editor).to_be_visible()
    assert graphiql.outside == []


def test_the_page_says_whose_token_is_in_use_and_asks_the_gateway_once_it_seems_to_have_ended(
    server_with_key: Server, visit: Visitor
) -> None:
    graphiql = visit(server_with_key.url)
    graphiql.page.clock.install()
    graphiql.page.reload()
    enter(graphiql, a_token(SECRET, scopes=[Scope.DEVICE_READ], clients=[CLIENT], ttl=timedelta(hours=23, minutes=1)))
    summary, notice = graphiql.token_line.locator("summary"), graphiql.token_line.get_by_role("status")
    expect(summary).to_have_text("Token of 0f3d1c6e…, client e5446dd4…, 1 scope, ends in 23 h")
    expect(notice).to_be_empty()
    summary.click()
    expect(graphiql.token_line).to_contain_text(f"principal/{SUBJECT}")

    graphiql.page.clock.fast_forward("22:57:00")
    expect(summary).to_contain_text("ends in 3 min")
    expect(notice).not_to_be_empty()
    with graphiql.page.expect_request(lambda request: "{ __typename }" in (request.post_data or "")):
        graphiql.page.clock.fast_forward("00:05:00")
    expect(summary).to_contain_text("has ended")  # By the browser's clock: the gateway's says that it is good.
    expect(graphiql.editor).to_be_visible()


def test_on_a_telephone_the_editor_stands_above_the_response_and_nothing_is_wider(
    server: Server, visit: Visitor
) -> None:
    graphiql = visit(server.link)
    page = graphiql.page
    page.set_viewport_size(TELEPHONE)
    expect(graphiql.editor).to_be_visible()
    editor, result = box(page.locator(".graphiql-query-editor .monaco-editor")), box(graphiql.result)
    assert (editor["width"] > 300, result["width"] > 300) == (True, True)
    assert editor["y"] + editor["height"] < result["y"]
    page.get_by_role("button", name="Show Documentation Explorer").click()
    assert box(page.locator(".graphiql-plugin"))["width"] == TELEPHONE["width"]
    page.get_by_role("button", name="Hide Documentation Explorer").click()
    page.get_by_role("tab", name="Device").click()
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


def test_the_theme_is_the_systems_until_another_is_chosen(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    page, editor = graphiql.page, graphiql.page.locator(".graphiql-query-editor .monaco-editor")
    expect(editor).to_have_class(re.compile(r"\bvs\b"))
    page.emulate_media(color_scheme="dark")
    expect(editor).to_have_class(re.compile(r"\bvs-dark\b"))
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("button", name="Light").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Change access token").click()
    page.reload()
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", LIGHT)


def test_the_explorer_changes_the_operation(server: Server, visit: Visitor) -> None:
    graphiql = visit(server.link)
    graphiql.page.get_by_role("tab", name="Viewer").click()
    graphiql.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    graphiql.page.locator(".graphiql-explorer-root").get_by_text("scopes", exact=True).click()
    graphiql.run_query("Viewer")
    expect(graphiql.result).to_contain_text("principal")
    expect(graphiql.result).not_to_contain_text("scopes")
    assert (graphiql.outside, graphiql.user_errors) == ([], [])


def test_a_gateway_with_a_key_of_its_own_makes_none(server_with_key: Server) -> None:
    assert list(server_with_key.folder.glob("*.key")) == []
