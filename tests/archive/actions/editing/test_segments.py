"""Saving, cutting, joining, dropping and naming segments; nothing is lost between two people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import (
    EditConflict,
    SegmentChange,
    SegmentRefused,
    SegmentReplaced,
)
from archive.actions.transcripts.words import unpack
from archive.models import Event, SegmentDraft
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.sample_transcript import Transcribed
from tests.support.segment_changes import CLEO, has_valid_words, save_segment

RightsOf = Callable[[str | None], Rights]


def test_save_text_keeps_times_of_unchanged_words(db: Session, transcribed: Transcribed) -> None:
    before = unpack(transcribed[1].segments[1].words)
    saved = save_segment(db, transcribed, 1, text="Hồi đó hẻm tôi có một cái giếng chung.").segment
    after = unpack(saved.words)
    assert [w.text for w in after] == saved.text.split()
    stayed = [(w.start_ms, w.end_ms) for w in before[:4]]
    assert [(w.start_ms, w.end_ms) for w in after[:4]] == stayed
    assert after[-1].end_ms == before[-1].end_ms
    assert (saved.revision, saved.state, transcribed[1].state, transcribed[1].revision) == (
        2,
        "edited",
        "editing",
        2,
    )
    assert has_valid_words(saved)


def test_save_without_change_adds_no_revision(db: Session, transcribed: Transcribed) -> None:
    text = transcribed[1].segments[0].text
    saved = save_segment(db, transcribed, 0, text=f"  {text} ")
    assert (saved.segment.revision, transcribed[1].revision, transcribed[1].state) == (
        1,
        1,
        "machine",
    )


def test_save_on_old_revision_merges_different_words(db: Session, transcribed: Transcribed) -> None:
    save_segment(db, transcribed, 1, text="Hồi đó, hẻm tôi có cái giếng chung.")
    saved = save_segment(db, transcribed, 1, text="Hồi đó hẻm tui có cái giếng chung.", based_on=1)
    assert saved.segment.text == "Hồi đó, hẻm tui có cái giếng chung."
    assert saved.merged_with is not None
    assert saved.merged_with.revision == 2


def test_save_on_old_revision_merges_fields(db: Session, transcribed: Transcribed) -> None:
    save_segment(db, transcribed, 1, text="Hồi đó, hẻm tôi có cái giếng chung.")
    text = sample_transcript.LINES[1][3]
    saved = save_segment(
        db, transcribed, 1, text=text, start_ms=4_200, state="heard", based_on=1
    ).segment
    assert (saved.text, saved.start_ms) == ("Hồi đó, hẻm tôi có cái giếng chung.", 4_200)
    assert saved.state == "heard"


def test_save_same_word_changed_twice_raises_conflict_and_keeps_draft(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    cleo = rights_of("cleo")
    save_segment(db, transcribed, 1, text="Hồi đó hẻm tui có cái giếng chung.")
    with pytest.raises(EditConflict) as raised:
        segments.save(
            Draft(db, cleo, of, version),
            version.segments[1],
            SegmentChange(text="Hồi đó hẻm mình có cái giếng chung."),
            based_on=1,
        )
    conflict = raised.value
    assert conflict.theirs.text == "Hồi đó hẻm tui có cái giếng chung."
    assert conflict.yours == "Hồi đó hẻm mình có cái giếng chung."
    assert [(h.base, h.theirs, h.yours) for h in conflict.hunks] == [("tôi", "tui", "mình")]
    draft = db.get_one(SegmentDraft, conflict.draft_id)
    assert (draft.text, draft.author_id) == (conflict.yours, cleo.actor.user_id)


def test_split_keeps_words_whole_and_their_times(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    whole = version.segments[1]
    words, end = list(whole.words), whole.end_ms
    first, second = segments.split(
        Draft(db, CLEO, of, version),
        whole,
        based_on=1,
        char=len("Hồi đó hẻm"),
        at_ms=None,
        new_id=new_id(),
    )
    assert (first.text, second.text) == ("Hồi đó hẻm", "tôi có cái giếng chung.")
    assert [*first.words, *second.words] == words
    assert (first.end_ms, second.end_ms) == (second.start_ms, end)
    assert (second.contribution_id, second.revision) == (first.contribution_id, 1)
    assert [s.id for s in version.segments][1:3] == [first.id, second.id]


def test_merge_ends_second_and_points_to_first(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    first, second = version.segments[1:3]
    joined = segments.merge(Draft(db, CLEO, of, version), first, second, based_on=(1, 1))
    assert joined.text == f"{sample_transcript.LINES[1][3]} {sample_transcript.LINES[2][3]}"
    assert (joined.end_ms, second.replaced_by) == (20_000, [first.id])
    with pytest.raises(SegmentReplaced) as gone:
        segments.save(Draft(db, CLEO, of, version), second, SegmentChange(text="Nữa"), based_on=2)
    assert gone.value.by == [first.id]
    assert second.id not in {s.id for s in version.segments}


def test_merge_of_non_neighbours_raises(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    rows = version.segments
    for pair in ((rows[0], rows[2]), (rows[1], rows[0]), (rows[1], rows[1])):
        with pytest.raises(SegmentRefused) as refused:
            segments.merge(Draft(db, CLEO, of, version), *pair, based_on=(1, 1))
        assert refused.value.facts["why"] == "not_neighbours"


def test_drop_keeps_segment_in_history(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    ghost = version.segments[2]
    segments.drop(Draft(db, CLEO, of, version), ghost, based_on=1, reason="Máy tự thêm")
    assert len(version.segments) == 4
    last = segments.revisions(db, ghost)[0]
    assert (last.kind, last.reason, last.text) == (
        "drop",
        "Máy tự thêm",
        sample_transcript.LINES[2][3],
    )


def test_name_speaker_accepts_contribution_or_label(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    witness = next(c for c in of.contributions if c.role == "witness")
    first, second = version.segments[:2]
    segments.name_speaker(Draft(db, CLEO, of, version), [first, second, first], speaker=witness.id)
    assert {first.contribution_id, second.contribution_id} == {witness.id}
    assert (first.revision, second.revision, version.revision) == (2, 2, 2)
    segments.name_speaker(Draft(db, CLEO, of, version), [first], speaker="  Người  hàng xóm ")
    assert (first.contribution_id, first.speaker_label) == (None, "Người hàng xóm")


def test_overlap_is_refused_only_for_the_same_speaker(
    db: Session, transcribed: Transcribed
) -> None:
    of, version = transcribed
    question, answer, next_answer = version.segments[:3]
    save_segment(db, transcribed, 0, end_ms=5_000)  # the interviewer talks into the answer
    assert question.end_ms == 5_000
    with pytest.raises(SegmentRefused) as refused:
        save_segment(db, transcribed, 1, end_ms=13_000)  # the witness cannot talk into herself
    assert refused.value.facts == {"field": "start", "why": "times_overlap"}
    with pytest.raises(SegmentRefused):
        segments.name_speaker(
            Draft(db, CLEO, of, version), [question], speaker=answer.contribution_id or ""
        )
    assert next_answer.start_ms == 12_000


def test_save_times_beyond_neighbour_raises_out_of_order(
    db: Session, transcribed: Transcribed
) -> None:
    with pytest.raises(SegmentRefused) as refused:
        save_segment(db, transcribed, 3, start_ms=35_000, end_ms=39_000)
    assert refused.value.facts["why"] == "out_of_order"


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"start_ms": 9_000, "end_ms": 9_000}, "start", "times_reversed"),
        ({"start_ms": -1}, "start", "times_reversed"),
        ({"end_ms": 61_001}, "end", "after_the_end"),
        ({"text": "a" * 20_001}, "text", "too_long"),
        ({"state": "perfect"}, "state", "unknown"),
    ],
)
def test_save_invalid_field_raises_and_changes_nothing(
    db: Session,
    transcribed: Transcribed,
    change: dict[str, Any],
    field: str,
    why: str,
) -> None:
    last = transcribed[1].segments[4]
    with pytest.raises(SegmentRefused) as refused:
        save_segment(db, transcribed, 4, speaker="Ai đó", **change)
    assert (refused.value.facts["field"], refused.value.facts["why"]) == (field, why)
    assert not db.is_modified(last)
    assert (last.revision, transcribed[1].revision) == (1, 1)


def test_save_absurd_time_without_recording_length_raises(
    db: Session, transcribed: Transcribed
) -> None:
    transcribed[0].recordings[0].duration_ms = None
    with pytest.raises(SegmentRefused) as refused:
        save_segment(db, transcribed, 4, end_ms=2**31 - 1)
    assert refused.value.facts["why"] == "absurd_time"


def test_save_removes_unstorable_characters(db: Session, transcribed: Transcribed) -> None:
    saved = save_segment(
        db, transcribed, 1, text="Hồi\x00 đó \ud800hẻm\x1b tôi \u00adcó", speaker="\x00Ai\udfff"
    )
    assert saved.segment.text == "Hồi đó hẻm tôi \u00adcó"
    assert saved.segment.speaker_label == "Ai"


def test_edits_of_approved_version_raise_not_allowed(db: Session, rights_of: RightsOf) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_approved_version(db, of)
    first, second = version.segments[1:3]
    for act in (
        lambda: segments.save(
            Draft(db, CLEO, of, version), first, SegmentChange(text="A"), based_on=1
        ),
        lambda: segments.merge(Draft(db, CLEO, of, version), first, second, based_on=(1, 1)),
        lambda: segments.drop(Draft(db, CLEO, of, version), first, based_on=1, reason=""),
        lambda: segments.restore(Draft(db, CLEO, of, version), first, revision=1),
        lambda: segments.name_speaker(Draft(db, CLEO, of, version), [first], speaker="A"),
    ):
        with pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.decision.reason == "frozen"
    with pytest.raises(NotAllowed):
        segments.save(
            Draft(db, rights_of("hoa"), of, version), first, SegmentChange(text="A"), based_on=1
        )


def test_restore_returns_earlier_words_with_reason(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    segment = version.segments[1]
    words = list(segment.words)
    save_segment(db, transcribed, 1, text="Khác hẳn hết.")
    saved = segments.restore(
        Draft(db, CLEO, of, version), segment, revision=1, reason="  Nghe lại thì đúng vậy "
    )
    assert (saved.segment.text, saved.segment.words) == (sample_transcript.LINES[1][3], words)
    newest = segments.revisions(db, segment)[0]
    assert (newest.revision, newest.kind, newest.reason) == (
        3,
        "restore",
        "Nghe lại thì đúng vậy",
    )
    again = segments.restore(Draft(db, CLEO, of, version), segment, revision=1)
    assert again.segment.revision == 3  # nothing to do, so nothing was written


def test_save_records_transcript_edited(db: Session, transcribed: Transcribed) -> None:
    save_segment(db, transcribed, 1, text="Hồi đó.")
    event = db.query(Event).filter_by(kind="transcript.edited").one()
    assert event.detail == {"how": "edited", "segments": [transcribed[1].segments[1].id]}


def test_changed_since_returns_later_changes_only(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    save_segment(db, transcribed, 0, text="Thưa bà?")
    segments.merge(Draft(db, CLEO, of, version), *version.segments[1:3], based_on=(1, 1))
    assert len(segments.changed_since(db, version, 1)) == 3
    assert [bool(s.ended_at) for s in segments.changed_since(db, version, 2)] == [False, True]
    assert segments.changed_since(db, version, 3) == []
