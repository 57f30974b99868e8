"""Add a typed transcript of the sample with its history: imported, corrected, approved.

The historian of the sample imports the text, its editor corrects single segments and its
reviewer approves it, so that the version history shown to a visitor is real.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.accounts import accounts
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import SegmentChange
from archive.actions.transcripts import approval, imports, versions
from archive.demo.sample_files import SampleArchive, SampleCorrection, SampleText
from archive.models import Interview, TranscriptVersion, User
from archive.settings import Settings

SOURCE = "Bản đánh máy có ghi mốc giờ, không kèm băng (mẫu minh họa, hư cấu)"


class CorrectionNotApplicable(ValueError):
    """A correction names words that its segment lacks: an error in the sample's files."""


def staff_by_role(db: Session, sample: SampleArchive, settings: Settings) -> dict[str, Rights]:
    """Return the accounts of the sample as actors, by role."""
    emails = [account.email for account in sample.accounts]
    users = db.scalars(select(User).where(User.email.in_(emails), User.is_sample))
    return {user.role: accounts.rights_of(db, user, settings) for user in users}


def add_transcript(
    db: Session, staff_by_role: dict[str, Rights], interview: Interview, text: SampleText
) -> None:
    """Import a text and bring it to its state; a second version follows an approved one."""
    version = imports.import_transcript(
        db,
        staff_by_role["historian"],
        interview,
        language=interview.language,
        state="corrected",
        segments=[(None, segment) for segment in text.segments],
        source=SOURCE,
    )
    if text.corrections or text.state == "editing":
        versions.withdraw(db, staff_by_role["editor"], interview, version)
    _apply_corrections(db, staff_by_role["editor"], interview, version, text.corrections)
    _advance_to_state(db, staff_by_role, interview, version, text.state)
    if text.second is not None:
        next_version = versions.open_next(
            db, staff_by_role["reviewer"], interview, version, reason=text.second.reason
        )
        _apply_corrections(
            db, staff_by_role["editor"], interview, next_version, text.second.corrections
        )
        _advance_to_state(db, staff_by_role, interview, next_version, text.second.state)


def _advance_to_state(
    db: Session,
    staff_by_role: dict[str, Rights],
    interview: Interview,
    version: TranscriptVersion,
    state: str,
) -> None:
    if state in ("corrected", "approved") and version.state == "editing":
        versions.submit(db, staff_by_role["editor"], interview, version)
    if state == "approved":
        approval.approve(db, staff_by_role["reviewer"], interview, version)


def _apply_corrections(
    db: Session,
    editor: Rights,
    interview: Interview,
    version: TranscriptVersion,
    corrections: Sequence[SampleCorrection],
) -> None:
    for correction in corrections:
        segment = next(
            (segment for segment in version.segments if segment.start_ms == correction.at_ms), None
        )
        if segment is None or segment.text.count(correction.old_text) != 1:
            raise CorrectionNotApplicable(f"{interview.accession}: {correction.old_text!r}")
        change = SegmentChange(
            text=segment.text.replace(correction.old_text, correction.new_text), state="heard"
        )
        segments.save(
            Draft(db, editor, interview, version), segment, change, based_on=segment.revision
        )
