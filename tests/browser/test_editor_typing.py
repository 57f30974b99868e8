"""Typing as people do here: input methods, text from Word, the keyboard alone, a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.seated import (
    box,
    in_archive,
    open_desk,
    put_caret,
    saved,
    text_of,
    type_at_end,
)

PASTE = """([selector, html, plain]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", plain);
  document.querySelector(selector).dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
# What UniKey sends for "tieengs": letters, then Backspaces and the letters anew.
UNIKEY = (
    "t",
    "i",
    "e",
    ("Backspace", "ê"),
    "n",
    "g",
    ("Backspace", "Backspace", "Backspace", "ếng"),
)

LINES = """buttons => buttons.map((button) => {
  const words = document.createRange();
  words.selectNodeContents(button);
  return new Set([...words.getClientRects()].map((line) => Math.round(line.bottom))).size;
})"""


def test_an_input_method_that_sends_backspaces_is_left_alone(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    page.evaluate(
        """selector => {
          window.writes = 0;
          new MutationObserver(all => { window.writes += all.length; })
            .observe(document.querySelector(selector), { childList: true, attributes: true });
        }""",
        f"#s-{put.segments[2]} .tx",
    )
    type_at_end(page, put, 2, " ")
    for step in UNIKEY:
        for key in (step,) if isinstance(step, str) else step:
            if key == "Backspace":
                page.keyboard.press(key)
            else:
                page.keyboard.insert_text(key)
    page.keyboard.type(" nói.")
    assert text_of(page, put, 2) == "Dạ, tôi nhớ rõ lắm chứ. tiếng nói."
    assert page.evaluate("document.activeElement.childNodes.length") == 1
    saved(page)
    assert page.evaluate("window.writes") == 0, "the page wrote into a segment that had the focus"
    assert in_archive(settings, put.segments[2]).text.endswith("chứ. tiếng nói.")


def test_composing_is_not_taken_for_keys_of_the_desk(toolbox: Toolbox, open_as: Open) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 2, 2)
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "tiê", "selectionStart": 3, "selectionEnd": 3})
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", code: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    session.send("Input.insertText", {"text": "tiếng"})
    assert text_of(page, put, 2).startswith("Dạtiếng,")
    expect(page.locator(".chunk [data-segment]")).to_have_count(len(put.segments))


def test_what_is_pasted_from_word_is_plain_and_on_one_line(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, 2, len("Dạ,"))
    html = "<p style='color:red'><b>ông</b> bà</p><script>alert(1)</script><p>ơi</p>"
    page.evaluate(PASTE, [f"#s-{put.segments[2]} .tx", html, " ông bà\r\n\r\nơi"])
    assert text_of(page, put, 2) == "Dạ, ông bà ơi tôi nhớ rõ lắm chứ."
    assert box(page, put, 2).locator("*").count() == 0
    saved(page)
    assert in_archive(settings, put.segments[2]).text == "Dạ, ông bà ơi tôi nhớ rõ lắm chứ."
    page.keyboard.press("Control+z")
    assert text_of(page, put, 2) == "Dạ, tôi nhớ rõ lắm chứ."


def test_markup_that_is_typed_stays_words(toolbox: Toolbox, open_as: Open) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    type_at_end(page, put, 2, ' <img src=x onerror=alert(1)> & "‘')
    page.keyboard.press("Control+s")
    saved(page)
    page.reload()
    page.wait_for_selector("[data-words]")
    assert text_of(page, put, 2).endswith('<img src=x onerror=alert(1)> & "‘')
    assert page.locator(".seg-r img").count() == 0


def test_the_whole_desk_is_worked_with_the_keyboard_and_tab_is_never_taken(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('tx')"):
            break
    expect(box(page, put, 0)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(box(page, put, 1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box(page, put, 0)).to_be_focused()
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
    expect(box(page, put, 1)).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.do") == "speaker-1"
    page.keyboard.press("Shift+Tab")
    expect(box(page, put, 1)).to_be_focused()
    page.keyboard.press("F8")
    selected = page.evaluate("getSelection().toString()")
    here = page.evaluate("document.activeElement.closest('[data-segment]').dataset.segment")
    assert selected in [word[2] for word in in_archive(settings, here).words if word[3] < 0.6]
    page.keyboard.press("Alt+u")
    assert "[không nghe rõ]" in page.evaluate("document.activeElement.textContent")


def test_nothing_is_found_by_axe_at_any_size_and_in_any_theme(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox, ghost=True)
    for language, width, dark in (("vi", 1440, False), ("en", 1440, True), ("vi", 390, True)):
        page = open_as("rob", language=language, width=width, dark=dark)
        open_desk(page, put, language=language)
        box(page, put, 2).click()
        assert violations(page) == [], (language, width, dark)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 600:
            page.locator("[data-do=keys]").first.click()
            assert violations(page) == [], "the list of keys"


def test_seven_segments_are_in_sight_while_one_is_worked_on(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    page = open_as("rob")
    open_desk(page, put)
    box(page, put, 2).click()
    expect(page.locator(f"#s-{put.segments[2]} [data-tools]")).to_be_visible()
    seen = page.evaluate(
        """() => { const frame = document.querySelector(".segs").getBoundingClientRect();
          return [...document.querySelectorAll(".chunk [data-segment]")].filter(row => {
            const box = row.getBoundingClientRect();
            return box.top >= frame.top && box.bottom <= frame.bottom; }).length; }"""
    )
    assert seen >= 7


def test_a_phone_corrects_words_names_speakers_and_marks_as_heard(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo", width=390, height=844)
    open_desk(page, put)
    box(page, put, 2).click()
    shown = page.locator(f"#s-{put.segments[2]} [data-tools] button:visible")
    names = [re.sub(r"\s+", " ", name).strip() for name in shown.all_inner_texts()]
    assert names == [
        "Ông Hòa", "Minh", "Đã nghe, sang đoạn sau", "Nghe đoạn này", "Không nghe rõ",
    ]  # fmt: skip
    assert page.locator(".ed-bar .btn").evaluate_all(LINES) == [1] * 5
    page.keyboard.press("End")
    page.keyboard.type(" Ừ.")
    page.get_by_role("button", name="Minh").click()
    page.locator(".ed-bar [data-do=heard]").click()
    saved(page)
    kept = in_archive(settings, put.segments[2])
    assert (kept.text[-2:], kept.state) == ("Ừ.", "heard")
    assert kept.contribution_id == put.people["interviewer"]
