"""Transcript versions: made by a machine or brought in, corrected, approved, opened again.

A version that a person has worked on is never replaced: new machine text beside it
stays a version that readers are not shown. Once approved a version never changes; a
correction opens the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive import access, audit, positions
from archive.access import Actor, Refused
from archive.models import (
    Contribution,
    Interview,
    Recording,
    Segment,
    SegmentRevision,
    TranscriptVersion,
)
from archive.models.base import new_id, utc_now
from archive.models.transcript import VERSION_STATES
from transcription.document import Segment as SpokenSegment
from transcription.document import Word, words_from_text

MOST_NOTICED = 100
NO_SUCH_PART = "no_such_part"


class NothingToApprove(Refused):
    """A version without words cannot be approved."""

    code = "nothing_to_approve"


class NothingToHandIn(Refused):
    """A machine's text that nobody has worked on would carry the stamp of a checked one."""

    code = "nothing_to_hand_in"


class WrongState(Refused):
    """The version is in `state`, from which this step does not lead on."""

    code = "wrong_state"


class AlreadyOpen(Refused):
    """A later version is open for correction already: `number` tells which."""

    code = "correction_open"


class TextRefused(Refused):
    """What was brought in holds no segment that could be read."""

    code = "text_refused"


@dataclass(frozen=True, kw_only=True)
class MachineOrigin:
    """Where machine words come from: kept with the version for ever."""

    engine: str
    model: str
    model_sha256: str
    options: dict[str, Any]


Noticed = tuple[int, str, str]  # line (0 for the whole file), code of the format, what stands there
Spoken = tuple[str | None, SpokenSegment]  # the recording that the times count in, and the words


def make_machine_version(
    db: Session, actor: Actor, interview: Interview, *,
    language: str, origin: MachineOrigin, spoken: Sequence[Spoken],
) -> TranscriptVersion:  # fmt: skip
    """Keep what a model heard; shown to readers only while no person has worked on the text."""
    access.require(actor, "transcribe", interview)
    version = _new_version(db, actor, interview, language=language, kind="machine", state="machine")
    version.engine, version.model = origin.engine, origin.model
    version.model_sha256, version.options = origin.model_sha256, origin.options
    _add_segments(db, version, interview, spoken, actor)
    audit.record(
        db, actor, "transcript.made", version, interview=interview, number=version.number,
        engine=origin.engine, model=origin.model, model_sha256=origin.model_sha256,
    )  # fmt: skip
    return version


def placed(
    interview: Interview, segments: Iterable[SpokenSegment]
) -> tuple[list[Spoken], list[Noticed]]:
    """Each segment with the recording that its part is, and the parts that are not here.

    Words of a part that is not here stand with the first: somebody must be told.
    """
    recordings = {recording.part: recording.id for recording in interview.recordings}
    spoken = [(recordings.get(segment.recording), segment) for segment in segments]
    here = recordings.keys() or {1}  # before anything was recorded, the first is meant
    missing = {segment.recording for _, segment in spoken} - here
    return spoken, [(0, NO_SUCH_PART, str(part)) for part in sorted(missing)]


def bring_in(
    db: Session, actor: Actor, interview: Interview, *,
    language: str, state: str, spoken: Sequence[Spoken], source: str,
    noticed: Sequence[Noticed] = (),
) -> TranscriptVersion:  # fmt: skip
    """Keep a transcript that was written elsewhere, in the state that the office vouches for.

    `noticed` is what was odd about the file; the first of it stays with the version.
    """
    access.require(actor, "import_text", interview)
    if state not in ("machine", "corrected", "approved"):
        raise WrongState(state=state)
    if state == "approved":
        access.require(actor, "approve", interview)
    if not spoken:
        raise TextRefused(source=source)
    version = _new_version(db, actor, interview, language=language, kind="imported", state=state)
    version.note = source
    said_by_file = {
        "noticed": [list(one) for one in noticed[:MOST_NOTICED]],
        "roles": _roles_without_record(interview, spoken),
    }
    version.options = {key: value for key, value in said_by_file.items() if value}
    _add_segments(db, version, interview, spoken, actor)
    before = shown(db, interview)
    if state == "approved" or (
        state == "corrected" and (before is None or before.state != "approved")
    ):
        _show(db, version)  # but readers go on seeing an approved text until the next one is
    if state == "approved":
        version.approved_at, version.approved_by_id = utc_now(), actor.user_id or None
    audit.record(
        db, actor, "transcript.imported", version, interview=interview,
        number=version.number, state=state, source=source,
    )  # fmt: skip
    return version


