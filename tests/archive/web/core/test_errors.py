from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import text

from archive.db import Database
from archive.web.core.security import SESSION_COOKIE
from tests.support.cast import CAST, PASSWORD

ClientOf = Callable[[str | None], FlaskClient]
HOME = "http://localhost"


@pytest.fixture
def failing_app(app: Flask) -> Flask:
    """The app with routes that raise errors."""

    @app.route("/<any(vi, en):lang_code>/trouble/<int:status>")
    def fail(status: int) -> str:
        abort(status)

    @app.route("/<any(vi, en):lang_code>/boom")
    def fail_in_page() -> str:
        raise RuntimeError("a secret that no page may show")

    @app.route("/api/v1/boom")
    def fail_in_api() -> str:
        raise KeyError("a secret that no page may show")

    return app


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 414, 415, 418, 429, 500, 503])
@pytest.mark.parametrize(
    ("language", "home"), [("vi", "Về trang đầu"), ("en", "To the front page")]
)
def test_every_status_has_a_page_with_a_message(
    failing_app: Flask, client_of: ClientOf, status: int, language: str, home: str
) -> None:
    answer = client_of("cleo").get(f"/{language}/trouble/{status}")
    assert answer.status_code == status
    assert home in answer.text
    heading = re.search(r"<h1>(.+?)</h1>", answer.text)
    assert heading is not None
    assert len(heading.group(1)) > 10
    assert f"{status} · " in answer.text


def test_unknown_url_is_answered_in_its_language(client_of: ClientOf) -> None:
    for language, words in (("vi", "Không có trang này."), ("en", "There is no such page.")):
        for other in ("vi", "en"):
            headers = {"Accept-Language": other}
            page = client_of(None).get(f"/{language}/nobody-is-here", headers=headers).text
            assert f'<html lang="{language}"' in page
            assert words in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_error_page_keeps_theme(client_of: ClientOf, theme: str) -> None:
    reader = client_of(None)
    reader.set_cookie("loike_theme", theme)
    assert f'data-theme="{theme}"' in reader.get("/vi/nobody-is-here").text


def test_error_page_contains_no_traceback(failing_app: Flask, client_of: ClientOf) -> None:
    ada = client_of("ada")
    for path in ("/vi/boom", "/en/boom", "/api/v1/boom"):
        answer = ada.get(path)
        assert answer.status_code == 500
        for word in ("secret", "Traceback", "RuntimeError", "KeyError", ".py"):
            assert word not in answer.text
    error = ada.get("/api/v1/boom").json
    assert error is not None
    assert error.keys() == {"error", "message"}
    assert error["error"] == "unexpected"


def test_404_page_does_not_repeat_the_url(client_of: ClientOf) -> None:
    answer = client_of(None).get("/vi/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "alert(1)</script>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/vi/%00",
        "/vi/%ff%fe",
        "/vi/" + "x" * 3000,
        "/vi/interviews/%00",
        "/vi/interviews/..%2f..",
        "/vi/search?q=%ff",
        "/vi/search?page=abc",
        "/vi/?q=%00",
        "/%e2%80%ae/",
        "/vi/interviews/'--",
    ],
    ids=range(10),
)
def test_malformed_urls_are_answered(client_of: ClientOf, path: str) -> None:
    for name in (None, "ada"):
        assert client_of(name).get(path).status_code in (200, 400, 404)


def test_405_lists_allowed_methods(client_of: ClientOf) -> None:
    answer = client_of(None).delete("/vi/search")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_too_large_form_is_413_with_a_message(app: Flask, client_of: ClientOf) -> None:
    app.config.update(MAX_CONTENT_LENGTH=100_000)
    answer = client_of("ada").post("/vi/profile", data={"name": "x" * 200_000})
    assert answer.status_code == 413
    assert "413 · too_large" in answer.text


