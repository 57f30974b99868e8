"""Imported text with a bidi override changes the order of no other words on any page.

An override (U+202E) turns round what follows it, up to the end of its paragraph or isolate:
"gnpj.exe" looks like "exe.jpng", and the label behind a text like another label.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from archive.models import MediaFile
from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_every_page import PAGES, ServedArchive
from tests.support import http_server
from tests.support.shared_archive import build_shared_archive

OVERRIDE = "\u202e"
TEXTS = (f"Hồi đó {OVERRIDE}nhà tôi ở hẻm.", f"{OVERRIDE}Mưa là ngập tới gối.")

# Text nodes with an override whose nearest isolate also holds text of others.
NOT_ISOLATED = """() => {
  const isIsolate = (element) => {
    const style = getComputedStyle(element);
    return style.unicodeBidi.includes("isolate") || style.unicodeBidi === "plaintext"
      || !style.display.startsWith("inline") || style.display.startsWith("inline-");
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!/[\u202a-\u202e\u2066-\u2069]/.test(node.data)) continue;
    if (parent.closest("script, style, template, textarea, option")) continue;
    let isolate = parent;
    while (!isIsolate(isolate)) isolate = isolate.parentElement;
    const owner = parent.closest("[data-segment-text], bdi") ?? parent;
    const others = document.createTreeWalker(isolate, NodeFilter.SHOW_TEXT);
    while (others.nextNode()) {
      const other = others.currentNode;
      if (owner.contains(other) || !/[\\p{L}\\p{N}]/u.test(other.data)) continue;
      let own = other.parentElement;
      while (!isIsolate(own)) own = own.parentElement;
      if (own === isolate) {
        found.push(isolate.outerHTML.slice(0, 300));
        break;
      }
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[ServedArchive]:
    archive = build_shared_archive(tmp_path_factory.mktemp("bidi"), empty_database, texts=TEXTS)
    with archive.tools.database.writing() as db:
        for file in db.scalars(select(MediaFile)):
            file.filename = f"anh{OVERRIDE}gnpj.wav"
    with http_server.serve_in_thread(archive.app) as server:
        yield ServedArchive(archive, server)
    archive.tools.database.dispose()


@pytest.fixture(scope="module")
def context(chromium: Browser, served: ServedArchive) -> Iterator[BrowserContext]:
    origin = f"http://{served.server.host}:{served.server.port}"
    opened = chromium.new_context(base_url=origin, locale="vi")
    opened.set_default_timeout(PATIENCE_MS)
    opened.add_cookies(
        [{"name": SESSION_COOKIE, "value": served.archive.tokens["ada"], "url": origin}]
    )
    yield opened
    opened.close()


def test_override_in_an_imported_text_reaches_no_other_text(
    served: ServedArchive, context: BrowserContext
) -> None:
    addresses = {
        served.archive.url("GET", endpoint, about, language="vi") for endpoint, about in PAGES
    }
    addresses |= {"/vi/search?q=ngap", "/vi/?", "/vi/search?q=LK-OPEN"}
    page, seen, found = context.new_page(), 0, {}
    page.set_content(f"<p>1 <span>{OVERRIDE}abc</span> 2</p><p>1 <bdi>{OVERRIDE}abc</bdi> 2</p>")
    assert len(page.evaluate(NOT_ISOLATED)) == 1
    for address in sorted(addresses):
        page.goto(address)
        if address.endswith("/edit"):
            page.wait_for_load_state("networkidle")
        seen += OVERRIDE in page.inner_text("body")
        if bare := page.evaluate(NOT_ISOLATED):
            found[address] = bare
    assert seen >= 7  # not an empty search, no editor without its text
    assert found == {}
