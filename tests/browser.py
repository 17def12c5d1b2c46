"""A real browser, whose pages may speak to one origin and to nobody else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

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
class Visit:
    """A tab of a browser, and what went wrong in it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    """Addresses outside its origin that the page asked for, in vain."""
    user_errors: list[str] = field(default_factory=list)
    """Errors in the console, among them violations of the Content-Security-Policy."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Visit]:
    """Open an address in a browser that knows nothing of earlier visits."""
    expect.set_options(timeout=MILLISECONDS)
    with browser.new_context() as context:
        context.set_default_timeout(MILLISECONDS)
        visit = Visit(page=context.new_page())

        def watch(route: Route) -> None:
            if urlsplit(route.request.url)[:2] == urlsplit(address)[:2]:
                route.continue_()
            else:
                visit.outside.append(route.request.url)
                route.abort()

        def note(kind: str, text: str) -> None:
            if kind == "error":
                visit.user_errors.append(text)

        context.route("**/*", watch)
        visit.page.on("console", lambda message: note(message.type, message.text))
        visit.page.on("pageerror", lambda error: note("error", str(error)))
        visit.page.goto(address)
        yield visit