def test_stale_form_is_returned_with_submitted_values(app: Flask, client_of: ClientOf) -> None:
    app.config.update(WTF_CSRF_ENABLED=True)
    cleo = client_of("cleo")
    cleo.get("/en/profile")  # the browser has its cookie; the key in the form is an old one
    typed = {"name": 'Cléo\n<b> & "co"', "language": "en", "csrf_token": "old"}
    answer = cleo.post("/en/profile", data=typed, headers={"Origin": HOME})
    assert answer.status_code == 400
    assert "What you typed is kept here" in answer.text
    assert "Cleo" in answer.text.partition("<main")[0]  # still signed in
    form = answer.text.partition("<main")[2]
    fields = dict(re.findall(r'<textarea hidden name="(\w+)">\n(.*?)</textarea>', form, re.S))
    assert fields.keys() == {"name", "language"}
    assert html.unescape(fields["name"]) == typed["name"]
    key = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert key is not None
    again = {name: html.unescape(value) for name, value in fields.items()}
    sent = cleo.post("/en/profile", data={**again, "csrf_token": key.group(1)})
    assert sent.status_code == 303


def test_form_after_session_end_is_returned_with_submitted_values(
    app: Flask, client_of: ClientOf
) -> None:
    app.config.update(WTF_CSRF_ENABLED=True)
    cleo = client_of("cleo")
    key = re.search(r'name="csrf_token" value="([^"]+)"', cleo.get("/en/profile").text)
    assert key is not None
    token = cleo.get_cookie(SESSION_COOKIE)
    assert token is not None
    cleo.delete_cookie(SESSION_COOKIE)
    typed = {"name": "Cleo <typed>", "language": "en", "csrf_token": key.group(1)}
    answer = cleo.post("/en/profile", data=typed, headers={"Origin": HOME})
    assert answer.status_code == 401
    assert "You are not signed in any more." in answer.text
    assert "Cleo &lt;typed&gt;" in answer.text
    assert re.search(r'<a [^>]*href="/en/sign-in"[^>]*target="_blank"', answer.text)
    cleo.set_cookie(SESSION_COOKIE, token.value)  # signed in again, in another tab
    again = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert again is not None
    # The page was rendered without a session and form tokens are bound to one: returned once more.
    typed["csrf_token"] = again.group(1)
    returned = cleo.post("/en/profile", data=typed, headers={"Origin": HOME})
    assert "Cleo &lt;typed&gt;" in returned.text
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', returned.text.partition("<main")[2])
    assert fresh is not None
    sent = cleo.post("/en/profile", data={**typed, "csrf_token": fresh.group(1)})
    assert sent.status_code == 303


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.test", 403), ("null", 403), ("http://localhost.evil.test", 403), ("", 403)],
)
def test_cross_origin_form_is_not_returned(
    app: Flask, client_of: ClientOf, origin: str, status: int
) -> None:
    app.config.update(WTF_CSRF_ENABLED=True)
    cleo = client_of("cleo")
    cleo.get("/en/profile")
    answer = cleo.post("/en/profile", data={"name": "Owned"}, headers={"Origin": origin})
    assert answer.status_code == status
    assert "Owned" not in answer.text
    assert "Nothing was changed." in answer.text


def test_form_with_password_is_not_returned(app: Flask, client_of: ClientOf) -> None:
    app.config.update(WTF_CSRF_ENABLED=True)
    for path, data in (
        ("/en/sign-in", {"email": CAST["cleo"].email, "password": PASSWORD}),
        ("/en/profile/password", {"present": PASSWORD, "password": "another long one"}),
    ):
        answer = client_of("cleo").post(path, data=data, headers={"Origin": HOME})
        assert answer.status_code == 400
        assert PASSWORD not in answer.text
        assert "another long one" not in answer.text


def test_errors_of_api_are_json(client_of: ClientOf) -> None:
    for path, accept in (("/api/v1/nothing", "*/*"), ("/vi/nothing", "application/json")):
        answer = client_of("cleo").get(path, headers={"Accept": accept})
        assert answer.status_code == 404
        assert answer.json is not None
        assert answer.json["error"] == "not_found"


def test_failed_database_gets_the_bare_page(client_of: ClientOf, database: Database) -> None:
    cleo = client_of("cleo")
    assert cleo.get("/vi/").status_code == 200
    with database.writing() as db:
        db.execute(text("DROP TABLE setting"))
    answer = cleo.get("/vi/")
    assert answer.status_code in (500, 503)
    assert "<h1>" in answer.text
    assert "setting" not in answer.text
    assert '<html lang="vi">' in answer.text
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text)
    assert sheets
    for sheet in sheets:
        with cleo.get(sheet) as drawn:
            assert drawn.status_code == 200
    assert "Content-Security-Policy" in answer.headers
