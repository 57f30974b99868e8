"""Fixtures for tests in a real Chromium; skipped with a reason where none is installed.

Every page is monitored: a request to another host, a script error or a violation of the
content policy fails the test that opened the page.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app import create_app
from archive.db import Database
from archive.settings import Settings
from archive.web.core.security import SESSION_COOKIE
from tests.support.cast import session_of
from tests.support.http_server import HttpClient, ServerProcess, serve_in_thread
from tests.support.page_monitor import PageMonitor
from tests.support.worker_process import WorkerProcess

# The default of `expect` is 5 s, which a busy machine exceeds. Only a test that fails waits longer.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP archive.test 127.0.0.1",
    "--autoplay-policy=no-user-gesture-required",
)


def chromium_path() -> str | None:
    """Return the path of CHROMIUM or of an installed browser."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Launch one browser per session; each test opens its own contexts."""
    path = chromium_path()
    if not path:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("REQUIRE_CHROMIUM is set and no Chromium was found")
        pytest.skip("no Chromium was found (CHROMIUM names another)")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def server(settings: Settings) -> Iterator[ServerProcess]:
    """Create the process of `flask serve` on the archive of this test; it can be killed."""
    process = ServerProcess(settings)
    yield process
    process.stop()


@pytest.fixture
def site(
    settings: Settings,
    compiled_templates: FileSystemBytecodeCache,
    request: pytest.FixtureRequest,
) -> Iterator[HttpClient]:
    """Serve the archive: by `server` if the test has one, else in a thread, which costs less."""
    if "server" in request.fixturenames:
        process: ServerProcess = request.getfixturevalue("server")
        yield process.start()
        return
    with serve_archive(settings, compiled_templates) as client:
        yield client


@contextmanager
def serve_archive(settings: Settings, templates: FileSystemBytecodeCache) -> Iterator[HttpClient]:
    """Serve an archive by waitress in a thread of this process."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = templates
    with serve_in_thread(app) as client:
        yield client
    app.extensions["loi_ke"].database.dispose()


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    """Run `flask worker` beside the server, for tests that watch a job."""
    process = WorkerProcess(settings)
    process.start()
    yield process
    process.stop()


OpenAs = Callable[..., Page]


@pytest.fixture
def open_as(chromium: Browser, site: HttpClient, settings: Settings) -> Iterator[OpenAs]:
    """Return a function that opens a page as a member of the cast; None is not signed in.

    `open_as("cleo", language="en", width=390, dark=True)`; addresses are relative. The browser
    is in the zone of the machine, or in `timezone`.
    """
    contexts: list[tuple[BrowserContext, PageMonitor]] = []

    def open_page(
        member: str | None,
        *,
        language: str = "vi",
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        scripts: bool = True,
        downloads: Path | None = None,
        timezone: str | None = None,
    ) -> Page:
        origin = f"http://{site.host}:{site.port}"
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            locale=language,
            timezone_id=timezone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        if member is not None:
            context.add_cookies(
                [{"name": SESSION_COOKIE, "value": token_of(settings, member), "url": origin}]
            )
        context.set_default_timeout(PATIENCE_MS)
        monitor = PageMonitor(host=urlsplit(origin).netloc)
        context.on("page", monitor.observe)
        contexts.append((context, monitor))
        return context.new_page()

    yield open_page
    for context, monitor in contexts:
        context.close()
        monitor.assert_clean()


def play_slowly(page: Page, rate: float = 0.1) -> None:
    """Play every recording at this rate: a busy test then finds it at nearly the same place.

    Call it before the page is opened.
    """
    page.add_init_script(
        f"""const play = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {{
          this.playbackRate = {rate};
          return play.call(this);
        }};"""
    )


def token_of(settings: Settings, member: str) -> str:
    """Open a session for a member of the cast and return its token."""
    database = Database(settings.database_url)
    try:
        return session_of(database, member)
    finally:
        database.dispose()
