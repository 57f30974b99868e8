"""Requests of other origins are refused, and form tokens belong to one session."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from archive import migrations
from archive.actions.accounts import accounts
from archive.db import Database
from archive.settings import Settings
from archive.web.core import origin
from archive.web.core.security import SESSION_COOKIE
from tests.support.cast import CAST, PASSWORD

ClientOf = Callable[[str | None], FlaskClient]


@pytest.mark.parametrize(
    ("base_url", "sender", "own"),
    [
        ("http://archive.test", "http://archive.test", True),
        ("http://archive.test", "http://archive.test:80", True),
        ("http://ARCHIVE.test", "http://archive.test/vi/profile?x=1", True),
        ("http://archive.test:8080", "http://archive.test:8080", True),
        ("http://archive.test:8080", "http://archive.test", False),
        ("http://archive.test:8080", "http://archive.test:8081", False),
        ("http://archive.test", "https://archive.test", False),
        ("https://archive.test", "https://archive.test", True),
        ("http://[::1]:8080", "http://[::1]:8080", True),
        ("http://[::1]:8080", "http://[::2]:8080", False),
        ("http://archive.test", "http://archive.test.evil.test", False),
        ("http://archive.test", "http://archive.test@evil.test", False),
        ("http://archive.test", "null", False),
        ("http://archive.test", "", False),
        ("http://archive.test", "http://[", False),
        ("http://archive.test", "http://archive.test:port", False),
        ("http://archive.test", "ftp://archive.test", False),
        ("http://archive.test", "http://archive.test:0", False),
        ("http://archive.test", "http://evil.test@archive.test", False),
        ("http://archive.test", "//archive.test", False),
    ],
)
def test_is_own_compares_host_and_port(app: Flask, base_url: str, sender: str, own: bool) -> None:
    with app.test_request_context("/vi/", base_url=base_url):
        assert origin.is_own_host(sender) is own


@pytest.mark.parametrize(
    ("sender", "own"),
    [
        ("https://archive.test", True),
        ("http://archive.test", False),
        ("https://archive.test:81", False),
    ],
)
def test_is_own_behind_a_proxy_takes_the_port_of_https(
    settings: Settings, sender: str, own: bool
) -> None:
    app = create_app(replace(settings, https=True))
    with app.test_request_context("/vi/", base_url="http://archive.test"):
        assert origin.is_own_host(sender) is own


def test_origin_decides_before_referer(app: Flask) -> None:
    headers = {"Origin": "http://localhost", "Referer": "http://evil.test/"}
    with app.test_request_context("/vi/", method="POST", headers=headers):
        assert not origin.is_cross_origin()


def test_refusal_for_a_program_is_json_with_a_code(client_of: ClientOf) -> None:
    answer = client_of("cleo").patch(
        "/api/v1/segments/x", json={}, headers={"Origin": "http://evil.test"}
    )
    assert (answer.status_code, answer.get_json()["error"]) == (403, "foreign_page")


def test_refusal_leaves_open_forms_as_they_are(guarded: Flask) -> None:
    visitor = guarded.test_client()
    token = token_in(visitor.get("/en/sign-in").text)
    before = visitor.get_cookie("loike_form")
    visitor.delete_cookie("loike_form")  # as a browser sends a post of another site: without it
    refused = visitor.post("/en/display", headers={"Origin": "http://evil.test"})
    assert (refused.status_code, refused.headers.getlist("Set-Cookie")) == (403, [])
    assert before is not None
    visitor.set_cookie("loike_form", before.value)
    sent = visitor.post("/en/display", data={"theme": "next", "csrf_token": token})
    assert sent.status_code == 303


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


@pytest.fixture
def guarded(app: Flask) -> Flask:
    app.config.update(WTF_CSRF_ENABLED=True)
    return app


def plant(client: FlaskClient, other: FlaskClient) -> None:
    """Give `client` the form cookie that `other` was given."""
    cookie = other.get_cookie("loike_form")
    assert cookie is not None
    client.set_cookie("loike_form", cookie.value)


@pytest.mark.parametrize("member", [None, "sam"])
def test_form_token_of_another_session_is_refused(
    guarded: Flask, client_of: ClientOf, database: Database, member: str | None
) -> None:
    attacker, ada = client_of(member), client_of("ada")
    token = token_in(attacker.get("/en/sign-in").text)
    plant(ada, attacker)
    new = {"name": "Mallory", "email": "mallory@evil.test", "role": "administrator"}
    answer = ada.post("/en/accounts", data={**new, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 400
    with database.reading() as db:
        assert accounts.by_email(db, "mallory@evil.test") is None


def test_form_token_from_before_the_sign_in_is_worthless_after_it(guarded: Flask) -> None:
    visitor = guarded.test_client()
    token = token_in(visitor.get("/en/sign-in").text)
    before = visitor.get_cookie("loike_form")
    cleo = {"email": CAST["cleo"].email, "password": PASSWORD, "csrf_token": token}
    assert visitor.post("/en/sign-in", data=cleo).status_code == 303
    assert before is not None
    visitor.set_cookie("loike_form", before.value)
    changed = visitor.post("/en/profile", data={"name": "X", "language": "en", "csrf_token": token})
    assert changed.status_code == 400


def test_sign_out_starts_a_new_form_session(guarded: Flask, client_of: ClientOf) -> None:
    cleo = client_of("cleo")
    token = token_in(cleo.get("/en/profile").text)
    assert cleo.post("/en/sign-out", data={"csrf_token": token}).status_code == 303
    assert cleo.get_cookie(SESSION_COOKIE) is None
    assert cleo.post("/en/display", data={"theme": "next", "csrf_token": token}).status_code == 400


def test_first_run_starts_a_new_form_session(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("new")
    url = f"sqlite:///{home / 'archive.db'}"
    migrations.upgrade(url)
    visitor = create_app(replace(settings, home=home, database_url=url)).test_client()
    token = token_in(visitor.get("/en/first-run").text)
    form = {
        "site_name": "Kho",
        "name": "Ada",
        "email": "ada@archive.test",
        "password": PASSWORD,
        "language": "en",
        "csrf_token": token,
    }
    assert visitor.post("/en/first-run", data=form).status_code == 303
    stale = {"name": "X", "language": "en", "csrf_token": token}
    assert visitor.post("/en/profile", data=stale).status_code == 400
    fresh = token_in(visitor.get("/en/profile").text)
    assert visitor.post("/en/profile", data={**stale, "csrf_token": fresh}).status_code == 303
