"""Reads what the sample archive holds: plain files beside this module, checked while read.

`house.toml` holds accounts, collections, places and people; `interviews/` one file for
each interview. A transcript is written there as an office types one, `[02:31] Bà Lụa: …`,
and is read by the same reader that any typed transcript goes through.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transcription.document import Segment
from transcription.engines.demo import SAMPLES_DIR
from transcription.formats.reading import read
from transcription.timecode import parse_timecode

HERE = Path(__file__).parent
PICTURES_DIR = HERE / "pictures"


@dataclass(frozen=True, kw_only=True)
class SampleAccount:
    """Somebody who may look around; the password is made when the sample is loaded."""

    email: str
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class SampleCollection:
    """A collection, under a code that no office would choose."""

    code: str
    title: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class SamplePlace:
    """A place in one period; `within` is the code of another one that stands before it."""

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
class IndexPoint:
    """An entry of the contents."""

    at_ms: int
    title: str
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What the editor found in the turn that begins at `at_ms`: `typed` should read `heard`."""

    at_ms: int
    typed: str
    heard: str


@dataclass(frozen=True, kw_only=True)
class SecondVersion:
    """Why an approved text was opened again, and what was put right in it."""

    reason: str
    state: str
    corrections: Sequence[Correction]


@dataclass(frozen=True, kw_only=True)
class SampleText:
    """A typed transcript, the state that it is brought to, and the corrections on the way."""

    state: str
    segments: Sequence[Segment]
    corrections: Sequence[Correction] = ()
    second: SecondVersion | None = None


@dataclass(frozen=True, kw_only=True)
class SampleInterview:
    """One interview. `sound` is heard by the worker; then there is no typed `text`."""

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
    audience: str
    plate: str
    witnesses: Sequence[str]
    interviewers: Sequence[str]
    contents: Sequence[IndexPoint]
    pictures: Sequence[Path]
    sound: Path | None = None
    text: SampleText | None = None

    @property
    def files(self) -> list[Path]:
        """What is brought into the vault, the recording first."""
        return [*([self.sound] if self.sound else []), *self.pictures]


@dataclass(frozen=True, kw_only=True)
class SampleArchive:
    """Everything. People go by a short key that the interviews use."""

    accounts: Sequence[SampleAccount]
    collections: Sequence[SampleCollection]
    places: Sequence[SamplePlace]
    people: dict[str, SamplePerson]
    interviews: Sequence[SampleInterview] = field(default=())


def read_all() -> SampleArchive:
    """The whole sample; the interviews with sound come first, so that one can watch early."""
    house = tomllib.loads((HERE / "house.toml").read_text("utf-8"))
    interviews = [
        _interview(tomllib.loads(path.read_text("utf-8")))
        for path in sorted((HERE / "interviews").glob("*.toml"))
    ]
    return SampleArchive(
        accounts=[SampleAccount(**row) for row in house["accounts"]],
        collections=[SampleCollection(**row) for row in house["collections"]],
        places=[SamplePlace(**row) for row in house["places"]],
        people={key: SamplePerson(**row) for key, row in house["people"].items()},
        interviews=sorted(interviews, key=lambda told: (told.sound is None, told.accession)),
    )


def _interview(row: dict[str, Any]) -> SampleInterview:
    sound, text = row.pop("sound", ""), row.pop("text", None)
    told_from_year, told_to_year = row.pop("told")
    return SampleInterview(
        told_from_year=told_from_year, told_to_year=told_to_year,
        sound=SAMPLES_DIR / sound if sound else None,
        text=_text(row["accession"], text) if text else None,
        contents=[
            IndexPoint(at_ms=_ms(at), title=title, body=body)
            for at, title, body in row.pop("contents", [])
        ],
        pictures=[PICTURES_DIR / name for name in row.pop("pictures", [])],
        **row | {"abstract": " ".join(row["abstract"].split())},
    )  # fmt: skip


def _text(accession: str, row: dict[str, Any]) -> SampleText:
    second = row.get("second")
    return SampleText(
        state=row["state"],
        segments=read(row["typed"].encode(), f"{accession}.txt").segments,
        corrections=_corrections(row),
        second=SecondVersion(
            reason=second["reason"], state=second["state"], corrections=_corrections(second)
        )
        if second
        else None,
    )


def _corrections(row: dict[str, Any]) -> list[Correction]:
    return [
        Correction(at_ms=_ms(at), typed=typed, heard=heard)
        for at, typed, heard in row.get("corrections", [])
    ]


def _ms(clock: str) -> int:
    found = parse_timecode(clock)
    if found is None:
        raise ValueError(f"{clock!r} is not a time")
    return found
