"""Approval: what a version lacks needs a reason, and only the text that was shown is approved."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Refused, Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import approval, imports
from archive.actions.transcripts.approval import (
    LONGEST_APPROVAL_REASON,
    ApprovalReasonMissing,
    ApprovalReasonTooLong,
    ChangedSinceReview,
)
from archive.actions.transcripts.versions import WrongState
from archive.db import Database
from archive.models import Event, Recording, TranscriptVersion
from archive.models.vocabulary import VersionState
from tests.support import sample_transcript
from tests.support.postgres import ON_POSTGRESQL
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")
INVISIBLE = "\u202e\u200b\u2066 \t\n\u00a0"


@pytest.fixture
def submitted(db: Session, transcribed: Transcribed) -> Transcribed:
    """A version that was handed in, of which every segment was heard."""
    interview, version = transcribed
    for segment in version.segments:
        segment.state = "heard"
    sample_transcript.submit(db, interview, version)
    return interview, version


def state_of(version: TranscriptVersion) -> VersionState:
    """The state now; mypy would take an attribute for unchanged since the last comparison."""
    return version.state


def test_approve_of_complete_version_needs_no_reason(db: Session, submitted: Transcribed) -> None:
    assert not approval.review(db, TEST, *submitted).needs_reason
    approval.approve(db, TEST, *submitted)
    assert (state_of(submitted[1]), submitted[1].approval_reason) == ("approved", "")


@pytest.mark.parametrize("lack", ["unheard", "edited", "flagged", "unnamed"])
@pytest.mark.parametrize("reason", ["", "   ", INVISIBLE])
def test_approve_of_lacking_version_without_visible_reason_raises(
    db: Session, submitted: Transcribed, lack: str, reason: str
) -> None:
    segment = submitted[1].segments[2]
    if lack in ("unheard", "edited"):
        segment.state = "machine" if lack == "unheard" else "edited"
    elif lack == "flagged":
        segment.state, segment.flags = "edited", ["loop"]
        for other in submitted[1].segments:
            other.recording_id = None
    else:
        segment.contribution_id, segment.speaker_label = None, ""
    db.flush()
    with pytest.raises(ApprovalReasonMissing):
        approval.approve(db, TEST, *submitted, reason=reason)
    assert state_of(submitted[1]) == "corrected"
    approval.approve(db, TEST, *submitted, reason="  tiếng\u202e quá nhỏ,\nkhông nghe được ")
    assert submitted[1].approval_reason == "tiếng quá nhỏ, không nghe được"


def test_approve_with_long_reason_raises(db: Session, submitted: Transcribed) -> None:
    for length in (LONGEST_APPROVAL_REASON + 1, 100_000):
        with pytest.raises(ApprovalReasonTooLong) as refused:
            approval.approve(db, TEST, *submitted, reason="a" * length)
        assert refused.value.facts == {"longest": LONGEST_APPROVAL_REASON}
    assert state_of(submitted[1]) == "corrected"
    approval.approve(db, TEST, *submitted, reason="ừ" * LONGEST_APPROVAL_REASON)
    assert state_of(submitted[1]) == "approved"


def test_approval_event_has_counts_and_reason(
    db: Session, submitted: Transcribed, rights_of: RightsOf
) -> None:
    first, second, *_others = submitted[1].segments
    first.state, second.state, second.flags = "machine", "edited", ["loop"]
    second.contribution_id, second.speaker_label = None, ""
    db.flush()
    approval.approve(db, rights_of("rob"), *submitted, reason="tiếng quá nhỏ")
    event = db.query(Event).filter_by(kind="transcript.approved").one()
    counts = {"segments": 5, "unheard": 2, "flagged": 1, "unnamed": 1}
    assert counts.items() <= event.detail.items()
    assert (event.actor_name, event.detail["reason"]) == ("Rob", "tiếng quá nhỏ")


def test_imported_text_without_recording_needs_a_reason_for_unnamed_speakers_only(
    db: Session,
) -> None:
    interview = sample_transcript.add_interview(db, recorded=False)
    for reason in ("", "không ghi tên"):
        version = imports.import_transcript(
            db,
            TEST,
            interview,
            language="vi",
            state="corrected",
            source="bản đánh máy.txt",
            segments=[(None, one) for one in sample_transcript.machine_segments()],
        )
        assert approval.review(db, TEST, interview, version).facts.unheard == 0
        if reason:
            version.segments[0].contribution_id = None
            db.flush()
            with pytest.raises(ApprovalReasonMissing):
                approval.approve(db, TEST, interview, version)
        approval.approve(db, TEST, interview, version, reason=reason)
        assert (state_of(version), version.approval_reason) == ("approved", reason)


def test_import_as_approved_needs_the_same_reason(db: Session) -> None:
    interview = sample_transcript.add_interview(db)

    def add(reason: str) -> TranscriptVersion:
        return imports.import_transcript(
            db,
            TEST,
            interview,
            language="vi",
            state="approved",
            source="a.vtt",
            segments=[(None, one) for one in sample_transcript.machine_segments()],
            reason=reason,
        )

    with db.begin_nested(), pytest.raises(ApprovalReasonMissing):
        add(INVISIBLE)
    made = add("bản đánh máy đã ký")
    assert (made.state, made.approval_reason) == ("approved", "bản đánh máy đã ký")


def test_approve_of_changed_text_raises(
    db: Session, submitted: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = submitted
    seal = approval.review(db, rights_of("rob"), interview, version).seal
    change = SegmentChange(text="Thưa bà, hẻm mình hồi đó ra sao?")
    segment = version.segments[0]
    segments.save(Draft(db, TEST, interview, version), segment, change, based_on=segment.revision)
    with pytest.raises(ChangedSinceReview):
        approval.approve(db, rights_of("rob"), interview, version, seal=seal, reason="vội")
    assert (state_of(version), version.approved_at) == ("editing", None)


def test_approve_of_text_that_got_a_recording_raises(db: Session) -> None:
    interview = sample_transcript.add_interview(db, recorded=False)
    version = imports.import_transcript(
        db,
        TEST,
        interview,
        language="vi",
        state="corrected",
        source="a.txt",
        segments=[(None, one) for one in sample_transcript.machine_segments()],
    )
    seal = approval.review(db, TEST, interview, version).seal
    db.add(Recording(interview_id=interview.id, part=1, duration_ms=60_000))
    db.flush()
    with pytest.raises(ChangedSinceReview):
        approval.approve(db, TEST, interview, version, seal=seal, reason="vội")


@pytest.mark.parametrize("seal", ["", "1", "x" * 100_000, "1-5-0-0-0-0", "١-5-0-0-0"])
def test_approve_with_invalid_seal_raises(db: Session, submitted: Transcribed, seal: str) -> None:
    with pytest.raises(ChangedSinceReview):
        approval.approve(db, TEST, *submitted, seal=seal, reason="vội")
    assert state_of(submitted[1]) == "corrected"


@pytest.mark.parametrize("name", ["hoa", "cleo", "sam", None])
def test_review_requires_approval_right(
    db: Session, submitted: Transcribed, rights_of: RightsOf, name: str | None
) -> None:
    with pytest.raises(NotAllowed):
        approval.review(db, rights_of(name), *submitted)


@ON_POSTGRESQL
def test_two_approvals_at_once_approve_once(database: Database) -> None:
    with database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version_id = sample_transcript.add_version(db, interview).id
        db.get_one(TranscriptVersion, version_id).state = "corrected"
    ready, outcomes = Barrier(2, timeout=30), list[str]()

    def run(reason: str) -> None:
        with database.writer() as db:
            found = sample_transcript.find_interview(db)
            version = db.get_one(TranscriptVersion, version_id)
            seal = approval.review(db, TEST, found, version).seal
            ready.wait()
            try:
                approval.approve(db, TEST, found, version, seal=seal, reason=reason)
                db.commit()
                outcomes.append(reason)
            except Refused as refused:
                outcomes.append(refused.code)

    threads = [Thread(target=run, args=(reason,)) for reason in ("một", "hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert WrongState.code in outcomes
    with database.reading() as db:
        (event,) = db.query(Event).filter_by(kind="transcript.approved")
        kept = db.get_one(TranscriptVersion, version_id).approval_reason
        assert {kept, WrongState.code} == {*outcomes}
        assert event.detail["reason"] == kept


@ON_POSTGRESQL
def test_approve_sees_a_change_that_was_saved_after_its_transaction_began(
    database: Database,
) -> None:
    with database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version_id = sample_transcript.add_version(db, interview).id
        db.get_one(TranscriptVersion, version_id).state = "corrected"
    with database.writer() as db:
        interview = sample_transcript.find_interview(db)
        version = db.get_one(TranscriptVersion, version_id)
        seal = approval.review(db, TEST, interview, version).seal
        assert len(version.segments) == 5
        with database.writing() as other:
            draft = Draft(
                other,
                TEST,
                sample_transcript.find_interview(other),
                other.get_one(TranscriptVersion, version_id),
            )
            segments.drop(draft, draft.version.segments[0], based_on=1, reason="trùng")
        with pytest.raises(ChangedSinceReview):
            approval.approve(db, TEST, interview, version, seal=seal, reason="vội")
