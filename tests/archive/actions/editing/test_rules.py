"""What a change does to a segment, before any verb uses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.actions.editing.rebase import load_revision
from archive.actions.editing.rules import (
    SegmentChange,
    clean_flags,
    clean_text,
    has_effect,
    parse_speaker,
)
from archive.actions.editing.segments import SegmentRefused
from tests.support import sample_transcript


@given(st.text())
def test_clean_text_is_storable_and_idempotent(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned


def test_clean_text_keeps_soft_hyphen() -> None:
    assert clean_text("t\u00adu") == "t\u00adu"


def test_clean_flags_limits_number_and_length() -> None:
    assert clean_flags(["a" * 99, "b\x00"]) == ["a" * 40, "b"]
    assert len(clean_flags(["x"] * 99)) == 20


def test_parse_speaker_returns_contribution_or_label(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    witness = of.contributions[0]
    assert parse_speaker(of, witness.id) == (witness.id, "")
    assert parse_speaker(of, "  Ông \x00 Bảy ") == (None, "Ông Bảy")
    assert parse_speaker(of, "") == (None, "")
    assert parse_speaker(of, "x" * 999) == (None, "x" * 120)


def test_has_effect_only_for_different_fields(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    one = sample_transcript.add_version(db, of).segments[1]
    same = SegmentChange(
        text=f" {one.text}\n",
        start_ms=one.start_ms,
        end_ms=one.end_ms,
        speaker=one.contribution_id,
        state="machine",
        flags=(),
    )
    assert not has_effect(one, same)
    assert not has_effect(one, SegmentChange())
    for other in (
        SegmentChange(text="Khác"),
        SegmentChange(start_ms=1),
        SegmentChange(end_ms=1),
        SegmentChange(speaker=""),
        SegmentChange(state="heard"),
        SegmentChange(flags=("unclear",)),
    ):
        assert has_effect(one, other), other


def test_load_revision_unknown_raises_segment_refused(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    one = sample_transcript.add_version(db, of).segments[1]
    assert load_revision(db, one, 1).text == one.text
    with pytest.raises(SegmentRefused) as refused:
        load_revision(db, one, 2)
    assert refused.value.facts == {"field": "revision", "why": "unknown"}
