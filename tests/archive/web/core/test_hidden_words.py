"""Words of a redacted span reach no reader: no page, export, file name, and not the index."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from archive.actions.discovery import rebuilding
from archive.actions.transcripts.exports import writable_formats
from archive.actions.transcripts.redaction import HIDDEN_MARK
from archive.models import Annotation, Segment, TranscriptVersion
from archive.toolbox import Toolbox
from tests.support.cast import EVERYBODY
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive

HIDDEN, FOLDED = "ngập", "ngap"  # in "Mưa là ngập tới gối."
IN_INDEX = "ngâp".encode()  # the index keeps the tone apart from the letters
CORRECTING = ("editor.", "editing.")  # where words are corrected they have to be shown
READ = [(endpoint, about) for method, endpoint, about, _expected in rows() if method == "GET"]
# Who may correct open versions; that of LK-OPEN is approved and closed to corrections.
CORRECTORS = ("ada", "ben", "cleo", "rob")


def hide_word(tools: Toolbox) -> None:
    """Add a redaction over the times of the hidden word in every version."""
    with tools.database.writing() as db:
        for segment, interview_id in db.execute(
            select(Segment, TranscriptVersion.interview_id).join(
                TranscriptVersion, TranscriptVersion.id == Segment.version_id
            )
        ):
            # Measured times; of estimated ones the whole sentence would be hidden.
            segment.words = [[*word[:4], "asr"] for word in segment.words]
            for start_ms, end_ms, text, *_rest in segment.words:
                if text == HIDDEN:
                    db.add(
                        Annotation(
                            interview_id=interview_id,
                            recording_id=segment.recording_id,
                            kind="redaction",
                            start_ms=start_ms,
                            end_ms=end_ms,
                            title="",
                        )
                    )


def rebuild_index(tools: Toolbox) -> None:
    rebuilding.rebuild(tools)


def index_bytes(tools: Toolbox) -> bytes:
    """Return all files in the folder of the index, joined: also those that no reader opens."""
    root = tools.settings.index_dir
    return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


@pytest.fixture(scope="module")
def redacted(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    found = build_shared_archive(tmp_path_factory.mktemp("redacted"), empty_database)
    rebuild_index(found.tools)
    assert IN_INDEX in index_bytes(found.tools)  # otherwise the tests could not fail
    hide_word(found.tools)
    rebuild_index(found.tools)
    yield found
    found.tools.database.dispose()


def forms(word: str) -> set[str]:
    """Return a word as HTML, JSON and URLs write it."""
    return {word, json.dumps(word).strip('"'), quote(word)}


def answer(archive: SharedArchive, member: str | None, url: str) -> tuple[int, str]:
    """Return the status, and headers and body as text; a ZIP is unpacked."""
    with archive.client(member).get(url) as response:
        body = response.get_data()
        if zipfile.is_zipfile(io.BytesIO(body)):
            with zipfile.ZipFile(io.BytesIO(body)) as packed:
                body = b"".join(packed.read(name) for name in packed.namelist())
        return response.status_code, f"{response.headers}{body.decode('utf-8', 'replace')}"


@pytest.mark.parametrize("member", EVERYBODY, ids=str)
def test_no_get_route_shows_a_hidden_word(redacted: SharedArchive, member: str | None) -> None:
    shown = []
    for endpoint, about in READ:
        if endpoint.startswith(CORRECTING) and about == "closed" and member in CORRECTORS:
            continue
        url = redacted.url("GET", endpoint, about, language="vi")
        status, text = answer(redacted, member, url)
        if any(form in text for form in forms(HIDDEN)):
            shown.append((endpoint, about, status))
    assert not shown


@pytest.mark.parametrize("format_name", writable_formats())
def test_no_export_holds_a_hidden_word(redacted: SharedArchive, format_name: str) -> None:
    for member in ("sam", "ben", None):
        version = redacted.ids["open"]["version_id"]
        url = f"/vi/versions/{version}/export/{format_name}"
        status, text = answer(redacted, member, url)
        assert status == 200
        assert any(form in text for form in forms(HIDDEN_MARK))
        assert not any(form in text for form in forms(HIDDEN))


def test_reading_page_marks_where_words_are_hidden(redacted: SharedArchive) -> None:
    _status, text = answer(redacted, None, "/vi/interviews/LK-OPEN")
    assert f"Mưa là {HIDDEN_MARK} tới gối." in text


def test_editor_shows_hidden_words_to_those_who_correct(redacted: SharedArchive) -> None:
    for endpoint in ("editor.show", "editing.load_transcript", "editing.words"):
        url = redacted.url("GET", endpoint, "closed", language="vi")
        for member, is_shown in (("cleo", True), ("hoa", False)):
            text = answer(redacted, member, url)[1]
            assert any(form in text for form in forms(HIDDEN)) is is_shown, (endpoint, member)


@pytest.mark.parametrize("member", ["ben", "sam", None])
def test_search_does_not_find_a_hidden_word(redacted: SharedArchive, member: str | None) -> None:
    for query, is_found in (("gối", True), (HIDDEN, False), (FOLDED, False)):
        _status, text = answer(redacted, member, f"/vi/search?q={query}")
        assert ("LK-OPEN" in text) is is_found, query


def test_index_files_hold_no_hidden_word(redacted: SharedArchive) -> None:
    found = index_bytes(redacted.tools)
    assert not [word for word in (HIDDEN.encode(), FOLDED.encode(), IN_INDEX) if word in found]
