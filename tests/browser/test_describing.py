"""Taking an interview in and describing it, as a historian does it in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.access import machine
from archive.actions import contents, interviews, people, places
from archive.actions.contents import Point
from archive.actions.interviews import Description
from archive.actions.people import PersonFacts
from archive.db import Database
from archive.settings import Settings
from tests.browser.accessibility import violations
from tests.browser.conftest import Open

MACHINE = machine("test")


@pytest.fixture
def person_id(settings: Settings) -> str:
    """An archive with one interview, `LK-1`, its witness and an entry of its contents."""
    database = Database(settings.database_url)
    with database.writing() as db:
        places.seed(db)
        witness = people.add(db, MACHINE, PersonFacts(full_name="Lâm Vĩnh Hòa", honorific="Ông"))
        told = Description(
            title="Hai mươi năm chạy xe lam", audience="public", witnesses=[witness], plate="lam",
            told_from_year=1975, told_to_year=1995, held_as_told="khoảng 2019", held_edtf="2019~",
        )  # fmt: skip
        made = interviews.create(db, MACHINE, told, accession="LK-1")
        contents.add(db, MACHINE, made, Point(start_ms=1000, title="Bến xe"))
        found = witness.id
    database.dispose()
    return found


def test_an_interview_is_taken_in(open_as: Open, person_id: str) -> None:
    page = open_as("hoa")
    page.goto("/vi/interviews")
    page.click(".page-h a.btn.main")
    page.fill("#title", "Tiệm sửa máy thu thanh")
    page.fill("[name=witness] >> nth=0", "Bùi Công Trực")
    page.click("[data-rows=witness] [data-add]")
    expect(page.locator("[name=witness]")).to_have_count(3)
    expect(page.locator("[name=witness] >> nth=2")).to_be_focused()
    page.fill("#held_as_told", "mồng hai Tết Mậu Thân")
    expect(page.locator("#held_edtf")).to_have_value("1968-01-30/1968-01-31")
    expect(page.locator("[data-reading]")).to_contain_text("30-01-1968–31-01-1968")
    page.fill("#held_edtf", "1968")
    expect(page.locator("[data-reading]")).to_contain_text("1968")
    page.fill("#held_as_told", "khoảng 1978")
    page.check("[name=audience][value=registered]")
    page.click(".save-bar .btn.main")
    page.wait_for_url("**/vi/interviews/LK-2*")
    assert "Tiệm sửa máy thu thanh" in page.inner_text("h1")
    page.goto(page.url + "/edit")
    # What a person wrote for the machine is theirs: later words do not replace it.
    expect(page.locator("#held_edtf")).to_have_value("1968")
    expect(page.locator("#held_as_told")).to_have_value("khoảng 1978")


def test_another_order_at_once_and_filters_that_fold_on_a_phone(
    open_as: Open, person_id: str
) -> None:
    page = open_as(None, width=390)
    page.goto("/vi/interviews")
    expect(page.locator("[data-filters]")).not_to_have_attribute("open", "")
    page.select_option("#sort", "title")
    page.wait_for_url("**sort=title**")
    page.click("[data-filters] summary >> nth=0")
    page.fill("#q", "xe lam")
    page.press("#q", "Enter")
    page.wait_for_url("**q=xe+lam**")
    expect(page.locator(".rec")).to_have_count(1)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_in_the_way_of_anybody(
    open_as: Open, person_id: str, width: int, dark: bool
) -> None:
    page = open_as("hoa", width=width, dark=dark)
    for address in (
        "/vi/interviews", "/vi/interviews?q=khong&from=1975&state=machine", "/en/interviews/new",
        "/vi/interviews/LK-1/edit", "/vi/people", f"/vi/people/{person_id}", "/vi/people/new",
        "/vi/interviews/LK-1/contents",
    ):  # fmt: skip
        page.goto(address)
        for folded in page.locator("main details:not([open]) > summary").all():
            if folded.is_visible():
                folded.click()
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_without_a_script_everything_can_be_sent(open_as: Open, person_id: str) -> None:
    page = open_as("hoa", scripts=False)
    page.goto("/vi/interviews/new")
    page.fill("#title", "Không có kịch bản")
    page.fill("#held_as_told", "khoảng 1978")
    page.click("[data-read]")
    assert page.input_value("#held_edtf") == "1978~"
    assert page.input_value("#title") == "Không có kịch bản"
    page.press("#title", "Enter")
    page.wait_for_url("**/vi/interviews/LK-2*")
