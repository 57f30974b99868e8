"""Every page in both languages, both themes and two widths: no axe violation, no overflow.

The pages come from the route × cast table, so a new page is tested automatically.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import PATIENCE_MS
from tests.support import http_server
from tests.support.accessibility import violations
from tests.support.page_monitor import PageMonitor
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive

NOT_PAGES = {
    "home.redirect_to_language",
    "home.health",
    "reading.cite",
    "reading.words",
    "versions.export",
    "files.download_original",
    "media.stream",
    "jobs.show",
    "jobs.of_interview",
    "jobs.panel",
    "uploads.progress",
    "uploads.progress_row",
    "files.file_list",
    "editing.load_transcript",
    "editing.words",
    "editing.revisions",
    "editing.ticket",
    "presence.show",
    "interviews.read_date",
    "uploads.may_be_known",
}
PAGES = [
    (endpoint, about)
    for method, endpoint, about, _found in rows()
    if method == "GET" and endpoint not in NOT_PAGES
]
VARIANTS = (("vi", False, 1440), ("vi", True, 390), ("en", True, 1440), ("en", False, 390))


@dataclass(frozen=True)
class ServedArchive:
    archive: SharedArchive
    server: http_server.HttpClient


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[ServedArchive]:
    archive = build_shared_archive(tmp_path_factory.mktemp("pages"), empty_database)
    with http_server.serve_in_thread(archive.app) as server:
        yield ServedArchive(archive, server)
    archive.tools.database.dispose()


@pytest.fixture(scope="module")
def contexts(
    chromium: Browser, served: ServedArchive
) -> Iterator[list[tuple[BrowserContext, PageMonitor]]]:
    """Open one browser context per language, theme and width."""
    origin = f"http://{served.server.host}:{served.server.port}"
    opened = []
    for language, dark, width in VARIANTS:
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": 900},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        monitor = PageMonitor(host=f"{served.server.host}:{served.server.port}")
        context.on("page", monitor.observe)
        opened.append((context, monitor))
    yield opened
    for context, _watch in opened:
        context.close()


@pytest.mark.parametrize(("endpoint", "about"), PAGES)
def test_page_in_every_theme_and_width_has_no_violations(
    served: ServedArchive,
    contexts: list[tuple[BrowserContext, PageMonitor]],
    endpoint: str,
    about: str,
) -> None:
    origin = f"http://{served.server.host}:{served.server.port}"
    token = served.archive.tokens["ada"]
    for (language, dark, width), (context, monitor) in zip(VARIANTS, contexts, strict=True):
        if endpoint == "sign_in.show":
            context.clear_cookies()
        else:
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": origin}])
        page = context.new_page()
        response = page.goto(served.archive.url("GET", endpoint, about, language=language))
        assert response is not None
        assert response.status == 200
        variant = f"{language} {'dark' if dark else 'light'} {width}"
        assert violations(page) == [], variant
        assert page.evaluate("document.documentElement.scrollWidth") <= width, variant
        assert page.title().strip(" ·") != "", variant
        page.close()
        monitor.assert_clean()
