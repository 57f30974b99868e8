"""Names of spoken languages in filters and chips."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.toolbox import Toolbox
from tests.support.searchable_interviews import add_interview_with_text, index_all


@pytest.mark.parametrize("page", ["interviews?language=lo", "search?q=sabaidee&language=lo"])
@pytest.mark.parametrize(("site", "name"), [("vi", "Tiếng Lào"), ("en", "Lao")])
def test_language_filter_shows_the_name_of_a_code(
    toolbox: Toolbox,
    client_of: Callable[[str | None], FlaskClient],
    page: str,
    site: str,
    name: str,
) -> None:
    add_interview_with_text(toolbox, "LK-1", "Sabaidee.", language="lo")
    index_all(toolbox)
    shown = client_of("sam").get(f"/{site}/{page}").get_data(as_text=True)
    assert f">{name}" in shown
    assert ">lo<" not in shown
