"""Creating and describing an interview, and filtering the catalogue, in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.actions.catalogue import index_points, interviews, people, places
from archive.actions.catalogue.index_points import IndexPointInput
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import PersonFacts
from archive.db import Database
from archive.settings import Settings
from tests.browser.conftest import OpenAs
from tests.support.accessibility import violations
from tests.support.rights import rights_of_machine

MACHINE = rights_of_machine("test")


@pytest.fixture
def person_id(settings: Settings) -> str:
    """Add interview `LK-1` with a witness and an index point; return the person's id."""
    database = Database(settings.database_url)
    with database.writing() as db:
        places.seed(db)
        witness = people.add(db, MACHINE, PersonFacts(full_name="Lâm Vĩnh Hòa", honorific="Ông"))
        description = Description(
            title="Hai mươi năm chạy xe lam",
            audience="public",
            witnesses=[witness],
            plate="lam",
            told_from_year=1975,
            told_to_year=1995,
            held_as_told="khoảng 2019",
            held_edtf="2019~",
        )
        interview = interviews.create(db, MACHINE, description, accession="LK-1")
        index_points.add(db, MACHINE, interview, IndexPointInput(start_ms=1000, title="Bến xe"))
        person_id = witness.id
    database.dispose()
    return person_id


def test_interview_form_creates_an_interview_with_its_dates(
    open_as: OpenAs, person_id: str
) -> None:
    page = open_as("ben")
    page.goto("/vi/interviews")
    page.click(".page-head a.button--primary")
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
    page.click(".save-bar .button--primary")
    page.wait_for_url("**/vi/interviews/LK-2*")
    assert "Tiệm sửa máy thu thanh" in page.inner_text("h1")
    page.goto(page.url + "/edit")
    # An EDTF date edited by hand is not replaced when the phrase changes later.
    expect(page.locator("#held_edtf")).to_have_value("1968")
    expect(page.locator("#held_as_told")).to_have_value("khoảng 1978")


def test_catalogue_on_a_phone_sorts_at_once_and_folds_filters(
    open_as: OpenAs, person_id: str
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
    expect(page.locator(".interview-row")).to_have_count(1)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_catalogue_pages_have_no_violations_and_fit_the_screen(
    open_as: OpenAs, person_id: str, width: int, dark: bool
) -> None:
    page = open_as("hoa", width=width, dark=dark)
    for address in (
        "/vi/interviews",
        "/vi/interviews?q=khong&from=1975&state=machine",
        "/en/interviews/new",
        "/vi/interviews/LK-1/edit",
        "/vi/people",
        f"/vi/people/{person_id}",
        "/vi/people/new",
        "/vi/interviews/LK-1/contents",
    ):
        page.goto(address)
        for summary in page.locator("main details:not([open]) > summary").all():
            if summary.is_visible():
                summary.click()
        assert violations(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_interview_form_without_scripts_reads_the_date_and_is_sent(
    open_as: OpenAs, person_id: str
) -> None:
    page = open_as("hoa", scripts=False)
    page.goto("/vi/interviews/new")
    page.fill("#title", "Không có kịch bản")
    page.fill("#held_as_told", "khoảng 1978")
    page.click("[data-read]")
    assert page.input_value("#held_edtf") == "1978~"
    assert page.input_value("#title") == "Không có kịch bản"
    page.press("#title", "Enter")
    page.wait_for_url("**/vi/interviews/LK-2*")
