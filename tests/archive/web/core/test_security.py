from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from archive.web.core.security import PUBLIC_ENDPOINTS
from tests.support.cast import CAST, PASSWORD

ClientOf = Callable[[str | None], FlaskClient]
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def guarded(app: Flask) -> Flask:
    """The app with CSRF protection enabled, as in production."""
    app.config.update(WTF_CSRF_ENABLED=True)

    @app.get("/vi/boom")
    def boom() -> str:
        raise RuntimeError("a secret that no page may show")

    return app


def url_of(rule: Rule) -> str:
    """Return any URL of a rule; the object need not exist."""
    values = {name: "vi" if name == "lang_code" else "1" for name in rule.arguments}
    _domain, path = rule.build(values) or ("", "")
    return path


def unsafe_rules(app: Flask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & CHANGES)
    ]


def test_unsafe_request_without_form_token_is_refused(guarded: Flask, client_of: ClientOf) -> None:
    ada = client_of("ada")
    rules = unsafe_rules(guarded)
    assert len(rules) > 20
    for method, rule in rules:
        for headers in ({}, {"X-CSRFToken": "made up"}, {"Origin": "http://localhost"}):
            answer = ada.open(url_of(rule), method=method, headers=headers, data={"x": "1"})
            assert answer.status_code == 400, (method, rule.rule, headers)


def test_form_token_of_another_browser_is_refused(guarded: Flask, client_of: ClientOf) -> None:
    ada, visitor = client_of("ada"), client_of(None)
    key = form_token_of(visitor.get("/vi/sign-in"))
    answer = ada.post("/vi/profile", data={"name": "Ada", "language": "", "csrf_token": key})
    assert answer.status_code == 400
    own = form_token_of(ada.get("/vi/profile"))
    answer = ada.post("/vi/profile", data={"name": "Ada", "language": "", "csrf_token": own})
    assert answer.status_code == 303


def test_routes_require_sign_in_by_default(guarded: Flask, client_of: ClientOf) -> None:
    guarded.config.update(WTF_CSRF_ENABLED=False)
    visitor = client_of(None)
    for rule in guarded.url_map.iter_rules():
        if rule.endpoint in PUBLIC_ENDPOINTS:
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            answer = visitor.open(url_of(rule), method=method)
            assert answer.status_code in (303, 401), (method, rule.rule)
            if answer.status_code == 303:
                assert "/sign-in?next=" in (answer.location or "")


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "Việc này cần có tài khoản."), ("en", "This needs an account.")]
)
def test_api_without_sign_in_returns_a_message(
    client_of: ClientOf, language: str, words: str
) -> None:
    visitor = client_of(None)
    page = visitor.post(f"/{language}/interviews")
    assert page.status_code == 401
    assert f"<h1>{words}</h1>" in page.text
    assert f'href="/{language}/sign-in"' in page.text
    response = visitor.get("/api/v1/jobs/1", headers={"Accept-Language": language})
    assert (response.status_code, response.json) == (401, {"error": "sign_in", "message": words})


def test_too_long_url_is_not_put_into_the_location_header(
    client_of: ClientOf,
) -> None:
    visitor = client_of(None)
    kept = visitor.get("/vi/jobs?x=" + "y" * 1000)
    assert kept.location == "/vi/sign-in?next=/vi/jobs?x%3D" + "y" * 1000
    assert visitor.get("/vi/jobs?x=" + "y" * 100_000).location == "/vi/sign-in"


