from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive import queue
from archive.actions.office import first_run
from archive.models import Interview
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.cast import EVERYBODY

ClientOf = Callable[[str | None], FlaskClient]
ANSWER = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra <gánh> nước từ sớm."
LINES = (
    ("interviewer", 0, 4_000, "Thưa bà, hồi đó con hẻm mình ra sao ạ?"),
    ("witness", 4_000, 12_000, ANSWER),
)


def add_version_with_sound(
    toolbox: Toolbox,
    accession: str = "LK-1",
    *,
    audience: str = "public",
    is_sample: bool = False,
    is_approved: bool = True,
    recorded: bool = True,
) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(
            db, accession, audience=audience, recorded=recorded
        )
        interview.title, interview.is_sample = f"Chuyện {accession}", is_sample
        version = sample_transcript.add_version(db, interview, lines=LINES)
        if is_approved:
            sample_transcript.approve(db, interview, version)


@pytest.mark.parametrize(
    ("name", "next_step"),
    [
        ("ada", "/en/interviews/new"),
        ("ben", "/en/interviews/new"),
        ("hoa", "/en/interviews/new"),
        ("cleo", "/en/jobs"),
        ("rob", "/en/jobs"),
        ("sam", "/en/profile"),
        (None, "/en/sign-in"),
    ],
)
def test_empty_archive_shows_one_working_next_step(
    client_of: ClientOf, name: str | None, next_step: str
) -> None:
    client = client_of(name)
    main = client.get("/en/").text.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r'class="button button--primary" href="([^"]+)"', main) == [next_step]
    assert client.get(next_step).status_code == 200


@pytest.mark.parametrize(("recorded", "word"), [(True, "Recorded"), (False, "Interviewed")])
def test_interview_without_sound_shows_interview_date(
    client_of: ClientOf, toolbox: Toolbox, recorded: bool, word: str
) -> None:
    add_version_with_sound(toolbox, recorded=recorded)
    assert f'{word} <span class="no-break">' in client_of(None).get("/en/").text


def test_passage_of_the_day_links_to_its_time(client_of: ClientOf, toolbox: Toolbox) -> None:
    add_version_with_sound(toolbox)
    reader = client_of(None)
    page = reader.get("/vi/").text
    assert "Đoạn trích hôm nay" in page
    assert "sáng nào mấy bà cũng ra &lt;gánh&gt; nước" in page
    found = re.search(r'<a class="tabular-nums" href="([^"]+)">LK-1 · 00:00:04</a>', page)
    assert found is not None
    assert "t=4.0-12.0" in found.group(1)
    assert reader.get(found.group(1).partition("#")[0]).status_code == 200


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_link_of_the_home_page_works_for_the_actor(
    client_of: ClientOf, toolbox: Toolbox, name: str | None
) -> None:
    for number in range(4):
        add_version_with_sound(toolbox, f"LK-{number}")
    add_version_with_sound(toolbox, "LK-5", is_approved=False)
    client = client_of(name)
    links = set(re.findall(r'href="(/(?:vi|en)/[^"#]*)', client.get("/vi/").text))
    assert len(links) > 6
    for link in links:
        address = link.replace("&amp;", "&")
        assert client.get(address).status_code == 200, address


def test_closed_interview_is_not_on_the_home_page(client_of: ClientOf, toolbox: Toolbox) -> None:
    add_version_with_sound(toolbox, "LK-OPEN")
    add_version_with_sound(toolbox, "LK-CLOSED", audience="staff")
    assert "LK-CLOSED" in client_of("cleo").get("/vi/").text
    for name in ("sam", None):
        page = client_of(name).get("/vi/").text
        assert "LK-CLOSED" not in page
        assert "<dd>1</dd>" in page
        assert "<dd>2</dd>" not in page


def test_unapproved_text_is_not_quoted_to_the_public(client_of: ClientOf, toolbox: Toolbox) -> None:
    add_version_with_sound(toolbox, is_approved=False)
    page = client_of(None).get("/en/").text
    assert "giếng" not in page
    assert "No transcript to read yet" in page
    assert "Machine draft, not checked" in client_of("sam").get("/en/").text


def test_samples_are_marked_and_not_counted(client_of: ClientOf, toolbox: Toolbox) -> None:
    add_version_with_sound(toolbox, "MAU-1", is_sample=True)
    page = client_of(None).get("/en/").text
    assert "There are no real interviews here yet." in page
    assert "Sample, invented" in page
    assert "<dd>" not in page
    add_version_with_sound(toolbox, "LK-1")
    page = client_of(None).get("/en/").text
    assert "1 invented sample is not counted." in page
    assert re.findall(r"<dd>([^<]+)</dd>", page) == ["1", "1 minute", "1", "1"]


def test_quotes_link_to_the_set_of_their_interview(client_of: ClientOf, toolbox: Toolbox) -> None:
    for number in range(4):
        add_version_with_sound(toolbox, f"MAU-{number}", is_sample=True)
    add_version_with_sound(toolbox, "LK-0", is_approved=False)
    page = client_of(None).get("/en/").text
    assert "See all samples" in page
    assert "in the catalogue" not in page, "a number of real ones beside what is invented"
    for number in range(1, 5):
        add_version_with_sound(toolbox, f"LK-{number}")
    page = client_of(None).get("/en/").text
    assert "All 5 interviews" in page
    assert "See all samples" not in page
    assert "Chuyện MAU" not in page


@pytest.mark.parametrize("name", EVERYBODY)
def test_work_queue_is_shown_to_staff_only(
    client_of: ClientOf, toolbox: Toolbox, name: str | None
) -> None:
    add_version_with_sound(toolbox, is_approved=False)
    with toolbox.database.writing() as db:
        job = queue.enqueue(db, "derive")
        job.state, job.finished_at = "failed", utc_now()
    page = client_of(name).get("/en/").text
    is_staff = name not in ("sam", None)
    assert ("Waiting work" in page) is is_staff
    assert ("1 job failed this week." in page) is is_staff
    assert ("To correct" in page) is (name in ("ada", "ben", "cleo", "rob"))


def test_sample_job_is_shown_while_it_runs(client_of: ClientOf, toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        queue.enqueue(db, first_run.SAMPLE_JOB)
    assert "data-job=" in client_of("ada").get("/vi/").text
    assert "data-job=" not in client_of("cleo").get("/vi/").text


def test_hostile_text_is_escaped(client_of: ClientOf, toolbox: Toolbox) -> None:
    add_version_with_sound(toolbox)
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        interview.title = "<script>alert(1)</script>"
        interview.keywords = ['"><img src=x onerror=alert(1)>', "\x00", "*" * 500]
        interview.place_as_told = "<b>"
    page = client_of(None).get("/vi/").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_root_redirects_to_the_visitors_language(client_of: ClientOf) -> None:
    visitor = client_of(None)
    for accepted, language in (("vi,en;q=0.5", "vi"), ("en-US", "en"), ("fr", "vi"), ("", "vi")):
        answer = visitor.get("/", headers={"Accept-Language": accepted})
        assert (answer.status_code, answer.location) == (302, f"/{language}/")
    health = {"ok": True, "workers": {"running": 0, "dead": 0}}
    assert visitor.get("/health").json == health
