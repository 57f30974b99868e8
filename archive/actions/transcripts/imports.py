"""New versions from machine transcription and from imported transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import names
from archive.actions.transcripts import approval, versions
from archive.actions.transcripts.words import pack
from archive.models import (
    Contribution,
    Interview,
    Recording,
    Segment,
    TranscriptVersion,
)
from archive.models.base import new_id
from archive.models.vocabulary import VersionState, member
from archive.text import fractional_index
from transcription.document import TranscriptSegment, words_from_text

MAX_WARNINGS = 100
IMPORT_STATES: tuple[VersionState, ...] = ("machine", "corrected", "approved")
NO_SUCH_PART = "no_such_part"


class EmptyImport(Refused):
    """Raised if the imported file has no segments."""

    code = "text_refused"


@dataclass(frozen=True, kw_only=True)
class MachineOrigin:
    """Provenance of machine text: engine, model and options, stored with the version."""

    engine: str
    model: str
    model_sha256: str
    options: dict[str, Any]


ImportWarning = tuple[int, str, str]  # line (0: whole file), code, quoted text


PlacedSegment = tuple[str | None, TranscriptSegment]  # recording id and segment


def add_machine_version(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    language: str,
    origin: MachineOrigin,
    segments: Sequence[PlacedSegment],
) -> TranscriptVersion:
    """Add a machine version; it becomes current only if no edited version is."""
    access.require(rights, "transcribe", access.Scope(interview))
    version = versions.new_version(
        db, rights, interview, language=language, kind="machine", state="machine"
    )
    version.engine, version.model = origin.engine, origin.model
    version.model_sha256, version.options = origin.model_sha256, origin.options
    _add_segments(db, version, interview, segments, rights)
    audit.record(
        db,
        rights.actor,
        "transcript.made",
        version,
        interview=interview,
        number=version.number,
        engine=origin.engine,
        model=origin.model,
        model_sha256=origin.model_sha256,
    )
    return version


def assign_recordings(
    interview: Interview, segments: Iterable[TranscriptSegment]
) -> tuple[list[PlacedSegment], list[ImportWarning]]:
    """Assign each segment to the recording of its part; return warnings for missing parts.

    Segments of a missing part are assigned to the first recording when they are stored.
    """
    recordings = {recording.part: recording.id for recording in interview.recordings}
    placed = [(recordings.get(segment.recording), segment) for segment in segments]
    parts = recordings.keys() or {1}  # without recordings, part 1 is accepted
    missing = {segment.recording for _, segment in placed} - parts
    return placed, [(0, NO_SUCH_PART, str(part)) for part in sorted(missing)]


def import_transcript(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    language: str,
    state: str,
    segments: Sequence[PlacedSegment],
    source: str,
    warnings: Sequence[ImportWarning] = (),
    reason: str = "",
) -> TranscriptVersion:
    """Add a transcript from a file, in the state that the user chose.

    The first `warnings` about the file are stored with the version. `approved` is imported as
    corrected and then approved, with the `reason` that what it lacks needs.
    """
    access.require(rights, "import_text", access.Scope(interview))
    version_state = member(IMPORT_STATES, state)
    if version_state is None:
        raise versions.WrongState(state=state)
    if state == "approved":
        access.require(rights, "approve", access.Scope(interview))
    if not segments:
        raise EmptyImport(source=source)
    stored_state: VersionState = "corrected" if version_state == "approved" else version_state
    version = versions.new_version(
        db, rights, interview, language=language, kind="imported", state=stored_state
    )
    version.note = source
    options = {
        "noticed": [list(one) for one in warnings[:MAX_WARNINGS]],
        "roles": _roles_without_record(rights, interview, segments),
    }
    version.options = {key: value for key, value in options.items() if value}
    _add_segments(db, version, interview, segments, rights)
    before = versions.current_version(db, interview)
    if stored_state == "corrected" and (before is None or before.state != "approved"):
        # an approved version stays current until the next one is approved
        versions.make_current(db, version)
    audit.record(
        db,
        rights.actor,
        "transcript.imported",
        version,
        interview=interview,
        number=version.number,
        state=stored_state,
        source=source,
    )
    if state == "approved":
        approval.approve(db, rights, interview, version, reason=reason)
    return version


def _add_segments(
    db: Session,
    version: TranscriptVersion,
    interview: Interview,
    segments: Sequence[PlacedSegment],
    rights: Rights,
) -> None:
    labels = _contributions_by_label(rights, interview)
    by_role: dict[str, str] = {c.role: c.id for c in reversed(interview.listed_contributions)}
    first = db.scalar(
        select(Recording.id).where(Recording.interview_id == interview.id).order_by(Recording.part)
    )
    rows = []
    for position, (recording_id, segment) in zip(
        fractional_index.initial_positions(len(segments)), segments, strict=True
    ):
        label = segment.speaker or ""
        contribution_id = labels.get(label.casefold()) or (
            by_role.get(segment.role or "") if not label else None
        )
        words = segment.words or words_from_text(
            segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms
        )
        rows.append(
            Segment(
                id=new_id(),
                version_id=version.id,
                revision=1,
                position=position,
                recording_id=recording_id or first,
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                contribution_id=contribution_id,
                speaker_label=label,
                text=segment.text,
                words=pack(words),
                state="machine",  # the file vouches for it: to this archive it is unheard
                flags=list(segment.flags),
                updated_by_id=rights.actor.user_id or None,
            )
        )
    versions.add_segments(db, version, rows)


def _roles_without_record(
    rights: Rights, interview: Interview, segments: Sequence[PlacedSegment]
) -> dict[str, str]:
    """Return the roles from the file for speakers without a contribution."""
    labels = _contributions_by_label(rights, interview)
    roles: dict[str, str] = {}
    for _recording_id, segment in segments:
        if segment.speaker and segment.role and segment.speaker.casefold() not in labels:
            roles.setdefault(segment.speaker, segment.role)
    return roles


def _contributions_by_label(rights: Rights, interview: Interview) -> dict[str, str]:
    labels: dict[str, str] = {}
    for contribution in interview.listed_contributions:
        for label in _labels_of(rights, contribution):
            labels.setdefault(label.casefold(), contribution.id)
    return labels


def _labels_of(rights: Rights, contribution: Contribution) -> list[str]:
    name = names.name_for(rights, contribution.person)
    labels = [contribution.speaker_label, name.full]
    if name.titled != name.full:
        labels += [name.short, name.titled]
    return [label for label in labels if label]
