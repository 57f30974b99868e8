"""What a change does to a segment, before any verb uses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.actions.segment_changes import (
    Change,
    clean,
    differs,
    revision_of,
    tidy_flags,
    voice_of,
)
from archive.actions.segments import SegmentRefused
from tests import spoken


@given(st.text())
def test_clean_text_can_be_stored_and_is_clean_already(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert "\x00" not in kept
    assert clean(kept) == kept


def test_the_soft_hyphen_is_a_letter_of_old_files_and_stays() -> None:
    assert clean("t\u00adu") == "t\u00adu"


def test_flags_have_bounds() -> None:
    assert tidy_flags(["a" * 99, "b\x00"]) == ["a" * 40, "b"]
    assert len(tidy_flags(["x"] * 99)) == 20


def test_a_voice_is_a_person_or_a_name(db: Session) -> None:
    of = spoken.interview(db)
    witness = of.contributions[0]
    assert voice_of(of, witness.id) == (witness.id, "")
    assert voice_of(of, "  Ông \x00 Bảy ") == (None, "Ông Bảy")
    assert voice_of(of, "") == (None, "")
    assert voice_of(of, "x" * 999) == (None, "x" * 120)


def test_a_change_is_one_only_where_it_differs(db: Session) -> None:
    of = spoken.interview(db)
    one = spoken.version(db, of).segments[1]
    same = Change(
        text=f" {one.text}\n", start_ms=one.start_ms, end_ms=one.end_ms,
        speaker=one.contribution_id, state="machine", flags=(),
    )  # fmt: skip
    assert not differs(one, same)
    assert not differs(one, Change())
    for other in (
        Change(text="Khác"), Change(start_ms=1), Change(end_ms=1), Change(speaker=""),
        Change(state="heard"), Change(flags=("unclear",)),
    ):  # fmt: skip
        assert differs(one, other), other


def test_a_revision_that_never_was_is_refused(db: Session) -> None:
    of = spoken.interview(db)
    one = spoken.version(db, of).segments[1]
    assert revision_of(db, one, 1).text == one.text
    with pytest.raises(SegmentRefused) as refused:
        revision_of(db, one, 2)
    assert refused.value.facts == {"field": "revision", "why": "unknown"}
