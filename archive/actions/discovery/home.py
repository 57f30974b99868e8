"""Content of the home page: quotes of the day, latest interviews, counts, work queue.

Everything, counts included, is loaded with the reader's rights. Sample interviews are
marked and never counted; they are quoted only while no real interview can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.catalogue.interviews import load_with_relations
from archive.actions.discovery import index_access, rebuilding
from archive.actions.holdings import playback
from archive.actions.holdings.playback import Playable
from archive.actions.office import first_run, jobs
from archive.actions.office.jobs import JobCounts
from archive.actions.transcripts import rendition, text_facts
from archive.actions.transcripts.rendition import Turn
from archive.actions.transcripts.text_facts import TextFacts
from archive.models import (
    Contribution,
    Interview,
    Job,
    Person,
    Recording,
    TranscriptVersion,
)
from archive.models.vocabulary import OPEN_JOB_STATES
from search.backends.base import Backend, SearchIndexError
from search.query import QueryProblem, parse_query
from search.results import SearchRequest

SHORTEST_QUOTE, LONGEST_QUOTE = 60, 240  # characters: fits a card
MAX_QUOTES = 4
MAX_LATEST = 4
MAX_QUEUE_ROWS = 4
MAX_KEYWORDS = 4
MAX_VERSIONS_TRIED = 40
VERSIONS_PER_QUERY = 8
SEGMENTS_TRIED = 8  # of one version: more hidden passages than this take its place from it


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A whole segment of a witness, from an approved version."""

    interview: Interview
    version: TranscriptVersion
    turn: Turn
    witness: Person
    playable: Playable | None


@dataclass(frozen=True, kw_only=True)
class InterviewCard:
    """An interview as list entry; `version` is None if the reader may not read it."""

    interview: Interview
    version: TranscriptVersion | None
    playable: Playable | None
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class ArchiveCounts:
    """Counts of what the reader may view, without the sample archive."""

    interviews: int = 0
    recorded_ms: int = 0
    witnesses: int = 0
    approved: int = 0
    samples: int = 0


@dataclass(frozen=True, kw_only=True)
class VersionQueue:
    """Versions that wait for the same step. `total` excludes samples; `rows` are the oldest."""

    total: int = 0
    rows: Sequence[tuple[Interview, TranscriptVersion]] = ()


@dataclass(frozen=True, kw_only=True)
class WorkQueue:
    """Open work that the reader's role permits."""

    to_correct: VersionQueue = field(default_factory=VersionQueue)
    to_approve: VersionQueue = field(default_factory=VersionQueue)
    jobs: JobCounts = field(default_factory=JobCounts)

    @property
    def is_empty(self) -> bool:
        """Return whether no work is open."""
        queues = (self.to_correct, self.to_approve)
        return self.jobs.is_empty and not any(queue.rows for queue in queues)


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """Home page of one reader; `work_queue` is None for non-staff.

    `facts` are those of every version on the page, by its id.
    """

    counts: ArchiveCounts
    quotes: Sequence[Quote]
    latest: Sequence[InterviewCard]
    words: Sequence[str]
    work_queue: WorkQueue | None
    facts: Mapping[str, TextFacts]
    sample_job: Job | None

    @property
    def is_empty(self) -> bool:
        """Return whether the reader may view no interview."""
        return not (self.counts.interviews or self.counts.samples)


def load_page(db: Session, index: Backend, rights: Rights, *, day: date) -> HomePage:
    """Load the page; quotes depend on rights and `day` only."""
    quotes = daily_quotes(db, rights, day)
    latest = latest_cards(db, rights)
    queue = work_queue(db, rights) if rights.actor.is_staff else None
    shown = [quote.version for quote in quotes]
    shown += [card.version for card in latest if card.version is not None]
    if queue is not None:
        rows = (*queue.to_correct.rows, *queue.to_approve.rows)
        shown += [version for _interview, version in rows]
    return HomePage(
        counts=count_archive(db, rights),
        quotes=quotes,
        latest=latest,
        words=suggest_keywords(db, index, rights, (quote.interview for quote in quotes)),
        work_queue=queue,
        facts=text_facts.facts_of(db, rights, shown),
        sample_job=_sample_job(db, rights),
    )


