"""Theme and text size without scripts, and where the button redirects to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

ClientOf = Callable[[str | None], FlaskClient]


def test_size_changes_one_step_and_redirects_back(client_of: ClientOf) -> None:
    here = {"Referer": "http://localhost/en/search?q=g%E1%BA%A1o"}
    answer = client_of(None).post("/en/display", data={"size": "next"}, headers=here)
    assert (answer.status_code, answer.location) == (303, "/en/search?q=g%E1%BA%A1o")
    assert "loike_size=115" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://evil.test/",
        "http://localhost//evil.test/",
        "http://localhost/\\evil.test",
        "http://[",
    ],
)
def test_redirect_after_display_stays_on_this_site(client_of: ClientOf, elsewhere: str) -> None:
    # A browser that names its origin decides by it: the Referer only leads back.
    sent = {"Referer": elsewhere, "Origin": "http://localhost"}
    answer = client_of(None).post("/en/display", data={"size": "x"}, headers=sent)
    assert answer.location == "/en/"
