"""Whatever is done to segments: words stay in order, and every state can be rebuilt."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange, SegmentRefused
from archive.actions.transcripts import versions
from archive.actions.transcripts.words import to_document, unpack
from archive.models import Interview, Segment, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript
from tests.support.sample_transcript import Transcribed
from tests.support.segment_changes import CLEO, save_segment
from transcription.document import validate

STEP = st.tuples(
    st.sampled_from(["edit", "edit", "times", "split", "merge", "speaker", "drop", "restore"]),
    st.integers(0, 30),
    st.integers(0, 60),
    st.lists(
        st.sampled_from(["nước", "máy", "giếng", "Bà,", "tôi", "–", "1986", "hẻm."]), max_size=6
    ),
)


def _carry_out(
    db: Session,
    of: Interview,
    version: TranscriptVersion,
    step: tuple[str, int, int, list[str]],
) -> None:
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
        segments.save(Draft(db, CLEO, of, version), one, SegmentChange(text=text), based_on=rev)
    elif kind == "times":
        change = SegmentChange(
            start_ms=one.start_ms + number * 10 - 300, end_ms=one.end_ms - number * 20
        )
        segments.save(Draft(db, CLEO, of, version), one, change, based_on=rev)
    elif kind == "split":
        segments.split(
            Draft(db, CLEO, of, version),
            one,
            based_on=rev,
            char=number % (len(one.text) + 1),
            at_ms=None,
            new_id=new_id(),
        )
    elif kind == "merge" and at + 1 < len(rows):
        other = rows[at + 1]
        segments.merge(Draft(db, CLEO, of, version), one, other, based_on=(rev, other.revision))
    elif kind == "speaker":
        segments.name_speaker(
            Draft(db, CLEO, of, version), [one], speaker=words[0] if words else ""
        )
    elif kind == "drop" and len(rows) > 2:
        segments.drop(Draft(db, CLEO, of, version), one, based_on=rev, reason="thừa")
    elif kind == "restore":
        segments.restore(Draft(db, CLEO, of, version), one, revision=1 + number % rev)


def _state(thing: Segment | SegmentRevision) -> tuple[object, ...]:
    return (
        thing.text,
        thing.words,
        thing.start_ms,
        thing.end_ms,
        thing.contribution_id,
        thing.speaker_label,
        thing.state,
        thing.flags,
    )


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, max_size=12))
def test_whatever_is_done_words_stay_in_order_and_every_state_can_be_rebuilt(
    db: Session, steps: list[tuple[str, int, int, list[str]]]
) -> None:
    with db.begin_nested() as outer:
        of = sample_transcript.add_interview(db, f"LK-{new_id()}")
        version = sample_transcript.add_version(db, of)
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
                assert validate(to_document(segment)) == ()
                if segment.text:
                    assert segment.text == " ".join(w.text for w in unpack(segment.words))
                assert seen.setdefault((segment.id, segment.revision), state) == state
            for before, after in itertools.pairwise(version.segments):
                assert before.position < after.position
        kept = db.query(SegmentRevision).filter_by(version_id=version.id).all()
        assert {(r.segment_id, r.revision): _state(r) for r in kept} == seen
        outer.rollback()


def test_revisions_are_append_only(db: Session, transcribed: Transcribed) -> None:
    segment = transcribed[1].segments[1]
    first = segments.revisions(db, segment)[0].id
    for number, text in enumerate(("Một.", "Hai.", "Ba."), start=1):
        save_segment(db, transcribed, 1, text=text, based_on=number)
    rows = segments.revisions(db, segment)
    assert [r.text for r in rows] == ["Ba.", "Hai.", "Một.", sample_transcript.LINES[1][3]]
    assert rows[-1].id == first
    assert versions.current_version(db, transcribed[0]) is transcribed[1]
