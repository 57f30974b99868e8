"""Search: ask the index with the reader's access terms, then read each hit again.

A hit is shown only when the database, now, lets this reader read that text: when
rights are tightened the effect is immediate, whatever the index still believes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import indexing, speakers
from archive.actions.interviews import in_full
from archive.models import Interview, Outbox, Segment, TranscriptVersion
from search.backends.base import Backend
from search.highlight import marks
from search.passages import Passage
from search.query import Query, parse
from search.results import Hit, SearchRequest

FILTERS = ("collection", "year", "language", "role", "state")
SEGMENTS_OF_A_PASSAGE = 60
Texts = Mapping[str, tuple[TranscriptVersion, Interview]]
_CURRENT = (
    select(Interview.id)
    .join(TranscriptVersion, TranscriptVersion.interview_id == Interview.id)
    .where(TranscriptVersion.is_current)
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A segment in which the words stand. `marks` are ranges of `text`; times are media time.

    `word_ms` is when the first marked word is said. `before` and `after` are the rest
    of the passage, for context.
    """

    interview: Interview
    version: TranscriptVersion
    segment: Segment
    speaker: speakers.Speaker
    text: str
    marks: list[tuple[int, int]]
    word_ms: int
    before: str
    after: str
    score: float


@dataclass(frozen=True, kw_only=True)
class FoundInterview:
    """One interview with its best hits, and how many there are in it."""

    interview: Interview
    total: int
    hits: list[Found]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One page of results; `described` are interviews whose description matches."""

    query: Query
    total: int
    interviews: int
    groups: list[FoundInterview]
    hits: list[Found] = field(default_factory=list)
    described: list[Interview] = field(default_factory=list)
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a reader asks for; `filters` by the names in FILTERS, and `interview` ids.

    `samples` True asks only the sample archive, False only the office's own interviews,
    so that no number holds both; None asks both.
    """

    text: str
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    samples: bool | None = None
    page: int = 1
    per_page: int = 10
    grouped: bool = True


def search(db: Session, index: Backend, actor: Actor, wish: Wish) -> Answer:
    """Raises QueryProblem when the query cannot be asked."""
    query = parse(wish.text)
    chosen, left_out = _asked_set(db, wish)
    request = SearchRequest(
        query=query, access=actor.audiences,
        filters={
            **wish.filters, **_open_states(actor, wish), **chosen,
            "kind": frozenset({indexing.PASSAGE}),
        },
        closed=left_out | _closed_since(db, access.readable(_CURRENT, actor)),
        facets=FILTERS, page=wish.page, per_page=wish.per_page,
        group_by_interview=wish.grouped,
    )  # fmt: skip
    results = index.find(request)
    texts = _texts(db, [*results.hits, *(hit for group in results.groups for hit in group.hits)])
    groups = []
    for group in results.groups:
        read = [_read(db, actor, hit, query, texts) for hit in group.hits]
        hits = [hit for hit in read if hit is not None]
        if hits:
            missing = len(read) - len(hits)
            groups.append(
                FoundInterview(interview=hits[0].interview, total=group.total - missing, hits=hits)
            )
    read = [_read(db, actor, hit, query, texts) for hit in results.hits]
    hits = [hit for hit in read if hit is not None]
    hidden = len(results.hits) - len(hits) + sum(g.total for g in results.groups)
    hidden -= sum(g.total for g in groups)
    total = results.total - hidden
    return Answer(
        query=query, total=total,
        interviews=results.interviews - (len(results.groups) - len(groups)),
        groups=groups, hits=hits, described=_described(db, index, actor, query, wish),
        facets=results.facets, suggestions=() if total else index.suggest(request),
    )  # fmt: skip


def holds(db: Session, actor: Actor, *, samples: bool) -> bool:
    """Whether this reader may know of any interview of the sample, or of the office's own."""
    known = select(Interview.id).where(Interview.is_sample.is_(samples))
    return db.scalar(access.visible(known, actor).limit(1)) is not None


def _asked_set(db: Session, wish: Wish) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """A filter, and interviews to leave out before anything is counted."""
    if wish.samples is None:
        return {}, frozenset()
    sample = frozenset(db.scalars(select(Interview.id).where(Interview.is_sample)))
    return ({"interview": sample}, frozenset()) if wish.samples else ({}, sample)


def _open_states(actor: Actor, wish: Wish) -> dict[str, frozenset[str]]:
    """For the public only the states that it may read now.

    The index was told who may read a text when that was indexed; the office may have
    chosen fewer states since, and what is closed must not be in a count either.
    """
    if actor.is_signed_in:
        return {}
    return {"state": wish.filters.get("state", actor.public_states) & actor.public_states}


