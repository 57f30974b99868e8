"""Approve a version: what it lacks is counted, and approving in spite of it needs a reason.

An approval names the state that its person was shown. It is refused if the text, or a count,
differs by then: the numbers that were confirmed are those of the approved text.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.transcripts import four_eyes, speakers, text_facts, versions
from archive.actions.transcripts.text_facts import TextFacts
from archive.actions.transcripts.versions import WrongState
from archive.models import Interview, TranscriptVersion
from archive.models.base import utc_now
from archive.models.vocabulary import VersionState
from archive.text import text_input

LONGEST_APPROVAL_REASON = 500
APPROVABLE_STATES: tuple[VersionState, ...] = ("editing", "corrected")


class NothingToApprove(Refused):
    """Raised for versions without words."""

    code = "nothing_to_approve"


class ChangedSinceReview(Refused):
    """Raised if the text or its counts are not those that the approver was shown."""

    code = "changed_since_review"


class ApprovalReasonMissing(Refused):
    """Raised if the version lacks something and no reason was given."""

    code = "approval_reason_missing"


class ApprovalReasonTooLong(Refused):
    """Raised if the reason has more than `longest` characters."""

    code = "approval_reason_too_long"


@dataclass(frozen=True, kw_only=True)
class Review:
    """What an approver is shown of a version, before the approval."""

    revision: int
    facts: TextFacts
    is_own_correction: bool

    @property
    def needs_reason(self) -> bool:
        """Return whether an approval needs a reason."""
        return self.facts.needs_reason or self.is_own_correction

    @property
    def counted(self) -> int:
        """Return the number of segments with words."""
        return self.facts.segments

    @property
    def seal(self) -> str:
        """Return the text that the form sends back; another one if text or counts differ."""
        facts = self.facts
        lacks = (facts.unheard, facts.flagged, facts.unnamed, int(self.is_own_correction))
        return "-".join(map(str, (self.revision, facts.segments, *lacks)))


def review(db: Session, rights: Rights, interview: Interview, version: TranscriptVersion) -> Review:
    """Return what the version lacks now."""
    access.require(rights, "approve", access.Scope(interview, version))
    return Review(
        revision=version.revision,
        facts=text_facts.facts_of_one(db, rights, version),
        is_own_correction=four_eyes.is_broken_by(db, rights.actor, version),
    )


def approve(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    *,
    seal: str | None = None,
    reason: str = "",
) -> None:
    """Approve the version: it becomes immutable and the current one.

    `seal` is that of the review that the approver was shown; None for programs, which show
    none. The reason is kept with the version.
    """
    access.require(rights, "approve", access.Scope(interview, version))
    db.flush()  # a refresh forgets what is not stored
    db.refresh(version, with_for_update=True)  # the lock of every edit
    if version.state not in APPROVABLE_STATES:
        raise WrongState(state=version.state)
    found = review(db, rights, interview, version)
    if not found.counted:
        raise NothingToApprove
    if seal is not None and seal != found.seal:
        raise ChangedSinceReview
    kept_reason = _require_reason(found, reason)
    versions.enter_state(version, "approved")
    version.approved_at, version.approved_by_id = utc_now(), rights.actor.user_id or None
    version.approval_reason = kept_reason
    speakers.keep_approved(version, interview)
    versions.make_current(db, version)
    _record(db, rights, interview, version, found)


def _require_reason(found: Review, reason: str) -> str:
    """Return the reason as it is stored; without invisible characters it may be empty."""
    cleaned = text_input.single_line(reason)
    if len(cleaned) > LONGEST_APPROVAL_REASON:
        raise ApprovalReasonTooLong(longest=LONGEST_APPROVAL_REASON)
    if found.needs_reason and not cleaned:
        raise ApprovalReasonMissing(is_own_correction=found.is_own_correction)
    return cleaned


def _record(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion, found: Review
) -> None:
    facts = found.facts
    audit.record(
        db,
        rights.actor,
        "transcript.approved",
        version,
        interview=interview,
        number=version.number,
        segments=facts.segments,
        unheard=facts.unheard,
        flagged=facts.flagged,
        unnamed=facts.unnamed,
        reason=version.approval_reason,
        role=rights.actor.role,
    )
    if found.is_own_correction:
        audit.record(
            db,
            rights.actor,
            "transcript.approved_alone",
            version,
            interview=interview,
            number=version.number,
            reason=version.approval_reason,
        )
