"""The way in, as a person takes it."""

from __future__ import annotations

from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.cast import CAST, PASSWORD


def test_sign_in_and_out(open_as: Open) -> None:
    page = open_as(None)
    page.goto("/vi/sign-in")
    page.fill("#email", CAST["cleo"].email)
    page.fill("#password", PASSWORD)
    page.click("form[action$='sign-in'] button.main")
    page.wait_for_url("**/vi/")
    assert page.locator("details.menu.desk > summary").inner_text().strip() == "Cleo"
    assert violations(page) == []
    page.click("details.menu.desk > summary")
    page.click("form[action$='sign-out'] button >> visible=true")
    page.wait_for_load_state()
    assert page.locator("a[href$='/vi/sign-in'] >> visible=true").count() >= 1
