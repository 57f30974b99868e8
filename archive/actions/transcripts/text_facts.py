"""What is true of a version beside its state: the input of every label (`text_labels`).

The only module that counts what a person heard. Words of an imported file without a recording
cannot be heard: they are not counted as unheard, and their label names the lack of a recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.models import Interview, Recording, Segment, TranscriptVersion, User
from archive.models.vocabulary import VersionState

LINK_TOLERANCE_MS = 1_000  # links count in whole seconds


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """Counts of segments with words, and where the words come from.

    `is_imported`: the words came from a file, `imported_by` is the account that vouches for them
    (for readers who see the history). `flagged` are those that the machine doubts and that were
    not heard; `unnamed` have no speaker. `is_of_sample_model`: the model contains its own sentences
    only.
    """

    state: VersionState
    has_recording: bool = True
    is_imported: bool = False
    imported_by: str = ""
    segments: int = 0
    heard: int = 0
    flagged: int = 0
    unnamed: int = 0
    is_sample: bool = False
    is_of_sample_model: bool = False

    @property
    def unheard(self) -> int:
        """Return how many segments a person should hear and did not."""
        can_be_heard = _can_be_heard(self.has_recording, self.is_imported)
        return self.segments - self.heard if can_be_heard else 0

    @property
    def needs_reason(self) -> bool:
        """Return whether an approval needs a reason."""
        return bool(self.unheard or self.flagged or self.unnamed)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the words of a version come from: the version that it was first copied from."""

    version: TranscriptVersion
    has_recording: bool

    @property
    def is_imported(self) -> bool:
        """Return whether the words came from a file."""
        return self.version.kind == "imported"

    @property
    def can_be_heard(self) -> bool:
        """Return whether words that were not heard count as unheard."""
        return _can_be_heard(self.has_recording, self.is_imported)


def origins(
    db: Session, rights: Rights, versions: Iterable[TranscriptVersion]
) -> dict[str, Origin]:
    """Return the origin of each version by its id; the reader may read the versions.

    A recording of which the reader may not know counts as none.
    """
    versions = list(versions)
    known = {version.id: version for version in versions}
    needed = _sources(versions)
    while missing := needed - known.keys():
        query = select(TranscriptVersion).where(TranscriptVersion.id.in_(sorted(missing)))
        loaded = db.scalars(query).all()
        known |= {version.id: version for version in loaded}
        needed = _sources(loaded)
    interview_ids = sorted({version.interview_id for version in versions})
    recorded = _recorded(db, rights, interview_ids)
    found = {}
    for version in versions:
        source = version
        while source.kind == "corrected" and source.based_on_id is not None:
            source = known[source.based_on_id]
        found[version.id] = Origin(version=source, has_recording=version.interview_id in recorded)
    return found


def facts_of(
    db: Session, rights: Rights, versions: Iterable[TranscriptVersion]
) -> dict[str, TextFacts]:
    """Return the facts of versions that the reader may read, by id.

    Segments of recordings of which the reader may not know are not counted.
    """
    versions = list(versions)
    sources = origins(db, rights, versions)
    counts = _counts(db, rights, [version.id for version in versions])
    samples = _sample_interviews(db, versions)
    imported_by = importers(db, rights, sources)
    return {
        version.id: TextFacts(
            state=version.state,
            has_recording=sources[version.id].has_recording,
            is_imported=sources[version.id].is_imported,
            imported_by=imported_by.get(version.id, ""),
            is_sample=version.interview_id in samples,
            is_of_sample_model=bool(version.options.get("knows_only")),
            **counts.get(version.id, {}),
        )
        for version in versions
    }


def importers(db: Session, rights: Rights, sources: Mapping[str, Origin]) -> dict[str, str]:
    """Return the names of the accounts that imported the words, by id of the version.

    Empty for readers who do not see the history. `sources` are those of `origins`.
    """
    authors = {
        version_id: origin.version.author_id
        for version_id, origin in sources.items()
        if origin.is_imported and origin.version.author_id is not None
    }
    if not authors or not access.may(rights, "see_history"):
        return {}
    query = select(User.id, User.name).where(User.id.in_(sorted({*authors.values()})))
    names = {user_id: name for user_id, name in db.execute(query)}
    return {version_id: names[author_id] for version_id, author_id in authors.items()}


def facts_by_id(db: Session, rights: Rights, version_ids: Iterable[str]) -> dict[str, TextFacts]:
    """Return the facts of versions that are known by their ids only."""
    query = select(TranscriptVersion).where(TranscriptVersion.id.in_(sorted(version_ids)))
    return facts_of(db, rights, db.scalars(query))


def facts_of_one(db: Session, rights: Rights, version: TranscriptVersion) -> TextFacts:
    """Return the facts of one version."""
    return facts_of(db, rights, [version])[version.id]


