"""What the front page shows one reader: a passage for the day, what came in last, the counts.

Everything is gathered with the reader's own rights, counts too. Interviews of the
sample archive are shown and marked, but never counted; they stand in for real ones
only as long as there are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import office, playback, speakers, work
from archive.actions.interviews import in_full
from archive.actions.playback import Playable
from archive.models import (
    Contribution,
    Interview,
    Job,
    Person,
    Recording,
    Segment,
    TranscriptVersion,
)
from archive.models.job import OPEN_STATES
from search.backends.base import Backend, SearchFault
from search.query import QueryProblem, parse
from search.results import SearchRequest

SHORTEST_QUOTE, LONGEST_QUOTE = 60, 240  # characters: what a catalogue card can hold
PASSAGES = 4
LATEST = 4
WAITING_SHOWN = 4
WORDS_TO_TRY = 4
INTERVIEWS_LOOKED_AT = 40
LOOKED_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A segment in the witness's own words, whole, from a text that was approved."""

    interview: Interview
    version: TranscriptVersion
    segment: Segment
    speaker: speakers.Speaker
    witness: Person
    playable: Playable | None


@dataclass(frozen=True, kw_only=True)
class Card:
    """An interview as a list shows it. `version` is the text that this reader may read."""

    interview: Interview
    version: TranscriptVersion | None
    playable: Playable | None
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much the reader may know of, without the sample archive."""

    interviews: int = 0
    recorded_ms: int = 0
    witnesses: int = 0
    approved: int = 0
    samples: int = 0


@dataclass(frozen=True, kw_only=True)
class Pile:
    """Texts that wait for the same step. `total` counts real ones; `rows` are the oldest few."""

    total: int = 0
    rows: Sequence[tuple[Interview, TranscriptVersion]] = ()


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Work of the house, only what the reader's role may do something about."""

    to_correct: Pile = field(default_factory=Pile)
    to_approve: Pile = field(default_factory=Pile)
    failed: int = 0
    under_way: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for anybody."""
        piles = (self.to_correct, self.to_approve)
        return not (self.failed or self.under_way or any(pile.rows for pile in piles))


@dataclass(frozen=True, kw_only=True)
class FrontPage:
    """One reader's front page; `waiting` is None for who does not work here."""

    counts: Counts
    quotes: Sequence[Quote]
    latest: Sequence[Card]
    words: Sequence[str]
    waiting: Waiting | None
    sample_job: Job | None

    @property
    def is_empty(self) -> bool:
        """Whether there is no interview that this reader may know of."""
        return not (self.counts.interviews or self.counts.samples)


def gather(db: Session, index: Backend, actor: Actor, *, day: date) -> FrontPage:
    """The page of `day`: the same passages for everybody with the same rights until midnight."""
    quotes = quotes_of_the_day(db, actor, day)
    return FrontPage(
        counts=counts(db, actor),
        quotes=quotes,
        latest=latest(db, actor),
        words=words_to_try(index, actor, (quote.interview for quote in quotes)),
        waiting=waiting(db, actor) if actor.is_staff else None,
        sample_job=_sample_job(db, actor),
    )


def quotes_of_the_day(db: Session, actor: Actor, day: date) -> list[Quote]:
    """Passages from different interviews, in an order that only the day decides.

    Samples only as long as nothing real can be quoted: no row holds both.
    """
    query = (
        select(TranscriptVersion.id, Interview.is_sample)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .where(TranscriptVersion.is_current.is_(True), TranscriptVersion.state == "approved")
    )
    found = db.execute(access.readable(query, actor)).all()
    order = sorted(found, key=lambda row: (row.is_sample, _shuffled(day, row.id)))
    looked_at = [row.id for row in order[:INTERVIEWS_LOOKED_AT]]
    chosen: list[str] = []
    for at in range(0, len(looked_at), LOOKED_AT_ONCE):
        some = looked_at[at : at + LOOKED_AT_ONCE]
        quotable = _quotable(db, some, day)
        chosen += [quotable[version_id] for version_id in some if version_id in quotable]
        if len(chosen) >= PASSAGES:
            break
    quotes = _quotes(db, chosen[:PASSAGES])
    return [quote for quote in quotes if not quote.interview.is_sample] or quotes


def counts(db: Session, actor: Actor) -> Counts:
    """Of what the reader may know of; approved texts are those that the reader may read."""
    samples = db.scalar(_seen(actor, select(func.count(Interview.id)), sample=True)) or 0
    of_recordings = select(func.sum(Recording.duration_ms)).join(
        Interview, Interview.id == Recording.interview_id
    )
    of_people = select(func.count(func.distinct(Contribution.person_id))).join(
        Interview, Interview.id == Contribution.interview_id
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
        actor,
    )
    return Counts(
        interviews=db.scalar(_seen(actor, select(func.count(Interview.id)))) or 0,
        recorded_ms=db.scalar(_seen(actor, of_recordings)) or 0,
        witnesses=db.scalar(_seen(actor, of_people.where(Contribution.role == "witness"))) or 0,
        approved=db.scalar(approved) or 0,
        samples=samples,
    )


def latest(db: Session, actor: Actor) -> list[Card]:
    """What came in last; samples only after everything real."""
    query = access.visible(select(Interview.id), actor)
    order = (Interview.is_sample, Interview.created_at.desc(), Interview.id.desc())
    ids = db.scalars(query.order_by(*order).limit(LATEST)).all()
    loaded = in_full(db, ids)
    return cards(db, actor, [loaded[found] for found in ids])


