"""Saving, cutting, joining, dropping and naming segments; nothing is lost between two people."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, machine
from archive.actions import segments, transcripts
from archive.actions.segment_changes import spoken as as_heard
from archive.actions.segments import Change, Conflict, Replaced, SegmentRefused
from archive.actions.transcripts import unpack
from archive.models import Event, Interview, Segment, SegmentDraft, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests import spoken
from transcription.document import faults

ActorOf = Callable[[str | None], Actor]
CLEO = machine("Cleo")


@pytest.fixture
def told(db: Session) -> tuple[Interview, TranscriptVersion]:
    of = spoken.interview(db)
    return of, spoken.version(db, of)


def save(db: Session, told: tuple[Interview, TranscriptVersion], number: int, *,
         based_on: int = 1, **wanted: Any) -> segments.Saved:  # fmt: skip
    of, version = told
    change = Change(**wanted)
    return segments.save(
        db, CLEO, of, version, version.segments[number], change, based_on=based_on
    )  # fmt: skip


def sound(segment: Segment) -> bool:
    return faults(as_heard(segment)) == ()


def test_a_save_keeps_the_times_of_the_words_that_stay(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    before = unpack(told[1].segments[1].words)
    saved = save(db, told, 1, text="Hồi đó hẻm tôi có một cái giếng chung.").segment
    after = unpack(saved.words)
    assert [w.text for w in after] == saved.text.split()
    stayed = [(w.start_ms, w.end_ms) for w in before[:4]]
    assert [(w.start_ms, w.end_ms) for w in after[:4]] == stayed
    assert after[-1].end_ms == before[-1].end_ms
    assert (saved.revision, saved.state, told[1].state, told[1].revision) == (
        2, "edited", "editing", 2,
    )  # fmt: skip
    assert sound(saved)


def test_a_save_that_changes_nothing_is_no_revision(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    text = told[1].segments[0].text
    saved = save(db, told, 0, text=f"  {text} ")
    assert (saved.segment.revision, told[1].revision, told[1].state) == (1, 1, "machine")


def test_two_people_who_changed_different_words_are_both_heard(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    save(db, told, 1, text="Hồi đó, hẻm tôi có cái giếng chung.")
    saved = save(db, told, 1, text="Hồi đó hẻm tui có cái giếng chung.", based_on=1)
    assert saved.segment.text == "Hồi đó, hẻm tui có cái giếng chung."
    assert saved.merged_with is not None
    assert saved.merged_with.revision == 2


def test_fields_are_merged_one_by_one(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    save(db, told, 1, text="Hồi đó, hẻm tôi có cái giếng chung.")
    text = spoken.LINES[1][3]
    saved = save(db, told, 1, text=text, start_ms=4_200, state="heard", based_on=1).segment
    assert (saved.text, saved.start_ms) == ("Hồi đó, hẻm tôi có cái giếng chung.", 4_200)
    assert saved.state == "heard"


def test_the_same_word_changed_twice_keeps_both(
    db: Session, told: tuple[Interview, TranscriptVersion], actor_of: ActorOf
) -> None:
    of, version = told
    cleo = actor_of("cleo")
    save(db, told, 1, text="Hồi đó hẻm tui có cái giếng chung.")
    with pytest.raises(Conflict) as told_of:
        segments.save(
            db, cleo, of, version, version.segments[1],
            Change(text="Hồi đó hẻm mình có cái giếng chung."), based_on=1,
        )  # fmt: skip
    conflict = told_of.value
    assert conflict.theirs.text == "Hồi đó hẻm tui có cái giếng chung."
    assert conflict.yours == "Hồi đó hẻm mình có cái giếng chung."
    assert [(h.base, h.theirs, h.yours) for h in conflict.hunks] == [("tôi", "tui", "mình")]
    draft = db.get_one(SegmentDraft, conflict.draft_id)
    assert (draft.text, draft.author_id) == (conflict.yours, cleo.user_id)


def test_a_cut_never_cuts_a_word_and_keeps_every_time(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    whole = version.segments[1]
    words, end = list(whole.words), whole.end_ms
    first, second = segments.split(
        db, CLEO, of, version, whole, based_on=1, char=len("Hồi đó hẻm"), at_ms=None,
        new_id=new_id(),
    )  # fmt: skip
    assert (first.text, second.text) == ("Hồi đó hẻm", "tôi có cái giếng chung.")
    assert [*first.words, *second.words] == words
    assert (first.end_ms, second.end_ms) == (second.start_ms, end)
    assert (second.contribution_id, second.revision) == (first.contribution_id, 1)
    assert [s.id for s in version.segments][1:3] == [first.id, second.id]


def test_a_join_ends_the_second_and_says_where_it_went(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    first, second = version.segments[1:3]
    joined = segments.merge(db, CLEO, of, version, first, second, based_on=(1, 1))
    assert joined.text == f"{spoken.LINES[1][3]} {spoken.LINES[2][3]}"
    assert (joined.end_ms, second.replaced_by) == (20_000, [first.id])
    with pytest.raises(Replaced) as gone:
        segments.save(db, CLEO, of, version, second, Change(text="Nữa"), based_on=2)
    assert gone.value.by == [first.id]
    assert second.id not in {s.id for s in version.segments}


def test_only_neighbours_can_be_joined(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    rows = version.segments
    for pair in ((rows[0], rows[2]), (rows[1], rows[0]), (rows[1], rows[1])):
        with pytest.raises(SegmentRefused) as refused:
            segments.merge(db, CLEO, of, version, *pair, based_on=(1, 1))
        assert refused.value.facts["why"] == "not_neighbours"


def test_a_dropped_segment_stays_in_the_history(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    ghost = version.segments[2]
    segments.drop(db, CLEO, of, version, ghost, based_on=1, reason="Máy tự thêm")
    assert len(version.segments) == 4
    last = segments.revisions(db, ghost)[0]
    assert (last.kind, last.reason, last.text) == ("drop", "Máy tự thêm", spoken.LINES[2][3])


def test_a_speaker_is_a_person_of_the_interview_or_any_voice(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    witness = next(c for c in of.contributions if c.role == "witness")
    first, second = version.segments[:2]
    segments.name_speaker(
        db, CLEO, of, version, [first, second, first], speaker=witness.id
    )  # fmt: skip
    assert {first.contribution_id, second.contribution_id} == {witness.id}
    assert (first.revision, second.revision, version.revision) == (2, 2, 2)
    segments.name_speaker(db, CLEO, of, version, [first], speaker="  Người  hàng xóm ")
    assert (first.contribution_id, first.speaker_label) == (None, "Người hàng xóm")


def test_two_voices_may_speak_at_once_but_one_may_not(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    asked, answered, went_on = version.segments[:3]
    save(db, told, 0, end_ms=5_000)  # the interviewer talks into the answer
    assert asked.end_ms == 5_000
    with pytest.raises(SegmentRefused) as refused:
        save(db, told, 1, end_ms=13_000)  # the witness cannot talk into herself
    assert refused.value.facts == {"field": "start", "why": "times_overlap"}
    with pytest.raises(SegmentRefused):
        segments.name_speaker(
            db, CLEO, of, version, [asked], speaker=answered.contribution_id or ""
        )
    assert went_on.start_ms == 12_000


def test_a_segment_cannot_jump_over_its_neighbour(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    with pytest.raises(SegmentRefused) as refused:
        save(db, told, 3, start_ms=35_000, end_ms=39_000)
    assert refused.value.facts["why"] == "out_of_order"


@pytest.mark.parametrize(
    ("wanted", "field", "why"),
    [
        ({"start_ms": 9_000, "end_ms": 9_000}, "start", "times_reversed"),
        ({"start_ms": -1}, "start", "times_reversed"),
        ({"end_ms": 61_001}, "end", "after_the_end"),
        ({"text": "a" * 20_001}, "text", "too_long"),
        ({"state": "perfect"}, "state", "unknown"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_changes_nothing(
    db: Session, told: tuple[Interview, TranscriptVersion],
    wanted: dict[str, Any], field: str, why: str,
) -> None:  # fmt: skip
    last = told[1].segments[4]
    with pytest.raises(SegmentRefused) as refused:
        save(db, told, 4, speaker="Ai đó", **wanted)
    assert (refused.value.facts["field"], refused.value.facts["why"]) == (field, why)
    assert not db.is_modified(last)
    assert (last.revision, told[1].revision) == (1, 1)


def test_absurd_times_are_refused_where_no_recording_limits_them(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    told[0].recordings[0].duration_ms = None
    with pytest.raises(SegmentRefused) as refused:
        save(db, told, 4, end_ms=2**31 - 1)
    assert refused.value.facts["why"] == "absurd_time"


def test_characters_that_nobody_can_type_are_dropped_and_the_rest_is_kept(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    saved = save(db, told, 1, text="Hồi\x00 đó \ud800hẻm\x1b tôi \u00adcó", speaker="\x00Ai\udfff")
    assert saved.segment.text == "Hồi đó hẻm tôi \u00adcó"
    assert saved.segment.speaker_label == "Ai"


def test_an_approved_version_is_frozen(db: Session, actor_of: ActorOf) -> None:
    of = spoken.interview(db)
    version = spoken.approved(db, of)
    first, second = version.segments[1:3]
    for act in (
        lambda: segments.save(db, CLEO, of, version, first, Change(text="A"), based_on=1),
        lambda: segments.merge(db, CLEO, of, version, first, second, based_on=(1, 1)),
        lambda: segments.drop(db, CLEO, of, version, first, based_on=1, reason=""),
        lambda: segments.restore(db, CLEO, of, version, first, revision=1),
        lambda: segments.name_speaker(db, CLEO, of, version, [first], speaker="A"),
    ):
        with pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.decision.reason == "frozen"
    with pytest.raises(NotAllowed):
        segments.save(
            db, actor_of("hoa"), of, version, first, Change(text="A"), based_on=1
        )  # fmt: skip


def test_an_earlier_state_comes_back_word_for_word_with_its_reason(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    segment = version.segments[1]
    words = list(segment.words)
    save(db, told, 1, text="Khác hẳn hết.")
    saved = segments.restore(
        db, CLEO, of, version, segment, revision=1, reason="  Nghe lại thì đúng vậy "
    )
    assert (saved.segment.text, saved.segment.words) == (spoken.LINES[1][3], words)
    newest = segments.revisions(db, segment)[0]
    assert (newest.revision, newest.kind, newest.reason) == (
        3, "restore", "Nghe lại thì đúng vậy",
    )  # fmt: skip
    again = segments.restore(db, CLEO, of, version, segment, revision=1)
    assert again.segment.revision == 3  # nothing to do, so nothing was written


def test_what_was_saved_is_told_to_the_index(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    save(db, told, 1, text="Hồi đó.")
    event = db.query(Event).filter_by(kind="transcript.edited").one()
    assert event.detail == {"how": "edited", "segments": [told[1].segments[1].id]}


def test_changes_since_a_revision_are_those_and_no_more(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    save(db, told, 0, text="Thưa bà?")
    segments.merge(db, CLEO, of, version, *version.segments[1:3], based_on=(1, 1))
    assert len(segments.changed_since(db, version, 1)) == 3
    assert [bool(s.ended_at) for s in segments.changed_since(db, version, 2)] == [False, True]
    assert segments.changed_since(db, version, 3) == []


STEP = st.tuples(
    st.sampled_from(["edit", "edit", "times", "split", "merge", "speaker", "drop", "restore"]),
    st.integers(0, 30),
    st.integers(0, 60),
    st.lists(
        st.sampled_from(["nước", "máy", "giếng", "Bà,", "tôi", "–", "1986", "hẻm."]), max_size=6
    ),
)


def _carry_out(
    db: Session, of: Interview, version: TranscriptVersion,
    step: tuple[str, int, int, list[str]],
) -> None:  # fmt: skip
    kind, which, number, words = step
    rows = version.segments
    if not rows:
        return
    at = which % len(rows)
    one, rev = rows[at], rows[at].revision
    if kind == "edit":
        tokens = one.text.split()
        cut = number % (len(tokens) + 1)
        text = " ".join([*tokens[:cut], *words, *tokens[cut + len(words) // 2 :]])
        segments.save(db, CLEO, of, version, one, Change(text=text), based_on=rev)
    elif kind == "times":
        change = Change(start_ms=one.start_ms + number * 10 - 300, end_ms=one.end_ms - number * 20)
        segments.save(db, CLEO, of, version, one, change, based_on=rev)
    elif kind == "split":
        segments.split(
            db, CLEO, of, version, one, based_on=rev, char=number % (len(one.text) + 1),
            at_ms=None, new_id=new_id(),
        )  # fmt: skip
    elif kind == "merge" and at + 1 < len(rows):
        other = rows[at + 1]
        segments.merge(db, CLEO, of, version, one, other, based_on=(rev, other.revision))
    elif kind == "speaker":
        segments.name_speaker(db, CLEO, of, version, [one], speaker=words[0] if words else "")
    elif kind == "drop" and len(rows) > 2:
        segments.drop(db, CLEO, of, version, one, based_on=rev, reason="thừa")
    elif kind == "restore":
        segments.restore(db, CLEO, of, version, one, revision=1 + number % rev)


def _state(thing: Segment | SegmentRevision) -> tuple[object, ...]:
    return (
        thing.text, thing.words, thing.start_ms, thing.end_ms, thing.contribution_id,
        thing.speaker_label, thing.state, thing.flags,
    )  # fmt: skip


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(steps=st.lists(STEP, max_size=12))
def test_whatever_is_done_words_stay_in_order_and_every_state_can_be_rebuilt(
    db: Session, steps: list[tuple[str, int, int, list[str]]]
) -> None:
    with db.begin_nested() as outer:
        of = spoken.interview(db, f"LK-{new_id()}")
        version = spoken.version(db, of)
        seen: dict[tuple[str, int], tuple[object, ...]] = {}
        for step in [None, *steps]:
            if step is not None:
                try:
                    with db.begin_nested():
                        _carry_out(db, of, version, step)
                except SegmentRefused:
                    db.expire_all()
            for segment in db.query(Segment).filter_by(version_id=version.id):
                state = _state(segment)
                assert faults(as_heard(segment)) == ()
                if segment.text:
                    assert segment.text == " ".join(w.text for w in unpack(segment.words))
                assert seen.setdefault((segment.id, segment.revision), state) == state
            for before, after in itertools.pairwise(version.segments):
                assert before.position < after.position
        kept = db.query(SegmentRevision).filter_by(version_id=version.id).all()
        assert {(r.segment_id, r.revision): _state(r) for r in kept} == seen
        outer.rollback()


def test_the_history_only_grows(db: Session, told: tuple[Interview, TranscriptVersion]) -> None:
    segment = told[1].segments[1]
    first = segments.revisions(db, segment)[0].id
    for number, text in enumerate(("Một.", "Hai.", "Ba."), start=1):
        save(db, told, 1, text=text, based_on=number)
    rows = segments.revisions(db, segment)
    assert [r.text for r in rows] == ["Ba.", "Hai.", "Một.", spoken.LINES[1][3]]
    assert rows[-1].id == first
    assert transcripts.shown(db, told[0]) is told[1]
