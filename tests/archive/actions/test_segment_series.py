"""Steps over several segments: in order, all or none, and never out of the recording."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, machine
from archive.actions import segment_series, segments
from archive.actions.segment_changes import spoken as as_heard
from archive.actions.segment_series import NewSegment, WayBack
from archive.actions.segments import SegmentRefused, Stale
from archive.actions.transcripts import unpack
from archive.models import Event, Interview, Outbox, Recording, Segment, TranscriptVersion
from archive.models.base import new_id
from tests import spoken
from transcription.document import faults

ActorOf = Callable[[str | None], Actor]
Told = tuple[Interview, TranscriptVersion]
CLEO = machine("Cleo")


@pytest.fixture
def told(db: Session) -> Told:
    of = spoken.interview(db)
    return of, spoken.version(db, of)


def put_in(db: Session, told: Told, after: Segment | None, start: int, end: int,
           text: str = "Dạ, vậy hả bà.", *, speaker: str = "Cô Ba",
           recording: str | None = None) -> Segment:  # fmt: skip
    new = NewSegment(id=new_id(), start_ms=start, end_ms=end, text=text, speaker=speaker,
                     recording_id=recording)  # fmt: skip
    return segment_series.insert(db, CLEO, *told, new, after=after)


def refusal(act: Callable[[], object]) -> tuple[object, object]:
    with pytest.raises(SegmentRefused) as refused:
        act()
    return refused.value.facts["field"], refused.value.facts["why"]


def times(told: Told) -> list[tuple[int, int]]:
    return [(s.start_ms, s.end_ms) for s in told[1].segments]


def test_what_the_machine_did_not_hear_is_put_in_its_place(db: Session, told: Told) -> None:
    third = told[1].segments[2]
    made = put_in(db, told, third, 19_000, 20_500)
    assert [s.id for s in told[1].segments][3] == made.id
    assert (made.revision, made.state, made.speaker_label) == (1, "edited", "Cô Ba")
    assert made.recording_id == third.recording_id
    assert [w.source for w in unpack(made.words)] == ["interp"] * 4
    assert faults(as_heard(made)) == ()
    first = put_in(db, told, None, 0, 500, "Alô.")
    assert told[1].segments[0] is first
    assert [e.detail["how"] for e in db.query(Event).filter_by(kind="transcript.edited")] == [
        "inserted", "inserted",
    ]  # fmt: skip
    assert db.query(Outbox).filter_by(reason="transcript.edited").count() == 2


def test_a_segment_that_cannot_be_there_is_not_put_in(db: Session, told: Told) -> None:
    of, version = told
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
            found = refusal(
                lambda s=start, e=end, t=text, v=speaker: put_in(  # type: ignore[misc]
                    db, told, last, s, e, t, speaker=v
                )
            )
            attempt.rollback()
        assert found == expected
    assert len(version.segments) == 5


def test_a_new_segment_lies_among_those_of_its_recording(db: Session, told: Told) -> None:
    of, version = told
    second = Recording(id=new_id(), interview_id=of.id, part=2, duration_ms=9_000)
    foreign = Recording(id=new_id(), interview_id=spoken.interview(db, "LK-2").id, part=2)
    db.add_all([second, foreign])
    db.flush()
    middle, last = version.segments[2], version.segments[-1]
    for after, recording in ((middle, second.id), (last, foreign.id), (last, new_id())):
        found = refusal(lambda a=after, r=recording: put_in(db, told, a, 0, 900, recording=r))  # type: ignore[misc]
        assert found == ("recording", "other_recording")
    made = put_in(db, told, last, 0, 900, recording=second.id)
    assert (made.recording_id, version.segments[-1]) == (second.id, made)
    assert refusal(lambda: segment_series.first_from(version, 0, None)) == ("recording", "missing")
    assert segment_series.first_from(version, 0, second.id) is made


def test_a_boundary_is_moved_for_both_at_once(db: Session, told: Told) -> None:
    of, version = told
    left, right = version.segments[1:3]
    for at_ms in (13_000, 9_000):
        segment_series.move_boundary(db, CLEO, of, version, left, right, at_ms=at_ms)
        assert (left.end_ms, right.start_ms) == (at_ms, at_ms)
        assert (left.start_ms, right.end_ms) == (4_000, 20_000)
        assert faults(as_heard(left)) == faults(as_heard(right)) == ()
    assert [s.text for s in (left, right)] == [spoken.LINES[1][3], spoken.LINES[2][3]]
    for at_ms in (4_000, 20_000, -1):
        assert refusal(
            lambda a=at_ms: segment_series.move_boundary(  # type: ignore[misc]
                db, CLEO, of, version, left, right, at_ms=a
            )
        ) == ("at_ms", "time_outside")
    assert refusal(
        lambda: segment_series.move_boundary(
            db, CLEO, of, version, left, version.segments[4], at_ms=9_000
        )
    ) == ("right", "not_neighbours")


def test_a_shift_takes_all_that_follow_and_their_words(db: Session, told: Told) -> None:
    of, version = told
    third = version.segments[2]
    before = [unpack(s.words) for s in version.segments]
    moved = segment_series.shift(db, CLEO, of, version, first=third, by_ms=1_500)
    assert moved == version.segments[2:]
    assert times(told) == [
        (0, 4_000), (4_000, 12_000), (13_500, 21_500), (21_500, 25_500), (25_500, 35_500),
    ]  # fmt: skip
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
        (0, -1, "negative_time"), (0, 27_001, "after_the_end"), (0, 2**31 - 1, "absurd_time"),
        (1, -4_001, "negative_time"), (3, -100, "times_overlap"), (4, -9_000, "out_of_order"),
    ],
)  # fmt: skip
def test_a_shift_out_of_the_recording_or_over_a_neighbour_moves_nothing(
    db: Session, told: Told, number: int, by_ms: int, why: str
) -> None:
    of, version = told
    if number == 3:  # the interviewer may talk into the witness, so let one voice say both
        witness = next(c.id for c in of.contributions if c.role == "witness")
        segments.name_speaker(db, CLEO, of, version, version.segments[3:4], speaker=witness)
    before, revision = times(told), version.revision
    with db.begin_nested() as attempt:
        first = version.segments[number]
        found = refusal(
            lambda: segment_series.shift(db, CLEO, of, version, first=first, by_ms=by_ms)
        )
        attempt.rollback()
    db.expire_all()
    assert (found[1], times(told), version.revision) == (why, before, revision)


def test_words_are_replaced_in_many_segments_and_keep_their_times(db: Session, told: Told) -> None:
    of, version = told
    rows = list(version.segments)
    old = unpack(rows[2].words)
    changed = segment_series.replace(
        db, CLEO, of, version, rows, find="nước", put="nước sạch", expected=3
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
        ("bà", 3), ("Bà", 0), ("ba", 0), ("bà,", 1), ("Thưa bà", 1), ("hẻm", 2), ("hẻm m", 0),
        ("hồ nước", 1), ("mấy   bà", 1), ("nước.", 1), ("ạ?", 1), ("ạ", 1), ("ba\u0300", 3),
    ],
)  # fmt: skip
def test_only_whole_syllables_are_replaced(db: Session, told: Told, find: str, places: int) -> None:
    of, version = told

    def run(expected: int) -> list[Segment]:
        return segment_series.replace(
            db, CLEO, of, version, version.segments, find=find, put="x", expected=expected
        )

    with pytest.raises(SegmentRefused) as refused:
        run(99)
    assert refused.value.facts == {"field": "expected", "why": "other_count", "found": places}
    assert version.revision == 1
    assert bool(run(places)) is bool(places)


def test_what_was_joined_stands_alone_again(db: Session, told: Told) -> None:
    of, version = told
    first, second = version.segments[1:3]
    before = [(s.text, s.words, s.start_ms, s.end_ms, s.flags) for s in (first, second)]
    segments.merge(db, CLEO, of, version, first, second, based_on=(1, 1))
    back = segment_series.bring_back(
        db, CLEO, of, version, [WayBack(segment=first, based_on=2, revision=1)], joined=[second]
    )
    assert back == [first, second]
    assert [(s.text, s.words, s.start_ms, s.end_ms, s.flags) for s in back] == before
    assert [s.id for s in version.segments][1:3] == [first.id, second.id]
    assert (first.revision, second.revision, second.replaced_by) == (3, 3, [])


def test_only_what_was_joined_since_comes_back(db: Session, told: Told) -> None:
    of, version = told
    first, second, third, other, _last = version.segments
    segments.merge(db, CLEO, of, version, first, second, based_on=(1, 1))
    for segment, to, joined in (
        (first, 2, second),  # at revision 2 the words were in it already
        (first, 1, third),  # was never joined to anything
        (other, 1, second),  # was joined to another
    ):
        way = WayBack(segment=segment, based_on=segment.revision, revision=to)
        assert refusal(
            lambda w=way, j=joined: segment_series.bring_back(  # type: ignore[misc]
                db, CLEO, of, version, [w], joined=[j]
            )
        ) == ("joined", "not_joined_here")


def test_a_way_back_from_an_earlier_state_is_stale(db: Session, told: Told) -> None:
    of, version = told
    first = version.segments[0]
    segments.save(db, CLEO, of, version, first, segments.Change(text="Thưa."), based_on=1)
    with pytest.raises(Stale) as stale:
        segment_series.bring_back(
            db, CLEO, of, version, [WayBack(segment=first, based_on=1, revision=1)]
        )
    assert (stale.value.segment_id, first.text) == (first.id, "Thưa.")


def test_the_words_of_a_joined_segment_are_found_where_they_are(db: Session, told: Told) -> None:
    of, version = told
    first, second, third = version.segments[1:4]
    segments.merge(db, CLEO, of, version, second, third, based_on=(1, 1))
    segments.merge(db, CLEO, of, version, first, second, based_on=(1, 2))
    [place] = segments.where_now(db, third)
    assert place.segment is first
    assert place.at is not None
    assert first.text[place.at : place.at + place.length] == third.text
    change = segments.Change(text=first.text.replace("máy", "giếng"))
    segments.save(db, CLEO, of, version, first, change, based_on=2)
    assert [p.at for p in segments.where_now(db, third)] == [None]


def test_an_approved_version_and_other_roles_are_left_alone(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    of, version = told
    left, right = version.segments[:2]
    acts: list[Callable[[Actor], object]] = [
        lambda who: segment_series.move_boundary(
            db, who, of, version, left, right, at_ms=3_000
        ),
        lambda who: segment_series.shift(db, who, of, version, first=left, by_ms=5),
        lambda who: segment_series.replace(
            db, who, of, version, [left], find="bà", put="cô", expected=1
        ),
        lambda who: segment_series.bring_back(
            db, who, of, version, [WayBack(segment=left, based_on=1, revision=1)]
        ),
        lambda who: segment_series.insert(
            db, who, of, version,
            NewSegment(id=new_id(), start_ms=40_000, end_ms=41_000, text="A"), after=None,
        ),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(NotAllowed):
            act(actor_of("hoa"))
    spoken.approve(db, of, version)
    for act in acts:
        with pytest.raises(NotAllowed) as refused:
            act(CLEO)
        assert refused.value.decision.reason == "frozen"
