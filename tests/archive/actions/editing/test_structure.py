"""Steps over several segments: in order, all or none, and never out of the recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentRefused, StaleSegment
from archive.actions.editing.structure import NewSegment, Restoration
from archive.actions.transcripts.words import to_document, unpack
from archive.models import Event, Outbox, Recording, Segment
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed
from transcription.document import validate

RightsOf = Callable[[str | None], Rights]
CLEO = rights_of_machine("Cleo")


def insert_segment(
    db: Session,
    transcribed: Transcribed,
    after: Segment | None,
    start: int,
    end: int,
    text: str = "Dạ, vậy hả bà.",
    *,
    speaker: str = "Cô Ba",
    recording: str | None = None,
) -> Segment:
    new = NewSegment(
        id=new_id(), start_ms=start, end_ms=end, text=text, speaker=speaker, recording_id=recording
    )
    return structure.insert(Draft(db, CLEO, *transcribed), new, after=after)


def refusal_of(act: Callable[[], object]) -> tuple[object, object]:
    with pytest.raises(SegmentRefused) as refused:
        act()
    return refused.value.facts["field"], refused.value.facts["why"]


def times(transcribed: Transcribed) -> list[tuple[int, int]]:
    return [(s.start_ms, s.end_ms) for s in transcribed[1].segments]


def test_insert_adds_segment_at_its_position(db: Session, transcribed: Transcribed) -> None:
    third = transcribed[1].segments[2]
    made = insert_segment(db, transcribed, third, 19_000, 20_500)
    assert [s.id for s in transcribed[1].segments][3] == made.id
    assert (made.revision, made.state, made.speaker_label) == (1, "edited", "Cô Ba")
    assert made.recording_id == third.recording_id
    assert [w.source for w in unpack(made.words)] == ["interp"] * 4
    assert validate(to_document(made)) == ()
    first = insert_segment(db, transcribed, None, 0, 500, "Alô.")
    assert transcribed[1].segments[0] is first
    assert [e.detail["how"] for e in db.query(Event).filter_by(kind="transcript.edited")] == [
        "inserted",
        "inserted",
    ]
    assert db.query(Outbox).filter_by(reason="transcript.edited").count() == 2


def test_insert_invalid_segment_raises(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    last, witness = version.segments[-1], of.contributions[0].id
    for start, end, text, speaker, expected in (
        (34_000, 34_000, "A", "", ("start", "times_reversed")),
        (-5, 10, "A", "", ("start", "times_reversed")),
        (34_000, 99_000, "A", "", ("end", "after_the_end")),
        (34_000, 35_000, " \u0000", "", ("text", "missing")),
        (33_000, 35_000, "A", witness, ("start", "times_overlap")),
        (10_000, 11_000, "A", "", ("start", "out_of_order")),
    ):
        with db.begin_nested() as attempt:
            found = refusal_of(
                lambda s=start, e=end, t=text, v=speaker: insert_segment(  # type: ignore[misc]
                    db, transcribed, last, s, e, t, speaker=v
                )
            )
            attempt.rollback()
        assert found == expected
    assert len(version.segments) == 5


def test_insert_keeps_order_of_recordings(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    second = Recording(id=new_id(), interview_id=of.id, part=2, duration_ms=9_000)
    foreign = Recording(
        id=new_id(), interview_id=sample_transcript.add_interview(db, "LK-2").id, part=2
    )
    db.add_all([second, foreign])
    db.flush()
    middle, last = version.segments[2], version.segments[-1]
    for after, recording in ((middle, second.id), (last, foreign.id), (last, new_id())):
        put = partial(insert_segment, db, transcribed, after, 0, 900, recording=recording)
        found = refusal_of(put)
        assert found == ("recording", "other_recording")
    made = insert_segment(db, transcribed, last, 0, 900, recording=second.id)
    assert (made.recording_id, version.segments[-1]) == (second.id, made)
    assert refusal_of(lambda: structure.first_starting_from(version, 0, None)) == (
        "recording",
        "missing",
    )
    assert structure.first_starting_from(version, 0, second.id) is made


def test_move_boundary_changes_both_neighbours(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    left, right = version.segments[1:3]
    for at_ms in (13_000, 9_000):
        structure.move_boundary(Draft(db, CLEO, of, version), left, right, at_ms=at_ms)
        assert (left.end_ms, right.start_ms) == (at_ms, at_ms)
        assert (left.start_ms, right.end_ms) == (4_000, 20_000)
        assert validate(to_document(left)) == validate(to_document(right)) == ()
    assert [s.text for s in (left, right)] == [
        sample_transcript.LINES[1][3],
        sample_transcript.LINES[2][3],
    ]
    for at_ms in (4_000, 20_000, -1):
        assert refusal_of(
            lambda a=at_ms: structure.move_boundary(  # type: ignore[misc]
                Draft(db, CLEO, of, version), left, right, at_ms=a
            )
        ) == ("at_ms", "time_outside")
    assert refusal_of(
        lambda: structure.move_boundary(
            Draft(db, CLEO, of, version), left, version.segments[4], at_ms=9_000
        )
    ) == ("right", "not_neighbours")


def test_shift_moves_following_segments_and_words(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    third = version.segments[2]
    before = [unpack(s.words) for s in version.segments]
    moved = structure.shift(Draft(db, CLEO, of, version), first=third, by_ms=1_500)
    assert moved == version.segments[2:]
    assert times(transcribed) == [
        (0, 4_000),
        (4_000, 12_000),
        (13_500, 21_500),
        (21_500, 25_500),
        (25_500, 35_500),
    ]
    after = [unpack(s.words) for s in version.segments]
    assert after[:2] == before[:2]
    for old, new in zip(before[2:], after[2:], strict=True):
        assert [w.start_ms - v.start_ms for v, w in zip(old, new, strict=True)] == [1_500] * len(
            old
        )
    assert version.revision == 2
    assert {s.changed_in for s in moved} == {2}
    [event] = db.query(Event).filter_by(kind="transcript.edited")
    assert event.detail == {"how": "shifted", "segments": [third.id], "by_ms": 1_500, "count": 3}


@pytest.mark.parametrize(
    ("number", "by_ms", "why"),
    [
        (0, -1, "negative_time"),
        (0, 27_001, "after_the_end"),
        (0, 2**31 - 1, "absurd_time"),
        (1, -4_001, "negative_time"),
        (3, -100, "times_overlap"),
        (4, -9_000, "out_of_order"),
    ],
)
def test_shift_out_of_bounds_raises_and_changes_nothing(
    db: Session, transcribed: Transcribed, number: int, by_ms: int, why: str
) -> None:
    of, version = transcribed
    if number == 3:  # the interviewer may talk into the witness, so let one voice say both
        witness = next(c.id for c in of.contributions if c.role == "witness")
        segments.name_speaker(Draft(db, CLEO, of, version), version.segments[3:4], speaker=witness)
    before, revision = times(transcribed), version.revision
    with db.begin_nested() as attempt:
        first = version.segments[number]
        found = refusal_of(
            lambda: structure.shift(Draft(db, CLEO, of, version), first=first, by_ms=by_ms)
        )
        attempt.rollback()
    db.expire_all()
    assert (found[1], times(transcribed), version.revision) == (why, before, revision)


def test_replace_keeps_times_of_other_words(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    rows = list(version.segments)
    old = unpack(rows[2].words)
    changed = structure.replace(
        Draft(db, CLEO, of, version), rows, find="nước", replacement="nước sạch", expected=3
    )
    assert changed == [rows[2], rows[3], rows[4]]
    assert rows[4].text == "Phải, tới năm tám mươi sáu mới có đồng hồ nước sạch."
    new = unpack(rows[2].words)
    kept = {w.text: (w.start_ms, w.end_ms) for w in old}
    assert {w.text: (w.start_ms, w.end_ms) for w in new if w.text != "sạch"}.keys() == kept.keys()
    assert [(w.start_ms, w.end_ms) for w in new[:6]] == [(w.start_ms, w.end_ms) for w in old[:6]]
    assert {s.revision for s in changed} == {2}
    assert (rows[0].revision, version.revision) == (1, 2)


@pytest.mark.parametrize(
    ("find", "places"),
    [
        ("bà", 3),
        ("Bà", 0),
        ("ba", 0),
        ("bà,", 1),
        ("Thưa bà", 1),
        ("hẻm", 2),
        ("hẻm m", 0),
        ("hồ nước", 1),
        ("mấy   bà", 1),
        ("nước.", 1),
        ("ạ?", 1),
        ("ạ", 1),
        ("ba\u0300", 3),
    ],
)
def test_replace_matches_whole_syllables_only(
    db: Session, transcribed: Transcribed, find: str, places: int
) -> None:
    of, version = transcribed

    def run(expected: int) -> list[Segment]:
        return structure.replace(
            Draft(db, CLEO, of, version),
            version.segments,
            find=find,
            replacement="x",
            expected=expected,
        )

    with pytest.raises(SegmentRefused) as refused:
        run(99)
    assert refused.value.facts == {"field": "expected", "why": "other_count", "found": places}
    assert version.revision == 1
    assert bool(run(places)) is bool(places)


def test_restore_many_splits_merged_segments_again(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    first, second = version.segments[1:3]
    before = [(s.text, s.words, s.start_ms, s.end_ms, s.flags) for s in (first, second)]
    segments.merge(Draft(db, CLEO, of, version), first, second, based_on=(1, 1))
    restored, is_fitted = structure.restore_many(
        Draft(db, CLEO, of, version),
        [Restoration(segment=first, based_on=2, revision=1)],
        joined=[second],
    )
    assert not is_fitted
    assert restored == [first, second]
    assert [(s.text, s.words, s.start_ms, s.end_ms, s.flags) for s in restored] == before
    assert [s.id for s in version.segments][1:3] == [first.id, second.id]
    assert (first.revision, second.revision, second.replaced_by) == (3, 3, [])


def test_restore_many_joined_not_merged_since_raises(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    first, second, third, other, _last = version.segments
    segments.merge(Draft(db, CLEO, of, version), first, second, based_on=(1, 1))
    for segment, to, joined in (
        (first, 2, second),  # at revision 2 the words were in it already
        (first, 1, third),  # was never joined to anything
        (other, 1, second),  # was joined to another
    ):
        restoration = Restoration(segment=segment, based_on=segment.revision, revision=to)
        assert refusal_of(
            lambda w=restoration, j=joined: structure.restore_many(  # type: ignore[misc]
                Draft(db, CLEO, of, version), [w], joined=[j]
            )
        ) == ("joined", "not_joined_here")


def test_restore_many_from_old_revision_raises_stale(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    first = version.segments[0]
    segments.save(
        Draft(db, CLEO, of, version), first, segments.SegmentChange(text="Thưa."), based_on=1
    )
    with pytest.raises(StaleSegment) as stale:
        structure.restore_many(
            Draft(db, CLEO, of, version), [Restoration(segment=first, based_on=1, revision=1)]
        )
    assert (stale.value.segment_id, first.text) == (first.id, "Thưa.")


def test_locate_text_follows_repeated_merges(db: Session, transcribed: Transcribed) -> None:
    of, version = transcribed
    first, second, third = version.segments[1:4]
    segments.merge(Draft(db, CLEO, of, version), second, third, based_on=(1, 1))
    segments.merge(Draft(db, CLEO, of, version), first, second, based_on=(1, 2))
    [place] = segments.locate_text(db, third)
    assert place.segment is first
    assert place.at is not None
    assert first.text[place.at : place.at + place.length] == third.text
    change = segments.SegmentChange(text=first.text.replace("máy", "giếng"))
    segments.save(Draft(db, CLEO, of, version), first, change, based_on=2)
    assert [p.at for p in segments.locate_text(db, third)] == [None]


def test_structure_edits_require_correct_right(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    left, right = version.segments[:2]
    acts: list[Callable[[Rights], object]] = [
        lambda who: structure.move_boundary(Draft(db, who, of, version), left, right, at_ms=3_000),
        lambda who: structure.shift(Draft(db, who, of, version), first=left, by_ms=5),
        lambda who: structure.replace(
            Draft(db, who, of, version), [left], find="bà", replacement="cô", expected=1
        ),
        lambda who: structure.restore_many(
            Draft(db, who, of, version), [Restoration(segment=left, based_on=1, revision=1)]
        ),
        lambda who: structure.insert(
            Draft(db, who, of, version),
            NewSegment(id=new_id(), start_ms=40_000, end_ms=41_000, text="A"),
            after=None,
        ),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act(rights_of("hoa"))
    sample_transcript.approve(db, of, version)
    for act in acts:
        with pytest.raises(NotAllowed) as refused:
            act(CLEO)
        assert refused.value.decision.reason == "frozen"
