"""Playables and interviewer spans of several interviews."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.holdings import playback
from archive.models import MediaFile, Recording
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

TEST = rights_of_machine("test")
RightsOf = Callable[[str | None], Rights]


def test_playables_by_interview_returns_derivatives_per_part(db: Session) -> None:
    one, two = (
        sample_transcript.add_interview(db, "LK-1"),
        sample_transcript.add_interview(db, "LK-2", recorded=False),
    )
    second = Recording(interview_id=one.id, part=2, duration_ms=5_000)
    db.add(second)
    db.flush()
    db.expire(one)
    sound = MediaFile(
        interview_id=one.id,
        recording_id=second.id,
        role="access",
        path="a.m4a",
        media_type="audio/mp4",
    )
    failed = MediaFile(
        interview_id=one.id, recording_id=second.id, role="peaks", problem="no_copy_damaged"
    )
    damaged = MediaFile(  # a row of two interviews
        interview_id=two.id, recording_id=one.recordings[0].id, role="access", path="b.m4a"
    )
    db.add_all([sound, failed, damaged])
    db.flush()
    found = playback.playables_by_interview(db, TEST, [one, two])
    assert [p.recording.part for p in found[one.id]] == [1, 2]
    assert [p.access_id for p in found[one.id]] == ["", sound.id]
    assert (found[one.id][1].peaks_id, found[two.id]) == ("", [])


def test_interviewer_spans_only_for_readable_versions(db: Session, rights_of: RightsOf) -> None:
    machine, approved = (
        sample_transcript.add_interview(db, "LK-1"),
        sample_transcript.add_interview(db, "LK-2"),
    )
    sample_transcript.add_version(db, machine)
    sample_transcript.add_approved_version(db, approved)
    both = [machine, approved]
    of_staff, of_public = (
        playback.interviewer_spans(db, rights_of(name), both) for name in ("cleo", None)
    )
    assert set(of_staff) == {one.recordings[0].id for one in both}
    assert of_public == {approved.recordings[0].id: [(0, 4_000), (20_000, 24_000)]}
