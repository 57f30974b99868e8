"""Whatever happens to a typed word before it is saved: it ends on the screen of its author.

Every cell of the table is tried in Chromium: an event, one tab or two, the server up or down while
the words are typed and until the event. Both texts have to be readable at the end: in the segment,
in the dialog of a conflict, or in the list of words that cannot be sent; and again after the tabs
were closed and the editor is opened later.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app import create_toolbox
from archive import file_modes
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import PATIENCE_MS, token_of
from tests.support import editor_fixture
from tests.support.editor_page import (
    open_editor,
    place_caret,
    poll,
    replace_word,
    text_box,
    wait_until_saved,
)
from tests.support.http_server import ServerProcess
from tests.support.page_monitor import PageMonitor
from tests.support.unsent_words import FIRST, OLD, SECOND, SEGMENT, UnsentWords
from tests.support.worker_process import wait_until

TABS = (1, 2)
SERVERS = ("up", "down")


def nothing(_words: UnsentWords) -> None:
    """Do nothing before the words are typed."""


def submit_and_withdraw(words: UnsentWords) -> None:
    words.start_server()
    words.submit_and_withdraw()
    words.send()


def sign_out(words: UnsentWords) -> None:
    if len(words.tabs) == 1:
        words.close_tabs()
        words.start_server()
        other = words.new_page()
        words.sign_out(other)
        words.sign_in(other, "cleo")
        words.open_tab()
        return
    words.start_server()
    words.sign_out(words.new_page())
    wait_until(lambda: SECOND not in words.visible_text(), message="the tabs stay readable")
    words.sign_in_again()


def another_person(words: UnsentWords) -> None:
    are_open = len(words.tabs) > 1
    if not are_open:
        words.close_tabs()
    words.start_server()
    other = words.new_page()
    words.sign_out(other)
    words.sign_in(other, "rob")
    open_editor(other, words.editor)
    words.send()
    assert SECOND not in other.content()
    if are_open:
        wait_until(lambda: SECOND not in words.visible_text(), message="Cleo's tab stays open")
    assert SECOND not in words.visible_text([other])
    words.sign_out(other)
    words.sign_in(other, "cleo")
    if are_open:
        words.look_at_tabs()
        words.send()
    else:
        words.open_tab()


def approve(words: UnsentWords) -> None:
    words.approve()
    words.start_server()
    words.send()


def replace_version(words: UnsentWords) -> None:
    following = words.open_next_version()
    if len(words.tabs) == 1:
        words.close_tabs()
        words.start_server()
    else:
        words.start_server()
        words.send()
    words.editor = following
    words.open_tab()


def fill_stores(words: UnsentWords) -> None:
    words.fill_stores()


def send_from_full_stores(words: UnsentWords) -> None:
    assert words.stored_words() == set(), "there was room left"
    words.start_server()
    words.send()


def clear_stores(words: UnsentWords) -> None:
    words.clear_stores()
    words.wait_until_stored()
    words.start_server()
    words.send()
    words.sign_in_again()


def crash_last_tab(words: UnsentWords) -> None:
    words.crash(words.tabs[-1])
    words.start_server()
    words.open_tab()
    words.send()


def delete_segment(words: UnsentWords) -> None:
    words.delete_segment()
    words.start_server()
    words.send()


def delete_segment_of_closed_tabs(words: UnsentWords) -> None:
    words.delete_segment()
    words.close_tabs()
    words.start_server()
    words.open_tab()


def join_segment(words: UnsentWords) -> None:
    words.join_segment()
    words.start_server()
    words.send()


def join_segment_of_closed_tabs(words: UnsentWords) -> None:
    words.join_segment()
    words.close_tabs()
    words.start_server()
    words.open_tab()


def split_segment(words: UnsentWords) -> None:
    words.split_segment()
    words.start_server()
    words.send()


def replace_words(words: UnsentWords) -> None:
    words.replace_words()
    words.start_server()
    words.send()


@dataclass(frozen=True)
class BrowserEvent:
    """What happens before the words are typed, and after. `is_kept`: the browser can keep them.

    `takes_saved_words`: what a colleague has saved is no longer in the text.
    """

    after: Callable[[UnsentWords], None]
    before: Callable[[UnsentWords], None] = nothing
    is_kept: bool = True
    takes_saved_words: bool = False


EVENTS = {
    "taken back": BrowserEvent(submit_and_withdraw),
    "signed out": BrowserEvent(sign_out),
    "another person": BrowserEvent(another_person),
    "approved": BrowserEvent(approve),
    "version replaced": BrowserEvent(replace_version),
    "storage full": BrowserEvent(send_from_full_stores, before=fill_stores, is_kept=False),
    "storage cleared": BrowserEvent(clear_stores),
    "tab crashed": BrowserEvent(crash_last_tab),
    "segment deleted": BrowserEvent(delete_segment, takes_saved_words=True),
    "deleted, tabs closed": BrowserEvent(delete_segment_of_closed_tabs, takes_saved_words=True),
    "segment joined": BrowserEvent(join_segment),
    "joined, tabs closed": BrowserEvent(join_segment_of_closed_tabs),
    "segment split": BrowserEvent(split_segment),
    "words replaced": BrowserEvent(replace_words, takes_saved_words=True),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Settings:
    """One archive for all cells; each has an interview of its own."""
    home = tmp_path_factory.mktemp("unsent") / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    (home / "archive.db").write_bytes(empty_database.read_bytes())
    made = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
    file_modes.fix_permissions(made)
    return made


@pytest.fixture(scope="module")
def shared_toolbox(home: Settings) -> Iterator[Toolbox]:
    tools = create_toolbox(home)
    yield tools
    tools.database.dispose()


@pytest.fixture(scope="module")
def shared_server(home: Settings) -> Iterator[ServerProcess]:
    server = ServerProcess(home)
    yield server
    server.stop()


@pytest.fixture
def words(
    home: Settings,
    shared_toolbox: Toolbox,
    shared_server: ServerProcess,
    chromium: Browser,
    request: pytest.FixtureRequest,
) -> Iterator[UnsentWords]:
    """A fresh browser of Cleo's and an interview of this cell."""
    if shared_server.process is None:
        shared_server.start()
    number = request.session.items.index(request.node)
    editor = editor_fixture.create(shared_toolbox, f"LK-2020-{number:03}")
    origin = f"http://127.0.0.1:{shared_server.port}"
    context = chromium.new_context(base_url=origin, locale="vi", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": SESSION_COOKIE, "value": token_of(home, "cleo"), "url": origin}])
    monitor = PageMonitor(host=f"127.0.0.1:{shared_server.port}")
    context.on("page", monitor.observe)
    yield UnsentWords(home, shared_toolbox, shared_server, context, editor)
    context.close()
    monitor.assert_clean()


@pytest.mark.parametrize(
    ("event", "tabs", "server"),
    list(itertools.product(EVENTS, TABS, SERVERS)),
    ids=lambda value: str(value).replace(" ", "_"),
)
def test_typed_words_end_on_the_screen(
    words: UnsentWords, event: str, tabs: int, server: str
) -> None:
    happening = EVENTS[event]
    for _number in range(tabs):
        words.open_tab()
    if tabs == 1:
        words.save_as_colleague(FIRST)
    happening.before(words)
    if server == "down":
        words.server.kill()
    words.type_words()
    if happening.is_kept:
        words.wait_until_stored()
    typed = words.typed_words
    both = typed if happening.takes_saved_words else {FIRST, SECOND}
    happening.after(words)
    words.assert_on_screen(*both)
    words.put_off_conflicts()
    words.assert_on_screen(*typed)
    if happening.is_kept:
        words.reopen()
        words.assert_on_screen(*both)
        words.put_off_conflicts()
        words.assert_on_screen(*typed)


@pytest.mark.parametrize("tabs", TABS)
def test_words_typed_before_a_split_is_undone_end_on_the_screen(
    words: UnsentWords, tabs: int
) -> None:
    """An undo needs the server, so there is no cell with the server down."""
    for _number in range(tabs):
        words.open_tab()
    page = words.tabs[0]
    if tabs == 2:
        replace_word(words.tabs[1], words.editor, SEGMENT, OLD, FIRST)
    place_caret(page, words.editor, SEGMENT, len("Dạ, tôi nhớ"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo-bar]")).to_be_visible()
    page.keyboard.type(f"{SECOND} ")
    page.locator("[data-undo-bar] button").click()
    expect(text_box(page, words.editor, SEGMENT)).to_contain_text(f"nhớ {SECOND} {OLD}")
    words.send()
    typed = (FIRST, SECOND) if tabs == 2 else (SECOND,)
    words.assert_on_screen(*typed)
    words.reopen()
    words.assert_on_screen(*typed)


def leave_and_go_back(words: UnsentWords) -> None:
    page = words.tabs[0]
    page.goto(f"{words.origin}/vi/")
    page.go_back()
    expect(page.locator("[data-editor][data-ready=yes]")).to_be_attached()


def reload_during_save(words: UnsentWords) -> None:
    page = words.tabs[0]
    page.route("**/api/v1/segments/*", lambda _route: None)  # no answer comes
    with page.expect_request("**/api/v1/segments/*"):
        words.send()
    page.unroute("**/api/v1/segments/*")
    page.reload()
    expect(page.locator("[data-editor][data-ready=yes]")).to_be_attached()
    words.send()


@pytest.mark.parametrize("leave", [leave_and_go_back, reload_during_save])
@pytest.mark.parametrize("is_changed", [False, True])
def test_words_typed_before_the_page_is_left_end_on_the_screen(
    words: UnsentWords, leave: Callable[[UnsentWords], None], is_changed: bool
) -> None:
    words.open_tab()
    if is_changed:
        words.save_as_colleague(FIRST)
    words.type_words()
    words.wait_until_stored()
    leave(words)
    words.assert_on_screen(SECOND)
    words.reopen()
    words.assert_on_screen(SECOND)


@pytest.mark.parametrize("is_answered", [False, True])
def test_words_being_composed_while_the_text_changes_elsewhere_stay(
    words: UnsentWords, is_answered: bool
) -> None:
    """An input method writes a word letter by letter, as Telex does: "kyx" becomes "kỹ"."""
    words.open_tab()
    page = words.tabs[0]
    box = text_box(page, words.editor, SEGMENT)
    place_caret(page, words.editor, SEGMENT, 0)
    ime = words.context.new_cdp_session(page)
    for letters in ("k", "ky"):
        ime.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": 2, "selectionEnd": 2}
        )
    words.save_as_colleague(FIRST)
    if is_answered:
        words.send()  # the answer has the colleague's word, and comes within the composition
        wait_until(lambda: "ky" in page.content(), message="the letters are gone")
    poll(page)
    ime.send("Input.imeSetComposition", {"text": SECOND, "selectionStart": 2, "selectionEnd": 2})
    ime.send("Input.insertText", {"text": f"{SECOND} "})
    expect(box).to_contain_text(SECOND)
    words.send()
    page.keyboard.press("Alt+ArrowDown")
    words.assert_on_screen(FIRST, SECOND)
    words.reopen()
    words.assert_on_screen(FIRST, SECOND)


def test_undo_after_a_colleagues_change_keeps_what_the_colleague_wrote(
    words: UnsentWords,
) -> None:
    words.open_tab()
    page = words.tabs[0]
    place_caret(page, words.editor, SEGMENT, 0)
    page.keyboard.type(f"{SECOND} ")
    words.save_as_colleague(FIRST)
    words.send()
    wait_until_saved(page)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    words.send()
    page.keyboard.press("Alt+ArrowDown")
    words.assert_on_screen(FIRST, SECOND)
    words.reopen()
    words.assert_on_screen(FIRST, SECOND)
