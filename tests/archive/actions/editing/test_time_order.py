"""Whatever is done to the structure: the order that a save demands holds, and history returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import read_spans
from archive.actions.editing.segments import SegmentChange, SegmentRefused
from archive.actions.editing.structure import NewSegment
from archive.actions.transcripts.words import to_document, unpack
from archive.models import Segment, SegmentRevision, TranscriptVersion
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.segment_changes import CLEO
from transcription.document import validate
from transcription.time_order import LEAST_SHOWN_MS, order_faults

# Two people who interrupt each other: the times of their segments overlap.
CROSS_TALK = (
    ("witness", 0, 10_000, "Hồi đó hẻm tôi có cái giếng chung, cả xóm gánh nước."),
    ("interviewer", 2_000, 3_000, "Dạ vậy hả bà?"),
    ("interviewer", 4_000, 6_500, "Giếng ở đầu hẻm hay cuối hẻm?"),
    ("witness", 10_000, 18_000, "Đầu hẻm, sát nhà ông Bảy, bây giờ lấp rồi."),
    ("interviewer", 16_000, 22_000, "Lấp năm nào bà còn nhớ không ạ?"),
    ("witness", 20_000, 30_000, "Năm tám mươi sáu, hồi có nước máy."),
    ("interviewer", 30_000, 31_000, "Dạ."),
)
# As an imported file may have them: out of order, and one speaker twice at once.
DISORDERED = (
    ("witness", 8_000, 16_000, "Đầu hẻm, sát nhà ông Bảy."),
    ("interviewer", 2_000, 3_000, "Dạ vậy hả bà?"),
    ("witness", 9_000, 12_000, "Bây giờ lấp rồi."),
    ("witness", 5_000, 10_000, "Hồi đó hẻm tôi có cái giếng chung."),
)
NO_TIME_LEFT = {"field": "start", "why": "no_time_left", "can_fit": False}
KINDS = (
    *("split", "split_at", "merge", "merge", "delete", "undelete", "shift", "insert"),
    *("boundary", "times", "text", "speaker", "restore", "restore_fitted"),
)
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 20), st.integers(0, 40))


@dataclass
class EditedVersion:
    """A version, and what was done to it; refused steps change nothing."""

    draft: Draft
    refused: list[str] = field(default_factory=list)

    @property
    def living(self) -> list[Segment]:
        return self.draft.version.segments

    def all_segments(self) -> list[Segment]:
        db = self.draft.db
        return db.query(Segment).filter_by(version_id=self.draft.version.id).all()

    def do(self, step: tuple[str, int, int]) -> None:
        try:
            with self.draft.db.begin_nested():
                _carry_out(self, *step)
        except SegmentRefused as refused:
            self.draft.db.expire_all()
            self.refused.append(f"{step[0]} {refused.facts['why']}")


def _carry_out(edited: EditedVersion, kind: str, which: int, number: int) -> None:
    draft, rows = edited.draft, edited.living
    if not rows:
        return
    at = which % len(rows)
    one, rev = rows[at], rows[at].revision
    below = rows[at + 1] if at + 1 < len(rows) else None
    if kind in ("split", "split_at"):
        length = one.end_ms - one.start_ms
        segments.split(
            draft,
            one,
            based_on=rev,
            char=number % (len(one.text) + 1),
            at_ms=one.start_ms + length * number // 40 if kind == "split_at" else None,
            new_id=new_id(),
        )
    elif kind == "merge" and below is not None:
        segments.merge(draft, one, below, based_on=(rev, below.revision))
    elif kind == "delete" and len(rows) > 2:
        segments.drop(draft, one, based_on=rev, reason="thừa")
    elif kind == "undelete":
        ended = [s for s in edited.all_segments() if s.ended_at and not s.replaced_by]
        if ended:
            back = ended[which % len(ended)]
            segments.restore(draft, back, revision=back.revision, fit=number % 2 == 0)
    elif kind == "shift":
        structure.shift(draft, first=one, by_ms=500 * (number - 20))
    elif kind == "insert":
        start = max(0, one.start_ms + 250 * (number - 10))
        voice = (one.contribution_id or "") if number % 2 else "Cô Ba"
        new = NewSegment(id=new_id(), start_ms=start, end_ms=start + 700, text="Ừ", speaker=voice)
        structure.insert(draft, new, after=one)
    elif kind == "boundary" and below is not None:
        structure.move_boundary(draft, one, below, at_ms=one.start_ms + 400 * number)
    elif kind in ("times", "text", "speaker"):
        change = {
            "times": SegmentChange(
                start_ms=one.start_ms + 300 * (number - 20), end_ms=one.end_ms + 200 * (which - 10)
            ),
            "text": SegmentChange(text=f"{one.text} nữa"),
            "speaker": SegmentChange(speaker="" if number % 3 == 0 else "Cô Ba"),
        }[kind]
        segments.save(draft, one, change, based_on=rev)
    elif kind in ("restore", "restore_fitted"):
        segments.restore(draft, one, revision=1 + number % rev, fit=kind == "restore_fitted")


def _create(db: Session, lines: tuple[tuple[str, int, int, str], ...]) -> EditedVersion:
    of = sample_transcript.add_interview(db, f"LK-{new_id()}")
    return EditedVersion(Draft(db, CLEO, of, sample_transcript.add_version(db, of, lines=lines)))


def _faults(db: Session, version: TranscriptVersion) -> int:
    return len(order_faults(read_spans(db, version)))


def _assert_each_is_savable(edited: EditedVersion) -> None:
    """Save every segment with all of its fields named, then with a word more."""
    for one in edited.living:
        same = SegmentChange(
            text=one.text,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            speaker=one.contribution_id or one.speaker_label,
            state=one.state,
            flags=tuple(one.flags),
        )
        segments.save(edited.draft, one, same, based_on=one.revision)
        change = SegmentChange(text=f"{one.text} đó")
        segments.save(edited.draft, one, change, based_on=one.revision)
        assert validate(to_document(one)) == ()


def _restore(edited: EditedVersion, one: Segment, old: SegmentRevision) -> bool | None:
    """Restore a revision as it was, or else with fitted times; return whether it was fitted.

    None: refused, since the segments beside it leave it no time.
    """
    revision = one.revision
    for fit in (False, True):
        try:
            return segments.restore(edited.draft, one, revision=old.revision, fit=fit).is_fitted
        except SegmentRefused as refused:
            why = refused.facts
        assert one.revision == revision
        if not why["can_fit"]:
            break
    assert why == NO_TIME_LEFT
    return None


def _assert_every_revision_can_be_restored(edited: EditedVersion, most_faults: int) -> None:
    db = edited.draft.db
    for one in edited.all_segments():
        if one.replaced_by:
            continue  # its words are part of the segment that it was joined to
        for old in segments.revisions(db, one):
            is_fitted = _restore(edited, one, old)
            if is_fitted is None:
                continue
            if is_fitted:
                length = old.end_ms - old.start_ms
                assert one.end_ms - one.start_ms >= min(LEAST_SHOWN_MS, length or LEAST_SHOWN_MS)
            assert is_fitted == ((one.start_ms, one.end_ms) != (old.start_ms, old.end_ms))
            assert (one.text, one.state, one.ended_at) == (old.text, old.state, None)
            assert [w.text for w in unpack(one.words)] == [w[2] for w in old.words]
            assert validate(to_document(one)) == ()
            assert _faults(db, edited.draft.version) <= most_faults


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, max_size=10))
@example(steps=[("split", 0, 40)])  # the second half would stand before segments that begin earlier
@example(steps=[("merge", 4, 0)])  # the whole would last into the speaker's next segment
@example(steps=[("delete", 1, 0), ("times", 0, 25), ("undelete", 0, 0)])
@example(steps=[("split", 0, 20), ("restore_fitted", 0, 0)])
def test_structural_edits_keep_the_order_and_every_revision_can_be_restored(
    db: Session, steps: list[tuple[str, int, int]]
) -> None:
    with db.begin_nested() as outer:
        edited = _create(db, CROSS_TALK)
        for step in steps:
            edited.do(step)
            assert _faults(db, edited.draft.version) == 0, step
        _assert_each_is_savable(edited)
        _assert_every_revision_can_be_restored(edited, most_faults=0)
        outer.rollback()


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, max_size=6))
def test_disordered_transcript_can_be_saved_and_restored(
    db: Session, steps: list[tuple[str, int, int]]
) -> None:
    with db.begin_nested() as outer:
        edited = _create(db, DISORDERED)
        faults = _faults(db, edited.draft.version)
        assert faults > 0
        for step in steps:
            edited.do(step)
        _assert_each_is_savable(edited)
        _assert_every_revision_can_be_restored(edited, most_faults=99)
        outer.rollback()


def test_disordered_segments_can_be_put_in_order(db: Session) -> None:
    edited = _create(db, DISORDERED)
    first, second, third, fourth = edited.living
    for one, start, end in (
        (second, 8_500, 9_000),
        (third, 16_000, 18_000),
        (fourth, 19_000, 21_000),
    ):
        change = SegmentChange(start_ms=start, end_ms=end)
        segments.save(edited.draft, one, change, based_on=one.revision)
    assert _faults(db, edited.draft.version) == 0
    assert (first.revision, second.revision) == (1, 2)


def test_split_places_the_second_half_behind_segments_of_others(db: Session) -> None:
    edited = _create(db, CROSS_TALK)
    first, between, later = edited.living[:3]
    char = len("Hồi đó hẻm tôi có cái giếng chung,")
    half = new_id()
    segments.split(edited.draft, first, based_on=1, char=char, at_ms=3_500, new_id=half)
    assert [s.id for s in edited.living[:4]] == [first.id, between.id, half, later.id]
    joined = segments.merge(edited.draft, first, edited.living[2], based_on=(2, 1))
    assert (joined.text, joined.start_ms, joined.end_ms) == (CROSS_TALK[0][3], 0, 10_000)
    assert [s.id for s in edited.living[:3]] == [first.id, between.id, later.id]


def test_merge_ends_before_the_next_segment_of_the_speaker(db: Session) -> None:
    edited = _create(db, CROSS_TALK)
    above, interruption, following = edited.living[3:6]
    before = [(s.text, s.words, s.start_ms, s.end_ms) for s in (above, interruption)]
    joined = segments.merge(edited.draft, above, interruption, based_on=(1, 1))
    assert (joined.end_ms, following.start_ms) == (20_000, 20_000)
    assert validate(to_document(joined)) == ()
    structure.restore_many(
        edited.draft,
        [structure.Restoration(segment=above, based_on=2, revision=1)],
        joined=[interruption],
    )
    assert [(s.text, s.words, s.start_ms, s.end_ms) for s in (above, interruption)] == before


def test_save_is_refused_where_the_speaker_has_another_segment_behind_an_interruption(
    db: Session,
) -> None:
    edited = _create(db, CROSS_TALK)
    with pytest.raises(SegmentRefused) as refused:
        segments.save(edited.draft, edited.living[0], SegmentChange(end_ms=11_000), based_on=1)
    assert refused.value.facts == {"field": "start", "why": "times_overlap"}


def test_restore_with_fitted_times_keeps_words_and_names_the_change(db: Session) -> None:
    edited = _create(db, CROSS_TALK)
    first = edited.living[0]
    segments.split(edited.draft, first, based_on=1, char=20, at_ms=5_000, new_id=new_id())
    with pytest.raises(SegmentRefused) as refused:
        segments.restore(edited.draft, first, revision=1)
    assert refused.value.facts == {"field": "start", "why": "times_overlap", "can_fit": True}
    assert (first.text, first.revision) == ("Hồi đó hẻm tôi có cái", 2), "refused, and unchanged"
    segments.restore(edited.draft, first, revision=1, fit=True, reason="đủ lời")
    assert (first.text, first.start_ms, first.end_ms) == (CROSS_TALK[0][3], 0, 5_000)
    assert segments.revisions(db, first)[0].kind == "restore"


def _join_and_change(db: Session, lines: tuple[tuple[str, int, int, str], ...]) -> EditedVersion:
    """Join the first two segments, and set the end of the whole to where the third begins."""
    edited = _create(db, lines)
    first, second, third = edited.living
    segments.merge(edited.draft, first, second, based_on=(1, 1))
    at_ms = third.start_ms // 2
    segments.save(edited.draft, first, SegmentChange(end_ms=at_ms), based_on=2)
    segments.save(edited.draft, third, SegmentChange(start_ms=at_ms), based_on=1)
    return edited


def _undo_join(edited: EditedVersion, joined: Segment, *, fit: bool) -> structure.RestoredSegments:
    above = edited.living[0]
    restoration = structure.Restoration(segment=above, based_on=above.revision, revision=1)
    return structure.restore_many(edited.draft, [restoration], joined=[joined], fit=fit)


def test_undone_merge_whose_times_no_longer_fit_is_offered_with_fitted_times(db: Session) -> None:
    lines = tuple(
        ("witness", at, at + 8_000, text)
        for at, text in ((0, "Giếng ở đầu hẻm."), (8_000, "Sát nhà ông Bảy."), (16_000, "Lấp rồi."))
    )
    edited = _join_and_change(db, lines)
    joined = next(s for s in edited.all_segments() if s.ended_at)
    with pytest.raises(SegmentRefused) as refused:
        _undo_join(edited, joined, fit=False)
    assert refused.value.facts == {"field": "start", "why": "times_overlap", "can_fit": True}
    assert [s.text for s in edited.living] == ["Giếng ở đầu hẻm. Sát nhà ông Bảy.", "Lấp rồi."]
    assert _undo_join(edited, joined, fit=True).is_fitted
    assert [(s.text, s.start_ms, s.end_ms) for s in edited.living] == [
        ("Giếng ở đầu hẻm.", 0, 4_000),
        ("Sát nhà ông Bảy.", 4_000, 8_000),
        ("Lấp rồi.", 8_000, 24_000),
    ]
    assert all(validate(to_document(s)) == () for s in edited.living)


def test_restore_without_time_left_is_refused_and_changes_nothing(db: Session) -> None:
    edited = _create(db, tuple(("witness", at, at + 1_000, "Dạ.") for at in (0, 1_000, 2_000)))
    first, second, _third = edited.living
    segments.drop(edited.draft, second, based_on=1, reason="")
    segments.save(edited.draft, first, SegmentChange(end_ms=1_950), based_on=1)
    for fit in (False, True):
        with pytest.raises(SegmentRefused) as refused:
            segments.restore(edited.draft, second, revision=1, fit=fit)
        assert refused.value.facts == NO_TIME_LEFT
    assert second.ended_at is not None


def test_split_at_an_end_leaves_both_halves_time(db: Session) -> None:
    edited = _create(db, CROSS_TALK)
    first = edited.living[0]
    half = new_id()
    segments.split(edited.draft, first, based_on=1, char=12, at_ms=10_000, new_id=half)
    second = db.get_one(Segment, half)
    assert (first.end_ms, second.start_ms, second.end_ms) == (9_960, 9_960, 10_000)


def test_restored_segment_goes_behind_those_who_were_moved_before_it(db: Session) -> None:
    edited = _create(db, CROSS_TALK)
    interruption, question = edited.living[1:3]
    segments.drop(edited.draft, interruption, based_on=1, reason="")
    change = SegmentChange(start_ms=500, end_ms=1_500)
    segments.save(edited.draft, question, change, based_on=1)
    saved = segments.restore(edited.draft, interruption, revision=1, fit=True)
    assert (saved.is_fitted, interruption.start_ms, interruption.end_ms) == (False, 2_000, 3_000)
    assert edited.living.index(interruption) == 2


def test_restored_segment_after_the_end_of_the_recording_is_fitted(db: Session) -> None:
    edited = _create(db, (*CROSS_TALK, ("witness", 58_000, 60_500, "Hết rồi.")))
    last = edited.living[-1]
    segments.save(edited.draft, last, SegmentChange(end_ms=59_000), based_on=1)
    edited.draft.interview.recordings[0].duration_ms = 59_000
    last.recording_id = edited.draft.interview.recordings[0].id
    db.flush()
    with pytest.raises(SegmentRefused) as refused:
        segments.restore(edited.draft, last, revision=1)
    assert refused.value.facts == {"field": "end", "why": "after_the_end", "can_fit": True}
    saved = segments.restore(edited.draft, last, revision=1, fit=True)
    assert (saved.segment.end_ms, saved.is_fitted) == (60_000, True)


def test_merge_longer_than_a_segment_may_be_is_refused(db: Session) -> None:
    half = "một " * 2_600
    edited = _create(db, (("witness", 0, 9_000, half), ("witness", 9_000, 18_000, half)))
    with pytest.raises(SegmentRefused) as refused:
        segments.merge(edited.draft, *edited.living, based_on=(1, 1))
    assert refused.value.facts["why"] == "too_long"
