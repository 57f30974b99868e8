"""The life of a version: made, brought in, handed in, approved, opened again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, machine
from archive.actions import segments, transcripts
from archive.actions.segments import Change
from archive.actions.transcripts import (
    AlreadyOpen,
    NothingToApprove,
    NothingToHandIn,
    TextRefused,
    WrongState,
)
from archive.models import Event, Interview, Outbox, SegmentRevision
from archive.models.transcript import TranscriptVersion
from tests import spoken
from transcription.document import Segment as Spoken

ActorOf = Callable[[str | None], Actor]
TEST = machine("test")


@pytest.fixture
def of(db: Session) -> Interview:
    return spoken.interview(db)


def bring_in(db: Session, of: Interview, state: str, *, actor: Actor = TEST) -> TranscriptVersion:
    return transcripts.bring_in(
        db, actor, of, language="vi", state=state, source="băng 1.vtt",
        spoken=[(None, s) for s in spoken.segments()], noticed=[(3, "overlap", "Hồi đó")],
    )  # fmt: skip


def test_machine_words_come_with_where_they_come_from(db: Session, of: Interview) -> None:
    made = spoken.version(db, of)
    assert (made.number, made.kind, made.state, made.is_current) == (1, "machine", "machine", True)
    assert (made.engine, made.model, made.model_sha256) == ("whisper", "small", "9ecf779972d90ba4")
    assert [s.text for s in made.segments] == [line[3] for line in spoken.LINES]
    roles = {c.id: c.role for c in of.contributions}
    assert [roles[s.contribution_id or ""] for s in made.segments] == [x[0] for x in spoken.LINES]
    kept = db.query(SegmentRevision).filter_by(version_id=made.id).all()
    assert {(r.revision, r.kind) for r in kept} == {(1, "made")}
    assert len(kept) == 5
    assert db.query(Event).filter_by(kind="transcript.made").one().detail["model"] == "small"
    assert db.query(Outbox).filter_by(interview_id=of.id).count() == 1


def test_new_machine_text_never_replaces_what_a_person_worked_on(
    db: Session, of: Interview
) -> None:
    first = spoken.version(db, of)
    second = spoken.version(db, of)
    assert transcripts.shown(db, of) is second, "nobody had touched the first one"
    segment = second.segments[0]
    segments.save(db, TEST, of, second, segment, Change(text="Thưa bà?"), based_on=1)
    third = spoken.version(db, of)
    assert transcripts.shown(db, of) is second
    assert [v.number for v in transcripts.versions(db, of)] == [3, 2, 1]
    assert (first.is_current, third.is_current) == (False, False)


def test_the_way_of_a_version_and_who_may_go_it(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    made = spoken.version(db, of)
    cleo, rob = actor_of("cleo"), actor_of("rob")
    with pytest.raises(WrongState):
        transcripts.approve(db, rob, of, made)
    with pytest.raises(NothingToHandIn):
        transcripts.hand_in(db, cleo, of, made)
    assert made.state == "machine"
    segments.save(db, cleo, of, made, made.segments[0], Change(state="heard"), based_on=1)
    transcripts.hand_in(db, cleo, of, made)
    with pytest.raises(WrongState):
        transcripts.hand_in(db, cleo, of, made)
    transcripts.take_back(db, cleo, of, made)
    assert made.state == "editing"
    with pytest.raises(NotAllowed):
        transcripts.approve(db, cleo, of, made)
    transcripts.approve(db, rob, of, made)
    assert (made.state, made.approved_by_id, made.is_current) == ("approved", rob.user_id, True)
    assert made.approved_at is not None
    for step in (transcripts.hand_in, transcripts.take_back):
        with pytest.raises(NotAllowed) as refused:
            step(db, cleo, of, made)
        assert refused.value.decision.reason == "frozen"


def test_nothing_is_approved_without_words(db: Session, of: Interview) -> None:
    made = spoken.version(db, of, lines=(("witness", 0, 1_000, ""),))
    spoken.hand_in(db, of, made)
    with pytest.raises(NothingToApprove):
        transcripts.approve(db, TEST, of, made)


def test_a_correction_of_an_approved_text_is_a_version_of_its_own(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    old = spoken.approved(db, of)
    with pytest.raises(NotAllowed):
        transcripts.open_next(db, actor_of("cleo"), of, old, reason="sai tên")
    new = transcripts.open_next(db, actor_of("rob"), of, old, reason="  sai tên ")
    assert (new.number, new.state, new.note, new.based_on_id) == (2, "editing", "sai tên", old.id)
    assert (new.model, new.is_current) == (old.model, False)
    assert [(s.text, s.words, s.contribution_id) for s in new.segments] == [
        (s.text, s.words, s.contribution_id) for s in old.segments
    ]
    assert not {s.id for s in new.segments} & {s.id for s in old.segments}
    with pytest.raises(AlreadyOpen) as refused:
        transcripts.open_next(db, actor_of("rob"), of, old, reason="lần nữa")
    assert refused.value.facts == {"number": 2}
    assert transcripts.shown(db, of) is old, "readers see the approved one until then"
    transcripts.approve(db, actor_of("rob"), of, new)
    assert transcripts.shown(db, of) is new
    assert old.state == "approved"


@pytest.mark.parametrize(
    ("state", "shown", "segment"),
    [("machine", False, "machine"), ("corrected", False, "heard"), ("approved", True, "heard")],
)
def test_a_text_from_elsewhere_comes_in_the_state_that_the_office_vouches_for(
    db: Session, of: Interview, state: str, *, shown: bool, segment: str
) -> None:
    spoken.approved(db, of)
    made = bring_in(db, of, state)
    assert (made.kind, made.state, made.note) == ("imported", state, "băng 1.vtt")
    assert made.options == {"noticed": [[3, "overlap", "Hồi đó"]]}
    assert (made.is_current, made.segments[0].state) == (shown, segment)
    assert (made.approved_at is not None) == (state == "approved")


def test_a_corrected_text_is_shown_instead_of_one_that_is_not_approved(
    db: Session, of: Interview
) -> None:
    spoken.version(db, of)
    assert bring_in(db, of, "machine").is_current, "nobody had touched the other one"
    made = bring_in(db, of, "corrected")
    assert transcripts.shown(db, of) is made
    assert not bring_in(db, of, "machine").is_current


def test_who_may_bring_in_what(db: Session, of: Interview, actor_of: ActorOf) -> None:
    assert bring_in(db, of, "corrected", actor=actor_of("cleo")).number == 1
    for who, state in (("cleo", "approved"), ("rob", "machine"), ("sam", "machine")):
        with pytest.raises(NotAllowed):
            bring_in(db, of, state, actor=actor_of(who))
    with pytest.raises(WrongState):
        bring_in(db, of, "editing")
    with pytest.raises(TextRefused):
        transcripts.bring_in(
            db, TEST, of, language="vi", state="machine", spoken=[], source="rỗng.txt"
        )
    assert len(transcripts.versions(db, of)) == 1


@pytest.mark.parametrize("label", ["Bà Sen", "bà nguyễn thị sen", "Nguyễn Thị Sen", "BÀ SEN"])
def test_speakers_are_known_by_any_of_their_names(db: Session, of: Interview, label: str) -> None:
    made = transcripts.bring_in(
        db, TEST, of, language="vi", state="corrected", source="a.txt",
        spoken=[(None, Spoken(id="", start_ms=0, end_ms=900, text="Dạ.", speaker=label)),
                (None, Spoken(id="", start_ms=900, end_ms=999, text="Ừ.", speaker="Ông Bảy"))],
    )  # fmt: skip
    witness = next(c for c in of.contributions if c.role == "witness")
    assert made.segments[0].contribution_id == witness.id
    assert (made.segments[1].contribution_id, made.segments[1].speaker_label) == (None, "Ông Bảy")
    assert [w[2] for w in made.segments[0].words] == ["Dạ."]
