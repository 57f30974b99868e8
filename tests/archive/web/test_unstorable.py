"""What no database can hold is bad input, on either of them: a sentence, never a crash."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

ClientOf = Callable[[str | None], FlaskClient]
HUGE = "9" * 40


@pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
@pytest.mark.parametrize(
    "address",
    [
        "/en/interviews/%00", "/en/interviews/LK-1%00", f"/en/interviews?page={HUGE}",
        "/en/interviews?q=%00&collection=%00&person=%00", f"/en/interviews?year={HUGE}",
        "/en/people?q=%00", f"/en/people?page={HUGE}", f"/en/jobs?page={HUGE}",
        f"/en/search?q=ch%E1%BB%A3&page={HUGE}", "/en/search?q=%00", "/en/people/%00",
    ],
)  # fmt: skip
def test_an_address_with_what_cannot_be_stored(client_of: ClientOf, address: str) -> None:
    for name in ("ben", None):
        answer = client_of(name).get(address)
        assert answer.status_code < 500, answer.get_data(as_text=True)[-2000:]
        assert "Something went wrong" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_a_form_with_what_cannot_be_stored(client_of: ClientOf) -> None:
    sent = {"email": "a\x00@b.test", "password": "x\x00", "name": "\x00", "role": "\x00"}
    for name, address in (
        (None, "/en/sign-in"),
        ("ada", "/en/accounts"),
        ("ben", "/en/people/new"),
    ):
        answer = client_of(name).post(
            address, data={**sent, "full_name": "Lê\x00", "title": "\x00"}
        )
        assert answer.status_code < 500, (address, answer.get_data(as_text=True)[-2000:])


@pytest.mark.parametrize("year", ["9" * 5_000, HUGE, "-1", "1９75"])
def test_a_year_of_too_many_figures_gets_its_sentence(client_of: ClientOf, year: str) -> None:
    sent = {"title": "Chợ", "languages": "vi", "audience": "staff", "told_from": year}
    answer = client_of("ben").post("/en/interviews", data=sent)
    assert answer.status_code == 422
    assert "A year is four digits" in answer.get_data(as_text=True)
