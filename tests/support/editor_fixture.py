"""Build a machine transcript of a sample interview for tests of the editor.

The interview, its people and its words are invented.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from archive.actions.transcripts import imports
from archive.actions.transcripts.imports import MachineOrigin
from archive.models import Contribution, Interview, MediaFile, Person, Recording
from archive.models.base import new_id
from archive.text.vietnamese_names import NameParts, person_key
from archive.toolbox import Toolbox
from media.derivatives import peaks
from tests.support.http_server import ROOT
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, Word

SAMPLES = ROOT / "transcription" / "engines" / "demo" / "samples"
ORIGIN = MachineOrigin(engine="whisper", model="demo", model_sha256="00", options={})
PHANTOM = "Cảm ơn các bạn đã theo dõi và hẹn gặp lại."
PEOPLE = (("witness", "Ông", "Lâm", "Vĩnh", "Hòa"), ("interviewer", "", "Trần", "Thị", "Minh"))


@dataclass(frozen=True)
class EditorFixture:
    """The ids of a built version; `segment_ids` in reading order, contributions by role."""

    version_id: str
    accession: str
    segment_ids: list[str]
    contribution_ids: dict[str, str]

    @property
    def address(self) -> str:
        """The path of the editor page, in Vietnamese."""
        return f"/vi/versions/{self.version_id}/edit"


def create(
    toolbox: Toolbox,
    accession: str = "LK-2020-006",
    *,
    sample: str = "interview_pha_rao",
    ghost: bool = False,
    parts: int = 1,
) -> EditorFixture:
    """Store a machine version of a sample with recording, peaks and low-confidence words."""
    sample_data = json.loads((SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
    with toolbox.database.writing() as db:
        interview = _interview(db, accession)
        placed_segments = []
        for part in range(1, parts + 1):
            recording = Recording(
                id=new_id(),
                interview_id=interview.id,
                part=part,
                duration_ms=round(sample_data["duration"] * 1000),
            )
            db.add(recording)
            db.flush()
            add_sound(db, toolbox, recording, SAMPLES / sample_data["audio"])
            placed_segments += [
                (recording.id, segment) for segment in machine_segments(sample_data, ghost=ghost)
            ]
        db.expire(interview)
        version = imports.add_machine_version(
            db,
            rights_of_machine("test"),
            interview,
            language="vi",
            origin=ORIGIN,
            segments=placed_segments,
        )
        return EditorFixture(
            version_id=version.id,
            accession=accession,
            segment_ids=[segment.id for segment in version.segments],
            contribution_ids={c.role: c.id for c in interview.contributions},
        )


def machine_segments(
    sample_data: dict[str, Any], *, ghost: bool = False
) -> list[TranscriptSegment]:
    """Return segments as a machine produces them; `ghost` adds a phantom phrase."""
    rng = random.Random(1975)
    segments = [
        TranscriptSegment(
            id="",
            start_ms=_ms(sentence["start"]),
            end_ms=_ms(sentence["end"]),
            text=sentence["text"],
            role=sentence["speaker"],
            words=tuple(
                Word(
                    start_ms=_ms(word["start"]),
                    end_ms=_ms(word["end"]),
                    text=word["word"],
                    confidence=0.4 if rng.random() < 0.08 else 0.95,
                    source="asr",
                )
                for word in sentence["words"]
            ),
        )
        for sentence in sample_data["segments"]
    ]
    if ghost:
        segments[3] = replace(segments[3], text=PHANTOM, words=(), flags=("phantom_phrase",))
    return segments


def add_sound(db: Session, toolbox: Toolbox, recording: Recording, file: Path) -> None:
    """Store the access copy and the peaks of a recording, as the worker does."""
    folder = toolbox.derivatives_dir / recording.id
    folder.mkdir(parents=True)
    access_copy = folder / file.name
    shutil.copy(file, access_copy)
    drawn = peaks.make(access_copy, folder, lambda _share: None)
    media_type = "audio/mp4" if file.suffix == ".m4a" else "audio/ogg"
    files = [("access", access_copy, media_type), ("peaks", drawn.path, drawn.media_type)]
    add_derivatives(db, toolbox, recording, files)


def add_derivatives(
    db: Session, toolbox: Toolbox, recording: Recording, files: Iterable[tuple[str, Path, str]]
) -> None:
    """Add a row for each (role, path, media type); the files lie in the derivatives folder."""
    for role, path, media_type in files:
        db.add(
            MediaFile(
                interview_id=recording.interview_id,
                recording_id=recording.id,
                role=role,
                path=path.relative_to(toolbox.derivatives_dir).as_posix(),
                media_type=media_type,
                filename=path.name,
                size_bytes=path.stat().st_size,
            )
        )


def _interview(db: Session, accession: str) -> Interview:
    interview = Interview(
        id=new_id(), accession=accession, title="Hai mươi năm chạy xe lam", audience="public"
    )
    db.add(interview)
    db.flush()
    for position, (role, honorific, family, middle, given) in enumerate(PEOPLE):
        person = Person(
            id=new_id(),
            full_name=f"{family} {middle} {given}",
            family_name=family,
            middle_name=middle,
            given_name=given,
            honorific=honorific,
            sort_key=person_key(NameParts(family, middle, given)),
        )
        db.add(person)
        db.flush()
        db.add(
            Contribution(
                id=new_id(),
                interview_id=interview.id,
                person_id=person.id,
                role=role,
                position=position,
            )
        )
    db.flush()
    return interview


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
