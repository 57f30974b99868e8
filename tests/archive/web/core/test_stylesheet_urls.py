"""Files that stylesheets name are those that set-up fetches."""

from __future__ import annotations

import re

import pytest

from archive.web.core.assets import STATIC
from tools.browser_files import PRODUCT_FILES

URL = re.compile(r"url\(([^)]+)\)")
NAMED = [
    (path, url.strip("'\""))
    for path in sorted((STATIC / "css").rglob("*.css"))
    for url in URL.findall(path.read_text("utf-8"))
    if not url.strip("'\"").startswith("data:")
]


def test_stylesheets_contain_font_urls() -> None:
    assert len(NAMED) >= 12


@pytest.mark.parametrize(("sheet", "url"), NAMED, ids=[url for _, url in NAMED])
def test_url_in_stylesheet_is_a_file_of_ours(sheet: object, url: str) -> None:
    target = (STATIC / "css" / str(sheet)).parent / url
    name = target.resolve().relative_to(STATIC).as_posix()
    assert name in PRODUCT_FILES.values() or (STATIC / name).is_file()
