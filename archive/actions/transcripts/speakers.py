"""Names of speakers: in full for readers, title and given name for editors.

An open version has the names of today; an approved one those under which it was approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from archive import access
from archive.access import Rights
from archive.actions.catalogue import names
from archive.actions.catalogue.names import DisplayName
from archive.models import (
    ApprovedSpeaker,
    Contribution,
    Interview,
    Recording,
    Segment,
    TranscriptVersion,
)
from archive.models.vocabulary import ContributionRole


@dataclass(frozen=True)
class Speaker:
    """Name and role of a speaker; `has_record`: linked to a contribution.

    `role` is witness, interviewer, other or empty. `full_today` is the full name that an
    approved version would have now, empty where it is the same.
    """

    full: str
    short: str
    role: str
    has_record: bool
    full_today: str = ""


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A contribution as a version names it; `name` is that of the person, without a label."""

    contribution: Contribution
    role: ContributionRole
    name: DisplayName
    speaker: Speaker


UNNAMED = Speaker("", "", "", has_record=False)


class VersionSpeakers:
    """Names the speakers of one version of an interview for one reader; None: of no version."""

    def __init__(
        self, rights: Rights, interview: Interview, version: TranscriptVersion | None
    ) -> None:
        self._rights = rights
        self._version = version
        self._contributions = {c.id: c for c in interview.contributions}
        self._approved: dict[str, ApprovedSpeaker] = {}
        if version is not None and version.state == "approved":
            self._approved = {a.contribution_id: a for a in version.approved_speakers}

    def participant(self, contribution: Contribution) -> Participant:
        """Return a contribution with the name that the reader may have."""
        person = names.name_for(self._rights, contribution.person)
        label = names.label_for(self._rights, contribution)
        today = _participant(contribution, contribution.role, person, label)
        approved = self._approved.get(contribution.id)
        if approved is None:
            return today
        person_then = names.approved_name_for(self._rights, approved, contribution)
        if person_then is None:
            return _participant(contribution, approved.role, person, "")
        then = _participant(contribution, approved.role, person_then, approved.speaker_label)
        if then.speaker.full == today.speaker.full:
            return then
        return replace(then, speaker=replace(then.speaker, full_today=today.speaker.full))

    def speaker(self, contribution_id: str | None, label: str) -> Speaker:
        """Return the speaker for the contribution id and label of a segment or revision.

        Names are empty for an unnamed speaker; the role of one without a contribution is that
        of the imported file.
        """
        contribution = self._contributions.get(contribution_id or "")
        if contribution is not None:
            return self.participant(contribution).speaker
        roles = self._version.options.get("roles", {}) if self._version is not None else {}
        return Speaker(label, label, roles.get(label, ""), has_record=False)


def keep_approved(version: TranscriptVersion, interview: Interview) -> None:
    """Keep names and roles of all contributions with a version that is approved now."""
    version.approved_speakers = [names.keep_name(c) for c in interview.contributions]


def load_approved(db: Session, versions: Iterable[TranscriptVersion]) -> None:
    """Load the kept names of approved versions, in one query for all of them."""
    approved = {version.id: version for version in versions if version.state == "approved"}
    if not approved:
        return
    found: dict[str, list[ApprovedSpeaker]] = {version_id: [] for version_id in approved}
    kept = select(ApprovedSpeaker).where(ApprovedSpeaker.version_id.in_(sorted(approved)))
    for row in db.scalars(kept.options(joinedload(ApprovedSpeaker.person))):
        found[row.version_id].append(row)
    for version_id, rows in found.items():
        set_committed_value(approved[version_id], "approved_speakers", rows)


def participants(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion | None
) -> list[Participant]:
    """Return the listed contributions, then removed ones that still speak in the version.

    Of the latter only those who speak where the reader may read.
    """
    of_version = VersionSpeakers(rights, interview, version)
    contributions = _participating(db, rights, interview, version)
    return [of_version.participant(contribution) for contribution in contributions]


def _participating(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion | None
) -> Sequence[Contribution]:
    removed = [c for c in interview.contributions if c.removed_at is not None]
    if not removed or version is None:
        return interview.listed_contributions
    spoken = (
        select(Segment.contribution_id)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(
            Segment.version_id == version.id,
            Segment.ended_at.is_(None),
            Segment.contribution_id.in_([c.id for c in removed]),
        )
    )
    speaking = set(db.scalars(access.readable_recordings(spoken, rights)))
    return [*interview.listed_contributions, *(c for c in removed if c.id in speaking)]


def _participant(
    contribution: Contribution, role: ContributionRole, name: DisplayName, label: str
) -> Participant:
    speaker = Speaker(
        full=label or name.titled,
        short=label or name.short,
        role=role if role in ("witness", "interviewer") else "other",
        has_record=True,
    )
    return Participant(contribution=contribution, role=role, name=name, speaker=speaker)
