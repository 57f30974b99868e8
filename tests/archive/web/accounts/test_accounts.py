from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.web.core.security import SESSION_COOKIE
from tests.support.cast import CAST, PASSWORD

ClientOf = Callable[[str | None], FlaskClient]
NEW = "một câu đủ dài để nhớ"
MINH = {"name": "Minh", "email": "minh@archive.test", "role": "editor", "password": NEW}


def id_of(ada: FlaskClient, name: str) -> str:
    page = ada.get("/en/accounts").text
    row = next(row for row in page.split("<tr") if f'scope="row">{name}' in row)
    found = re.search(r"/accounts/([0-9A-Z]{26})", row)
    assert found is not None
    return found.group(1)


def session_names(client: FlaskClient) -> list[str]:
    return re.findall(r'name="end" value="([0-9a-f]+)"', client.get("/en/profile").text)


def test_created_account_can_sign_in(client_of: ClientOf) -> None:
    ada, minh = client_of("ada"), client_of(None)
    assert ada.post("/en/accounts", data=MINH).status_code == 303
    page = ada.get("/en/accounts").text
    assert "Minh can sign in now." in page
    assert "minh@archive.test" in page
    assert minh.post("/en/sign-in", data=MINH).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "x"}, "email"),
        ({"email": CAST["cleo"].email}, "email"),
        ({"name": ""}, "name"),
        ({"role": "queen"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 2000}, "password"),
    ],
)
def test_invalid_account_shows_problem_at_its_field(
    client_of: ClientOf, wrong: dict[str, str], field: str
) -> None:
    ada = client_of("ada")
    answer = ada.post("/en/accounts", data={**MINH, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert re.search(rf'The account was not opened.*<a href="#{field}">', answer.text, re.S)
    assert NEW not in answer.text
    assert "minh@archive.test" not in ada.get("/en/accounts").text


def test_account_names_are_escaped(client_of: ClientOf) -> None:
    ada = client_of("ada")
    ada.post("/en/accounts", data={**MINH, "name": "<script>alert(1)</script>"})
    page = ada.get("/en/accounts").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_deactivated_account_is_signed_out(client_of: ClientOf) -> None:
    ada, cleo = client_of("ada"), client_of("cleo")
    assert cleo.get("/en/profile").status_code == 200
    address = f"/en/accounts/{id_of(ada, 'Cleo')}"
    assert ada.post(address, data={"name": "Cleo", "role": "editor"}).status_code == 303
    assert cleo.get("/en/profile").status_code == 303
    credentials = {"email": CAST["cleo"].email, "password": PASSWORD}
    assert cleo.post("/en/sign-in", data=credentials).status_code == 401
    ada.post(address, data={"name": "Cleo", "role": "editor", "is_active": "1"})
    assert cleo.post("/en/sign-in", data=credentials).status_code == 303


def test_password_set_by_administrator_ends_all_sessions(client_of: ClientOf) -> None:
    ada, cleo = client_of("ada"), client_of("cleo")
    data = {"name": "Cleo", "role": "editor", "is_active": "1", "password": NEW}
    assert ada.post(f"/en/accounts/{id_of(ada, 'Cleo')}", data=data).status_code == 303
    assert cleo.get("/en/profile").status_code == 303


def test_short_password_changes_nothing(client_of: ClientOf) -> None:
    ada = client_of("ada")
    address = f"/en/accounts/{id_of(ada, 'Cleo')}"
    ada.post(
        address, data={"name": "Other", "role": "reviewer", "is_active": "1", "password": "short"}
    )
    page = ada.get("/en/accounts").text
    assert "too short" in page
    assert "Other" not in page


def test_removed_role_applies_to_the_next_page(client_of: ClientOf) -> None:
    ada, ben = client_of("ada"), client_of("ben")
    assert ben.get("/en/jobs").status_code == 200
    data = {"name": "Ben", "role": "researcher", "is_active": "1"}
    ada.post(f"/en/accounts/{id_of(ada, 'Ben')}", data=data)
    assert ben.get("/en/jobs").status_code == 403


def test_last_administrator_cannot_be_demoted(client_of: ClientOf) -> None:
    ada = client_of("ada")
    ada.post(f"/en/accounts/{id_of(ada, 'Ada')}", data={"name": "Ada", "role": "editor"})
    assert "the archive needs at least one. Nothing was changed." in ada.get("/en/accounts").text
    assert ada.get("/en/accounts").status_code == 200


@pytest.mark.parametrize("user_id", ["nobody", "01JD0000000000000000000000", "%00", "x" * 500])
def test_unknown_account_is_404(client_of: ClientOf, user_id: str) -> None:
    answer = client_of("ada").post(f"/en/accounts/{user_id}", data={"name": "X"})
    assert answer.status_code == 404


def test_profile_changes_own_name_and_language(client_of: ClientOf) -> None:
    cleo = client_of("cleo")
    answer = cleo.post("/vi/profile", data={"name": "Cléo", "language": "en"})
    assert answer.location == "/en/profile"
    assert "Cléo" in cleo.get("/en/").text
    wrong = cleo.post("/en/profile", data={"name": " ", "language": "en"})
    assert wrong.status_code == 422
    assert 'id="name-problem"' in wrong.text


def test_profile_does_not_change_own_role(client_of: ClientOf) -> None:
    cleo = client_of("cleo")
    cleo.post("/en/profile", data={"name": "Cleo", "language": "", "role": "administrator"})
    assert cleo.get("/en/accounts").status_code == 403


def test_password_change_requires_current_password(client_of: ClientOf) -> None:
    here, there = client_of("cleo"), client_of("cleo")
    wrong = here.post("/en/profile/password", data={"present": "a guess", "password": NEW})
    assert wrong.status_code == 422
    assert 'id="present-problem"' in wrong.text
    short = here.post("/en/profile/password", data={"present": PASSWORD, "password": "short"})
    assert 'id="password-problem"' in short.text
    good = here.post("/en/profile/password", data={"present": PASSWORD, "password": NEW})
    assert good.status_code == 303
    assert here.get("/en/profile").status_code == 200
    assert there.get("/en/profile").status_code == 303


def test_sessions_are_ended_one_by_one(client_of: ClientOf) -> None:
    here, there, third = client_of("cleo"), client_of("cleo"), client_of("cleo")
    assert len(session_names(here)) == 2
    here.post("/en/profile/sessions", data={"end": session_names(here)[0]})
    assert [c.get("/en/profile").status_code for c in (there, third)].count(303) == 1
    here.post("/en/profile/sessions", data={"end": "others"})
    assert [c.get("/en/profile").status_code for c in (here, there, third)] == [200, 303, 303]
    assert session_names(here) == []
    here.post("/en/profile/sessions", data={"end": "all"})
    assert here.get("/en/profile").status_code == 303


def test_profile_lists_this_browser_first(client_of: ClientOf) -> None:
    here = client_of("cleo")
    client_of("cleo")  # signed in later, and so listed first but for the rule
    page = here.get("/en/profile").text
    assert page.index("This browser") < page.index("Another browser")


def test_session_of_another_user_cannot_be_ended(client_of: ClientOf) -> None:
    cleo, rob = client_of("cleo"), client_of("rob")
    client_of("rob")
    for name in [*session_names(rob), "", "0" * 16, "x" * 9000]:
        assert cleo.post("/en/profile/sessions", data={"end": name}).status_code == 303
    assert len(session_names(rob)) == 1


def test_profile_contains_no_session_token(client_of: ClientOf) -> None:
    cleo = client_of("cleo")
    cookie = cleo.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    assert cookie.value not in cleo.get("/en/profile").text
