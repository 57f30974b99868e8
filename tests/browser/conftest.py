"""A real Chromium for tests; left out, with the reason, where none is found.

Every page is watched: a request that leaves this host, a script error or a broken
content policy fails the test that opened the page.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from archive.db import Database
from archive.settings import Settings
from archive.web.security import SESSION_COOKIE
from tests.browser.watching import Watch
from tests.cast import session_of
from tests.live import Line, ServerProcess

FLAGS = (
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


def chromium_path() -> str | None:
    """The browser that CHROMIUM names, or the one that is installed."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each test has contexts of its own."""
    found = chromium_path()
    if not found:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("REQUIRE_CHROMIUM is set and no Chromium was found")
        pytest.skip("no Chromium was found (CHROMIUM names another)")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def server(settings: Settings) -> Iterator[ServerProcess]:
    """`flask serve` with its worker on the archive of this test, as an office runs it."""
    process = ServerProcess(settings, worker=True)
    yield process
    process.stop()


@pytest.fixture
def site(server: ServerProcess) -> Line:
    """Where it answers; `server` can be killed and started again."""
    return server.start()


Open = Callable[..., Page]


@pytest.fixture
def open_as(chromium: Browser, site: Line, settings: Settings) -> Iterator[Open]:
    """A page of a browser that belongs to a member of the cast; None is not signed in.

    `open_as("cleo", language="en", width=390, dark=True)`; addresses are relative.
    """
    contexts: list[tuple[BrowserContext, Watch]] = []

    def open_page(
        member: str | None, *, language: str = "vi", width: int = 1440, height: int = 900,
        dark: bool = False, scripts: bool = True, downloads: Path | None = None,
    ) -> Page:  # fmt: skip
        origin = f"http://{site.host}:{site.port}"
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        if member is not None:
            context.add_cookies([{"name": SESSION_COOKIE, "value": token_of(settings, member),
                                  "url": origin}])  # fmt: skip
        watch = Watch(host=urlsplit(origin).netloc)
        context.on("page", watch.look_at)
        contexts.append((context, watch))
        return context.new_page()

    yield open_page
    for context, watch in contexts:
        context.close()
        watch.check()


def token_of(settings: Settings, member: str) -> str:
    """A session of a member of the cast, as a sign-in opens it."""
    database = Database(settings.database_url)
    try:
        return session_of(database, member)
    finally:
        database.dispose()
