"""Forms of a page on another port of the same host are refused; own pages still work.

Browsers send no Sec-Fetch headers to plain-http names, so both kinds of host are tried.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from archive.actions.accounts import accounts
from archive.db import Database
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import PATIENCE_MS, token_of
from tests.support import editor_fixture
from tests.support import media_files as media
from tests.support.cast import CAST, PASSWORD
from tests.support.editor_page import stored_segment, type_at_end, wait_until_saved
from tests.support.http_server import HttpClient

HOSTS = ("127.0.0.1", "archive.test")  # the second is mapped to the first by the browser's flags

OpenAt = Callable[[str, str], Page]


@pytest.fixture
def open_at(chromium: Browser, site: HttpClient, settings: Settings) -> Iterator[OpenAt]:
    """Return a function that opens a page at a host name as a member of the cast."""
    contexts = []

    def open_page(host: str, member: str) -> Page:
        address = f"http://{host}:{site.port}"
        context = chromium.new_context(base_url=address, locale="en", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        cookie = {"name": SESSION_COOKIE, "value": token_of(settings, member), "url": address}
        context.add_cookies([cookie])  # type: ignore[list-item]
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def public_form_token(site: HttpClient, host: str) -> tuple[str, str]:
    """Return the form cookie and token that the sign-in page gives to any visitor."""
    connection = http.client.HTTPConnection(site.host, site.port, timeout=60)
    connection.request("GET", "/en/sign-in", headers={"Host": f"{host}:{site.port}"})
    response = connection.getresponse()
    cookie = re.search(r"loike_form=([^;]+)", response.headers["Set-Cookie"])
    token = re.search(r'name="csrf_token" value="([^"]+)"', response.read().decode())
    connection.close()
    assert cookie is not None
    assert token is not None
    return cookie.group(1), token.group(1)


@contextmanager
def serve_attack_page(target: str, cookie: str, token: str) -> Iterator[int]:
    """Serve a page on a free port that plants a form cookie and submits a form."""
    fields = {
        "name": "Mallory",
        "email": "mallory@evil.test",
        "role": "administrator",
        "password": PASSWORD,
        "csrf_token": token,
    }
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    page = (
        f'<!doctype html><form method="post" action="{target}/en/accounts">{inputs}</form>'
        f'<script>document.cookie="loike_form={cookie}; path=/en/accounts";'
        "document.forms[0].submit()</script>"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("host", HOSTS)
def test_form_of_a_page_on_another_port_makes_no_administrator(
    open_at: OpenAt, site: HttpClient, database: Database, host: str
) -> None:
    page = open_at(host, "ada")
    page.goto("/en/accounts")
    posted: list[Request] = []
    page.on("request", lambda r: posted.append(r) if r.method == "POST" else None)
    with serve_attack_page(f"http://{host}:{site.port}", *public_form_token(site, host)) as port:
        with page.expect_response(lambda r: r.request.method == "POST") as response:
            page.goto(f"http://{host}:{port}/")
        assert response.value.status == 403
        sent_headers = response.value.request.all_headers()
        assert sent_headers["origin"] == f"http://{host}:{port}"
        assert ("sec-fetch-site" in sent_headers) == (host == "127.0.0.1")
        assert (
            SESSION_COOKIE in sent_headers["cookie"]
        )  # the browser sent it as the administrator's
        expect(page.locator("body")).to_contain_text("did not come from a page of this archive")
    with database.reading() as db:
        assert accounts.by_email(db, "mallory@evil.test") is None


@pytest.mark.parametrize("host", HOSTS)
def test_own_forms_editor_and_uploads_work_at_every_kind_of_host(
    open_at: OpenAt, toolbox: Toolbox, tmp_path: Path, host: str
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_at(host, "ada")
    page.goto("/en/accounts")
    page.fill("[name=name] >> nth=-1", "Minh")
    page.fill("#email", "minh@archive.test")
    page.fill("#password", PASSWORD)
    page.click("form:has(#email) button.button--primary")
    expect(page.get_by_text("minh@archive.test").first).to_be_attached()

    page.goto(f"/en/versions/{editor.version_id}/edit")
    page.wait_for_selector("[data-words]")
    type_at_end(page, editor, 0, " abc")
    wait_until_saved(page)
    assert stored_segment(toolbox.settings, editor.segment_ids[0]).text.endswith(" abc")

    page.goto(f"/en/interviews/{editor.accession}/upload")
    recording = media.sound(tmp_path / "tape.wav", media.tone(1.0))
    page.set_input_files("input[type=file]", str(recording))
    expect(page.locator("li.file-row")).to_have_attribute("data-state", "kept")

    page.goto("/en/")
    page.click("details.menu.wide-only > summary")
    page.click("form[action$='sign-out'] button >> visible=true")
    expect(page.locator("a[href$='/en/sign-in'] >> visible=true").first).to_be_visible()
    page.goto("/en/sign-in")
    page.fill("#email", CAST["cleo"].email)
    page.fill("#password", PASSWORD)
    page.click("form[action$='sign-in'] button.button--primary")
    expect(page.locator("details.menu.wide-only > summary")).to_have_text("Cleo")
