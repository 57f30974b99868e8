"""The page of an interview in a real browser: heard, followed, cited, printed; also scriptless.

The sound is one of our sample interviews, whose exact word times are known.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from archive.access import machine
from archive.actions import ingest, transcripts
from archive.jobs.worker import Worker
from archive.models import Annotation
from archive.models.base import new_id
from archive.toolbox import Toolbox
from tests import spoken
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.fixtures.media import make
from transcription.engines.demo import SAMPLES_DIR

PAGE = "/vi/interviews/LK-1"
RICE = "Gạo độn khoai, độn bo bo, ăn hoài cũng quen."  # 9.686 s to 12.940 s
NIGHT = "Ban đêm chúng tôi chở gạo từ Long An lên thành phố."  # 30.777 s to 33.914 s
DRAWN = """word => {
  const drawn = CSS.highlights.get("now");
  if (!drawn) return false;
  const range = [...drawn][0];
  return range.startContainer.data.slice(range.startOffset, range.endOffset) === word;
}"""


@pytest.fixture(autouse=True)
def told(toolbox: Toolbox) -> None:
    """A public interview with sound, an approved text and two chapters."""
    with toolbox.database.writing() as db:
        spoken.interview(db, recorded=False)
    ingest.ingest_file(
        toolbox, machine("test"), "LK-1", path=SAMPLES_DIR / "interview_pha_rao.m4a"
    )  # fmt: skip
    with toolbox.database.writing() as db:
        of = spoken.find(db)
        made = transcripts.make_machine_version(
            db, machine("test"), of, language="vi", origin=spoken.ORIGIN,
            spoken=[(None, segment) for segment in spoken.sample()],
        )  # fmt: skip
        spoken.approve(db, of, made)
        for start_ms, title in ((0, "Mở đầu"), (26_990, "Phá rào")):
            db.add(Annotation(id=new_id(), interview_id=of.id, start_ms=start_ms, title=title))
    Worker(toolbox).run_until_idle()


def turn(page: Page, text: str) -> Locator:
    return page.locator("[data-segment]", has=page.get_by_text(text, exact=True))


def now_s(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-sound]').currentTime"))


def ready(page: Page, address: str = PAGE) -> None:
    """Opened, the sound known and the times of words loaded."""
    with page.expect_response(lambda answer: "/words" in answer.url):
        page.goto(address)
    page.wait_for_function("() => document.querySelector('[data-sound]').readyState >= 1")


def middle_of(page: Page, text: str, word: str) -> tuple[float, float]:
    """Where a word of a segment stands on the screen."""
    turn(page, text).scroll_into_view_if_needed()
    x, y = turn(page, text).locator("[data-text]").evaluate(
        """(box, word) => {
          const range = document.createRange(), at = box.firstChild.data.indexOf(word);
          range.setStart(box.firstChild, at);
          range.setEnd(box.firstChild, at + word.length);
          const r = range.getBoundingClientRect();
          return [r.left + r.width / 2, r.top + r.height / 2];
        }""",
        word,
    )  # fmt: skip
    return x, y


def test_a_clicked_word_is_heard_and_drawn_as_it_is_said(open_as: Open) -> None:
    page = open_as(None)
    ready(page)
    page.mouse.click(*middle_of(page, RICE, "hoài"))
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    assert 11.9 <= now_s(page) <= 13.5  # the word begins at 11.951 s
    page.wait_for_function(DRAWN, arg="quen.")
    expect(turn(page, RICE)).to_have_class("turn on")
    expect(page.locator(".toc [aria-current]")).to_contain_text("Mở đầu")
    page.locator("[data-toggle] >> visible=true").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').paused")


def test_contents_chapters_and_the_wave_lead_to_their_second(open_as: Open) -> None:
    page = open_as(None)
    ready(page)
    page.locator(".toc a", has_text="Phá rào").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime >= 26.9")
    assert now_s(page) < 30
    expect(page.locator(".toc [aria-current]")).to_contain_text("Phá rào")
    assert page.url.endswith("?t=26")
    page.locator("[data-chapters] a", has_text="Mở đầu").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime < 5")
    box = page.locator("[data-track]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 37")
    assert now_s(page) < 41  # the middle of 75.5 s


def test_a_link_to_a_passage_opens_there_with_its_citation(open_as: Open) -> None:
    page = open_as(None)
    ready(page, f"{PAGE}?t=31-34")
    expect(turn(page, NIGHT)).to_have_class("turn on")
    expect(turn(page, NIGHT)).to_be_in_viewport()
    assert now_s(page) == pytest.approx(31, abs=0.1)
    cited = page.locator("[data-citation=vietnamese]")
    expect(cited).to_contain_text("00:00:31–00:00:34, bản v1")
    expect(cited).to_contain_text(f"{PAGE}?t=31-34")


def test_the_citation_follows_what_is_selected_and_is_copied_with_it(open_as: Open) -> None:
    page = open_as(None)
    ready(page)
    turn(page, NIGHT).locator("[data-text]").select_text()
    expect(page.locator("[data-citation=vietnamese]")).to_contain_text("00:00:30–00:00:34, bản v1")
    expect(page.locator("[data-cite-scope]")).to_have_text("Đoạn từ 00:00:30 đến 00:00:34")
    for style, said in (
        ("chicago", "LK-1, 00:00:30–00:00:34, transcript version 1"),
        ("bibtex", "note = {interview by Trần Minh; 00:00:30–00:00:34, transcript version 1}"),
        ("ris", "N1  - 00:00:30–00:00:34"),
    ):
        assert said.split(";")[0] in (
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


def test_what_is_copied_holds_no_times_and_names_only_where_several_speak(open_as: Open) -> None:
    page = open_as(None)
    ready(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    select = """([from, to, who]) => {
      const holders = [...document.querySelectorAll("[data-text]")];
      const first = holders.find((one) => one.textContent === from);
      const next = holders[holders.indexOf(first) + 1];
      const start = first.textContent.indexOf("ăn hoài");
      if (who) next.parentElement.querySelector(".sp").textContent = who;
      getSelection().setBaseAndExtent(first.firstChild, start, next.firstChild, to);
      return next.textContent.slice(0, to);
    }"""
    name = turn(page, RICE).locator(".sp").inner_text()
    for who, copied in (
        ("", "“ăn hoài cũng quen. {next}”\n"),
        ("Ông Ba", f"{name}: “ăn hoài cũng quen.”\nÔng Ba: “{{next}}”\n"),
    ):
        following = page.evaluate(select, [RICE, 8, who])
        page.locator("[data-copy=vietnamese]").click()
        page.wait_for_function(
            "async (start) => (await navigator.clipboard.readText()).startsWith(start)",
            arg=copied.format(next=following.strip()) + "Nguyễn Thị Sen, ",
        )


def test_the_citation_stays_in_sight_where_there_is_room_for_it(open_as: Open) -> None:
    page = open_as(None, width=1366, height=660)
    ready(page)
    page.locator("[data-segment]").last.scroll_into_view_if_needed()
    expect(page.locator("[data-copy=vietnamese]")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-permalink]")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 960, "height": 600})  # what zooming to 150 % leaves
    box = page.locator(".stay")
    assert box.evaluate("box => box.scrollHeight - box.clientHeight") <= 0
    assert box.evaluate("box => getComputedStyle(box).position") == "static"


def test_a_film_stands_beside_its_wave_and_leaves_room_for_the_text(
    open_as: Open, toolbox: Toolbox, tmp_path: Path
) -> None:
    with toolbox.database.writing() as db:
        of = spoken.find(db)
        of.recordings[0].part = 9
    film = make.film(tmp_path / "phong-van.mp4", seconds=2, size=(320, 180))
    ingest.ingest_file(toolbox, machine("test"), "LK-1", path=film)
    with toolbox.database.writing() as db:
        of = spoken.find(db)
        next(one for one in of.recordings if one.part != 9).part = 1
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


def test_without_scripts_it_is_read_heard_and_cited(open_as: Open) -> None:
    page = open_as(None, scripts=False)
    page.goto(PAGE)
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.locator("[data-controls]")).to_be_hidden()
    turn(page, NIGHT).locator(".tm a").click()
    assert "?t=30-34" in page.url
    expect(turn(page, NIGHT)).to_have_class("turn on")
    expect(turn(page, NIGHT)).to_be_in_viewport()
    expect(page.locator("[data-citation=vietnamese]")).to_contain_text("00:00:30–00:00:34")
    expect(page.locator("[data-citation=bibtex]")).to_be_hidden()
    page.locator(".styles label", has_text="BibTeX").click()
    expect(page.locator("[data-citation=bibtex]")).to_be_visible()
    expect(page.locator("[data-citation=vietnamese]")).to_be_hidden()


def test_on_a_phone_the_player_stays_at_the_bottom(open_as: Open) -> None:
    page = open_as(None, width=390, height=844)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    bar = page.locator("[data-bar]")
    expect(bar).to_be_visible()
    bar.locator("[data-toggle]").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 0.3")
    bar.locator("[data-skip='5']").click()
    page.wait_for_function("() => document.querySelector('[data-sound]').currentTime > 5")
    expect(bar.locator("[data-clock]")).to_contain_text("00:00:0")
    bar.locator("[data-toggle]").click()
    expect(bar).to_be_in_viewport()


def test_paper_shows_the_text_its_label_and_its_source_and_nothing_else(open_as: Open) -> None:
    page = open_as("rob", dark=True, width=660)  # what is left of A4 between its margins
    ready(page, f"{PAGE}?t=31-34")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".player", "[data-bar]", ".work", ".toc", ".hdr", ".ftr", "aside", ".after"):
        for found in page.locator(gone).all():
            expect(found).to_be_hidden()
    expect(page.locator(".cite-print")).to_contain_text("00:00:31–00:00:34, bản v1")
    expect(page.locator(".cite-print")).to_contain_text("Bản đã duyệt")
    colours = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('.turn:not(.q) [data-text]')).color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    box = turn(page, NIGHT).locator("[data-text]").bounding_box()
    assert box is not None
    assert box["width"] > 400, "the text has the whole width, with the time beside it"
    source = page.locator("article > .cite-print:last-child")
    rules = source.evaluate(
        "box => [getComputedStyle(box).breakBefore, getComputedStyle(box).breakInside]"
    )
    assert rules == ["avoid", "avoid"], "the last sheet never holds the source alone"
    expect(source).to_contain_text("In ngày ")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_shut_out(open_as: Open, *, dark: bool) -> None:
    page = open_as("rob", dark=dark)
    ready(page, f"{PAGE}?t=31-34")
    page.locator("details.menu summary", has_text="Mở phiên bản mới").click()
    page.locator(".styles label", has_text="RIS").click()
    assert violations(page) == []


def test_the_public_is_told_that_a_text_waits_for_approval(open_as: Open, toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        transcripts.shown(db, spoken.find(db)).state = "corrected"  # type: ignore[union-attr]
    page = open_as(None)
    page.goto(PAGE)
    expect(page.locator("#text")).to_contain_text("chưa được duyệt")
    assert RICE not in page.content()
    expect(page.locator("[data-track]")).to_be_visible()
