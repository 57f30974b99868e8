"""Correcting while the disk of the archive is full: words are kept, then saved by themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.editor_page import open_editor, stored_segment, type_at_end, wait_until_saved
from tests.support.small_disk import delete, fill, mounted


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk for everything of the test; left out where none may be mounted."""
    with mounted(tmp_path_factory.mktemp("disk") / "small", mib=24) as folder:
        yield folder


def test_words_typed_while_the_disk_is_full_are_saved_afterwards(
    open_as: OpenAs, toolbox: Toolbox, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo", language="en")
    open_editor(page, editor, language="en")
    type_at_end(page, editor, 1, " trước")
    wait_until_saved(page)
    with sqlite3.connect(settings.home / "archive.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # no page of the log is left to use
    taken = fill(settings.home)
    type_at_end(page, editor, 1, " sau")
    status = page.locator("[data-save-status-text]")
    expect(status).to_have_text("The archive’s disk is full; kept here (1 segment)", timeout=60_000)
    assert "sau" not in stored_segment(settings, editor.segment_ids[1]).text
    delete(taken)
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[1]).text.endswith("trước sau")
