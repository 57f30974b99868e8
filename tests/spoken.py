"""Builders for tests that are about words: an interview, its people, a version of its text.

The witness and the interviewer are invented, and so is what they say.
"""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy.orm import Session

from archive.access import Actor, machine
from archive.actions import transcripts
from archive.actions.transcripts import MachineOrigin
from archive.models import Contribution, Interview, Person, Recording, TranscriptVersion
from archive.models.base import new_id
from archive.names import NameParts, person_key
from transcription.document import Segment, Word, words_from_text
from transcription.engines.demo import SAMPLES_DIR

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


def interview(
    db: Session, accession: str = "LK-1", *, audience: str = "public", recorded: bool = True
) -> Interview:
    """An interview with a witness, an interviewer and perhaps one recording of a minute."""
    row = Interview(
        id=new_id(), accession=accession, title="Cái giếng trong hẻm", audience=audience,
        held_edtf="2020-03-12", held_as_told="12-03-2020",
        held_earliest_on=date(2020, 3, 12), held_latest_on=date(2020, 3, 12),
        place_as_told="quận Bình Thạnh",
    )  # fmt: skip
    db.add(row)
    db.flush()
    for position, (role, honorific, family, middle, given) in enumerate(
        (("witness", "Bà", "Nguyễn", "Thị", "Sen"), ("interviewer", "", "Trần", "", "Minh"))
    ):
        person = Person(
            id=new_id(), full_name=" ".join(filter(None, (family, middle, given))),
            family_name=family, middle_name=middle, given_name=given, honorific=honorific,
            sort_key=person_key(NameParts(family, middle, given)),
        )  # fmt: skip
        db.add(person)
        db.flush()
        db.add(Contribution(interview_id=row.id, person_id=person.id, role=role, position=position))
    if recorded:
        db.add(Recording(interview_id=row.id, part=1, duration_ms=LENGTH_MS))
    db.flush()
    db.expire(row)
    return row


def segments(lines: tuple[tuple[str, int, int, str], ...] = LINES) -> list[Segment]:
    """What a machine heard: words with times and doubt, and roles from the turns."""
    return [
        Segment(
            id="", start_ms=start, end_ms=end, text=text, role=role,
            words=words_from_text(text, start_ms=start, end_ms=end),
        )
        for role, start, end, text in lines
    ]  # fmt: skip


def sample(name: str = "interview_pha_rao") -> list[Segment]:
    """What one of the sample interviews says, with its exact word times."""
    told = json.loads((SAMPLES_DIR / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Segment(
            id="", start_ms=round(s["start"] * 1000), end_ms=round(s["end"] * 1000),
            text=s["text"], role=s["speaker"],
            words=tuple(
                Word(
                    start_ms=round(w["start"] * 1000), end_ms=round(w["end"] * 1000),
                    text=w["word"], confidence=0.9, source="asr",
                )
                for w in s["words"]
            ),
        )
        for s in told["segments"]
    ]  # fmt: skip


def version(
    db: Session, of: Interview, *, actor: Actor | None = None,
    lines: tuple[tuple[str, int, int, str], ...] = LINES,
) -> TranscriptVersion:  # fmt: skip
    """A version as the machine makes it; a first one is shown to readers."""
    return transcripts.make_machine_version(
        db, actor or machine("test"), of, language="vi", origin=ORIGIN,
        spoken=[(None, segment) for segment in segments(lines)],
    )  # fmt: skip


def hand_in(db: Session, of: Interview, made: TranscriptVersion) -> None:
    """Hand a version in, from the state that an editor's first change leaves it in."""
    made.state = "editing"
    transcripts.hand_in(db, machine("test"), of, made)


def approve(db: Session, of: Interview, made: TranscriptVersion) -> None:
    """Let a version go the whole way."""
    hand_in(db, of, made)
    transcripts.approve(db, machine("test"), of, made)


def approved(db: Session, of: Interview) -> TranscriptVersion:
    """A version that has gone the whole way."""
    made = version(db, of)
    approve(db, of, made)
    return made


def find(db: Session, accession: str = "LK-1") -> Interview:
    """An interview by its accession number."""
    return db.query(Interview).filter_by(accession=accession).one()
