"""Build an interview with people and a transcript version.

The witness and the interviewer are invented, and so are their words.
"""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.transcripts import approval, imports, versions
from archive.actions.transcripts.imports import MachineOrigin
from archive.models import Contribution, Interview, Person, Recording, TranscriptVersion
from archive.models.base import new_id
from archive.text.vietnamese_names import NameParts, person_key
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, Word, words_from_text
from transcription.engines.demo import SAMPLES_DIR

Transcribed = tuple[Interview, TranscriptVersion]

LINES = (
    ("interviewer", 0, 4_000, "Thưa bà, hồi đó hẻm mình ra sao ạ?"),
    ("witness", 4_000, 12_000, "Hồi đó hẻm tôi có cái giếng chung."),
    ("witness", 12_000, 20_000, "Sáng nào mấy bà cũng ra gánh nước từ sớm."),
    ("interviewer", 20_000, 24_000, "Rồi sau này có nước máy phải không bà?"),
    ("witness", 24_000, 34_000, "Phải, tới năm tám mươi sáu mới có đồng hồ nước."),
)
LENGTH_MS = 60_000
ORIGIN = MachineOrigin(
    engine="whisper", model="small", model_sha256="9ecf779972d90ba4", options={"prompt": ""}
)


def add_interview(
    db: Session, accession: str = "LK-1", *, audience: str = "public", recorded: bool = True
) -> Interview:
    """Add an interview with a witness, an interviewer, and optionally a recording of one minute."""
    row = Interview(
        id=new_id(),
        accession=accession,
        title="Cái giếng trong hẻm",
        audience=audience,
        held_edtf="2020-03-12",
        held_as_told="12-03-2020",
        held_earliest_on=date(2020, 3, 12),
        held_latest_on=date(2020, 3, 12),
        place_as_told="quận Bình Thạnh",
    )
    db.add(row)
    db.flush()
    for position, (role, honorific, family, middle, given) in enumerate(
        (("witness", "Bà", "Nguyễn", "Thị", "Sen"), ("interviewer", "", "Trần", "", "Minh"))
    ):
        person = Person(
            id=new_id(),
            full_name=" ".join(filter(None, (family, middle, given))),
            family_name=family,
            middle_name=middle,
            given_name=given,
            honorific=honorific,
            sort_key=person_key(NameParts(family, middle, given)),
        )
        db.add(person)
        db.flush()
        db.add(Contribution(interview_id=row.id, person_id=person.id, role=role, position=position))
    if recorded:
        db.add(Recording(interview_id=row.id, part=1, duration_ms=LENGTH_MS))
    db.flush()
    db.expire(row)
    return row


def machine_segments(
    lines: tuple[tuple[str, int, int, str], ...] = LINES,
) -> list[TranscriptSegment]:
    """Return machine segments: words with times and confidence, and roles of the speakers."""
    return [
        TranscriptSegment(
            id="",
            start_ms=start,
            end_ms=end,
            text=text,
            role=role,
            words=words_from_text(text, start_ms=start, end_ms=end),
        )
        for role, start, end, text in lines
    ]


def sample_segments(name: str = "interview_pha_rao") -> list[TranscriptSegment]:
    """Return the segments of a sample interview with their exact word times."""
    data = json.loads((SAMPLES_DIR / f"{name}.json").read_text(encoding="utf-8"))
    return [
        TranscriptSegment(
            id="",
            start_ms=round(s["start"] * 1000),
            end_ms=round(s["end"] * 1000),
            text=s["text"],
            role=s["speaker"],
            words=tuple(
                Word(
                    start_ms=round(w["start"] * 1000),
                    end_ms=round(w["end"] * 1000),
                    text=w["word"],
                    confidence=0.9,
                    source="asr",
                )
                for w in s["words"]
            ),
        )
        for s in data["segments"]
    ]


def add_version(
    db: Session,
    interview: Interview,
    *,
    rights: Rights | None = None,
    lines: tuple[tuple[str, int, int, str], ...] = LINES,
) -> TranscriptVersion:
    """Add a machine version; the first one is shown to readers."""
    return imports.add_machine_version(
        db,
        rights or rights_of_machine("test"),
        interview,
        language="vi",
        origin=ORIGIN,
        segments=[(None, segment) for segment in machine_segments(lines)],
    )


def submit(db: Session, interview: Interview, version: TranscriptVersion) -> None:
    """Submit a version, after an editor has opened it."""
    version.state = "editing"
    versions.submit(db, rights_of_machine("test"), interview, version)


def approve(db: Session, interview: Interview, version: TranscriptVersion) -> None:
    """Submit and approve a version, of which every segment was heard."""
    for segment in version.segments:
        segment.state = "heard"
    submit(db, interview, version)
    approval.approve(db, rights_of_machine("test"), interview, version)


def add_approved_version(db: Session, interview: Interview) -> TranscriptVersion:
    """Add a version and approve it."""
    version = add_version(db, interview)
    approve(db, interview, version)
    return version


def find_interview(db: Session, accession: str = "LK-1") -> Interview:
    """Return an interview by its accession number."""
    return db.query(Interview).filter_by(accession=accession).one()
