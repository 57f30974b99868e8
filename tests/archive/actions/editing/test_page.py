"""Content of the editor page, and restoring segments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.editing import page, segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange, SegmentReplaced
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed

RightsOf = Callable[[str | None], Rights]
CLEO = rights_of_machine("Cleo")


def test_load_page_returns_rows_in_order_with_speakers(
    db: Session, rights_of: RightsOf, transcribed: Transcribed
) -> None:
    of, version = transcribed
    found = page.load_page(Draft(db, rights_of("cleo"), of, version))
    assert [line.text for line in found.rows] == [line[3] for line in sample_transcript.LINES]
    assert [line.speaker.short for line in found.rows[:2]] == ["Minh", "Bà Sen"]
    assert [voice.speaker.short for voice in found.speaker_options] == ["Bà Sen", "Minh"]
    assert (found.may_correct, found.may_approve) == (True, False)


def test_speaker_options_include_unlinked_speakers(
    db: Session, rights_of: RightsOf, transcribed: Transcribed
) -> None:
    of, version = transcribed
    first = version.segments[0]
    segments.save(
        Draft(db, CLEO, of, version), first, SegmentChange(speaker="Người hàng xóm"), based_on=1
    )
    found = page.load_page(Draft(db, rights_of("rob"), of, version))
    assert [voice.id for voice in found.speaker_options][-1] == "Người hàng xóm"
    assert found.rows[0].speaker.short == "Người hàng xóm"
    assert found.may_approve


def test_chunks_contain_every_row_once(
    db: Session, rights_of: RightsOf, transcribed: Transcribed
) -> None:
    of, _version = transcribed
    lines = tuple(("witness", n * 1000, n * 1000 + 900, f"Câu {n}.") for n in range(60))
    longer = sample_transcript.add_version(db, of, lines=lines)
    chunks = list(page.load_page(Draft(db, rights_of("cleo"), of, longer)).chunks)
    assert [len(chunk) for chunk in chunks] == [page.CHUNK, page.CHUNK, 10]
    assert [line.text for chunk in chunks for line in chunk] == [line[3] for line in lines]


def test_load_page_requires_see_history_and_approved_is_read_only(
    db: Session, rights_of: RightsOf, transcribed: Transcribed
) -> None:
    of, version = transcribed
    with pytest.raises(NotAllowed):
        page.load_page(Draft(db, rights_of("sam"), of, version))
    assert not page.load_page(Draft(db, rights_of("hoa"), of, version)).may_correct
    version.state = "approved"
    found = page.load_page(Draft(db, rights_of("rob"), of, version))
    assert (found.may_correct, found.may_approve) == (False, True)


def test_last_editor_name_is_empty_for_machine_text(
    db: Session, rights_of: RightsOf, transcribed: Transcribed
) -> None:
    of, version = transcribed
    first = version.segments[0]
    assert page.last_editor_name(db, first) == ""
    segments.save(
        Draft(db, rights_of("cleo"), of, version), first, SegmentChange(text="Thưa bà."), based_on=1
    )
    assert page.last_editor_name(db, first) == "Cleo"


def test_restore_dropped_segment_returns_and_merged_raises(
    db: Session, transcribed: Transcribed
) -> None:
    of, version = transcribed
    second, dropped = version.segments[1:3]
    ids = [segment.id for segment in version.segments]
    segments.drop(Draft(db, CLEO, of, version), dropped, based_on=1, reason="Máy tự thêm")
    restored = segments.restore(Draft(db, CLEO, of, version), dropped, revision=1).segment
    assert (restored.text, restored.revision, restored.ended_at) == (
        sample_transcript.LINES[2][3],
        3,
        None,
    )
    assert [segment.id for segment in version.segments] == ids
    segments.merge(Draft(db, CLEO, of, version), second, dropped, based_on=(1, 3))
    with pytest.raises(SegmentReplaced):
        segments.restore(Draft(db, CLEO, of, version), dropped, revision=1)