def daily_quotes(db: Session, rights: Rights, day: date) -> list[Quote]:
    """Return quotes from different interviews, in an order that depends on the day.

    Samples are returned only if no real interview can be quoted.
    """
    query = (
        select(TranscriptVersion.id, Interview.is_sample)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .where(TranscriptVersion.is_current.is_(True), TranscriptVersion.state == "approved")
    )
    rows = db.execute(access.readable(query, rights)).all()
    order = sorted(rows, key=lambda row: (row.is_sample, _daily_hash(day, row.id)))
    version_ids = [row.id for row in order[:MAX_VERSIONS_TRIED]]
    quotes: list[Quote] = []
    for at in range(0, len(version_ids), VERSIONS_PER_QUERY):
        versions = _versions(db, version_ids[at : at + VERSIONS_PER_QUERY])
        quotes += _quotes(db, rights, versions, _quotable_segments(db, rights, versions, day))
        if len(quotes) >= MAX_QUOTES:
            break
    chosen = quotes[:MAX_QUOTES]
    return [quote for quote in chosen if not quote.interview.is_sample] or chosen


def count_archive(db: Session, rights: Rights) -> ArchiveCounts:
    """Count what the reader may view, and the approved versions that they may read."""
    samples = db.scalar(_visible(rights, select(func.count(Interview.id)), sample=True)) or 0
    of_recordings = select(func.sum(Recording.duration_ms)).join(
        Interview, Interview.id == Recording.interview_id
    )
    of_known_recordings = access.in_known_recordings(_visible(rights, of_recordings), rights)
    of_people = (
        select(func.count(func.distinct(Contribution.person_id)))
        .join(Interview, Interview.id == Contribution.interview_id)
        .where(Contribution.role == "witness", Contribution.removed_at.is_(None))
    )
    of_texts = select(func.count(func.distinct(Interview.id))).join(
        TranscriptVersion, TranscriptVersion.interview_id == Interview.id
    )
    approved = access.readable(
        of_texts.where(
            TranscriptVersion.is_current.is_(True),
            TranscriptVersion.state == "approved",
            Interview.is_sample.is_(False),
        ),
        rights,
    )
    return ArchiveCounts(
        interviews=db.scalar(_visible(rights, select(func.count(Interview.id)))) or 0,
        recorded_ms=db.scalar(of_known_recordings) or 0,
        witnesses=db.scalar(_visible(rights, of_people)) or 0,
        approved=db.scalar(approved) or 0,
        samples=samples,
    )


def latest_cards(db: Session, rights: Rights) -> list[InterviewCard]:
    """Return the latest interviews; samples come last."""
    query = access.visible(select(Interview.id), rights)
    order = (Interview.is_sample, Interview.created_at.desc(), Interview.id.desc())
    ids = db.scalars(query.order_by(*order).limit(MAX_LATEST)).all()
    loaded = load_with_relations(db, ids)
    return build_cards(db, rights, [loaded[interview_id] for interview_id in ids])


def build_cards(
    db: Session, rights: Rights, interviews: Sequence[Interview]
) -> list[InterviewCard]:
    """Build the cards of interviews that the reader may view."""
    current = db.scalars(
        select(TranscriptVersion).where(
            TranscriptVersion.interview_id.in_([interview.id for interview in interviews]),
            TranscriptVersion.is_current.is_(True),
        )
    )
    versions = {version.interview_id: version for version in current}
    playables = playback.playables_by_interview(db, rights, interviews)
    return [
        _card(rights, interview, versions.get(interview.id), playables[interview.id])
        for interview in interviews
    ]


def _card(
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion | None,
    playables: Sequence[Playable],
) -> InterviewCard:
    if version is not None and not access.may(rights, "read", access.Scope(interview, version)):
        version = None
    return InterviewCard(
        interview=interview,
        version=version,
        playable=playables[0] if playables else None,
        duration_ms=sum(p.recording.duration_ms or 0 for p in playables),
    )


def suggest_keywords(
    db: Session, index: Backend, rights: Rights, interviews: Iterable[Interview]
) -> list[str]:
    """Return keywords with search hits for this reader; none if the index is unavailable."""
    keywords = dict.fromkeys(word for interview in interviews for word in interview.keywords[:2])
    suggested: list[str] = []
    try:
        rebuilding.require_current(db, index)
        for word in keywords:
            if len(suggested) < MAX_KEYWORDS and _has_hits(db, index, rights, word):
                suggested.append(word)
    except SearchIndexError:
        return []
    return suggested


def work_queue(db: Session, rights: Rights) -> WorkQueue:
    """Return the open work; queues that the role may not process are empty."""
    return WorkQueue(
        to_correct=_version_queue(db, rights, "correct", ("machine", "editing")),
        to_approve=_version_queue(db, rights, "approve", ("corrected",)),
        jobs=jobs.count_jobs(db, rights),
    )


