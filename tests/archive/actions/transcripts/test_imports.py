"""Texts from elsewhere: who may import them, in which state, and whose voices they name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.transcripts import imports, versions
from archive.actions.transcripts.imports import EmptyImport
from archive.actions.transcripts.versions import WrongState
from archive.models import Interview
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")


@pytest.fixture
def of(db: Session) -> Interview:
    return sample_transcript.add_interview(db)


def import_sample(
    db: Session, of: Interview, state: str, *, rights: Rights = TEST
) -> TranscriptVersion:
    return imports.import_transcript(
        db,
        rights,
        of,
        language="vi",
        state=state,
        source="băng 1.vtt",
        segments=[(None, s) for s in sample_transcript.machine_segments()],
        warnings=[(3, "overlap", "Hồi đó")],
        reason="in tests",
    )


@pytest.mark.parametrize(
    ("state", "shown", "segment"),
    [("machine", False, "machine"), ("corrected", False, "machine"), ("approved", True, "machine")],
)
def test_import_transcript_has_chosen_state(
    db: Session, of: Interview, state: str, *, shown: bool, segment: str
) -> None:
    sample_transcript.add_approved_version(db, of)
    made = import_sample(db, of, state)
    assert (made.kind, made.state, made.note) == ("imported", state, "băng 1.vtt")
    assert made.options == {"noticed": [[3, "overlap", "Hồi đó"]]}
    assert (made.is_current, made.segments[0].state) == (shown, segment)
    assert (made.approved_at is not None) == (state == "approved")


def test_import_transcript_corrected_replaces_unapproved_current(
    db: Session, of: Interview
) -> None:
    sample_transcript.add_version(db, of)
    assert import_sample(db, of, "machine").is_current, "nobody had touched the other one"
    made = import_sample(db, of, "corrected")
    assert versions.current_version(db, of) is made
    assert not import_sample(db, of, "machine").is_current


def test_import_transcript_checks_rights_state_and_segments(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    assert import_sample(db, of, "corrected", rights=rights_of("cleo")).number == 1
    for who, state in (("cleo", "approved"), ("rob", "machine"), ("sam", "machine")):
        with pytest.raises(NotAllowed):
            import_sample(db, of, state, rights=rights_of(who))
    with pytest.raises(WrongState):
        import_sample(db, of, "editing")
    with pytest.raises(EmptyImport):
        imports.import_transcript(
            db, TEST, of, language="vi", state="machine", segments=[], source="rỗng.txt"
        )
    assert len(versions.list_versions(db, of)) == 1


@pytest.mark.parametrize("label", ["Bà Sen", "bà nguyễn thị sen", "Nguyễn Thị Sen", "BÀ SEN"])
def test_import_transcript_matches_speakers_by_any_name(
    db: Session, of: Interview, label: str
) -> None:
    made = imports.import_transcript(
        db,
        TEST,
        of,
        language="vi",
        state="corrected",
        source="a.txt",
        segments=[
            (None, TranscriptSegment(id="", start_ms=0, end_ms=900, text="Dạ.", speaker=label)),
            (
                None,
                TranscriptSegment(id="", start_ms=900, end_ms=999, text="Ừ.", speaker="Ông Bảy"),
            ),
        ],
    )
    witness = next(c for c in of.contributions if c.role == "witness")
    assert made.segments[0].contribution_id == witness.id
    assert (made.segments[1].contribution_id, made.segments[1].speaker_label) == (None, "Ông Bảy")
    assert [w[2] for w in made.segments[0].words] == ["Dạ."]
