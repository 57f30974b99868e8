"""The header: name and navigation beside or below each other, never on top of each other."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenAs

GAP = """() => {
  const name = document.querySelector(".brand__name").getBoundingClientRect();
  const links = document.querySelector(".site-header__nav").getBoundingClientRect();
  return Math.max(links.left - name.right, links.top - name.bottom);
}"""


@pytest.mark.parametrize("language", ["vi", "en"])
def test_navigation_does_not_cover_the_name_at_any_width(open_as: OpenAs, language: str) -> None:
    page = open_as("ada", language=language)
    page.goto(f"/{language}/jobs")
    page.evaluate("document.fonts.ready")
    for width in (1920, 1440, 1366, 1360, 1359, 1280, 1279, 1024, 800):
        page.set_viewport_size({"width": width, "height": 600})
        assert page.evaluate(GAP) >= 0, width
