"""The page of examples/web, as it is built, before a gateway that knows its documents and no others."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import CHROMIUM, Tab, new_context, running_browser
from tests.demo import make_demo_file
from tests.server import Server, free_port, running_server

FOLDER = Path(__file__).parents[2] / "examples/web"
VITE = FOLDER / "node_modules/.bin/vite"
DOCUMENTS = FOLDER / "persisted-documents.json"
PAGE = 30
SECONDS_TO_START = 20
NEWEST = "Szélmérő Łódź 441"
SENSOR = "Café sensor Rotterdam 696"
TAKEN = "356938030010178"

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and shutil.which("node") and VITE.exists() and DOCUMENTS.exists()),
    reason="Node, chromium, or what scripts/examples builds is missing.",
)


@contextmanager
def running_preview(gateway: str) -> Iterator[str]:
    """Serve the page that was built, with the gateway behind the same origin, and yield its address."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    process = subprocess.Popen(  # noqa: S603  # the command is of the example
        [VITE, "preview", "--host", "127.0.0.1", "--port", str(port), "--strictPort"],
        cwd=FOLDER,
        env=os.environ | {"GATEWAY_ADDRESS": gateway},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_answered(address)
        yield address
    finally:
        process.terminate()
        process.wait(SECONDS_TO_START)


def wait_until_answered(address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx.get(address).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"Nobody answers at {address}."
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = make_demo_file(tmp_path_factory.mktemp("fleet-page") / "gateway.db", 1_000)
    with running_server(file.parent, GATEWAY_DOCUMENTS=str(DOCUMENTS), GATEWAY_DOCUMENTS_MODE="only") as server:
        yield server


@pytest.fixture(scope="module")
def address(server: Server) -> Iterator[str]:
    with running_preview(server.url) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def tabs(server: Server, address: str, browser: Browser) -> Iterator[list[Tab]]:
    """Yield the page in the tabs of two people."""
    link = f"{address}/#token={server.token()}"
    with new_context(browser) as mine, new_context(browser) as theirs:
        yield [Tab.open(mine, link), Tab.open(theirs, link)]


@pytest.fixture
def pages(tabs: list[Tab]) -> Iterator[list[Page]]:
    """Yield both with the whole list, and see that nothing went wrong in them, and nothing was asked for elsewhere."""
    pages = [tab.page for tab in tabs]
    for page in pages:
        page.keyboard.press("Escape")
        search(page, "")
        expect(devices(page).nth(PAGE - 1)).to_be_attached()
    yield pages
    assert [(tab.outside, tab.user_errors) for tab in tabs] == [([], [])] * 2


@pytest.fixture
def page(pages: list[Page]) -> Page:
    return pages[0]


def enter(page: Page, token: str) -> None:
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Open").click()


def devices(page: Page, name: str = "") -> Locator:
    return page.get_by_role("list", name="Devices").get_by_role("button").filter(has_text=name)


def search(page: Page, text: str) -> None:
    page.get_by_label("Search").fill(text)


def open_device(page: Page, name: str) -> Locator:
    search(page, name)
    devices(page, name).click()
    return page.get_by_role("dialog", name="Device")


def change(page: Page, name: str, **values: str) -> None:
    """Change fields of a device, by their labels."""
    dialog = open_device(page, name)
    for label, value in values.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button", name="Save").click()


def onboard(page: Page, name: str, imei: str) -> Locator:
    page.get_by_role("button", name="Onboard a device").click()
    dialog = page.get_by_role("dialog", name="Onboard a device")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("IMEI").fill(imei)
    dialog.get_by_role("button", name="Onboard").click()
    return dialog


def test_the_token_of_a_link_leaves_the_address(page: Page, address: str) -> None:
    assert page.url == f"{address}/"


def test_a_token_that_is_refused_is_said_to_be_and_asked_for_again(page: Page, tabs: list[Tab], server: Server) -> None:
    page.get_by_role("button", name="Change access token").click()
    enter(page, "bad")
    expect(page.get_by_role("alert")).to_contain_text("The token is not valid")
    enter(page, server.token())
    expect(devices(page)).to_have_count(PAGE)
    assert "401" in tabs[0].user_errors.pop()  # The browser says so by itself.


def test_the_list_goes_on_where_it_is_scrolled_to(page: Page) -> None:
    page.get_by_role("button", name="Load more").scroll_into_view_if_needed()
    expect(devices(page)).to_have_count(2 * PAGE)


def test_a_search_narrows_the_list(page: Page) -> None:
    search(page, "CAFÉ SENSOR rotterdam 69")
    expect(devices(page)).to_contain_text([SENSOR])


def test_the_details_show_adapters_by_type_and_groups(page: Page) -> None:
    dialog = open_device(page, SENSOR)
    expect(dialog.get_by_role("list", name="Network adapters").get_by_role("listitem")).to_have_text(
        ["LoRaWAN, DevEUI 70B3D500000003F8", f"Cellular, IMEI {TAKEN}"]
    )
    expect(dialog.get_by_role("list", name="Groups").get_by_role("listitem")).to_contain_text(
        ["Floor 東京 6", "Région 東京 1"]
    )


def test_a_changed_device_shows_in_the_list(page: Page) -> None:
    change(page, SENSOR, Description="Behind the second door")
    page.keyboard.press("Escape")
    expect(devices(page, SENSOR)).to_contain_text("Behind the second door")


def test_what_is_wrong_shows_beside_its_field(page: Page) -> None:
    dialog = onboard(page, "Pump 7", TAKEN)
    imei = dialog.get_by_label("IMEI")
    expect(imei).to_have_attribute("aria-invalid", "true")
    expect(imei).to_have_accessible_description(
        f"imei: {TAKEN} belongs to an adapter already; it is one adapter's only."
    )
    expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "false")


def test_a_new_device_shows_wherever_it_would_be_found(pages: list[Page]) -> None:
    mine, theirs = pages
    search(mine, "pumpe")
    expect(devices(mine).first).to_contain_text("Pumpe")
    expect(onboard(theirs, "Ada's Pumpe", "490154203237518")).to_be_hidden()
    for page in pages:
        expect(devices(page).first).to_contain_text("Ada's Pumpe")


def test_a_change_elsewhere_shows_by_itself_and_is_not_overwritten(pages: list[Page]) -> None:
    mine, theirs = pages
    dialog = open_device(mine, NEWEST)
    expect(dialog.get_by_label("Name")).to_have_value(NEWEST)
    change(theirs, NEWEST, Name=f"{NEWEST} of theirs")
    expect(dialog).to_contain_text(f"{NEWEST} of theirs")

    dialog.get_by_label("Name").fill(f"{NEWEST} of mine")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("alert")).to_contain_text("expectedVersion")
