"""The life of a version: made, handed in, approved, opened again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import approval, versions
from archive.actions.transcripts.approval import NothingToApprove
from archive.actions.transcripts.versions import (
    CorrectionAlreadyOpen,
    NothingToSubmit,
    WrongState,
)
from archive.models import Event, Interview, Outbox, SegmentRevision
from archive.models.transcript import TranscriptVersion
from archive.models.vocabulary import VersionState
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")


@pytest.fixture
def of(db: Session) -> Interview:
    return sample_transcript.add_interview(db)


def state_of(version: TranscriptVersion) -> VersionState:
    """The state now; mypy would take an attribute for unchanged since the last comparison."""
    return version.state


def test_add_machine_version_stores_provenance(db: Session, of: Interview) -> None:
    made = sample_transcript.add_version(db, of)
    assert (made.number, made.kind, made.state, made.is_current) == (1, "machine", "machine", True)
    assert (made.engine, made.model, made.model_sha256) == ("whisper", "small", "9ecf779972d90ba4")
    assert [s.text for s in made.segments] == [line[3] for line in sample_transcript.LINES]
    roles = {c.id: c.role for c in of.contributions}
    assert [roles[s.contribution_id or ""] for s in made.segments] == [
        x[0] for x in sample_transcript.LINES
    ]
    kept = db.query(SegmentRevision).filter_by(version_id=made.id).all()
    assert {(r.revision, r.kind) for r in kept} == {(1, "made")}
    assert len(kept) == 5
    assert db.query(Event).filter_by(kind="transcript.made").one().detail["model"] == "small"
    assert db.query(Outbox).filter_by(interview_id=of.id).count() == 1


def test_new_machine_version_leaves_edited_version_current(db: Session, of: Interview) -> None:
    first = sample_transcript.add_version(db, of)
    second = sample_transcript.add_version(db, of)
    assert versions.current_version(db, of) is second, "nobody had touched the first one"
    segment = second.segments[0]
    segments.save(Draft(db, TEST, of, second), segment, SegmentChange(text="Thưa bà?"), based_on=1)
    third = sample_transcript.add_version(db, of)
    assert versions.current_version(db, of) is second
    assert [v.number for v in versions.list_versions(db, of)] == [3, 2, 1]
    assert (first.is_current, third.is_current) == (False, False)


def test_state_transitions_and_their_rights(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    made = sample_transcript.add_version(db, of)
    cleo, rob = rights_of("cleo"), rights_of("rob")
    with pytest.raises(WrongState):
        approval.approve(db, rob, of, made, reason="in tests")
    with pytest.raises(NothingToSubmit):
        versions.submit(db, cleo, of, made)
    assert state_of(made) == "machine"
    segments.save(
        Draft(db, cleo, of, made), made.segments[0], SegmentChange(state="heard"), based_on=1
    )
    versions.submit(db, cleo, of, made)
    with pytest.raises(WrongState):
        versions.submit(db, cleo, of, made)
    versions.withdraw(db, cleo, of, made)
    assert state_of(made) == "editing"
    with pytest.raises(NotAllowed):
        approval.approve(db, cleo, of, made, reason="in tests")
    approval.approve(db, rob, of, made, reason="in tests")
    assert (made.state, made.approved_by_id, made.is_current) == (
        "approved",
        rob.actor.user_id,
        True,
    )
    assert made.approved_at is not None
    for step in (versions.submit, versions.withdraw):
        with pytest.raises(NotAllowed) as refused:
            step(db, cleo, of, made)
        assert refused.value.decision.reason == "frozen"


def test_approve_without_words_raises(db: Session, of: Interview) -> None:
    made = sample_transcript.add_version(db, of, lines=(("witness", 0, 1_000, ""),))
    sample_transcript.submit(db, of, made)
    with pytest.raises(NothingToApprove):
        approval.approve(db, TEST, of, made, reason="in tests")


def test_open_next_copies_approved_version(db: Session, of: Interview, rights_of: RightsOf) -> None:
    old = sample_transcript.add_approved_version(db, of)
    with pytest.raises(NotAllowed):
        versions.open_next(db, rights_of("cleo"), of, old, reason="sai tên")
    new = versions.open_next(db, rights_of("rob"), of, old, reason="  sai tên ")
    assert (new.number, new.state, new.note, new.based_on_id) == (2, "editing", "sai tên", old.id)
    assert (new.model, new.is_current) == (old.model, False)
    assert [(s.text, s.words, s.contribution_id) for s in new.segments] == [
        (s.text, s.words, s.contribution_id) for s in old.segments
    ]
    assert not {s.id for s in new.segments} & {s.id for s in old.segments}
    with pytest.raises(CorrectionAlreadyOpen) as refused:
        versions.open_next(db, rights_of("rob"), of, old, reason="lần nữa")
    assert refused.value.facts == {"number": 2}
    assert versions.current_version(db, of) is old, "readers see the approved one until then"
    approval.approve(db, rights_of("rob"), of, new, reason="in tests")
    assert versions.current_version(db, of) is new
    assert old.state == "approved"