def hand_in(db: Session, actor: Actor, interview: Interview, version: TranscriptVersion) -> None:
    """Say that the correction is finished: editing → corrected."""
    access.require(actor, "correct", version, interview=interview)
    if version.state == "machine":
        raise NothingToHandIn
    if version.state != "editing":
        raise WrongState(state=version.state)
    _move(version, "corrected")
    audit.record(db, actor, "transcript.edited", version, interview=interview, state=version.state)


def take_back(db: Session, actor: Actor, interview: Interview, version: TranscriptVersion) -> None:
    """Go on correcting what was handed in: corrected → editing."""
    access.require(actor, "correct", version, interview=interview)
    if version.state != "corrected":
        raise WrongState(state=version.state)
    _move(version, "editing")
    audit.record(db, actor, "transcript.edited", version, interview=interview, state=version.state)


def approve(db: Session, actor: Actor, interview: Interview, version: TranscriptVersion) -> None:
    """Freeze the version; from now on readers are shown this one."""
    access.require(actor, "approve", version, interview=interview)
    if version.state not in ("editing", "corrected"):
        raise WrongState(state=version.state)
    if not any(segment.text for segment in version.segments):
        raise NothingToApprove
    _move(version, "approved")
    version.approved_at, version.approved_by_id = utc_now(), actor.user_id or None
    _show(db, version)
    audit.record(
        db, actor, "transcript.approved", version, interview=interview, number=version.number
    )


def open_next(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion, *, reason: str
) -> TranscriptVersion:
    """Start the next version as a copy of an approved one, which stays as it is and citable.

    Readers go on seeing the approved one until the new one is approved too.
    """
    access.require(actor, "approve", version, interview=interview)
    if version.state != "approved":
        raise WrongState(state=version.state)
    db.refresh(interview, with_for_update=True)
    begun = db.scalar(
        select(TranscriptVersion.number).where(
            TranscriptVersion.based_on_id == version.id, TranscriptVersion.state != "approved"
        )
    )
    if begun is not None:
        raise AlreadyOpen(number=begun)
    following = _new_version(
        db, actor, interview, language=version.language, kind="corrected", state="editing"
    )
    following.is_current = False
    following.based_on_id, following.note = version.id, reason.strip()
    following.engine, following.model = version.engine, version.model
    following.model_sha256, following.options = version.model_sha256, version.options
    copies = [
        Segment(
            id=new_id(), version_id=following.id, revision=1, position=old.position,
            recording_id=old.recording_id, start_ms=old.start_ms, end_ms=old.end_ms,
            contribution_id=old.contribution_id, speaker_label=old.speaker_label,
            text=old.text, words=old.words, state=old.state, flags=old.flags,
            updated_by_id=actor.user_id or None,
        )
        for old in version.segments
    ]  # fmt: skip
    _keep_first(db, following, copies)
    audit.record(
        db, actor, "transcript.opened", following, interview=interview,
        number=following.number, based_on=version.id, reason=reason.strip(),
    )  # fmt: skip
    return following


def versions(db: Session, interview: Interview) -> list[TranscriptVersion]:
    """All of them, the newest first; the caller shows only what may be read."""
    return list(
        db.scalars(
            select(TranscriptVersion)
            .where(TranscriptVersion.interview_id == interview.id)
            .order_by(TranscriptVersion.number.desc())
        )
    )


def shown(db: Session, interview: Interview) -> TranscriptVersion | None:
    """The version that readers are shown."""
    return next((v for v in versions(db, interview) if v.is_current), None)


def pack(words: Iterable[Word]) -> list[list[Any]]:
    """Words as a segment stores them: [start_ms, end_ms, text, confidence, source]."""
    return [[w.start_ms, w.end_ms, w.text, w.confidence, w.source] for w in words]


def unpack(packed: Iterable[Sequence[Any]]) -> tuple[Word, ...]:
    """The inverse of `pack`."""
    return tuple(
        Word(start_ms=p[0], end_ms=p[1], text=p[2], confidence=p[3], source=p[4]) for p in packed
    )


