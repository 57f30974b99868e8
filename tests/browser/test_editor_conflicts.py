"""Conflicts that cannot be resolved at once: lost connection, removed segment, other account."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Route, expect

from archive.models import SegmentRevision, User
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.browser_store import outbox_rows
from tests.support.editor_page import (
    conflict_dialog,
    create_conflict,
    open_editor,
    place_caret,
    remove_segment_while_typing,
    replace_word,
    stored_segment,
    text_box,
    type_at_end,
    wait_until_saved,
)
from tests.support.http_server import HttpClient, ServerProcess
from tests.support.worker_process import wait_until

HANG_INDEXED_DB = """() => {
  IDBObjectStore.prototype.put = function () {
    Object.defineProperty(this.transaction, "oncomplete", { set() {} });
    return this.count();
  };
}"""
HANG_LOCAL_STORAGE = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


def test_dialog_of_a_removed_segment_stays_until_the_archive_answers(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox, ghost=True)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = remove_segment_while_typing(cleo, rob, editor, "Dạ. ")
    address = f"**/segments/{editor.segment_ids[3]}/revert"
    routes: list[Route] = []
    rob.route(address, lambda route: routes.append(route))
    with rob.expect_request(address):
        dialog.locator("[data-answer=mine]").click()
    expect(dialog.locator("[data-result]")).to_be_disabled()
    rob.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    routes[0].abort()
    problem = dialog.locator("[data-problem]")
    expect(problem).to_have_text("Kho không trả lời. Nội dung vừa gõ vẫn được giữ trên máy này.")
    assert violations(rob) == []
    expect(text_box(rob, editor, 3)).to_contain_text("Dạ. ")
    dialog.locator("[data-result]").fill("Dạ, thưa.")
    rob.unroute(address)
    dialog.locator("[data-answer=result]").click()
    expect(dialog).to_be_hidden()
    wait_until_saved(rob)
    stored = stored_segment(settings, editor.segment_ids[3])
    assert (stored.text, stored.ended_at) == ("Dạ, thưa.", None)


def test_split_of_a_segment_with_a_waiting_conflict_opens_the_conflict(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = create_conflict(cleo, rob, editor, "rõ", ("rành", "kỹ"))
    dialog.locator("[data-answer=later]").click()
    place_caret(rob, editor, 2, 4)
    rob.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(rob.locator("#live")).to_contain_text("xem lại")


def test_text_typed_into_the_conflict_dialog_survives_later_and_a_choice(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = create_conflict(cleo, rob, editor, "rõ", ("rành", "kỹ"))
    result = dialog.locator("[data-result]")
    result.fill("Dạ, tôi nhớ rành và kỹ.")
    dialog.locator("[data-answer=later]").click()
    rob.locator("[data-save-status]").click()
    expect(result).to_have_value("Dạ, tôi nhớ rành và kỹ.")
    dialog.locator("[data-picks] label").first.click()
    expect(result).to_have_value("Dạ, tôi nhớ rành lắm chứ.")
    result.focus()
    rob.keyboard.press("Control+z")
    expect(result).to_have_value("Dạ, tôi nhớ rành và kỹ.")
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rành và kỹ."


def test_text_typed_into_the_conflict_dialog_survives_a_reload(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = create_conflict(cleo, rob, editor, "rõ", ("rành", "kỹ"))
    answer = "Dạ, tôi nhớ rành và kỹ."
    dialog.locator("[data-result]").fill(answer)
    wait_until(lambda: [row["answer"] for row in outbox_rows(rob)] == [answer])
    rob.reload()
    dialog = conflict_dialog(rob)
    expect(dialog.locator("[data-theirs]")).to_contain_text("rành")
    expect(dialog.locator("[data-mine]")).to_contain_text("kỹ")
    expect(dialog.locator("[data-result]")).to_have_value(answer)
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == answer
    assert outbox_rows(rob) == []


def test_text_typed_into_the_dialog_of_a_conflict_that_ended_is_offered_again(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = create_conflict(cleo, rob, editor, "rõ", ("rành", "kỹ"))
    dialog.locator("[data-result]").fill("Dạ, tôi nhớ rành và kỹ.")
    wait_until(lambda: bool(outbox_rows(rob)[0]["answer"]))
    rob.goto("about:blank")
    replace_word(cleo, editor, 2, "rành", "rõ")  # the colleague takes the change back
    wait_until_saved(cleo)
    open_editor(rob, editor)
    dialog = conflict_dialog(rob)
    expect(dialog.locator("[data-theirs]")).to_contain_text("kỹ")
    expect(dialog.locator("[data-result]")).to_have_value("Dạ, tôi nhớ rành và kỹ.")
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rành và kỹ."


def test_page_of_an_author_is_hidden_while_another_person_is_signed_in(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    page.route("**/api/v1/segments/*", lambda route: route.abort())
    open_editor(page, editor)
    type_at_end(page, editor, 2, " Lời của Cleo.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    other = page.context.new_page()
    other.goto("/vi/sign-in")
    sign_in(other, "rob")
    other.wait_for_url("**/vi/")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dialog = page.locator("[data-dialog=sign-in]")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-kept]")).to_contain_text("đang dùng tài khoản khác")
    expect(dialog.locator("[data-download]")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    assert "Lời của Cleo" not in page.evaluate("document.body.innerText")
    page.unroute("**/api/v1/segments/*")
    sign_in(page, "cleo", dialog)
    wait_until_saved(page)
    expect(text_box(page, editor, 2)).to_contain_text("Lời của Cleo.")


def test_text_is_not_saved_under_another_account_signed_in_meanwhile(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    before = stored_segment(settings, editor.segment_ids[2]).text
    other = page.context.new_page()
    other.goto("/vi/sign-in")
    sign_in(other, "rob")
    other.wait_for_url("**/vi/")
    type_at_end(page, editor, 2, " Lời của Cleo.")
    dialog = page.locator("[data-dialog=sign-in]")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-kept]")).to_contain_text("vẫn được giữ trên máy này")
    assert stored_segment(settings, editor.segment_ids[2]).text == before
    sign_in(page, "cleo", dialog)
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[2]).text == f"{before} Lời của Cleo."
    with toolbox.database.reading() as db:
        revisions = db.query(SegmentRevision).filter_by(segment_id=editor.segment_ids[2])
        last = revisions.order_by(SegmentRevision.revision.desc()).first()
        assert last is not None
        assert db.get_one(User, last.author_id).email == "cleo@archive.test"


def test_hanging_indexeddb_falls_back_to_localstorage(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    server.kill()
    type_at_end(page, editor, 2, " Một.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    page.evaluate(HANG_INDEXED_DB)
    type_at_end(page, editor, 2, " Hai.")
    wait_until(lambda: "Một. Hai." in page.evaluate("Object.values(localStorage).join()"))
    expect(page.locator(".save-status--kept")).to_be_visible()
    page.evaluate(HANG_LOCAL_STORAGE)
    type_at_end(page, editor, 2, " Ba.")
    expect(page.locator(".save-status--conflict")).to_be_visible()


def sign_in(page: Page, member: str, form: Locator | None = None) -> None:
    """Submit the sign-in form for a member of the cast."""
    scope = form or page.locator("main")
    scope.locator("[name=email]").fill(f"{member}@archive.test")
    scope.locator("[name=password]").fill("a long enough secret")
    scope.locator("button.button--primary").click()
