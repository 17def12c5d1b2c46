"""A real browser, whose tabs may speak to one origin each and to nobody else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

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
MILLISECONDS = 10_000


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A tab of a browser, and what went wrong in it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """Addresses outside its origin that the page asked for, in vain."""
    user_errors: list[str] = field(default_factory=list)
    """Errors in the console, among them violations of the Content-Security-Policy."""

    @classmethod
    def open(cls, context: BrowserContext, address: str) -> Self:
        tab = cls(page=context.new_page())

        def watch(route: Route) -> None:
            if urlsplit(route.request.url)[:2] == urlsplit(address)[:2]:
                route.continue_()
            else:
                tab.outside.append(route.request.url)
                route.abort()

        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                tab.user_errors.append(message.text)

        context.route("**/*", watch)
        tab.page.on("console", note)
        tab.page.on("pageerror", lambda error: tab.user_errors.append(str(error)))
        tab.page.goto(address)
        return tab


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def new_context(browser: Browser, headers: dict[str, str] | None = None) -> Iterator[BrowserContext]:
    """Yield what knows nothing of earlier visits, and sends `headers` with every request."""
    expect.set_options(timeout=MILLISECONDS)
    with browser.new_context(extra_http_headers=headers) as context:
        context.set_default_timeout(MILLISECONDS)
        yield context
