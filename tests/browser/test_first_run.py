"""The first visit to an archive in which nobody has an account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from archive.settings import Settings
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.cast import PASSWORD
from tests.live import Line, ServerProcess
from tests.unopened import unopened


@pytest.fixture
def site(settings: Settings) -> Iterator[Line]:
    server = ServerProcess(unopened(settings))
    yield server.start()
    server.stop()


def test_a_new_office_opens_its_archive(open_as: Open) -> None:
    page = open_as(None)
    page.goto("/vi/interviews")
    assert page.url.endswith("/vi/first-run")
    assert violations(page) == []
    page.click("nav.segc a[lang=en]")
    expect(page.locator("h1")).to_have_text("Whose archive is this?")
    page.fill("#site_name", "Kho Quận 5")
    page.fill("#name", "Nguyễn Ánh")
    page.fill("#email", "anh@archive.test")
    page.fill("#password", "short")
    page.check("input[name=start][value=empty]")
    page.click("button.main")
    expect(page.locator("#password-problem")).to_contain_text("at least 12 characters")
    assert page.input_value("#name") == "Nguyễn Ánh"
    assert page.is_checked("input[name=start][value=empty]")
    assert violations(page) == []
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/en/")
    expect(page.locator(".brand-t").first).to_have_text("Kho Quận 5")
    expect(page.locator("main a.btn.main")).to_have_text("Add the first interview")
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True])
def test_the_first_page_fits_a_phone_in_either_theme(open_as: Open, dark: bool) -> None:
    page = open_as(None, width=390, dark=dark)
    page.goto("/vi/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_a_second_visitor_comes_too_late(open_as: Open) -> None:
    late, first = open_as(None), open_as(None)
    late.goto("/vi/")
    first.goto("/vi/")
    for page, email in ((first, "first@archive.test"), (late, "late@archive.test")):
        page.fill("#name", "Nguyễn Ánh")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.check("input[name=start][value=empty]")
        page.click("button.main")
        page.wait_for_load_state()
    assert first.url.endswith("/vi/")
    assert late.url.endswith("/vi/sign-in")
