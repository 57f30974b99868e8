"""A desk to correct at: the sample interview with its sound, and people who sit down at it.

The interview, its people and its words are invented.
"""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from archive.access import machine
from archive.actions import transcripts
from archive.actions.transcripts import MachineOrigin
from archive.models import Contribution, Interview, MediaFile, Person, Recording
from archive.models.base import new_id
from archive.names import NameParts, person_key
from archive.toolbox import Toolbox
from media.derivatives import peaks
from tests.live import ROOT
from transcription.document import Segment, Word

SAMPLES = ROOT / "transcription" / "engines" / "demo" / "samples"
ORIGIN = MachineOrigin(engine="whisper", model="demo", model_sha256="00", options={})
PHANTOM = "Cảm ơn các bạn đã theo dõi và hẹn gặp lại."
PEOPLE = (("witness", "Ông", "Lâm", "Vĩnh", "Hòa"), ("interviewer", "", "Trần", "Thị", "Minh"))


@dataclass(frozen=True)
class Put:
    """What lies on the desk: `segments` are ids in reading order."""

    version: str
    accession: str
    segments: list[str]
    people: dict[str, str]

    @property
    def address(self) -> str:
        """The page of the editor, in Vietnamese."""
        return f"/vi/versions/{self.version}/edit"


def put(
    toolbox: Toolbox, accession: str = "LK-2020-006", *, sample: str = "interview_pha_rao",
    ghost: bool = False, parts: int = 1,
) -> Put:  # fmt: skip
    """A machine's version of the sample interview, with sound, peaks and doubtful words."""
    told = json.loads((SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
    with toolbox.database.writing() as db:
        interview = _interview(db, accession)
        spoken = []
        for part in range(1, parts + 1):
            recording = Recording(
                id=new_id(), interview_id=interview.id, part=part,
                duration_ms=round(told["duration"] * 1000),
            )  # fmt: skip
            db.add(recording)
            db.flush()
            sound(db, toolbox, recording, SAMPLES / told["audio"])
            spoken += [(recording.id, segment) for segment in heard(told, ghost=ghost)]
        db.expire(interview)
        version = transcripts.make_machine_version(
            db, machine("test"), interview, language="vi", origin=ORIGIN, spoken=spoken
        )
        return Put(
            version=version.id, accession=accession, segments=[s.id for s in version.segments],
            people={c.role: c.id for c in interview.contributions},
        )  # fmt: skip


def heard(told: dict[str, Any], *, ghost: bool = False) -> list[Segment]:
    """What a machine would have heard; some words with doubt, and one sentence of its own."""
    draw = random.Random(1975)
    found = [
        Segment(
            id="", start_ms=_ms(s["start"]), end_ms=_ms(s["end"]), text=s["text"],
            role=s["speaker"],
            words=tuple(
                Word(start_ms=_ms(w["start"]), end_ms=_ms(w["end"]), text=w["word"],
                     confidence=0.4 if draw.random() < 0.08 else 0.95, source="asr")
                for w in s["words"]
            ),
        )
        for s in told["segments"]
    ]  # fmt: skip
    if ghost:
        found[3] = replace(found[3], text=PHANTOM, words=(), flags=("phantom_phrase",))
    return found


def sound(db: Session, toolbox: Toolbox, recording: Recording, file: Path) -> None:
    """The listening copy and the peaks of a recording, as the worker would have made them."""
    folder = toolbox.derivatives_dir / recording.id
    folder.mkdir(parents=True)
    copy = folder / file.name
    shutil.copy(file, copy)
    made = peaks.make(copy, folder, lambda _share: None)
    media_type = "audio/mp4" if file.suffix == ".m4a" else "audio/ogg"
    for role, path, kind in (("access", copy, media_type), ("peaks", made.path, made.media_type)):
        db.add(
            MediaFile(
                interview_id=recording.interview_id, recording_id=recording.id, role=role,
                path=path.relative_to(toolbox.derivatives_dir).as_posix(), media_type=kind,
                filename=path.name, size_bytes=path.stat().st_size,
            )
        )  # fmt: skip


def _interview(db: Session, accession: str) -> Interview:
    interview = Interview(
        id=new_id(), accession=accession, title="Hai mươi năm chạy xe lam", audience="public"
    )
    db.add(interview)
    db.flush()
    for position, (role, honorific, family, middle, given) in enumerate(PEOPLE):
        person = Person(
            id=new_id(), full_name=f"{family} {middle} {given}", family_name=family,
            middle_name=middle, given_name=given, honorific=honorific,
            sort_key=person_key(NameParts(family, middle, given)),
        )  # fmt: skip
        db.add(person)
        db.flush()
        db.add(
            Contribution(
                id=new_id(), interview_id=interview.id, person_id=person.id, role=role,
                position=position,
            )
        )  # fmt: skip
    db.flush()
    return interview


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
