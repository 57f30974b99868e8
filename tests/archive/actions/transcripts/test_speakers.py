"""What a speaker is called."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.actions.catalogue import people
from archive.actions.catalogue.people import PersonFacts
from archive.actions.transcripts import (
    comparison,
    imports,
    labels,
    rendition,
    speakers,
    versions,
)
from archive.actions.transcripts.speakers import Speaker, VersionSpeakers
from archive.models import Contribution, Interview
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

MACHINE = rights_of_machine("test")


@pytest.fixture
def of(db: Session) -> Interview:
    return sample_transcript.add_interview(db)


def speaker_of(of: Interview, contribution: Contribution) -> Speaker:
    return VersionSpeakers(MACHINE, of, None).speaker(contribution.id, "")


def test_contribution_speaker_has_full_and_short_name(of: Interview) -> None:
    witness, interviewer = of.contributions
    assert speaker_of(of, witness) == Speaker(
        "Bà Nguyễn Thị Sen", "Bà Sen", "witness", has_record=True
    )
    assert speaker_of(of, interviewer) == Speaker(
        "Trần Minh", "Minh", "interviewer", has_record=True
    )


def test_contribution_speaker_prefers_speaker_label(of: Interview) -> None:
    witness = of.contributions[0]
    witness.speaker_label = "Má Sáu"
    assert speaker_of(of, witness) == Speaker("Má Sáu", "Má Sáu", "witness", has_record=True)


def test_contribution_speaker_of_transcriber_has_role_other(of: Interview) -> None:
    of.contributions[1].role = "transcriber"
    assert speaker_of(of, of.contributions[1]).role == "other"


def test_speaker_without_contribution_is_its_label(of: Interview) -> None:
    named = VersionSpeakers(MACHINE, of, None)
    assert named.speaker(None, "Ông hàng xóm") == Speaker(
        "Ông hàng xóm", "Ông hàng xóm", "", has_record=False
    )
    assert named.speaker(None, "") == Speaker("", "", "", has_record=False)
    assert named.speaker("01JD0000000000000000000000", "") == named.speaker(None, "")


def test_approved_version_keeps_names_roles_and_labels(db: Session, of: Interview) -> None:
    version = sample_transcript.add_version(db, of)
    witness, interviewer = of.contributions
    interviewer.speaker_label = "Người hỏi"
    sample_transcript.approve(db, of, version)
    people.update(db, MACHINE, witness.person, PersonFacts(full_name="Nguyễn Thị Sen Hồng"))
    interviewer.speaker_label, interviewer.role = "", "transcriber"
    db.flush()
    db.expire_all()
    named = VersionSpeakers(MACHINE, of, version)
    assert named.speaker(witness.id, "") == Speaker(
        "Bà Nguyễn Thị Sen", "Bà Sen", "witness", True, "Nguyễn Thị Sen Hồng"
    )
    assert named.speaker(interviewer.id, "") == Speaker(
        "Người hỏi", "Người hỏi", "interviewer", True, "Trần Minh"
    )
    following = versions.open_next(db, MACHINE, of, version, reason="sửa")
    assert VersionSpeakers(MACHINE, of, following).speaker(witness.id, "") == Speaker(
        "Nguyễn Thị Sen Hồng", "Hồng", "witness", has_record=True
    )
    assert [one.name.full for one in speakers.participants(db, MACHINE, of, version)] == [
        "Nguyễn Thị Sen",
        "Trần Minh",
    ]
    assert labels.citation_data(db, MACHINE, of, version).interviewers == ("Trần Minh",)
    assert labels.citation_data(db, MACHINE, of, following).interviewers == ()


def test_text_imported_as_approved_keeps_names(db: Session, of: Interview) -> None:
    version = imports.import_transcript(
        db,
        MACHINE,
        of,
        language="vi",
        state="approved",
        source="a.vtt",
        reason="in tests",
        segments=[(None, segment) for segment in sample_transcript.machine_segments()],
    )
    people.update(db, MACHINE, of.contributions[0].person, PersonFacts(full_name="Lê Sen"))
    db.expire_all()
    [_question, answer, *_others] = rendition.for_reader(db, MACHINE, of, version).turns
    assert (answer.speaker.full, answer.speaker.full_today) == ("Bà Nguyễn Thị Sen", "Lê Sen")


def test_person_renamed_after_an_approval_is_no_other_speaker_in_a_comparison(
    db: Session, of: Interview
) -> None:
    version = sample_transcript.add_approved_version(db, of)
    versions.open_next(db, MACHINE, of, version, reason="sửa")
    people.update(db, MACHINE, of.contributions[0].person, PersonFacts(full_name="Lê Sen"))
    db.expire_all()
    newest, *_others, oldest = comparison.list_states(db, of)
    compared = comparison.compare_states(db, MACHINE, of, oldest, newest)
    assert compared.different == 0
    assert compared.passages[1].before.voices == ["Bà Nguyễn Thị Sen"]
    assert compared.passages[1].after.voices == ["Lê Sen"]
