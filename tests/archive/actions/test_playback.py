"""What a player and a drawing need, for several interviews at once, with the reader's rights."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from archive.access import Actor
from archive.actions import playback
from archive.models import MediaFile, Recording
from tests import spoken

ActorOf = Callable[[str | None], Actor]


def test_each_part_has_its_own_sound(db: Session) -> None:
    one, two = spoken.interview(db, "LK-1"), spoken.interview(db, "LK-2", recorded=False)
    second = Recording(interview_id=one.id, part=2, duration_ms=5_000)
    db.add(second)
    db.flush()
    db.expire(one)
    sound = MediaFile(
        interview_id=one.id, recording_id=second.id, role="access", path="a.m4a",
        media_type="audio/mp4",
    )  # fmt: skip
    failed = MediaFile(
        interview_id=one.id, recording_id=second.id, role="peaks", problem="no_copy_damaged"
    )
    db.add_all([sound, failed])
    db.flush()
    found = playback.playables(db, [one, two])
    assert [p.recording.part for p in found[one.id]] == [1, 2]
    assert [p.access_id for p in found[one.id]] == ["", sound.id]
    assert (found[one.id][1].peaks_id, found[two.id]) == ("", [])


def test_who_asks_is_drawn_only_where_the_text_may_be_read(db: Session, actor_of: ActorOf) -> None:
    machine, approved = spoken.interview(db, "LK-1"), spoken.interview(db, "LK-2")
    spoken.version(db, machine)
    spoken.approved(db, approved)
    both = [machine, approved]
    of_staff, of_public = (playback.asked(db, actor_of(name), both) for name in ("cleo", None))
    assert set(of_staff) == {one.recordings[0].id for one in both}
    assert of_public == {approved.recordings[0].id: [(0, 4_000), (20_000, 24_000)]}
