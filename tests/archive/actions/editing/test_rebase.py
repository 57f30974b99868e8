"""A save that started from an earlier revision leaves what colleagues changed since."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.models import Segment
from tests.support.sample_transcript import Transcribed
from tests.support.segment_changes import save_segment

LAST = 4  # no segment follows, so that its times can be moved both ways
FIELDS = ("text", "start_ms", "end_ms", "speaker", "state", "flags")
COLLEAGUE: dict[str, Any] = {
    "text": "Phải, tới năm tám mươi sáu mới có đồng hồ nước máy.",
    "start_ms": 25_000,
    "end_ms": 33_000,
    "speaker": "Người hàng xóm",
    "state": "heard",
    "flags": ("unclear",),
}
OURS: dict[str, Any] = {
    "text": "Phải, tới năm tám sáu mới có đồng hồ nước.",
    "start_ms": 24_500,
    "end_ms": 33_500,
    "speaker": "Bà Tư",
    "state": "edited",
    "flags": ("names",),
}


def fields_of(segment: Segment) -> dict[str, Any]:
    """Every field of a segment under the name that a change has for it."""
    return {
        "text": segment.text,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "speaker": segment.contribution_id or segment.speaker_label,
        "state": segment.state,
        "flags": tuple(segment.flags),
    }


def test_stale_save_of_unchanged_fields_keeps_every_field_of_a_colleague(
    db: Session, transcribed: Transcribed
) -> None:
    base = fields_of(transcribed[1].segments[LAST])
    assert all(base[name] != COLLEAGUE[name] for name in FIELDS)
    save_segment(db, transcribed, LAST, **COLLEAGUE)
    saved = save_segment(db, transcribed, LAST, based_on=1, **base).segment
    assert fields_of(saved) == COLLEAGUE
    assert saved.revision == 2  # nothing was left to change


@pytest.mark.parametrize("ours", [name for name in FIELDS if name != "text"])
def test_stale_save_of_one_changed_field_keeps_the_others_of_a_colleague(
    db: Session, transcribed: Transcribed, ours: str
) -> None:
    base = fields_of(transcribed[1].segments[LAST])
    save_segment(db, transcribed, LAST, **COLLEAGUE)
    saved = save_segment(db, transcribed, LAST, based_on=1, **{**base, ours: OURS[ours]}).segment
    assert fields_of(saved) == {**COLLEAGUE, ours: OURS[ours]}


def test_stale_save_of_text_keeps_times_speaker_and_flags_of_a_colleague(
    db: Session, transcribed: Transcribed
) -> None:
    base = fields_of(transcribed[1].segments[LAST])
    save_segment(db, transcribed, LAST, **COLLEAGUE)
    saved = save_segment(db, transcribed, LAST, based_on=1, **{**base, "text": OURS["text"]})
    merged = "Phải, tới năm tám sáu mới có đồng hồ nước máy."
    # New words are not checked against the recording, so the state is no longer "heard".
    assert fields_of(saved.segment) == {**COLLEAGUE, "text": merged, "state": "edited"}
