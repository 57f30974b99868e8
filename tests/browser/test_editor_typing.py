"""Typing in the editor: input methods, text from Word, the keyboard alone, a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.editor_page import (
    displayed_text,
    open_editor,
    place_caret,
    stored_segment,
    text_box,
    type_at_end,
    wait_until_saved,
)

PASTE = """([selector, html, plain]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", plain);
  document.querySelector(selector).dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
# IndexedDB takes a write and the browser is closed before it is on the disk.
LOSE_WRITES = "() => { IDBObjectStore.prototype.put = function () { return this.count(); }; }"
# What UniKey sends for "tieengs": letters, then Backspaces and the letters again.
UNIKEY = (
    "t",
    "i",
    "e",
    ("Backspace", "ê"),
    "n",
    "g",
    ("Backspace", "Backspace", "Backspace", "ếng"),
)

COUNT_LINES = """buttons => buttons.map((button) => {
  const words = document.createRange();
  words.selectNodeContents(button);
  return new Set([...words.getClientRects()].map((line) => Math.round(line.bottom))).size;
})"""


def test_input_method_that_sends_backspaces_is_not_disturbed(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    page.evaluate(
        """selector => {
          window.writes = 0;
          new MutationObserver(all => { window.writes += all.length; })
            .observe(document.querySelector(selector), { childList: true, attributes: true });
        }""",
        f"#s-{editor.segment_ids[2]} .segment__text",
    )
    type_at_end(page, editor, 2, " ")
    for step in UNIKEY:
        for key in (step,) if isinstance(step, str) else step:
            if key == "Backspace":
                page.keyboard.press(key)
            else:
                page.keyboard.insert_text(key)
    page.keyboard.type(" nói.")
    assert displayed_text(page, editor, 2) == "Dạ, tôi nhớ rõ lắm chứ. tiếng nói."
    assert page.evaluate("document.activeElement.childNodes.length") == 1
    wait_until_saved(page)
    assert page.evaluate("window.writes") == 0, "the page wrote into a segment that had the focus"
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("chứ. tiếng nói.")


def test_composition_does_not_trigger_editor_keys(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 2, 2)
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "tiê", "selectionStart": 3, "selectionEnd": 3})
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", code: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    session.send("Input.insertText", {"text": "tiếng"})
    assert displayed_text(page, editor, 2).startswith("Dạtiếng,")
    expect(page.locator(".segment-chunk [data-segment]")).to_have_count(len(editor.segment_ids))


def test_paste_from_word_becomes_one_plain_line(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 2, len("Dạ,"))
    html = "<p style='color:red'><b>ông</b> bà</p><script>alert(1)</script><p>ơi</p>"
    page.evaluate(PASTE, [f"#s-{editor.segment_ids[2]} .segment__text", html, " ông bà\r\n\r\nơi"])
    assert displayed_text(page, editor, 2) == "Dạ, ông bà ơi tôi nhớ rõ lắm chứ."
    assert text_box(page, editor, 2).locator("*").count() == 0
    wait_until_saved(page)
    assert (
        stored_segment(settings, editor.segment_ids[2]).text == "Dạ, ông bà ơi tôi nhớ rõ lắm chứ."
    )
    page.keyboard.press("Control+z")
    assert displayed_text(page, editor, 2) == "Dạ, tôi nhớ rõ lắm chứ."