def cited_segments(
    db: Session,
    version: TranscriptVersion,
    recording_id: str | None,
    start_ms: int,
    end_ms: int | None,
) -> list[str]:
    """Return the ids of the segments of a cited span, in their order.

    They lie within it or reach into it. A time in whole seconds may be that of a link, which is
    rounded outward: a neighbour that reaches less than a second into the span is left out.
    """
    first = start_ms + _tolerance_ms(start_ms)
    last = first if end_ms is None else end_ms
    until = first if end_ms is None else max(first, end_ms - max(1, _tolerance_ms(end_ms)))
    rows = db.execute(
        select(Segment.id, Segment.start_ms, Segment.end_ms)
        .where(
            Segment.version_id == version.id,
            Segment.ended_at.is_(None),
            or_(Segment.recording_id == recording_id, Segment.recording_id.is_(None)),
            Segment.start_ms < max(last, start_ms + 1),
            Segment.end_ms >= start_ms,
        )
        .order_by(Segment.position, Segment.id)
    ).all()
    cited = [
        row.id
        for row in rows
        if (row.start_ms >= start_ms and row.end_ms <= last)
        or (row.start_ms <= until and row.end_ms > first)
    ]
    if cited or not rows:
        return cited
    covered = [min(row.end_ms, last) - max(row.start_ms, start_ms) for row in rows]
    return [rows[covered.index(max(covered))].id] if max(covered) > 0 else []


def _tolerance_ms(time_ms: int) -> int:
    """Return how much of a time may be the rounding of a link."""
    return 0 if time_ms % LINK_TOLERANCE_MS else LINK_TOLERANCE_MS


def _can_be_heard(has_recording: bool, is_imported: bool) -> bool:
    return has_recording or not is_imported


def _recorded(db: Session, rights: Rights, interview_ids: Sequence[str]) -> set[str]:
    """Return the interviews with a recording of which a reader of their texts may know."""
    query = (
        select(Recording.interview_id)
        .join(Interview, Interview.id == Recording.interview_id)
        .where(Interview.id.in_(interview_ids))
    )
    # The index is made for readers of every audience: only a rule can close a recording to them.
    return set(db.scalars(access.in_known_recordings(query, rights) if rights.rules else query))


def _sources(versions: Iterable[TranscriptVersion]) -> set[str]:
    return {v.based_on_id for v in versions if v.kind == "corrected" and v.based_on_id is not None}


def _counts(db: Session, rights: Rights, version_ids: list[str]) -> dict[str, dict[str, int]]:
    is_heard = Segment.state == "heard"
    is_flagged = and_(cast(Segment.flags, Text) != "[]", ~is_heard)
    is_unnamed = and_(Segment.contribution_id.is_(None), Segment.speaker_label == "")
    counted = {"heard": is_heard, "flagged": is_flagged, "unnamed": is_unnamed}
    rows = db.execute(
        select(
            Segment.version_id,
            func.count().label("segments"),
            *(func.sum(case((one, 1), else_=0)).label(name) for name, one in counted.items()),
        )
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(
            Segment.version_id.in_(sorted(version_ids)),
            Segment.ended_at.is_(None),
            Segment.text != "",
            rights.admit_in_sql("know", of_recording=True),
        )
        .group_by(Segment.version_id)
    )
    found = {
        row.version_id: {name: int(getattr(row, name)) for name in ("segments", *counted)}
        for row in rows
    }
    for version_id, facts in _facts_of_partly_closed(db, rights, version_ids):
        counts = found.setdefault(version_id, dict.fromkeys(("segments", *counted), 0))
        for name in facts:
            counts[name] += 1
    return found


def _facts_of_partly_closed(
    db: Session, rights: Rights, version_ids: list[str]
) -> Iterable[tuple[str, Sequence[str]]]:
    """Return the version and the names of the counts that each segment adds to.

    Of recordings of which a rule closes a part: `admit_in_sql` does not see their times.
    """
    if all(rule.span_ms is None for rule in rights.rules):
        return []
    rows = db.execute(
        select(Interview, Segment)
        .join(TranscriptVersion, TranscriptVersion.interview_id == Interview.id)
        .join(Segment, Segment.version_id == TranscriptVersion.id)
        .join(Recording, Recording.id == Segment.recording_id)
        .where(
            Segment.version_id.in_(sorted(version_ids)),
            Segment.ended_at.is_(None),
            Segment.text != "",
            rights.admit_in_sql("know", of_recording=True, in_part=True),
            ~rights.admit_in_sql("know", of_recording=True),
        )
    )
    found: list[tuple[str, Sequence[str]]] = []
    for interview, segment in rows:
        span_ms = (segment.start_ms, segment.end_ms)
        scope = access.Scope(interview, recording_id=segment.recording_id, span_ms=span_ms)
        if access.may(rights, "know", scope):
            is_heard = segment.state == "heard"
            facts = {
                "segments": True,
                "heard": is_heard,
                "flagged": bool(segment.flags) and not is_heard,
                "unnamed": segment.contribution_id is None and segment.speaker_label == "",
            }
            found.append((segment.version_id, [name for name, holds in facts.items() if holds]))
    return found


def _sample_interviews(db: Session, versions: list[TranscriptVersion]) -> set[str]:
    ids = sorted({version.interview_id for version in versions})
    return set(db.scalars(select(Interview.id).where(Interview.id.in_(ids), Interview.is_sample)))
