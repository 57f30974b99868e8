"""The reading page in a real browser: playback, highlighting, citation, print, no scripts.

The recording is one of the sample interviews, whose word times are known exactly.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from archive.actions.holdings import local_ingest
from archive.actions.transcripts import imports, versions
from archive.jobs.worker import Worker
from archive.models import Annotation
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs, play_slowly
from tests.support import media_files, sample_transcript
from tests.support.accessibility import violations
from tests.support.copied_home import building_home, copy_home
from tests.support.rights import rights_of_machine
from transcription.engines.demo import SAMPLES_DIR

PAGE = "/vi/interviews/LK-1"
RICE = "Gạo độn khoai, độn bo bo, ăn hoài cũng quen."  # 9.686 s to 12.940 s
NIGHT = "Ban đêm chúng tôi chở gạo từ Long An lên thành phố."  # 30.777 s to 33.914 s
IS_HIGHLIGHTED = """word => {
  const drawn = CSS.highlights.get("now");
  if (!drawn) return false;
  const range = [...drawn][0];
  return range.startContainer.data.slice(range.startOffset, range.endOffset) === word;
}"""


@pytest.fixture(scope="module")
def approved_home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """Build an archive with an approved public interview and its derivatives."""
    with building_home(tmp_path_factory.mktemp("reading"), empty_database) as toolbox:
        _add_approved_interview(toolbox)
        Worker(toolbox).run_until_idle()
    return toolbox.settings.home


@pytest.fixture
def settings(approved_home: Path, tmp_path: Path) -> Settings:
    """A copy of the archive for this test."""
    return copy_home(approved_home, tmp_path / "home")


def _add_approved_interview(toolbox: Toolbox) -> None:
    """Add a public interview with a recording, an approved transcript and two index points."""
    with toolbox.database.writing() as db:
        sample_transcript.add_interview(db, recorded=False)
    local_ingest.ingest_file(
        toolbox, rights_of_machine("test"), "LK-1", path=SAMPLES_DIR / "interview_pha_rao.m4a"
    )
    with toolbox.database.writing() as db:
        interview = sample_transcript.find_interview(db)
        version = imports.add_machine_version(
            db,
            rights_of_machine("test"),
            interview,
            language="vi",
            origin=sample_transcript.ORIGIN,
            segments=[(None, segment) for segment in sample_transcript.sample_segments()],
        )
        sample_transcript.approve(db, interview, version)
        for start_ms, title in ((0, "Mở đầu"), (26_990, "Phá rào")):
            db.add(
                Annotation(id=new_id(), interview_id=interview.id, start_ms=start_ms, title=title)
            )


def segment_row(page: Page, text: str) -> Locator:
    return page.locator("[data-segment]", has=page.get_by_text(text, exact=True))


def playhead_s(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-sound]').currentTime"))


def open_page(page: Page, address: str = PAGE) -> None:
    """Open the page and wait for the recording and the word times."""
    with page.expect_response(lambda answer: "/words" in answer.url):
        page.goto(address)
    page.wait_for_function("() => document.querySelector('[data-sound]').readyState >= 1")


def position_of_word(page: Page, text: str, word: str) -> tuple[float, float]:
    """Return the screen position of the middle of a word."""
    segment_row(page, text).scroll_into_view_if_needed()
    x, y = (
        segment_row(page, text)
        .locator("[data-text]")
        .evaluate(
            """(box, word) => {
          const range = document.createRange(), at = box.firstChild.data.indexOf(word);
          range.setStart(box.firstChild, at);
          range.setEnd(box.firstChild, at + word.length);
          const r = range.getBoundingClientRect();
          return [r.left + r.width / 2, r.top + r.height / 2];
        }""",
            word,
        )
    )
    return x, y


def test_clicked_word_is_played_and_highlighted(open_as: OpenAs) -> None:
    page = open_as(None)
    play_slowly(page)
    open_page(page)
    page.mouse.click(*position_of_word(page, RICE, "cũng"))
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    assert 12.2 <= playhead_s(page) <= 13.5  # the word begins at 12.244 s
    page.wait_for_function(IS_HIGHLIGHTED, arg="quen.")
    expect(segment_row(page, RICE)).to_have_class("turn turn--current")
    expect(page.locator(".contents-list [aria-current]")).to_contain_text("Mở đầu")
    page.locator("[data-toggle] >> visible=true").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').paused")


def test_contents_chapters_and_waveform_seek_to_their_time(open_as: OpenAs) -> None:
    page = open_as(None)
    play_slowly(page)
    open_page(page)
    page.locator(".contents-list a", has_text="Phá rào").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime >= 26.9")
    assert playhead_s(page) < 30
    expect(page.locator(".contents-list [aria-current]")).to_contain_text("Phá rào")
    assert page.url.endswith("?t=26")
    page.locator("[data-chapters] a", has_text="Mở đầu").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime < 5")
    text_box = page.locator("[data-track]").bounding_box()
    assert text_box is not None
    page.mouse.click(text_box["x"] + text_box["width"] / 2, text_box["y"] + text_box["height"] / 2)
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 37")
    assert playhead_s(page) < 41  # the middle of 75.5 s


def test_link_with_time_opens_there_with_its_citation(open_as: OpenAs) -> None:
    page = open_as(None)
    open_page(page, f"{PAGE}?t=31-34")
    expect(segment_row(page, NIGHT)).to_have_class("turn turn--current")
    expect(segment_row(page, NIGHT)).to_be_in_viewport()
    assert playhead_s(page) == pytest.approx(31, abs=0.1)
    cited = page.locator("[data-citation=vietnamese]")
    expect(cited).to_contain_text("00:00:31–00:00:34, bản v1")
    expect(cited).to_contain_text(f"{PAGE}?t=31-34")


def test_citation_follows_the_selection_and_is_copied_with_it(open_as: OpenAs) -> None:
    page = open_as(None)
    open_page(page)
    segment_row(page, NIGHT).locator("[data-text]").select_text()
    expect(page.locator("[data-citation=vietnamese]")).to_contain_text("00:00:30–00:00:34, bản v1")
    expect(page.locator("[data-cite-scope]")).to_have_text("Đoạn từ 00:00:30 đến 00:00:34")
    for style, expected in (
        ("chicago", "LK-1, 00:00:30–00:00:34, transcript version 1"),
        ("bibtex", "note = {interview by Trần Minh; 00:00:30–00:00:34, transcript version 1}"),
        ("ris", "N1  - 00:00:30–00:00:34"),
    ):
        assert expected.split(";")[0] in (
            page.locator(f"[data-citation={style}]").text_content() or ""
        ), style
    assert page.locator("[data-permalink]").get_attribute("href") == (
        f"{page.url.rsplit('/vi/', 1)[0]}{PAGE}?t=30-34"
    )
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy=vietnamese]").click()
    expect(page.locator("#live")).not_to_be_empty()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"“{NIGHT}”\nNguyễn Thị Sen, ")


def test_copied_quotation_has_no_times_and_names_speakers_only_if_several(open_as: OpenAs) -> None:
    page = open_as(None)
    open_page(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    select = """([from, to, who, approved]) => {
      const holders = [...document.querySelectorAll("[data-text]")];
      const first = holders.find((one) => one.textContent === from);
      const next = holders[holders.indexOf(first) + 1];
      const start = first.textContent.indexOf("ăn hoài");
      const name = next.parentElement.querySelector(".turn__speaker");
      if (who) name.textContent = who;
      if (approved) name.dataset.citedAs = approved;
      getSelection().setBaseAndExtent(first.firstChild, start, next.firstChild, to);
      return next.textContent.slice(0, to);
    }"""
    name = segment_row(page, RICE).locator(".turn__speaker").inner_text()
    for who, approved, copied in (
        ("", "", "“ăn hoài cũng quen. {next}”\n"),
        ("Ông Ba", "", f"{name}: “ăn hoài cũng quen.”\nÔng Ba: “{{next}}”\n"),
        ("Ông Ba", "Ông Tư", f"{name}: “ăn hoài cũng quen.”\nÔng Tư: “{{next}}”\n"),
    ):
        following = page.evaluate(select, [RICE, 8, who, approved])
        page.locator("[data-copy=vietnamese]").click()
        page.wait_for_function(
            "async (start) => (await navigator.clipboard.readText()).startsWith(start)",
            arg=copied.format(next=following.strip()) + "Nguyễn Thị Sen, ",
        )


def test_citation_of_a_selected_question_names_the_interviewer(open_as: OpenAs) -> None:
    page = open_as(None)
    open_page(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    question = page.locator(".turn--interviewer [data-text]").first
    question.select_text()
    page.locator("[data-copy=vietnamese]").click()  # at once: the citation is still that of all
    expect(page.locator("#live")).not_to_be_empty()
    words, source = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert words == f"“{question.inner_text()}”"
    assert source.startswith("Trần Minh (người phỏng vấn), “Cái giếng trong hẻm”, ")
    assert "Trần Minh phỏng vấn Nguyễn Thị Sen ngày 12-03-2020" in source


def test_citation_stays_visible_on_large_screens_only(open_as: OpenAs) -> None:
    page = open_as(None, width=1366, height=660)
    open_page(page)
    page.locator("[data-segment]").last.scroll_into_view_if_needed()
    expect(page.locator("[data-copy=vietnamese]")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-permalink]")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 960, "height": 600})  # the viewport at 150 % zoom
    text_box = page.locator(".sticky-aside")
    assert text_box.evaluate("box => box.scrollHeight - box.clientHeight") <= 0
    assert text_box.evaluate("box => getComputedStyle(box).position") == "static"


def test_video_is_beside_its_waveform_and_leaves_space_for_the_text(
    open_as: OpenAs, toolbox: Toolbox, tmp_path: Path
) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.find_interview(db)
        interview.recordings[0].part = 9
    film = media_files.film(tmp_path / "phong-van.mp4", seconds=2, size=(320, 180))
    local_ingest.ingest_file(toolbox, rights_of_machine("test"), "LK-1", path=film)
    with toolbox.database.writing() as db:
        interview = sample_transcript.find_interview(db)
        next(recording for recording in interview.recordings if recording.part != 9).part = 1
    Worker(toolbox).run_until_idle()
    page = open_as(None, width=1366, height=660)
    page.goto(PAGE)
    expect(page.locator("video[poster]")).to_be_visible()
    expect(page.locator("[data-controls]")).to_be_visible()
    player, video = page.locator(".player").bounding_box(), page.locator("video").bounding_box()
    assert player is not None
    assert video is not None
    assert player["height"] < 660 / 3
    assert video["width"] < 400
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("video")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_reading_page_without_scripts_plays_and_cites(open_as: OpenAs) -> None:
    page = open_as(None, scripts=False)
    page.goto(PAGE)
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.locator("[data-controls]")).to_be_hidden()
    segment_row(page, NIGHT).locator(".turn__time a").click()
    page.wait_for_url("**?t=30-34**")
    expect(segment_row(page, NIGHT)).to_have_class("turn turn--current")
    expect(segment_row(page, NIGHT)).to_be_in_viewport()
    expect(page.locator("[data-citation=vietnamese]")).to_contain_text("00:00:30–00:00:34")
    expect(page.locator("[data-citation=bibtex]")).to_be_hidden()
    page.locator(".citation-styles label", has_text="BibTeX").click()
    expect(page.locator("[data-citation=bibtex]")).to_be_visible()
    expect(page.locator("[data-citation=vietnamese]")).to_be_hidden()


def test_player_on_a_phone_stays_at_the_bottom(open_as: OpenAs) -> None:
    page = open_as(None, width=390, height=844)
    play_slowly(page)
    open_page(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    bar = page.locator("[data-bar]")
    expect(bar).to_be_visible()
    bar.locator("[data-toggle]").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 0.1")
    bar.locator("[data-skip='5']").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 5")
    expect(bar.locator("[data-clock]")).to_contain_text("00:00:0")
    bar.locator("[data-toggle]").click()
    expect(bar).to_be_in_viewport()


def test_print_shows_only_text_label_and_source(open_as: OpenAs) -> None:
    page = open_as("rob", dark=True, width=660)  # A4 without its margins
    open_page(page, f"{PAGE}?t=31-34")
    page.emulate_media(media="print", color_scheme="dark")
    for selector in (
        ".player",
        "[data-bar]",
        ".staff-actions",
        ".contents-list",
        ".site-header",
        ".site-footer",
        "aside",
        ".below-text",
    ):
        for found in page.locator(selector).all():
            expect(found).to_be_hidden()
    expect(page.locator(".print-citation")).to_contain_text("00:00:31–00:00:34, bản v1")
    expect(page.locator(".print-citation")).to_contain_text("Bản đã duyệt")
    colours = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector("
        "'.turn:not(.turn--interviewer) [data-text]')).color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    text_box = segment_row(page, NIGHT).locator("[data-text]").bounding_box()
    assert text_box is not None
    assert text_box["width"] > 400, "the text has the whole width, with the time beside it"
    source = page.locator("article > .print-citation:last-child")
    rules = source.evaluate(
        "box => [getComputedStyle(box).breakBefore, getComputedStyle(box).breakInside]"
    )
    assert rules == ["avoid", "avoid"], "the last sheet never holds the source alone"
    expect(source).to_contain_text("In ngày ")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True])
def test_reading_page_in_either_theme_has_no_violations(open_as: OpenAs, *, dark: bool) -> None:
    page = open_as("rob", dark=dark)
    open_page(page, f"{PAGE}?t=31-34")
    page.locator("details.menu summary", has_text="Mở phiên bản mới").click()
    page.locator(".citation-styles label", has_text="RIS").click()
    assert violations(page) == []


def test_unapproved_text_is_announced_to_the_public_but_not_shown(
    open_as: OpenAs, toolbox: Toolbox
) -> None:
    with toolbox.database.writing() as db:
        versions.current_version(db, sample_transcript.find_interview(db)).state = "corrected"  # type: ignore[union-attr]
    page = open_as(None)
    page.goto(PAGE)
    expect(page.locator("#text")).to_contain_text("chưa được duyệt")
    assert RICE not in page.content()
    expect(page.locator("[data-track]")).to_be_visible()