def keep_revision(
    db: Session, segment: Segment, *, kind: str, operation: str = "", reason: str = ""
) -> None:
    """Write the segment as it is now into its history; rows there are only ever added."""
    db.add(
        SegmentRevision(
            segment_id=segment.id, version_id=segment.version_id, revision=segment.revision,
            start_ms=segment.start_ms, end_ms=segment.end_ms,
            contribution_id=segment.contribution_id, speaker_label=segment.speaker_label,
            text=segment.text, words=segment.words, state=segment.state, flags=segment.flags,
            kind=kind, operation=operation, reason=reason, author_id=segment.updated_by_id,
        )
    )  # fmt: skip


def _new_version(
    db: Session, actor: Actor, interview: Interview, *, language: str, kind: str, state: str
) -> TranscriptVersion:
    assert state in VERSION_STATES
    db.refresh(interview, with_for_update=True)  # one number each, even for two at once
    highest = db.scalar(
        select(func.max(TranscriptVersion.number)).where(
            TranscriptVersion.interview_id == interview.id
        )
    )
    before = shown(db, interview)
    version = TranscriptVersion(
        id=new_id(), interview_id=interview.id, number=(highest or 0) + 1, language=language,
        kind=kind, state=state, is_current=False, author_id=actor.user_id or None,
    )  # fmt: skip
    db.add(version)
    db.flush()
    if before is None or before.state == "machine":
        _show(db, version)
    return version


def _show(db: Session, version: TranscriptVersion) -> None:
    db.execute(
        update(TranscriptVersion)
        .where(
            TranscriptVersion.interview_id == version.interview_id,
            TranscriptVersion.id != version.id,
        )
        .values(is_current=False)
    )
    version.is_current = True
    db.flush()


def _move(version: TranscriptVersion, state: str) -> None:
    version.state = state
    version.revision += 1
    version.updated_at = utc_now()


def _add_segments(
    db: Session, version: TranscriptVersion, interview: Interview,
    spoken: Sequence[Spoken], actor: Actor,
) -> None:  # fmt: skip
    labels = _contributions_by_label(interview)
    by_role = {c.role: c.id for c in reversed(interview.contributions)}
    first = db.scalar(
        select(Recording.id).where(Recording.interview_id == interview.id).order_by(Recording.part)
    )
    made = []
    for position, (recording_id, heard) in zip(positions.spread(len(spoken)), spoken, strict=True):
        label = heard.speaker or ""
        contribution_id = labels.get(label.casefold()) or (
            by_role.get(heard.role or "") if not label else None
        )
        words = heard.words or words_from_text(
            heard.text, start_ms=heard.start_ms, end_ms=heard.end_ms
        )
        made.append(
            Segment(
                id=new_id(), version_id=version.id, revision=1, position=position,
                recording_id=recording_id or first, start_ms=heard.start_ms,
                end_ms=heard.end_ms, contribution_id=contribution_id,
                speaker_label=label, text=heard.text, words=pack(words),
                state="machine" if version.state == "machine" else "heard",
                flags=list(heard.flags), updated_by_id=actor.user_id or None,
            )
        )  # fmt: skip
    _keep_first(db, version, made)


def _keep_first(db: Session, version: TranscriptVersion, made: Sequence[Segment]) -> None:
    """Write new segments, and after them the first entry of their histories."""
    db.add_all(made)
    db.flush()  # a history points to its segment, which must be there first
    for segment in made:
        keep_revision(db, segment, kind="made")
    db.flush()
    db.expire(version, ["segments"])


def _roles_without_record(interview: Interview, spoken: Sequence[Spoken]) -> dict[str, str]:
    """Who asks and who answers, for the voices that are no person of the interview."""
    labels = _contributions_by_label(interview)
    roles: dict[str, str] = {}
    for _recording_id, said in spoken:
        if said.speaker and said.role and said.speaker.casefold() not in labels:
            roles.setdefault(said.speaker, said.role)
    return roles


def _contributions_by_label(interview: Interview) -> dict[str, str]:
    labels: dict[str, str] = {}
    for contribution in interview.contributions:
        for label in _labels_of(contribution):
            labels.setdefault(label.casefold(), contribution.id)
    return labels


def _labels_of(contribution: Contribution) -> list[str]:
    person = contribution.person
    names = [contribution.speaker_label, person.full_name]
    if person.honorific:
        names += [
            f"{person.honorific} {person.given_name}",
            f"{person.honorific} {person.full_name}",
        ]
    return [name for name in names if name]
