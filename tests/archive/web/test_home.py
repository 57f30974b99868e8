from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive import queue
from archive.actions import office
from archive.models import Interview
from archive.toolbox import Toolbox
from tests import spoken
from tests.cast import EVERYBODY

ClientOf = Callable[[str | None], FlaskClient]
TOLD = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra <gánh> nước từ sớm."
LINES = (
    ("interviewer", 0, 4_000, "Thưa bà, hồi đó con hẻm mình ra sao ạ?"),
    ("witness", 4_000, 12_000, TOLD),
)


def hold(toolbox: Toolbox, accession: str = "LK-1", *, audience: str = "public",
         is_sample: bool = False, is_approved: bool = True, recorded: bool = True,
) -> None:  # fmt: skip
    with toolbox.database.writing() as db:
        interview = spoken.interview(db, accession, audience=audience, recorded=recorded)
        interview.title, interview.is_sample = f"Chuyện {accession}", is_sample
        version = spoken.version(db, interview, lines=LINES)
        if is_approved:
            spoken.approve(db, interview, version)


@pytest.mark.parametrize(
    ("name", "next_step"),
    [
        ("ada", "/en/interviews/new"), ("ben", "/en/interviews/new"), ("hoa", "/en/interviews/new"),
        ("cleo", "/en/jobs"), ("rob", "/en/jobs"), ("sam", "/en/profile"), (None, "/en/sign-in"),
    ],
)  # fmt: skip
def test_an_empty_archive_names_one_next_step_that_works(
    client_of: ClientOf, name: str | None, next_step: str
) -> None:
    client = client_of(name)
    main = client.get("/en/").text.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r'class="btn main" href="([^"]+)"', main) == [next_step]
    assert client.get(next_step).status_code == 200


@pytest.mark.parametrize(("recorded", "word"), [(True, "Recorded"), (False, "Interviewed")])
def test_a_day_without_sound_is_not_a_day_of_recording(
    client_of: ClientOf, toolbox: Toolbox, recorded: bool, word: str
) -> None:
    hold(toolbox, recorded=recorded)
    assert f'{word} <span class="nb">' in client_of(None).get("/en/").text


def test_the_passage_of_the_day_leads_to_its_second(client_of: ClientOf, toolbox: Toolbox) -> None:
    hold(toolbox)
    reader = client_of(None)
    page = reader.get("/vi/").text
    assert "Đoạn trích hôm nay" in page
    assert "sáng nào mấy bà cũng ra &lt;gánh&gt; nước" in page
    found = re.search(r'<a class="num" href="([^"]+)">LK-1 · 00:00:04</a>', page)
    assert found is not None
    assert "t=4.0-12.0" in found.group(1)
    assert reader.get(found.group(1).partition("#")[0]).status_code == 200


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_link_of_the_page_works_for_whom_it_is_shown(
    client_of: ClientOf, toolbox: Toolbox, name: str | None
) -> None:
    for number in range(4):
        hold(toolbox, f"LK-{number}")
    hold(toolbox, "LK-5", is_approved=False)
    client = client_of(name)
    links = set(re.findall(r'href="(/(?:vi|en)/[^"#]*)', client.get("/vi/").text))
    assert len(links) > 6
    for link in links:
        address = link.replace("&amp;", "&")
        assert client.get(address).status_code == 200, address


def test_a_closed_interview_leaves_no_trace(client_of: ClientOf, toolbox: Toolbox) -> None:
    hold(toolbox, "LK-OPEN")
    hold(toolbox, "LK-CLOSED", audience="staff")
    assert "LK-CLOSED" in client_of("cleo").get("/vi/").text
    for name in ("sam", None):
        page = client_of(name).get("/vi/").text
        assert "LK-CLOSED" not in page
        assert "<dd>1</dd>" in page
        assert "<dd>2</dd>" not in page


def test_text_that_nobody_approved_is_not_read_to_the_public(
    client_of: ClientOf, toolbox: Toolbox
) -> None:
    hold(toolbox, is_approved=False)
    page = client_of(None).get("/en/").text
    assert "giếng" not in page
    assert "No text to read yet" in page
    assert "Machine draft, not yet heard" in client_of("sam").get("/en/").text


def test_samples_are_marked_and_said_not_to_be_counted(
    client_of: ClientOf, toolbox: Toolbox
) -> None:
    hold(toolbox, "MAU-1", is_sample=True)
    page = client_of(None).get("/en/").text
    assert "There are no real interviews here yet." in page
    assert "Sample, invented" in page
    assert "<dd>" not in page
    hold(toolbox, "LK-1")
    page = client_of(None).get("/en/").text
    assert "1 invented sample is not counted." in page
    assert re.findall(r"<dd>([^<]+)</dd>", page) == ["1", "1 minute", "1", "1"]


def test_samples_worth_hearing_lead_to_the_samples_and_real_ones_to_the_archive(
    client_of: ClientOf, toolbox: Toolbox
) -> None:
    for number in range(4):
        hold(toolbox, f"MAU-{number}", is_sample=True)
    hold(toolbox, "LK-0", is_approved=False)
    page = client_of(None).get("/en/").text
    assert "See all samples" in page
    assert "in the catalogue" not in page, "a number of real ones beside what is invented"
    for number in range(1, 5):
        hold(toolbox, f"LK-{number}")
    page = client_of(None).get("/en/").text
    assert "All 5 interviews" in page
    assert "See all samples" not in page
    assert "Chuyện MAU" not in page


@pytest.mark.parametrize("name", EVERYBODY)
def test_work_waiting_is_shown_to_staff_only(
    client_of: ClientOf, toolbox: Toolbox, name: str | None
) -> None:
    hold(toolbox, is_approved=False)
    with toolbox.database.writing() as db:
        queue.enqueue(db, "derive").state = "failed"
    page = client_of(name).get("/en/").text
    is_staff = name not in ("sam", None)
    assert ("Work waiting" in page) is is_staff
    assert ("1 piece of work went wrong this week." in page) is is_staff
    assert ("To correct" in page) is (name in ("ada", "ben", "cleo", "rob"))


def test_the_sample_archive_is_watched_while_it_loads(
    client_of: ClientOf, toolbox: Toolbox
) -> None:
    with toolbox.database.writing() as db:
        queue.enqueue(db, office.SAMPLE_JOB)
    assert "data-job=" in client_of("ada").get("/vi/").text
    assert "data-job=" not in client_of("cleo").get("/vi/").text


def test_hostile_words_stay_words(client_of: ClientOf, toolbox: Toolbox) -> None:
    hold(toolbox)
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        interview.title = "<script>alert(1)</script>"
        interview.keywords = ['"><img src=x onerror=alert(1)>', "\x00", "*" * 500]
        interview.place_as_told = "<b>"
    page = client_of(None).get("/vi/").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_front_door_knows_the_way(client_of: ClientOf) -> None:
    visitor = client_of(None)
    for asked, language in (("vi,en;q=0.5", "vi"), ("en-US", "en"), ("fr", "vi"), ("", "vi")):
        answer = visitor.get("/", headers={"Accept-Language": asked})
        assert (answer.status_code, answer.location) == (302, f"/{language}/")
    assert visitor.get("/health").json == {"ok": True}
