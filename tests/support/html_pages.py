"""Read values from HTML pages of the archive."""

from __future__ import annotations

import html
import re

from werkzeug.test import TestResponse


def page_text(response: TestResponse) -> str:
    """Return the page with its character references resolved."""
    return html.unescape(response.get_data(as_text=True))


def hidden_field(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return html.unescape(found[1])
