"""Search: query the index with the reader's access terms, then read each hit again.

Each hit is checked against the database, so that tightened rights take effect at once,
even if the index is outdated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.catalogue.interviews import load_with_relations
from archive.actions.discovery import index_access, indexing, rebuilding
from archive.actions.transcripts import rendition, text_facts
from archive.actions.transcripts.rendition import Turn
from archive.actions.transcripts.text_facts import TextFacts
from archive.models import Interview, TranscriptVersion
from search.backends.base import Backend
from search.highlight import highlight_ranges
from search.passages import Passage
from search.query import Query, parse_query
from search.results import Hit, SearchRequest

FILTERS = ("collection", "year", "language", "role", "state")
MAX_PASSAGE_SEGMENTS = 60


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """A turn with matching words; `facts` are those of its version.

    `marks` are ranges of its text; times are media time.
    `word_ms` is the start of the first marked word. `before` and `after` are the rest of
    the passage.
    """

    interview: Interview
    version: TranscriptVersion
    facts: TextFacts
    turn: Turn
    marks: list[tuple[int, int]]
    word_ms: int
    before: str
    after: str
    score: float


@dataclass(frozen=True, kw_only=True)
class InterviewGroup:
    """One interview with its best hits and their total number."""

    interview: Interview
    total: int
    hits: list[SearchHit]


@dataclass(frozen=True, kw_only=True)
class SearchResponse:
    """One page of results; `described` are interviews with a matching description."""

    query: Query
    total: int
    interviews: int
    groups: list[InterviewGroup]
    hits: list[SearchHit] = field(default_factory=list)
    described: list[Interview] = field(default_factory=list)
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """A search request; `filters` by the names in FILTERS, and `interview` ids.

    `samples`: True searches the sample archive only, False excludes it, None searches both.
    """

    text: str
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    samples: bool | None = None
    page: int = 1
    per_page: int = 10
    grouped: bool = True


def search(
    db: Session, index: Backend, rights: Rights, search_query: SearchQuery
) -> SearchResponse:
    """Search with the actor's rights.

    Raises QueryProblem for invalid queries, and SearchIndexError while the index cannot answer:
    a lost or old one must not look like an archive in which nothing was found.
    """
    query = parse_query(search_query.text)
    rebuilding.require_current(db, index)
    request = SearchRequest(
        query=query,
        filters=search_query.filters,
        facets=FILTERS,
        page=search_query.page,
        per_page=search_query.per_page,
        group_by_interview=search_query.grouped,
    )
    request = index_access.of_passages(db, rights, request, samples=search_query.samples)
    results = index.find(request)
    sources = _load_sources(
        db, rights, [*results.hits, *(hit for group in results.groups for hit in group.hits)]
    )
    groups = []
    for group in results.groups:
        read = [_read_hit(hit, query, sources) for hit in group.hits]
        hits = [hit for hit in read if hit is not None]
        if hits:
            missing = len(read) - len(hits)
            groups.append(
                InterviewGroup(interview=hits[0].interview, total=group.total - missing, hits=hits)
            )
    read = [_read_hit(hit, query, sources) for hit in results.hits]
    hits = [hit for hit in read if hit is not None]
    hidden = len(results.hits) - len(hits) + sum(g.total for g in results.groups)
    hidden -= sum(g.total for g in groups)
    total = results.total - hidden
    return SearchResponse(
        query=query,
        total=total,
        interviews=results.interviews - (len(results.groups) - len(groups)),
        groups=groups,
        hits=hits,
        described=_matching_descriptions(db, index, rights, query, search_query),
        facets=results.facets,
        suggestions=() if total else index.suggest(request),
    )


def has_interviews(db: Session, rights: Rights, *, samples: bool) -> bool:
    """Return whether the reader may view any sample interview, or any real one."""
    query = select(Interview.id).where(Interview.is_sample.is_(samples))
    return db.scalar(access.visible(query, rights).limit(1)) is not None


def _matching_descriptions(
    db: Session, index: Backend, rights: Rights, query: Query, search_query: SearchQuery
) -> list[Interview]:
    if search_query.page > 1:
        return []
    kept = {
        k: v for k, v in search_query.filters.items() if k in ("collection", "year", "language")
    }
    request = SearchRequest(query=query, filters=kept, per_page=5)
    results = index.find(
        index_access.of_descriptions(db, rights, request, samples=search_query.samples)
    )
    interviews = load_with_relations(db, [hit.interview for hit in results.hits])
    found = [interviews[hit.interview] for hit in results.hits if hit.interview in interviews]
    return [interview for interview in found if access.may(rights, "know", access.Scope(interview))]


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """Rows from which the hits of one response are read, loaded at once.

    `texts`: readable versions with their interviews, by version id.
    `windows`: the turns from the first one of a passage on, by its id.
    """

    texts: Mapping[str, tuple[TranscriptVersion, Interview]]
    facts: Mapping[str, TextFacts]
    windows: Mapping[str, Sequence[Turn]]


def _load_sources(db: Session, rights: Rights, hits: Sequence[Hit]) -> _Sources:
    ids = sorted({_parse_passage_id(hit)[0] for hit in hits})
    versions = db.scalars(select(TranscriptVersion).where(TranscriptVersion.id.in_(ids))).all()
    interviews = load_with_relations(db, {version.interview_id for version in versions})
    texts = {
        version.id: (version, interviews[version.interview_id])
        for version in versions
        if version.is_current
        and access.may(rights, "read", access.Scope(interviews[version.interview_id], version))
    }
    first_ids = {_parse_passage_id(hit)[1] for hit in hits if _parse_passage_id(hit)[0] in texts}
    windows = rendition.windows(db, rights, texts, first_ids, length=MAX_PASSAGE_SEGMENTS)
    facts = text_facts.facts_of(db, rights, [version for version, _interview in texts.values()])
    return _Sources(texts=texts, facts=facts, windows=windows)


def _parse_passage_id(hit: Hit) -> tuple[str, str, int]:
    """Split an id of `indexing.passage_id`: version, segment, start within it."""
    version_id, segment_id, start = hit.pid.split(":")
    return version_id, segment_id, int(start)


def _read_hit(hit: Hit, query: Query, sources: _Sources) -> SearchHit | None:
    version_id, segment_id, start = _parse_passage_id(hit)
    if version_id not in sources.texts:
        return None
    version, interview = sources.texts[version_id]
    turns = sources.windows.get(segment_id, ())
    for passage in indexing.cut_passages(turns):
        first = passage.slices[0]
        if first.segment_id == segment_id and first.segment_start == start:
            by_id = {turn.id: turn for turn in turns}
            return _build_hit(interview, version, sources, passage, by_id, query, hit)
    return None


def _build_hit(
    interview: Interview,
    version: TranscriptVersion,
    sources: _Sources,
    passage: Passage,
    turns: dict[str, Turn],
    query: Query,
    hit: Hit,
) -> SearchHit | None:
    by_segment: dict[str, list[tuple[int, int]]] = {}
    for start, end in highlight_ranges(passage.text, query, language=version.language):
        if start >= passage.overlap_from:
            continue
        segment_id, first = passage.locate(start)
        last_id, last = passage.locate(max(start, end - 1))
        length = len(turns[segment_id].text)
        by_segment.setdefault(segment_id, []).append(
            (first, last + 1 if last_id == segment_id else length)
        )
    if not by_segment:
        return None
    best = max(by_segment, key=lambda s: (len(by_segment[s]), -passage.segment_ids.index(s)))
    turn = turns[best]
    at = passage.segment_ids.index(best)
    texts = [turns[s].text for s in passage.segment_ids]
    return SearchHit(
        interview=interview,
        version=version,
        facts=sources.facts[version.id],
        turn=turn,
        marks=by_segment[best],
        word_ms=word_ms(turn, by_segment[best][0][0]),
        before=" ".join(texts[:at]),
        after=" ".join(texts[at + 1 :]),
        score=hit.score,
    )


def word_ms(turn: Turn, char: int) -> int:
    """Return the start of the word at a character, or of the turn if it has no words."""
    at = 0
    for start_ms, _end_ms, text, *_rest in turn.packed_words:
        if at + len(text) > char:
            return int(start_ms)
        at += len(text) + 1
    return turn.start_ms
