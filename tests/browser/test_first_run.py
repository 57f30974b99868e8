"""The first-run page of an archive without accounts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import expect

from archive.settings import Settings
from tests.browser.conftest import OpenAs, serve_archive
from tests.support.accessibility import violations
from tests.support.cast import PASSWORD
from tests.support.empty_archive import delete_accounts
from tests.support.http_server import HttpClient


@pytest.fixture
def site(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[HttpClient]:
    with serve_archive(delete_accounts(settings), compiled_templates) as client:
        yield client


def test_first_run_form_opens_the_archive(open_as: OpenAs) -> None:
    page = open_as(None)
    page.goto("/vi/interviews")
    assert page.url.endswith("/vi/first-run")
    assert violations(page) == []
    page.click("nav.segmented-control a[lang=en]")
    expect(page.locator("h1")).to_have_text("Whose archive is this?")
    page.fill("#site_name", "Kho Quận 5")
    page.fill("#name", "Nguyễn Ánh")
    page.fill("#email", "anh@archive.test")
    page.fill("#password", "short")
    page.check("input[name=start][value=empty]")
    page.click("button.button--primary")
    expect(page.locator("#password-problem")).to_contain_text("at least 12 characters")
    assert page.input_value("#name") == "Nguyễn Ánh"
    assert page.is_checked("input[name=start][value=empty]")
    assert violations(page) == []
    page.fill("#password", PASSWORD)
    page.click("button.button--primary")
    page.wait_for_url("**/en/")
    expect(page.locator(".brand__name").first).to_have_text("Kho Quận 5")
    expect(page.locator("main a.button--primary")).to_have_text("Add the first interview")
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True])
def test_first_run_page_fits_a_phone_in_either_theme(open_as: OpenAs, dark: bool) -> None:
    page = open_as(None, width=390, dark=dark)
    page.goto("/vi/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_first_run_form_sent_second_leads_to_sign_in(open_as: OpenAs) -> None:
    late, first = open_as(None), open_as(None)
    late.goto("/vi/")
    first.goto("/vi/")
    for page, email in ((first, "first@archive.test"), (late, "late@archive.test")):
        page.fill("#site_name", "Kho Quận 5")
        page.fill("#name", "Nguyễn Ánh")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.check("input[name=start][value=empty]")
        page.click("button.button--primary")
        page.wait_for_url(lambda address: not address.endswith("/first-run"))
    assert first.url.endswith("/vi/")
    assert late.url.endswith("/vi/sign-in")