@pytest.mark.parametrize(
    "head", ["form-data", 'form-data; filename="a.wav"', "", 'form-data; name=""']
)
def test_form_part_without_name_is_400(guarded: Flask, client_of: ClientOf, head: str) -> None:
    ada = client_of("ada")
    sent = f"--x\r\nContent-Disposition: {head}\r\n\r\nfoo\r\n--x--\r\n"
    for url in ("/vi/profile", "/vi/sign-in", "/api/v1/uploads"):
        answer = ada.post(url, data=sent, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == 400


@pytest.mark.parametrize("host", ["..", "x" * 300, "a b", "<b>", "a@b", ""])
def test_unreadable_host_gets_an_error_page(client_of: ClientOf, host: str) -> None:
    answer = client_of(None).get("/en/", headers={"Host": host})
    assert answer.status_code in (200, 400)
    assert "<h1" in answer.text
    assert "/static/css/core/base.css?v=" in answer.text
    assert policy_of(answer)["default-src"] == ["'none'"]


def test_public_endpoints_exist(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= PUBLIC_ENDPOINTS


ANSWERS = (
    ("a page", "GET", "/vi/", 200),
    ("a form", "GET", "/en/sign-in", 200),
    ("a redirect", "GET", "/", 302),
    ("a guarded page", "GET", "/vi/nobody-is-here", 404),
    ("outside of the languages", "GET", "/de/", 404),
    ("a wrong verb", "DELETE", "/vi/search", 405),
    ("a stale form", "POST", "/vi/sign-in", 400),
    ("a style sheet", "GET", "/static/css/core/base.css", 200),
    ("no style sheet", "GET", "/static/css/none.css", 404),
    ("out of the static folder", "GET", "/static/../app.py", 404),
    ("json", "GET", "/health", 200),
    ("the API", "GET", "/api/v1/jobs/1", 404),
    ("sound", "GET", "/media/1", 404),
    ("a fault", "GET", "/vi/boom", 500),
    ("a refusal", "GET", "/vi/accounts", 403),
    ("what browsers ask before", "OPTIONS", "/vi/search", 200),
    ("only the head", "HEAD", "/vi/", 200),
)


@pytest.mark.parametrize(
    ("method", "path", "status"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_every_kind_of_response_has_security_headers(
    guarded: Flask, client_of: ClientOf, method: str, path: str, status: int
) -> None:
    answer = client_of("cleo").open(path, method=method)
    answer.close()  # a file that is sent stays open until its reader has gone
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, name
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    for source in ("script-src", "style-src"):
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "https:"} & set(
            policy[source]
        )
    assert "Server" not in answer.headers or "Werkzeug" in answer.headers["Server"]


def test_nonce_is_new_per_response_and_on_inline_scripts(
    guarded: Flask, client_of: ClientOf
) -> None:
    cleo, seen = client_of("cleo"), set()
    for path in ("/vi/", "/vi/", "/vi/search?q=x", "/vi/nobody-is-here", "/vi/boom"):
        answer = cleo.get(path)
        (source,) = [s for s in policy_of(answer)["script-src"] if s.startswith("'nonce-")]
        nonce = source[len("'nonce-") : -1]
        assert nonce not in seen
        assert len(nonce) >= 20
        seen.add(nonce)
        for script in re.findall(r"<script\b[^>]*>", answer.text):
            assert f'nonce="{nonce}"' in script or "src=" in script
        assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", answer.text)


def test_pages_are_not_cached_and_static_files_are(guarded: Flask, client_of: ClientOf) -> None:
    cleo = client_of("cleo")
    for path in ("/vi/", "/vi/profile", "/vi/boom", "/health"):
        assert cleo.get(path).headers["Cache-Control"] == "private, no-store"
    assert cleo.get("/static/css/none.css").headers["Cache-Control"] == "private, no-store"
    with cleo.get("/static/css/core/base.css") as sheet:
        assert "max-age" in sheet.headers["Cache-Control"]


def test_form_cookie_is_http_only(guarded: Flask, client_of: ClientOf) -> None:
    (line,) = client_of(None).get("/vi/sign-in").headers.getlist("Set-Cookie")
    assert line.startswith("loike_form=")
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line


def test_responses_are_not_readable_cross_origin(client_of: ClientOf) -> None:
    answer = client_of("cleo").get("/vi/", headers={"Origin": "https://evil.test"})
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_sign_in_with_form_token_works(guarded: Flask, client_of: ClientOf) -> None:
    visitor = client_of(None)
    data = {"email": CAST["cleo"].email, "password": PASSWORD}
    assert visitor.post("/vi/sign-in", data=data).status_code == 400
    data["csrf_token"] = form_token_of(visitor.get("/vi/sign-in"))
    assert visitor.post("/vi/sign-in", data=data).status_code == 303


def form_token_of(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found is not None
    return found.group(1)


def policy_of(answer: TestResponse) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}
