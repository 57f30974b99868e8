from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from archive.actions.accounts import rate_limit
from archive.settings import Settings
from archive.web.core.security import SESSION_COOKIE
from tests.support.cast import CAST, PASSWORD

ClientOf = Callable[[str | None], FlaskClient]
CLEO = {"email": CAST["cleo"].email, "password": PASSWORD}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def cookie_line(answer: TestResponse, name: str) -> str:
    lines = answer.headers.getlist("Set-Cookie")
    return next(line for line in lines if line.startswith(f"{name}="))


def test_sign_in_and_sign_out(visitor: FlaskClient) -> None:
    assert visitor.get("/vi/profile").location == "/vi/sign-in?next=/vi/profile"
    answer = visitor.post("/vi/sign-in", data={**CLEO, "next": "/vi/profile"})
    assert (answer.status_code, answer.location) == (303, "/vi/profile")
    assert CAST["cleo"].email in visitor.get("/vi/profile").text
    token = visitor.get_cookie(SESSION_COOKIE)
    assert visitor.post("/vi/sign-out").status_code == 303
    assert visitor.get_cookie(SESSION_COOKIE) is None
    assert visitor.get("/vi/profile").status_code == 303
    assert token is not None
    visitor.set_cookie(SESSION_COOKIE, token.value)  # it ended on the server, too
    assert visitor.get("/vi/profile").status_code == 303


def test_session_cookie_is_http_only(visitor: FlaskClient) -> None:
    line = cookie_line(visitor.post("/vi/sign-in", data=CLEO), SESSION_COOKIE)
    for flag in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert flag in line
    assert "Domain" not in line
    assert "Secure" not in line  # a plain intranet: the browser would drop it


def test_session_cookie_has_host_prefix_over_https(settings: Settings) -> None:
    app = create_app(replace(settings, https=True))
    app.config.update(WTF_CSRF_ENABLED=False)
    visitor = app.test_client()
    name = f"__Host-{SESSION_COOKIE}"
    entered = visitor.post("/vi/sign-in", data=CLEO, base_url="https://archive.test")
    line = cookie_line(entered, name)
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in line
    assert "Domain" not in line
    assert "max-age" in entered.headers["Strict-Transport-Security"]
    page = visitor.get("/vi/profile", base_url="https://archive.test")
    assert page.status_code == 200
    assert "Secure" in cookie_line(page, "__Host-loike_form")
    left = cookie_line(visitor.post("/vi/sign-out", base_url="https://archive.test"), name)
    assert "Secure" in left
    assert "Max-Age=0" in left
    app.extensions["loi_ke"].database.dispose()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"email": CLEO["email"]},
        {"password": PASSWORD},
        {**CLEO, "password": PASSWORD + " "},
        {**CLEO, "email": "nobody@archive.test"},
        {**CLEO, "email": "' OR 1=1 --"},
        {**CLEO, "email": "x" * 100_000},
        {**CLEO, "password": "x" * 100_000},
        {**CLEO, "email": "\x00\ud7ff"},
    ],
)
def test_failed_sign_in_does_not_reveal_what_was_wrong(
    visitor: FlaskClient, data: dict[str, str]
) -> None:
    answer = visitor.post("/en/sign-in", data=data)
    assert answer.status_code == 401
    assert "E-mail or password is not right." in answer.text
    assert visitor.get_cookie(SESSION_COOKIE) is None


def test_too_many_failures_are_rate_limited(visitor: FlaskClient) -> None:
    for _ in range(rate_limit.LIMIT_PER_PAIR):
        assert visitor.post("/vi/sign-in", data={**CLEO, "password": "x"}).status_code == 401
    answer = visitor.post("/vi/sign-in", data=CLEO)
    assert answer.status_code == 429
    assert "Chờ" in answer.text or "chờ" in answer.text
    elsewhere = {"REMOTE_ADDR": "10.9.8.7"}
    assert visitor.post("/vi/sign-in", data=CLEO, environ_overrides=elsewhere).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "javascript:alert(1)",
        "http:evil.test",
        " //evil.test",
        "evil.test",
        "/%0d%0aSet-Cookie:x=1\r\n",
        "///evil.test",
        "/" + "x" * 5000,
        "http://[",
    ],
)
def test_next_of_another_site_is_ignored(visitor: FlaskClient, target: str) -> None:
    answer = visitor.post("/vi/sign-in", data={**CLEO, "next": target})
    assert (answer.status_code, answer.location) == (303, "/vi/")
    assert "x=1" not in str(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("target", ["/vi/search?q=h%E1%BA%BBm&from=1978", "/vi/profile", "/en/"])
def test_next_of_this_site_is_followed(visitor: FlaskClient, target: str) -> None:
    answer = visitor.post("/vi/sign-in", data={**CLEO, "next": target})
    assert answer.location == target


def test_second_sign_in_ends_the_first_session(visitor: FlaskClient) -> None:
    visitor.post("/vi/sign-in", data=CLEO)
    before = visitor.get_cookie(SESSION_COOKIE)
    visitor.post("/vi/sign-in", data=CLEO)
    after = visitor.get_cookie(SESSION_COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    stolen = visitor.application.test_client()
    stolen.set_cookie(SESSION_COOKIE, before.value)
    assert stolen.get("/vi/profile").status_code == 303


@pytest.mark.parametrize(
    "token", ["", "x", "../../etc", "é" * 300, "a" * 3_000], ids=["empty", "x", "path", "é", "long"]
)
def test_unknown_session_cookie_is_public(visitor: FlaskClient, token: str) -> None:
    visitor.set_cookie(SESSION_COOKIE, token)
    assert visitor.get("/vi/").status_code == 200
    assert visitor.get("/vi/profile").status_code == 303


def test_sign_in_uses_the_accounts_language(visitor: FlaskClient, client_of: ClientOf) -> None:
    client_of("cleo").post("/vi/profile", data={"name": "Cleo", "language": "en"})
    assert visitor.post("/vi/sign-in", data=CLEO).location == "/en/"