def _versions(db: Session, ids: Sequence[str]) -> list[TranscriptVersion]:
    """Return versions in the order of their ids."""
    found = db.scalars(select(TranscriptVersion).where(TranscriptVersion.id.in_(sorted(ids))))
    by_id = {version.id: version for version in found}
    return [by_id[version_id] for version_id in ids]


def _quotable_segments(
    db: Session, rights: Rights, versions: Sequence[TranscriptVersion], day: date
) -> dict[str, Sequence[str]]:
    """Return quotable segments by version, in the order given; the first ones of the day.

    What a person should hear and did not is never quoted.
    """
    candidates = rendition.witness_segment_ids(
        db, rights, versions, min_length=SHORTEST_QUOTE, max_length=LONGEST_QUOTE
    )
    return {
        version.id: sorted(candidates[version.id], key=lambda one: _daily_hash(day, one))[
            :SEGMENTS_TRIED
        ]
        for version in versions
        if version.id in candidates
    }


def _quotes(
    db: Session,
    rights: Rights,
    versions: Sequence[TranscriptVersion],
    segments_by_version: Mapping[str, Sequence[str]],
) -> list[Quote]:
    """Quote from each version the first of its segments of which no word is hidden."""
    versions = [version for version in versions if version.id in segments_by_version]
    interviews = load_with_relations(db, [version.interview_id for version in versions])
    texts = {version.id: (version, interviews[version.interview_id]) for version in versions}
    segment_ids = list(chain.from_iterable(segments_by_version.values()))
    turns = rendition.select_turns(db, rights, texts, segment_ids)
    playables = playback.playables_by_interview(db, rights, list(interviews.values()))
    quotes = []
    for version_id, candidates in segments_by_version.items():
        version, interview = texts[version_id]
        found = (turns[one] for one in candidates if one in turns)
        turn = next((turn for turn in found if not turn.is_redacted), None)
        if turn is None:
            continue
        span_ms = (turn.start_ms, turn.end_ms)
        scope = access.Scope(interview, version, turn.recording_id, span_ms)
        if access.may(rights, "quote", scope):
            quotes.append(_quote(interview, version, turn, playables[interview.id]))
    return quotes


def _quote(
    interview: Interview,
    version: TranscriptVersion,
    turn: Turn,
    playables: Sequence[Playable],
) -> Quote:
    witness = next(c.person for c in interview.contributions if c.id == turn.contribution_id)
    return Quote(
        interview=interview,
        version=version,
        turn=turn,
        witness=witness,
        playable=next((p for p in playables if p.recording.id == turn.recording_id), None),
    )


def _version_queue(
    db: Session, rights: Rights, action: access.Action, states: tuple[str, ...]
) -> VersionQueue:
    if not access.may(rights, action):
        return VersionQueue()
    newest = select(func.max(TranscriptVersion.number)).where(
        TranscriptVersion.interview_id == Interview.id
    )
    query = (
        select(Interview, TranscriptVersion)
        .join(TranscriptVersion, TranscriptVersion.interview_id == Interview.id)
        .where(
            TranscriptVersion.state.in_(states),
            TranscriptVersion.number == newest.correlate(Interview).scalar_subquery(),
        )
    )
    query = access.readable(query, rights)
    of_real = select(func.count()).select_from(
        query.where(Interview.is_sample.is_(False)).with_only_columns(Interview.id).subquery()
    )
    order = (Interview.is_sample, TranscriptVersion.updated_at, TranscriptVersion.id)
    rows = db.execute(query.order_by(*order).limit(MAX_QUEUE_ROWS)).all()
    return VersionQueue(total=db.scalar(of_real) or 0, rows=[(row[0], row[1]) for row in rows])


def _visible(rights: Rights, query: Select[Any], *, sample: bool = False) -> Select[Any]:
    return access.visible(query, rights).where(Interview.is_sample.is_(sample))


def _has_hits(db: Session, index: Backend, rights: Rights, word: str) -> bool:
    try:
        request = SearchRequest(query=parse_query(word), per_page=1)
    except QueryProblem:
        return False
    return index.find(index_access.of_passages(db, rights, request)).total > 0


def _sample_job(db: Session, rights: Rights) -> Job | None:
    if not access.may(rights, "manage_office"):
        return None
    newest = select(Job).where(Job.kind == first_run.SAMPLE_JOB).order_by(Job.id.desc()).limit(1)
    job = db.scalar(newest)
    return job if job is not None and job.state in (*OPEN_JOB_STATES, "failed") else None


def _daily_hash(day: date, key: str) -> bytes:
    return hashlib.sha256(f"{day.isoformat()}:{key}".encode()).digest()
