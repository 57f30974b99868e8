"""Two texts over one word of a transcript in one browser, and what may happen before they are sent.

With one tab, a colleague has saved FIRST while Cleo types SECOND over the same word; with two, Cleo
types FIRST in one tab and SECOND in the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Page, expect
from playwright.sync_api import Error as PlaywrightError

from archive.access import Rights
from archive.actions.accounts import accounts
from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import approval, versions
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.browser_store import outbox_rows
from tests.support.cast import CAST, PASSWORD
from tests.support.editor_fixture import EditorFixture
from tests.support.editor_page import open_editor, replace_word, stretch_timer
from tests.support.http_server import ServerProcess
from tests.support.worker_process import wait_until

SEGMENT, OLD = 2, "rõ"
FIRST, SECOND = "rành", "kỹ"
THIRD = "tường"  # of a colleague
REST_MS = 1_500  # a save is sent after this rest; stretched, it is sent by `send` only
ALWAYS_MS = 600_000
LONGEST_WAIT_S = 30

_FILL_STORAGE = """() => {
  for (let size = 4_000_000; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (let n = 0; ; n += 1) localStorage.setItem(`filler-${size}-${n}`, "x".repeat(size));
    } catch { /* this size no longer fits */ }
  }
}"""


@dataclass
class UnsentWords:
    """One browser with one or two open tabs of Cleo's, a server that can be stopped, an archive."""

    settings: Settings
    toolbox: Toolbox
    server: ServerProcess
    context: BrowserContext
    editor: EditorFixture
    tabs: list[Page] = field(default_factory=list)

    # The archive, changed by others.

    def change_archive(
        self, change: Callable[[Any, Rights, Interview, TranscriptVersion], object]
    ) -> Any:
        """Change the archive as Rob, from another computer."""
        with self.toolbox.database.writing() as db:
            rob = accounts.by_email(db, CAST["rob"].email)
            assert rob is not None
            version = db.get_one(TranscriptVersion, self.editor.version_id)
            interview = db.get_one(Interview, version.interview_id)
            return change(db, accounts.rights_of(db, rob, self.settings), interview, version)

    def save_as_colleague(self, word: str) -> None:
        """Replace the word in the archive while Cleo's page shows the text before."""

        def save(db: Any, rights: Rights, interview: Interview, version: TranscriptVersion) -> None:
            segment = db.get_one(Segment, self.editor.segment_ids[SEGMENT])
            change = SegmentChange(text=segment.text.replace(OLD, word))
            draft = Draft(db, rights, interview, version)
            segments.save(draft, segment, change, based_on=segment.revision)

        self.change_archive(save)

    def _edit_as_colleague(self, edit: Callable[[Draft, Segment, Segment], object]) -> None:
        """Edit the segment; the one above it is given too."""

        def change(db: Any, *of: Any) -> None:
            segment, above = (
                db.get_one(Segment, self.editor.segment_ids[number])
                for number in (SEGMENT, SEGMENT - 1)
            )
            edit(Draft(db, *of), segment, above)

        self.change_archive(change)

    def delete_segment(self) -> None:
        """Delete the segment."""
        self._edit_as_colleague(
            lambda draft, segment, _above: segments.drop(
                draft, segment, based_on=segment.revision, reason=""
            )
        )

    def join_segment(self) -> None:
        """Join the segment to the one above it."""
        self._edit_as_colleague(
            lambda draft, segment, above: segments.merge(
                draft, above, segment, based_on=(above.revision, segment.revision)
            )
        )

    def split_segment(self) -> None:
        """Split the segment before the word that Cleo replaces."""

        def split(draft: Draft, segment: Segment, _above: Segment) -> None:
            word = next(word for word in (FIRST, OLD) if word in segment.text)
            segments.split(
                draft,
                segment,
                based_on=segment.revision,
                char=segment.text.index(word),
                at_ms=None,
                new_id=new_id(),
            )

        self._edit_as_colleague(split)

    def replace_words(self) -> None:
        """Replace the word, by the replacement of words in several segments."""

        def replace(draft: Draft, segment: Segment, _above: Segment) -> None:
            word = next(word for word in (FIRST, OLD) if word in segment.text)
            structure.replace(draft, [segment], find=word, replacement=THIRD, expected=1)

        self._edit_as_colleague(replace)

    def submit_and_withdraw(self) -> None:
        """Submit the version for approval and take it back."""

        def submit(*of: Any) -> None:
            of[3].state = "editing"
            versions.submit(*of)
            versions.withdraw(*of)

        self.change_archive(submit)

    def approve(self) -> None:
        """Approve the version."""

        def approve(*of: Any) -> None:
            of[3].state = "editing"
            approval.approve(*of, reason="in tests")

        self.change_archive(approve)

    def open_next_version(self) -> EditorFixture:
        """Approve the version and open the next one; return the fixture of that one."""
        self.approve()

        def open_next(*of: Any) -> tuple[str, list[str]]:
            following = versions.open_next(*of, reason="nghe lại")
            return following.id, [segment.id for segment in following.segments]

        version_id, segment_ids = self.change_archive(open_next)
        return EditorFixture(version_id, self.editor.accession, segment_ids, {})

    # The browser.

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def new_page(self) -> Page:
        """Open an empty tab, whose warning on leaving is answered by leaving."""
        page = self.context.new_page()
        page.on("dialog", _leave)
        return page

    def open_tab(self) -> Page:
        """Open the editor in a tab in which nothing is sent by the passing of time."""
        page = self.new_page()
        stretch_timer(page, REST_MS, ALWAYS_MS)
        open_editor(page, self.editor)
        self.tabs.append(page)
        return page

    def close_tabs(self) -> None:
        """Close the tabs without their warning."""
        for page in self.tabs:
            page.close(run_before_unload=False)
        self.tabs.clear()

    def reopen(self) -> None:
        """Visit the editor later: in one tab, with the others closed."""
        self.close_tabs()
        self.open_tab()

    def type_words(self) -> None:
        """Type SECOND in the last tab, and FIRST in the first of two."""
        words = [SECOND] if len(self.tabs) == 1 else [FIRST, SECOND]
        for page, word in zip(self.tabs, words, strict=True):
            replace_word(page, self.editor, SEGMENT, OLD, word)

    def wait_until_stored(self) -> None:
        """Wait until the browser's store has what was typed."""
        wait_until(lambda: self.stored_words() >= self.typed_words, seconds=LONGEST_WAIT_S)

    @property
    def typed_words(self) -> set[str]:
        return {SECOND} if len(self.tabs) == 1 else {FIRST, SECOND}

    def stored_words(self) -> set[str]:
        """Return which words the browser's store has."""
        texts = " ".join(row["text"] for row in outbox_rows(self.tabs[0]))
        return {word for word in (FIRST, SECOND) if word in texts}

    def send(self) -> None:
        """Send everything that waits in the open tabs."""
        for page in self.tabs:
            page.evaluate("dispatchEvent(new Event('online'))")

    def start_server(self) -> None:
        """Start the server if it is down."""
        if self.server.process is None:
            self.server.start()

    # The person at the browser.

    def sign_out(self, page: Page) -> None:
        """Sign out with the button of a page."""
        page.goto(f"{self.origin}/vi/")
        page.locator("details.account-menu > summary").click()
        page.locator(".account-menu form button").click()
        expect(page.locator("details.account-menu")).to_have_count(0)

    def sign_in(self, page: Page, member: str) -> None:
        """Sign in with the form."""
        page.goto(f"{self.origin}/vi/sign-in")
        page.fill("[name=email]", CAST[member].email)
        page.fill("[name=password]", PASSWORD)
        page.locator("main button.button--primary").click()
        page.wait_for_url(f"{self.origin}/vi/")

    def sign_in_again(self) -> None:
        """Sign in with the dialog of the first tab; the other tabs find it out by themselves."""
        dialogs = [page.locator("[data-dialog=sign-in]") for page in self.tabs]
        for dialog in dialogs:
            expect(dialog).to_be_visible()
        dialogs[0].locator("[name=email]").fill(CAST["cleo"].email)
        dialogs[0].locator("[name=password]").fill(PASSWORD)
        dialogs[0].locator("button.button--primary").click()
        expect(dialogs[0]).to_be_hidden()
        self.look_at_tabs()
        for dialog in dialogs:
            expect(dialog).to_be_hidden()

    def look_at_tabs(self) -> None:
        """Bring each tab into sight, as far as the page can find out."""
        for page in self.tabs:
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def fill_stores(self) -> None:
        """Fill IndexedDB and localStorage of this browser."""
        page = self.tabs[0]
        self.context.new_cdp_session(page).send(
            "Storage.overrideQuotaForOrigin", {"origin": self.origin, "quotaSize": 1}
        )
        page.evaluate(_FILL_STORAGE)

    def clear_stores(self) -> None:
        """Clear everything that the browser keeps of the archive, the session too."""
        self.tabs[0].evaluate("localStorage.setItem('marker', 'is there')")
        self.context.new_cdp_session(self.tabs[0]).send(
            "Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": "all"}
        )
        assert self.tabs[0].evaluate("localStorage.getItem('marker')") is None
        assert self.context.cookies() == []

    def crash(self, page: Page) -> None:
        """Kill the process that draws the tab."""
        with page.expect_event("crash"), contextlib.suppress(PlaywrightError):
            page.goto("chrome://crash")
        self.tabs.remove(page)
        page.close()

    # What is seen.

    def visible_text(self, pages: list[Page] | None = None) -> str:
        """Return what can be read in these tabs, by default in all of Cleo's."""
        return "\n".join(page.evaluate("document.body.innerText") for page in (pages or self.tabs))

    def put_off_conflicts(self) -> None:
        """Answer the dialog of every conflict by "later"."""
        for page in self.tabs:
            later = page.locator("[data-dialog=conflict] [data-answer=later]")
            for _conflict in range(4):
                if later.is_visible():
                    later.click()

    def assert_on_screen(self, *words: str) -> None:
        """Wait until these words can be read in Cleo's tabs."""
        seen = ""

        def are_visible() -> bool:
            nonlocal seen
            seen = self.visible_text()
            return all(word in seen for word in words)

        try:
            wait_until(are_visible, seconds=LONGEST_WAIT_S)
        except AssertionError:
            raise AssertionError(f"not on the screen: {words} in\n{seen}") from None


def _leave(dialog: Dialog) -> None:
    dialog.accept()
