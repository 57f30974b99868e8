"""Two at one text: other words are joined in silence, the same word is put before a person."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from archive.models import SegmentDraft
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.seated import box, in_archive, open_desk, put_caret, saved, text_of

START = "Dạ, tôi nhớ rõ lắm chứ."


def replace_word(page: Page, put: desk.Put, number: int, old: str, new: str) -> None:
    """As a person does it: select the word, type over it."""
    place = box(page, put, number).inner_text().index(old)
    put_caret(page, put, number, place + len(old))
    for _letter in old:
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.type(new)


def test_changes_of_different_words_are_joined(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(cleo, put)
    open_desk(rob, put)
    replace_word(cleo, put, 2, "Dạ", "Thưa")
    saved(cleo)
    replace_word(rob, put, 2, "chứ", "mà")
    saved(rob)
    assert in_archive(settings, put.segments[2]).text == "Thưa, tôi nhớ rõ lắm mà."
    # Rob is still in the segment, so his screen is his own; once he leaves it shows both.
    assert text_of(rob, put, 2) == "Dạ, tôi nhớ rõ lắm mà."
    rob.keyboard.type(" thôi")
    saved(rob)
    box(rob, put, 4).click()
    expect(box(rob, put, 2)).to_have_text("Thưa, tôi nhớ rõ lắm mà thôi.")
    assert in_archive(settings, put.segments[2]).text == "Thưa, tôi nhớ rõ lắm mà thôi."
    assert rob.locator("[data-dialog=conflict]").is_hidden()


def test_the_same_word_is_put_before_a_person_and_both_texts_are_kept(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob", language="vi", dark=True)
    open_desk(cleo, put)
    open_desk(rob, put)
    replace_word(cleo, put, 2, "rõ lắm", "rành rẽ")
    saved(cleo)
    replace_word(rob, put, 2, "rõ lắm", "như in")
    dialog = rob.locator("[data-dialog=conflict]")
    expect(dialog).to_be_visible(timeout=10_000)
    expect(dialog.locator("[data-title]")).to_have_text("Cleo cũng vừa sửa đoạn này")
    expect(dialog.locator("[data-base] del")).to_have_text(["rõ lắm"])
    expect(dialog.locator("[data-theirs] ins")).to_have_text(["rành rẽ"])
    expect(dialog.locator("[data-mine] ins")).to_have_text(["như in"])
    result = dialog.locator("[data-result]")
    expect(result).to_have_value("Dạ, tôi nhớ như in chứ.")
    assert violations(rob) == []
    dialog.locator(".opt").first.click()
    expect(result).to_have_value("Dạ, tôi nhớ rành rẽ chứ.")
    with toolbox.database.reading() as db:
        assert [draft.text for draft in db.query(SegmentDraft)] == ["Dạ, tôi nhớ như in chứ."]
    assert in_archive(settings, put.segments[2]).text == "Dạ, tôi nhớ rành rẽ chứ."
    result.fill("Dạ, tôi nhớ rành rẽ như in chứ.")
    dialog.locator("[data-answer=result]").click()
    saved(rob)
    assert in_archive(settings, put.segments[2]).text == "Dạ, tôi nhớ rành rẽ như in chứ."
    expect(box(rob, put, 2)).to_have_text("Dạ, tôi nhớ rành rẽ như in chứ.")


def test_a_conflict_can_wait_and_is_found_again(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(cleo, put)
    open_desk(rob, put)
    replace_word(cleo, put, 2, "rõ", "rành")
    saved(cleo)
    replace_word(rob, put, 2, "rõ", "kỹ")
    dialog = rob.locator("[data-dialog=conflict]")
    expect(dialog).to_be_visible(timeout=10_000)
    dialog.locator("[data-answer=later]").click()
    expect(rob.locator(".save.look")).to_have_text("Cần xem lại (1)")
    expect(box(rob, put, 2)).to_have_text("Dạ, tôi nhớ kỹ lắm chứ.")
    rob.locator(".save.look").click()
    dialog.locator("[data-answer=mine]").click()
    saved(rob)
    assert in_archive(settings, put.segments[2]).text == "Dạ, tôi nhớ kỹ lắm chứ."


def test_a_colleagues_change_appears_but_never_under_the_caret(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(cleo, put)
    open_desk(rob, put)
    put_caret(rob, put, 2, 0)
    for number, old, new in ((2, "Dạ", "Thưa"), (5, "hết", "hết sạch")):
        replace_word(cleo, put, number, old, new)
        saved(cleo)
    poll(rob)
    expect(box(rob, put, 5)).to_contain_text("hết sạch")
    expect(box(rob, put, 2)).to_have_text(START)
    notice = rob.locator(f"#s-{put.segments[2]} [data-notice]")
    expect(notice).to_contain_text("Cleo vừa sửa đoạn này")
    notice.locator("button").click()
    expect(box(rob, put, 2)).to_have_text("Thưa, tôi nhớ rõ lắm chứ.")


def test_words_typed_into_a_segment_that_was_joined_follow_it(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(cleo, put)
    open_desk(rob, put)
    put_caret(cleo, put, 5, 0)
    cleo.keyboard.press("Backspace")
    expect(cleo.locator(f"#s-{put.segments[5]}")).to_have_count(0)
    poll(rob)
    expect(rob.locator(f"#s-{put.segments[5]}")).to_have_count(0)
    joined = in_archive(settings, put.segments[4]).text
    expect(box(rob, put, 4)).to_have_text(joined)
    first, second = text_of(rob, put, 6), text_of(rob, put, 7)
    put_caret(rob, put, 7, len(second))
    put_caret(cleo, put, 7, 0)
    cleo.keyboard.press("Backspace")
    expect(cleo.locator(f"#s-{put.segments[7]}")).to_have_count(0)
    rob.keyboard.type(" Thiệt đó")
    expect(rob.locator(f"#s-{put.segments[7]}")).to_have_count(0, timeout=10_000)
    saved(rob)
    assert in_archive(settings, put.segments[6]).text == f"{first} {second} Thiệt đó"
    expect(box(rob, put, 6)).to_be_focused()


def test_words_typed_into_a_segment_that_was_taken_out_can_bring_it_back(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox, ghost=True)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(cleo, put)
    open_desk(rob, put)
    cleo.locator(f"#s-{put.segments[3]}").get_by_role("button", name="Bỏ câu này").click()
    expect(cleo.locator(f"#s-{put.segments[3]}")).to_have_count(0)
    put_caret(rob, put, 3, 0)
    rob.keyboard.type("Dạ. ")
    dialog = rob.locator("[data-dialog=conflict]")
    expect(dialog).to_be_visible(timeout=10_000)
    expect(dialog.locator("[data-title]")).to_have_text("Đoạn này bị bỏ trong lúc đang gõ")
    dialog.locator("[data-answer=mine]").click()
    saved(rob)
    kept = in_archive(settings, put.segments[3])
    assert (kept.text, kept.ended_at) == (f"Dạ. {desk.PHANTOM}", None)


def poll(page: Page) -> None:
    """What the page does every ten seconds, at once: it asks when it comes into sight."""
    with page.expect_response(lambda answer: "since=" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
