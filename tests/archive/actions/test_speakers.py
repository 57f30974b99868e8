"""What a speaker is called."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.actions import speakers
from archive.actions.speakers import Speaker
from archive.models import Interview
from tests import spoken


@pytest.fixture
def of(db: Session) -> Interview:
    return spoken.interview(db)


def test_a_person_has_a_long_and_a_short_name(of: Interview) -> None:
    witness, interviewer = of.contributions
    assert speakers.of_contribution(witness) == Speaker(
        "Bà Nguyễn Thị Sen", "Bà Sen", "witness", known=True
    )
    assert speakers.of_contribution(interviewer) == Speaker(
        "Trần Minh", "Minh", "interviewer", known=True
    )


def test_the_name_in_the_transcript_goes_first(of: Interview) -> None:
    witness = of.contributions[0]
    witness.speaker_label = "Má Sáu"
    assert speakers.of_contribution(witness) == Speaker("Má Sáu", "Má Sáu", "witness", known=True)


def test_who_only_wrote_it_down_is_another(of: Interview) -> None:
    of.contributions[1].role = "transcriber"
    assert speakers.of_contribution(of.contributions[1]).role == "other"


def test_a_voice_without_a_record_is_its_label(of: Interview) -> None:
    assert speakers.of_voice(of, None, "Ông hàng xóm") == Speaker(
        "Ông hàng xóm", "Ông hàng xóm", "", known=False
    )
    assert speakers.of_voice(of, None, "") == Speaker("", "", "", known=False)
    assert speakers.of_voice(of, "01JD0000000000000000000000", "") == speakers.of_voice(
        of, None, ""
    )