def test_typed_markup_stays_text(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    type_at_end(page, editor, 2, ' <img src=x onerror=alert(1)> & "‘')
    page.keyboard.press("Control+s")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector("[data-words]")
    assert displayed_text(page, editor, 2).endswith('<img src=x onerror=alert(1)> & "‘')
    assert page.locator(".segment img").count() == 0


def test_editor_works_with_the_keyboard_alone_and_tab_moves_focus(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('segment__text')"):
            break
    expect(text_box(page, editor, 0)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(text_box(page, editor, 1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(text_box(page, editor, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('[data-sound]').paused")
    page.keyboard.press("F1")
    expect(page.locator("[data-dialog=keys]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-dialog=keys]")).to_be_hidden()
    assert page.evaluate("document.querySelector('[data-sound]').paused")
    expect(text_box(page, editor, 1)).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.do") == "speaker-1"
    page.keyboard.press("Shift+Tab")
    expect(text_box(page, editor, 1)).to_be_focused()
    page.keyboard.press("F8")
    selected = page.evaluate("getSelection().toString()")
    here = page.evaluate("document.activeElement.closest('[data-segment]').dataset.segment")
    assert selected in [word[2] for word in stored_segment(settings, here).words if word[3] < 0.6]
    page.keyboard.press("Alt+u")
    assert "[không nghe rõ]" in page.evaluate("document.activeElement.textContent")


def test_editor_in_every_theme_and_width_has_no_violations(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox, ghost=True)
    for language, width, dark in (("vi", 1440, False), ("en", 1440, True), ("vi", 390, True)):
        page = open_as("rob", language=language, width=width, dark=dark)
        open_editor(page, editor, language=language)
        text_box(page, editor, 2).click()
        assert violations(page) == [], (language, width, dark)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 600:
            page.locator("[data-do=keys]").first.click()
            assert violations(page) == [], "the list of keys"


def test_seven_segments_are_visible_while_one_is_edited(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("rob")
    open_editor(page, editor)
    text_box(page, editor, 2).click()
    expect(page.locator(f"#s-{editor.segment_ids[2]} [data-tools]")).to_be_visible()
    seen = page.evaluate(
        """() => { const frame = document.querySelector(".segment-list").getBoundingClientRect();
          return [...document.querySelectorAll(".segment-chunk [data-segment]")].filter(row => {
            const box = row.getBoundingClientRect();
            return box.top >= frame.top && box.bottom <= frame.bottom; }).length; }"""
    )
    assert seen >= 7


def test_phone_offers_text_speakers_and_heard_marks(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo", width=390, height=844)
    open_editor(page, editor)
    text_box(page, editor, 2).click()
    shown = page.locator(f"#s-{editor.segment_ids[2]} [data-tools] button:visible")
    names = [re.sub(r"\s+", " ", name).strip() for name in shown.all_inner_texts()]
    assert names == [
        "Ông Hòa",
        "Minh",
        "Đánh dấu đã nghe, sang đoạn sau",
        "Nghe đoạn này",
        "Không nghe rõ",
    ]
    assert page.locator(".bottom-player--editor .button").evaluate_all(COUNT_LINES) == [1] * 5
    page.keyboard.press("End")
    page.keyboard.type(" Ừ.")
    page.get_by_role("button", name="Minh").click()
    page.locator(".bottom-player--editor [data-do=heard]").click()
    wait_until_saved(page)
    stored = stored_segment(settings, editor.segment_ids[2])
    assert (stored.text[-2:], stored.state) == ("Ừ.", "heard")
    assert stored.contribution_id == editor.contribution_ids["interviewer"]


def test_text_is_not_editable_before_the_script_runs(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    routes: list[Route] = []
    page.route("**/js/editing/page.js*", lambda route: routes.append(route))
    with page.expect_request("**/js/editing/page.js*"):
        page.goto(editor.address, wait_until="commit")
    words = text_box(page, editor, 0)
    before = stored_segment(settings, editor.segment_ids[0]).text
    expect(words).to_have_text(before)  # the document may arrive in pieces
    words.click(force=True)
    page.keyboard.type("Mất?")
    assert words.inner_text() == before
    routes[0].continue_()
    page.wait_for_selector("[data-words]")
    type_at_end(page, editor, 0, " Còn.")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[0]).text == f"{before} Còn."


def test_letters_typed_just_before_closing_are_kept(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    before = displayed_text(page, editor, 2)
    page.route("**/api/v1/segments/*", lambda route: route.abort())
    type_at_end(page, editor, 2, " Mộ")
    expect(page.locator(".save-status--kept")).to_be_visible()
    page.evaluate(LOSE_WRITES)
    page.keyboard.type("t.")
    reopened = page.context.new_page()
    page.close(run_before_unload=False)
    open_editor(reopened, editor)
    expect(text_box(reopened, editor, 2)).to_have_text(f"{before} Một.")
    wait_until_saved(reopened)
    assert stored_segment(settings, editor.segment_ids[2]).text == f"{before} Một."
