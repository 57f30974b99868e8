"""Every page in both languages and themes, wide and narrow: axe finds nothing, nothing sticks out.

The pages are those of the route × cast table, so a new page is asked unasked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from archive.web.security import SESSION_COOKIE
from tests import live
from tests.archive.web.route_table import rows
from tests.browser.accessibility import violations
from tests.browser.watching import Watch
from tests.standing import Standing, build

NOT_PAGES = {
    "home.front_door", "home.health", "reading.cite", "reading.words", "versions.export",
    "files.original", "media.stream", "jobs.show", "jobs.of_interview", "jobs.panel",
    "uploads.state", "uploads.row", "files.listing", "editing.transcript", "editing.words",
    "editing.revisions", "editing.ticket", "presence.show", "interviews.date",
    "uploads.maybe_known",
}  # fmt: skip
PAGES = [
    (endpoint, about)
    for method, endpoint, about, _found in rows()
    if method == "GET" and endpoint not in NOT_PAGES
]
LOOKS = (("vi", False, 1440), ("vi", True, 390), ("en", True, 1440), ("en", False, 390))


@dataclass(frozen=True)
class Site:
    standing: Standing
    line: live.Line


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Site]:
    standing = build(tmp_path_factory.mktemp("pages"), empty_database)
    with live.in_thread(standing.app) as line:
        yield Site(standing, line)
    standing.tools.database.dispose()


@pytest.fixture(scope="module")
def looks(chromium: Browser, served: Site) -> Iterator[list[tuple[BrowserContext, Watch]]]:
    """A browser of Ada's for each look."""
    origin = f"http://{served.line.host}:{served.line.port}"
    opened = []
    for language, dark, width in LOOKS:
        context = chromium.new_context(
            base_url=origin,
            viewport={"width": width, "height": 900},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        watch = Watch(host=f"{served.line.host}:{served.line.port}")
        context.on("page", watch.look_at)
        opened.append((context, watch))
    yield opened
    for context, _watch in opened:
        context.close()


@pytest.mark.parametrize(("endpoint", "about"), PAGES)
def test_a_page_is_sound_in_every_look(
    served: Site, looks: list[tuple[BrowserContext, Watch]], endpoint: str, about: str
) -> None:
    origin = f"http://{served.line.host}:{served.line.port}"
    token = served.standing.tokens["ada"]
    for (language, dark, width), (context, watch) in zip(LOOKS, looks, strict=True):
        if endpoint == "sign_in.show":
            context.clear_cookies()
        else:
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": origin}])
        page = context.new_page()
        answer = page.goto(served.standing.address("GET", endpoint, about, language=language))
        assert answer is not None
        assert answer.status == 200
        look = f"{language} {'dark' if dark else 'light'} {width}"
        assert violations(page) == [], look
        assert page.evaluate("document.documentElement.scrollWidth") <= width, look
        assert page.title().strip(" ·") != "", look
        page.close()
        watch.check()
