"""What a speaker is called."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.actions.transcripts import speakers
from archive.actions.transcripts.speakers import Speaker
from archive.models import Interview
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

MACHINE = rights_of_machine("test")


@pytest.fixture
def of(db: Session) -> Interview:
    return sample_transcript.add_interview(db)


def test_contribution_speaker_has_full_and_short_name(of: Interview) -> None:
    witness, interviewer = of.contributions
    assert speakers.contribution_speaker(MACHINE, witness) == Speaker(
        "Bà Nguyễn Thị Sen", "Bà Sen", "witness", has_record=True
    )
    assert speakers.contribution_speaker(MACHINE, interviewer) == Speaker(
        "Trần Minh", "Minh", "interviewer", has_record=True
    )


def test_contribution_speaker_prefers_speaker_label(of: Interview) -> None:
    witness = of.contributions[0]
    witness.speaker_label = "Má Sáu"
    assert speakers.contribution_speaker(MACHINE, witness) == Speaker(
        "Má Sáu", "Má Sáu", "witness", has_record=True
    )


def test_contribution_speaker_of_transcriber_has_role_other(of: Interview) -> None:
    of.contributions[1].role = "transcriber"
    assert speakers.contribution_speaker(MACHINE, of.contributions[1]).role == "other"


def test_voice_speaker_without_contribution_is_its_label(of: Interview) -> None:
    assert speakers.voice_speaker(MACHINE, of, None, "Ông hàng xóm") == Speaker(
        "Ông hàng xóm", "Ông hàng xóm", "", has_record=False
    )
    assert speakers.voice_speaker(MACHINE, of, None, "") == Speaker("", "", "", has_record=False)
    assert speakers.voice_speaker(
        MACHINE, of, "01JD0000000000000000000000", ""
    ) == speakers.voice_speaker(MACHINE, of, None, "")