def _closed_since(db: Session, still_open: Select[str]) -> frozenset[str]:
    """Interviews that changed since they were indexed and are not, or no longer, for this reader.

    The index may count them still; what is closed must not be in a count either.
    """
    return frozenset(
        db.scalars(select(Outbox.interview_id).where(Outbox.interview_id.not_in(still_open)))
    )


def _described(
    db: Session, index: Backend, actor: Actor, query: Query, wish: Wish
) -> list[Interview]:
    if wish.page > 1:
        return []
    kept = {k: v for k, v in wish.filters.items() if k in ("collection", "year", "language")}
    chosen, left_out = _asked_set(db, wish)
    results = index.find(
        SearchRequest(
            query=query, access=actor.audiences, per_page=5,
            filters={**kept, **chosen, "kind": frozenset({indexing.DESCRIPTION})},
            closed=left_out | _closed_since(db, access.visible(select(Interview.id), actor)),
        )
    )  # fmt: skip
    interviews = in_full(db, [hit.interview for hit in results.hits])
    found = [interviews[hit.interview] for hit in results.hits if hit.interview in interviews]
    return [interview for interview in found if access.may(actor, "view", interview)]


def _texts(db: Session, hits: Sequence[Hit]) -> Texts:
    """The texts and interviews behind hits, read at once; by the version's id."""
    ids = sorted({_parts(hit)[0] for hit in hits})
    versions = db.scalars(select(TranscriptVersion).where(TranscriptVersion.id.in_(ids))).all()
    interviews = in_full(db, {version.interview_id for version in versions})
    return {version.id: (version, interviews[version.interview_id]) for version in versions}


def _parts(hit: Hit) -> tuple[str, str, int]:
    """What `indexing.pid_of` put together: version, segment, and where in it the words begin."""
    version_id, segment_id, start = hit.pid.split(":")
    return version_id, segment_id, int(start)


def _read(db: Session, actor: Actor, hit: Hit, query: Query, texts: Texts) -> Found | None:
    version_id, segment_id, start = _parts(hit)
    version, interview = texts.get(version_id, (None, None))
    if version is None or interview is None or not version.is_current:
        return None
    if not access.may(actor, "read", version, interview=interview):
        return None
    passage, rows = _passage(db, interview, segment_id, start)
    return _found(interview, version, passage, rows, query, hit) if passage else None


def _passage(
    db: Session, interview: Interview, segment_id: str, start: int
) -> tuple[Passage | None, dict[str, Segment]]:
    first = db.get(Segment, segment_id)
    if first is None or first.ended_at is not None:
        return None, {}
    rows = db.scalars(
        select(Segment)
        .where(
            Segment.version_id == first.version_id,
            Segment.position >= first.position,
            Segment.ended_at.is_(None),
        )
        .order_by(Segment.position, Segment.id)
        .limit(SEGMENTS_OF_A_PASSAGE)
    ).all()
    by_id = {row.id: row for row in rows}
    for passage in indexing.passages_of(interview, rows):
        piece = passage.pieces[0]
        if piece.segment_id == segment_id and piece.segment_start == start:
            return passage, by_id
    return None, by_id


def _found(
    interview: Interview, version: TranscriptVersion, passage: Passage,
    rows: dict[str, Segment], query: Query, hit: Hit,
) -> Found | None:  # fmt: skip
    by_segment: dict[str, list[tuple[int, int]]] = {}
    for start, end in marks(passage.text, query, language=version.language):
        if start >= passage.overlap_from:
            continue
        segment_id, first = passage.locate(start)
        last_id, last = passage.locate(max(start, end - 1))
        length = len(rows[segment_id].text)
        by_segment.setdefault(segment_id, []).append(
            (first, last + 1 if last_id == segment_id else length)
        )
    if not by_segment:
        return None
    best = max(by_segment, key=lambda s: (len(by_segment[s]), -passage.segment_ids.index(s)))
    segment = rows[best]
    at = passage.segment_ids.index(best)
    texts = [rows[s].text for s in passage.segment_ids]
    return Found(
        interview=interview, version=version, segment=segment,
        speaker=speakers.of_segment(segment, interview), text=segment.text,
        marks=by_segment[best], word_ms=word_ms(segment, by_segment[best][0][0]),
        before=" ".join(texts[:at]), after=" ".join(texts[at + 1 :]), score=hit.score,
    )  # fmt: skip


def word_ms(segment: Segment, char: int) -> int:
    """When the word at a character of the segment is said; its start when words have no times."""
    at = 0
    for start_ms, _end_ms, text, *_rest in segment.words:
        if at + len(text) > char:
            return int(start_ms)
        at += len(text) + 1
    return segment.start_ms