def cards(db: Session, actor: Actor, interviews: Sequence[Interview]) -> list[Card]:
    """Interviews that the reader may view, as a list shows them."""
    shown = db.scalars(
        select(TranscriptVersion).where(
            TranscriptVersion.interview_id.in_([interview.id for interview in interviews]),
            TranscriptVersion.is_current.is_(True),
        )
    )
    versions = {version.interview_id: version for version in shown}
    playables = playback.playables(db, interviews)
    return [
        _card(actor, interview, versions.get(interview.id), playables[interview.id])
        for interview in interviews
    ]


def _card(
    actor: Actor, interview: Interview, version: TranscriptVersion | None,
    playables: Sequence[Playable],
) -> Card:  # fmt: skip
    if version is not None and not access.may(actor, "read", version, interview=interview):
        version = None
    return Card(
        interview=interview,
        version=version,
        playable=playables[0] if playables else None,
        duration_ms=sum(p.recording.duration_ms or 0 for p in playables),
    )


def words_to_try(index: Backend, actor: Actor, interviews: Iterable[Interview]) -> list[str]:
    """Keywords under which this reader will find something; none while the index is away."""
    wanted = dict.fromkeys(word for found in interviews for word in found.keywords[:2])
    kept: list[str] = []
    try:
        for word in wanted:
            if len(kept) < WORDS_TO_TRY and _is_found(index, actor, word):
                kept.append(word)
    except SearchFault:
        return []
    return kept


def waiting(db: Session, actor: Actor) -> Waiting:
    """What waits for somebody of this role; a pile that is not theirs is empty."""
    under_way, failed = work.counted(db, actor)
    return Waiting(
        to_correct=_pile(db, actor, "correct", ("machine", "editing")),
        to_approve=_pile(db, actor, "approve", ("corrected",)),
        failed=failed,
        under_way=under_way,
    )


def _quotable(db: Session, version_ids: Sequence[str], day: date) -> dict[str, str]:
    """The segment that the day chooses in each version, among those that a card can hold."""
    rows = db.execute(
        select(Segment.version_id, Segment.id, Segment.flags)
        .join(Contribution, Contribution.id == Segment.contribution_id)
        .where(
            Segment.version_id.in_(version_ids),
            Segment.ended_at.is_(None),
            Contribution.role == "witness",
            func.length(Segment.text).between(SHORTEST_QUOTE, LONGEST_QUOTE),
        )
    )
    fit: dict[str, list[str]] = {}
    for version_id, segment_id, flags in rows:
        if not flags:
            fit.setdefault(version_id, []).append(segment_id)
    return {
        version_id: min(found, key=lambda one: _shuffled(day, one))
        for version_id, found in fit.items()
    }


def _quotes(db: Session, segment_ids: Sequence[str]) -> list[Quote]:
    rows = db.execute(
        select(Segment, TranscriptVersion)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .where(Segment.id.in_(segment_ids))
    )
    found = {segment.id: (segment, version) for segment, version in rows}
    interviews = in_full(db, [version.interview_id for _segment, version in found.values()])
    playables = playback.playables(db, list(interviews.values()))
    return [
        _quote(interviews[version.interview_id], version, segment, playables[version.interview_id])
        for segment, version in (found[segment_id] for segment_id in segment_ids)
    ]


def _quote(
    interview: Interview, version: TranscriptVersion, segment: Segment,
    playables: Sequence[Playable],
) -> Quote:  # fmt: skip
    witness = next(c.person for c in interview.contributions if c.id == segment.contribution_id)
    return Quote(
        interview=interview, version=version, segment=segment,
        speaker=speakers.of_segment(segment, interview), witness=witness,
        playable=next((p for p in playables if p.recording.id == segment.recording_id), None),
    )  # fmt: skip


def _pile(db: Session, actor: Actor, action: access.Action, states: tuple[str, ...]) -> Pile:
    if not access.may(actor, action):
        return Pile()
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
    query = access.readable(query, actor)
    of_real = select(func.count()).select_from(
        query.where(Interview.is_sample.is_(False)).with_only_columns(Interview.id).subquery()
    )
    order = (Interview.is_sample, TranscriptVersion.updated_at, TranscriptVersion.id)
    rows = db.execute(query.order_by(*order).limit(WAITING_SHOWN)).all()
    return Pile(total=db.scalar(of_real) or 0, rows=[(row[0], row[1]) for row in rows])


def _seen(actor: Actor, query: Select[Any], *, sample: bool = False) -> Select[Any]:
    return access.visible(query, actor).where(Interview.is_sample.is_(sample))


def _is_found(index: Backend, actor: Actor, word: str) -> bool:
    try:
        asked = SearchRequest(
            query=parse(word), access=actor.audiences, per_page=1,
            filters={"kind": frozenset({"passage"})},
        )  # fmt: skip
    except QueryProblem:
        return False
    return index.find(asked).total > 0


def _sample_job(db: Session, actor: Actor) -> Job | None:
    if not access.may(actor, "manage_office"):
        return None
    newest = select(Job).where(Job.kind == office.SAMPLE_JOB).order_by(Job.id.desc()).limit(1)
    job = db.scalar(newest)
    return job if job is not None and job.state in (*OPEN_STATES, "failed") else None


def _shuffled(day: date, name: str) -> bytes:
    return hashlib.sha256(f"{day.isoformat()}:{name}".encode()).digest()
