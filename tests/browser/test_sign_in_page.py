"""Signing in and out in the browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenAs
from tests.support.accessibility import violations
from tests.support.cast import CAST, PASSWORD


def test_sign_in_and_out(open_as: OpenAs) -> None:
    page = open_as(None)
    page.goto("/vi/sign-in")
    page.fill("#email", CAST["cleo"].email)
    page.fill("#password", PASSWORD)
    page.click("form[action$='sign-in'] button.button--primary")
    page.wait_for_url("**/vi/")
    assert page.locator("details.menu.wide-only > summary").inner_text().strip() == "Cleo"
    assert violations(page) == []
    page.click("details.menu.wide-only > summary")
    page.click("form[action$='sign-out'] button >> visible=true")
    expect(page.locator("a[href$='/vi/sign-in'] >> visible=true").first).to_be_visible()
