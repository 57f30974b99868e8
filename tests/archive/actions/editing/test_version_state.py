"""A changed or heard word makes machine text a text that is being corrected; nothing else does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.editing.structure import NewSegment, Restoration
from archive.actions.transcripts import versions
from archive.actions.transcripts.versions import NothingToSubmit
from archive.models.base import new_id
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed

CLEO = rights_of_machine("Cleo")
Edit = Callable[[Draft], object]


def change(draft: Draft, number: int = 0, **values: object) -> None:
    segment = draft.version.segments[number]
    change = SegmentChange(**values)  # type: ignore[arg-type]
    segments.save(draft, segment, change, based_on=segment.revision)


def split(draft: Draft) -> None:
    one = draft.version.segments[1]
    segments.split(draft, one, based_on=one.revision, char=8, at_ms=None, new_id=new_id())


def merge(draft: Draft) -> None:
    first, second = draft.version.segments[1:3]
    segments.merge(draft, first, second, based_on=(first.revision, second.revision))


def name_voice(draft: Draft) -> None:
    """Name every segment of a voice, as one click on a suggested voice does."""
    segments.name_speaker(draft, draft.version.segments, speaker="Bà Tư")


def undo_of_speaker(draft: Draft) -> None:
    change(draft, speaker="Bà Tư")
    one = draft.version.segments[0]
    structure.restore_many(draft, [Restoration(segment=one, based_on=2, revision=1)])


def move_boundary(draft: Draft) -> None:
    structure.move_boundary(draft, *draft.version.segments[1:3], at_ms=12_200)


def shift(draft: Draft) -> None:
    structure.shift(draft, first=draft.version.segments[1], by_ms=200)


def insert(draft: Draft) -> None:
    new = NewSegment(id=new_id(), start_ms=35_000, end_ms=36_000, text="Dạ.")
    structure.insert(draft, new, after=draft.version.segments[-1])


def drop(draft: Draft) -> None:
    segments.drop(draft, draft.version.segments[0], based_on=1, reason="")


def replace(draft: Draft) -> None:
    structure.replace(draft, draft.version.segments, find="giếng", replacement="giêng", expected=1)


WITHOUT_WORDS: dict[str, Edit] = {
    "speaker": lambda draft: change(draft, speaker="Bà Tư"),
    "voice": name_voice,
    "undo of a speaker": undo_of_speaker,
    "flags": lambda draft: change(draft, flags=("unclear",)),
    "times": lambda draft: change(draft, number=4, end_ms=33_000),
    "boundary": move_boundary,
    "shift": shift,
    "split": split,
    "merge": merge,
}
WITH_WORDS: dict[str, Edit] = {
    "text": lambda draft: change(draft, text="Thưa bà?"),
    "heard": lambda draft: change(draft, state="heard"),
    "insert": insert,
    "drop": drop,
    "replace": replace,
}


@pytest.mark.parametrize("name", WITHOUT_WORDS)
def test_machine_text_stays_so_until_a_word_is_checked(
    db: Session, transcribed: Transcribed, name: str
) -> None:
    interview, version = transcribed
    WITHOUT_WORDS[name](Draft(db, CLEO, interview, version))
    assert version.revision > 1, "the edit was saved"
    assert version.state == "machine"
    with pytest.raises(NothingToSubmit):
        versions.submit(db, CLEO, interview, version)


@pytest.mark.parametrize("name", WITH_WORDS)
def test_changed_or_heard_word_makes_machine_text_edited(
    db: Session, transcribed: Transcribed, name: str
) -> None:
    interview, version = transcribed
    WITH_WORDS[name](Draft(db, CLEO, interview, version))
    assert version.state == "editing"


def test_speaker_named_after_submission_reopens_the_text(
    db: Session, transcribed: Transcribed
) -> None:
    """What was submitted is what is approved: any later change withdraws the submission."""
    interview, version = transcribed
    draft = Draft(db, CLEO, interview, version)
    change(draft, state="heard")
    versions.submit(db, CLEO, interview, version)
    change(draft, speaker="Bà Tư")
    assert version.state == "editing"
