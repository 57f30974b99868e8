"""The choices of a reader without a script, and where the button leads back to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

ClientOf = Callable[[str | None], FlaskClient]


def test_one_step_through_the_sizes_leads_back_to_the_page(client_of: ClientOf) -> None:
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
def test_it_never_leads_out_of_the_house(client_of: ClientOf, elsewhere: str) -> None:
    answer = client_of(None).post("/en/display", data={"size": "x"}, headers={"Referer": elsewhere})
    assert answer.location == "/en/"
