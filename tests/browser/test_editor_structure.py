"""Cutting, joining, naming and timing segments with the keys of the desk, and taking it back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from archive.models import Segment
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.conftest import Open
from tests.browser.seated import box, in_archive, open_desk, put_caret, saved, text_of

WORDS = "Muốn mua thịt phải xếp hàng từ bốn giờ sáng."
HEAD, TAIL = "Muốn mua thịt", "phải xếp hàng từ bốn giờ sáng."


def living(toolbox: Toolbox, put: desk.Put) -> list[Segment]:
    with toolbox.database.reading() as db:
        rows = db.query(Segment).filter_by(version_id=put.version, ended_at=None)
        found = rows.order_by(Segment.position).all()
        db.expunge_all()
        return found


def rows(page: Page) -> int:
    return page.locator("[data-segment]:not(template *)").count()


def test_enter_splits_and_undo_joins_again_with_the_words_in_their_times(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    before = living(toolbox, put)[4]
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 4, len(HEAD) + 1)
    page.keyboard.press("Enter")
    expect(box(page, put, 4)).to_have_text(HEAD)
    second = living(toolbox, put)[5]
    assert (second.text, second.contribution_id) == (TAIL, before.contribution_id)
    assert second.words == before.words[3:]
    expect(page.locator(f"#s-{second.id} .tx")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator(f"#s-{second.id}")).to_have_count(0)
    joined = living(toolbox, put)[4]
    assert (joined.text, joined.words) == (before.text, before.words)
    assert (joined.start_ms, joined.end_ms) == (before.start_ms, before.end_ms)


def test_backspace_before_the_first_letter_joins_and_the_bar_takes_it_back(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    old = living(toolbox, put)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 5, 3)
    page.keyboard.press("Backspace")
    expect(box(page, put, 5)).to_have_text(old[5].text[:2] + old[5].text[3:])
    page.keyboard.type(old[5].text[2])
    put_caret(page, put, 5, 0)
    page.keyboard.press("Backspace")
    expect(box(page, put, 4)).to_have_text(f"{old[4].text} {old[5].text}")
    assert len(living(toolbox, put)) == len(old) - 1
    assert page.evaluate("getSelection().focusOffset") == len(old[4].text) + 1
    page.locator("[data-undo-bar] button").click()
    page.wait_for_function("n => document.querySelectorAll('.chunk [data-segment]').length === n",
                           arg=len(old))  # fmt: skip
    now = living(toolbox, put)
    assert [s.text for s in now] == [s.text for s in old]
    assert [(s.id, s.contribution_id) for s in now] == [(s.id, s.contribution_id) for s in old]
    assert [(s.start_ms, s.end_ms) for s in now] == [(s.start_ms, s.end_ms) for s in old]
    assert now[5].words == old[5].words
    assert len(now[4].words) == len(old[4].words)


def test_what_is_typed_before_a_split_is_saved_first(toolbox: Toolbox, open_as: Open) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 4, len(HEAD))
    page.keyboard.type(" ngon,")
    page.keyboard.press("Enter")
    expect(box(page, put, 4)).to_have_text(f"{HEAD} ngon,")
    page.keyboard.type("Thì ")
    saved(page)
    assert [s.text for s in living(toolbox, put)[4:6]] == [f"{HEAD} ngon,", f"Thì {TAIL}"]


def test_alt_and_a_digit_name_the_speaker(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 4, 0)
    page.keyboard.press("Alt+2")
    expect(page.locator(f"#s-{put.segments[4]} .spk")).to_have_text("Minh")
    saved(page)
    assert in_archive(settings, put.segments[4]).contribution_id == put.people["interviewer"]
    expect(page.locator(f"#s-{put.segments[4]} [data-do=speaker-2]")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Alt+0")
    page.locator("[data-other-voice]").fill("Cô hàng xóm")
    page.keyboard.press("Enter")
    expect(page.locator(f"#s-{put.segments[4]} .spk")).to_have_text("Cô hàng xóm")
    saved(page)
    assert in_archive(settings, put.segments[4]).speaker_label == "Cô hàng xóm"
    expect(box(page, put, 4)).to_be_focused()


def test_times_are_set_where_the_sound_is_and_refused_over_a_neighbour(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    old = living(toolbox, put)[4]
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 4, 0)
    page.evaluate("ms => { document.querySelector('[data-sound]').currentTime = ms / 1000 }",
                  old.start_ms + 200)  # fmt: skip
    page.keyboard.press("Control+BracketLeft")
    saved(page)
    assert abs(in_archive(settings, put.segments[4]).start_ms - old.start_ms - 200) <= 1
    page.keyboard.press("Control+Shift+BracketLeft")
    saved(page)
    assert abs(in_archive(settings, put.segments[4]).start_ms - old.start_ms - 100) <= 1
    page.evaluate("document.querySelector('[data-sound]').currentTime = 70")
    page.keyboard.press("Control+BracketRight")
    expect(page.locator("#live")).to_contain_text("Đoạn bên cạnh cũng của người này")
    saved(page)
    assert in_archive(settings, put.segments[4]).end_ms == old.end_ms
    expect(page.locator(f"#s-{put.segments[4]}")).to_have_attribute("data-end", str(old.end_ms))


def test_a_sentence_of_the_machines_own_is_heard_kept_or_taken_out(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox, ghost=True)
    page = open_as("cleo")
    open_desk(page, put)
    ghost = page.locator(f"#s-{put.segments[3]}")
    expect(ghost.locator("[data-reason]")).to_contain_text("Có thể máy tự thêm câu này")
    ghost.get_by_role("button", name="Nghe thử").click()
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    ghost.get_by_role("button", name="Bỏ câu này").click()
    expect(ghost).to_have_count(0)
    assert in_archive(settings, put.segments[3]).ended_at is not None
    page.locator("[data-undo-bar] button").click()
    expect(ghost).to_have_count(1)
    assert text_of(page, put, 3) == desk.PHANTOM
    ghost.get_by_role("button", name="Giữ lại, có người nói").click()
    expect(ghost.locator("[data-reason]")).to_have_count(0)
    saved(page)
    assert in_archive(settings, put.segments[3]).flags == []


def test_f9_marks_a_segment_as_heard_and_goes_on_to_the_next(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 4, 0)
    page.keyboard.press("F9")
    expect(box(page, put, 5)).to_be_focused()
    saved(page)
    assert in_archive(settings, put.segments[4]).state == "heard"
    expect(page.locator("[data-count=unheard]")).to_have_text(str(rows(page) - 1))
