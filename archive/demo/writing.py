"""Writes a typed transcript of the sample as an office would: typed, corrected, approved.

The historian of the sample brings the text in, its editor corrects it turn by turn, its
reviewer approves it, so that the history which a visitor opens is a real one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Actor
from archive.actions import accounts, segments, transcripts
from archive.actions.segment_changes import Change
from archive.demo.contents import Correction, SampleArchive, SampleText
from archive.models import Interview, TranscriptVersion, User
from archive.settings import Settings

SOURCE = "Bản đánh máy có ghi mốc giờ, không kèm băng (mẫu minh họa, hư cấu)"


class CorrectionLost(ValueError):
    """A correction names words that are not in its turn: a fault in the sample's own files."""


def staff(db: Session, sample: SampleArchive, settings: Settings) -> dict[str, Actor]:
    """The accounts of the sample as actors, by role."""
    emails = [account.email for account in sample.accounts]
    users = db.scalars(select(User).where(User.email.in_(emails), User.is_sample))
    return {user.role: accounts.actor_of(user, settings) for user in users}


def write(db: Session, staff: dict[str, Actor], interview: Interview, text: SampleText) -> None:
    """Bring the text to its state; a second version follows only an approved one."""
    version = transcripts.bring_in(
        db, staff["historian"], interview, language=interview.language, state="corrected",
        spoken=[(None, segment) for segment in text.segments], source=SOURCE,
    )  # fmt: skip
    if text.corrections or text.state == "editing":
        transcripts.take_back(db, staff["editor"], interview, version)
    _correct(db, staff["editor"], interview, version, text.corrections)
    _bring_to(db, staff, interview, version, text.state)
    if text.second is not None:
        following = transcripts.open_next(
            db, staff["reviewer"], interview, version, reason=text.second.reason
        )
        _correct(db, staff["editor"], interview, following, text.second.corrections)
        _bring_to(db, staff, interview, following, text.second.state)


def _bring_to(
    db: Session, staff: dict[str, Actor], interview: Interview, version: TranscriptVersion,
    state: str,
) -> None:  # fmt: skip
    if state in ("corrected", "approved") and version.state == "editing":
        transcripts.hand_in(db, staff["editor"], interview, version)
    if state == "approved":
        transcripts.approve(db, staff["reviewer"], interview, version)


def _correct(
    db: Session, editor: Actor, interview: Interview, version: TranscriptVersion,
    corrections: Sequence[Correction],
) -> None:  # fmt: skip
    for correction in corrections:
        turn = next((s for s in version.segments if s.start_ms == correction.at_ms), None)
        if turn is None or turn.text.count(correction.typed) != 1:
            raise CorrectionLost(f"{interview.accession}: {correction.typed!r}")
        change = Change(text=turn.text.replace(correction.typed, correction.heard), state="heard")
        segments.save(db, editor, interview, version, turn, change, based_on=turn.revision)
