"""Read the files of the sample archive beside this module, and check them.

`records.toml` holds accounts, collections, places and people; `interviews/` one file for
each interview. A transcript is typed as `[02:31] Bà Lụa: …` and parsed by the reader of
plain-text transcripts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.models.vocabulary import Audience, UserRole, VersionState
from transcription.document import TranscriptSegment
from transcription.engines.demo import SAMPLES_DIR
from transcription.formats.reading import read_transcript
from transcription.timecode import parse_timecode

DEMO_FOLDER = Path(__file__).parent
PICTURES_DIR = DEMO_FOLDER / "pictures"


@dataclass(frozen=True, kw_only=True)
class SampleAccount:
    """An account of the sample; its password is generated when the sample is loaded."""

    email: str
    name: str
    role: UserRole


@dataclass(frozen=True, kw_only=True)
class SampleCollection:
    """A collection; its code is one that no office would choose."""

    code: str
    title: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class SamplePlace:
    """A place in one period; `within` is the code of a place listed before it."""

    code: str
    name: str
    kind: str
    other_names: str = ""
    valid_from: str = ""
    valid_to: str = ""
    within: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SamplePerson:
    """An invented person; `order_name` is the name by order of birth, as neighbours use it."""

    full_name: str
    honorific: str = ""
    order_name: str = ""
    born_as_told: str = ""
    born_edtf: str = ""
    native_place: str = ""
    occupation: str = ""
    biography: str = ""


@dataclass(frozen=True, kw_only=True)
class SampleIndexPoint:
    """An index point of a sample interview."""

    at_ms: int
    title: str
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class SampleCorrection:
    """A correction of the segment that starts at `at_ms`: `old_text` becomes `new_text`."""

    at_ms: int
    old_text: str
    new_text: str


@dataclass(frozen=True, kw_only=True)
class SampleSecondVersion:
    """The second version of an approved text: its reason, state and corrections."""

    reason: str
    state: VersionState
    corrections: Sequence[SampleCorrection]


@dataclass(frozen=True, kw_only=True)
class SampleText:
    """A typed transcript, its final state and the corrections made before."""

    state: VersionState
    segments: Sequence[TranscriptSegment]
    corrections: Sequence[SampleCorrection] = ()
    second: SampleSecondVersion | None = None


@dataclass(frozen=True, kw_only=True)
class SampleInterview:
    """An interview of the sample archive, with a sound file to transcribe or with a text file."""

    accession: str
    title: str
    collection: str
    languages: list[str]
    held_as_told: str
    held_edtf: str
    told_from_year: int
    told_to_year: int
    place_as_told: str
    place: str
    abstract: str
    keywords: list[str]
    audience: Audience
    plate: str
    witnesses: Sequence[str]
    interviewers: Sequence[str]
    contents: Sequence[SampleIndexPoint]
    pictures: Sequence[Path]
    sound: Path | None = None
    text: SampleText | None = None

    @property
    def files(self) -> list[Path]:
        """The files to ingest, the recording first."""
        return [*([self.sound] if self.sound else []), *self.pictures]


@dataclass(frozen=True, kw_only=True)
class SampleArchive:
    """The whole sample; `people` has the short keys that interviews refer to."""

    accounts: Sequence[SampleAccount]
    collections: Sequence[SampleCollection]
    places: Sequence[SamplePlace]
    people: dict[str, SamplePerson]
    interviews: Sequence[SampleInterview] = field(default=())


def read_sample() -> SampleArchive:
    """Read the whole sample; interviews with sound come first, to be transcribed first."""
    records = tomllib.loads((DEMO_FOLDER / "records.toml").read_text("utf-8"))
    interviews = [
        _interview(tomllib.loads(path.read_text("utf-8")))
        for path in sorted((DEMO_FOLDER / "interviews").glob("*.toml"))
    ]
    return SampleArchive(
        accounts=[SampleAccount(**row) for row in records["accounts"]],
        collections=[SampleCollection(**row) for row in records["collections"]],
        places=[SamplePlace(**row) for row in records["places"]],
        people={key: SamplePerson(**row) for key, row in records["people"].items()},
        interviews=sorted(
            interviews, key=lambda on_progress: (on_progress.sound is None, on_progress.accession)
        ),
    )


def _interview(row: dict[str, Any]) -> SampleInterview:
    sound, text = row.pop("sound", ""), row.pop("text", None)
    told_from_year, told_to_year = row.pop("told")
    return SampleInterview(
        told_from_year=told_from_year,
        told_to_year=told_to_year,
        sound=SAMPLES_DIR / sound if sound else None,
        text=_text(row["accession"], text) if text else None,
        contents=[
            SampleIndexPoint(at_ms=_ms(at), title=title, body=body)
            for at, title, body in row.pop("contents", [])
        ],
        pictures=[PICTURES_DIR / name for name in row.pop("pictures", [])],
        **row | {"abstract": " ".join(row["abstract"].split())},
    )


def _text(accession: str, row: dict[str, Any]) -> SampleText:
    second = row.get("second")
    return SampleText(
        state=row["state"],
        segments=read_transcript(row["typed"].encode(), f"{accession}.txt").segments,
        corrections=_corrections(row),
        second=SampleSecondVersion(
            reason=second["reason"], state=second["state"], corrections=_corrections(second)
        )
        if second
        else None,
    )


def _corrections(row: dict[str, Any]) -> list[SampleCorrection]:
    return [
        SampleCorrection(at_ms=_ms(at), old_text=old_text, new_text=new_text)
        for at, old_text, new_text in row.get("corrections", [])
    ]


def _ms(clock: str) -> int:
    milliseconds = parse_timecode(clock)
    if milliseconds is None:
        raise ValueError(f"{clock!r} is not a time")
    return milliseconds
