"""Search page: query, filters with counts, and hits that play from their position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import SERVICE_UNAVAILABLE
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from archive import messages
from archive.actions.catalogue import collections
from archive.actions.catalogue.interviews import FIRST_YEAR, LAST_YEAR
from archive.actions.discovery import rebuilding, search
from archive.actions.discovery.search import (
    FILTERS,
    InterviewGroup,
    SearchHit,
    SearchQuery,
    SearchResponse,
)
from archive.actions.holdings import playback
from archive.actions.holdings.playback import Playable, SpanMs
from archive.messages import Message, quantities
from archive.web.core import current, formatting, forms, links
from archive.web.core.after_answer import after_answer
from archive.web.holdings import waveform
from search.backends.base import SearchIndexError
from search.query import LONGEST_QUERY, QueryProblem

bp = Blueprint("search", __name__)

PASSAGES_PER_PAGE = 10
LIST_FILTERS = ("collection", "language", "role", "state")
CONTEXT_CHARS = 220
LEAD_IN_MS = 600
SETS = {"archive": False, "samples": True}
MAX_YEAR_BARS = 80  # more bars would be too narrow

SearchOutcome = tuple[SearchResponse | None, Message | None, int]


@dataclass(frozen=True, kw_only=True)
class HitView:
    """Template data of a hit; `sound` is empty while there is no access copy."""

    search_hit: SearchHit
    text: Markup
    address: str
    sound: str
    start_ms: int
    at_percent: float | None


@dataclass(frozen=True, kw_only=True)
class YearBar:
    """One bar of the histogram of years covered; `height` is relative to the highest bar."""

    year: int
    count: int
    height: float
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """Template data of an interview with its hits and its wave."""

    group: InterviewGroup
    hits: list[HitView]
    wave: waveform.Wave | None
    duration_ms: int


@bp.get("/search")
def show() -> ResponseReturnValue:
    """Render results grouped by interview; all filters are links, so no script is needed."""
    # One more than the limit, so that longer queries are refused instead of cut.
    text = request.args.get("q", "").strip()[: LONGEST_QUERY + 1]
    if request.args.get("phrase") and text and '"' not in text:
        text = f'"{text}"'
    chosen = {name: request.args.getlist(name) for name in LIST_FILTERS}
    years = (forms.year_argument("from"), forms.year_argument("to"))
    page = max(1, min(100, request.args.get("page", 1, type=int)))
    sets = _sets()
    active_set, (answer, problem, status) = _search_sets(text, _filters(chosen, years), page, sets)
    return (
        render_template(
            "discovery/search/show.html",
            answer=answer,
            problem=problem,
            chosen=chosen,
            years=years,
            groups=_group_views(answer.groups) if answer else [],
            facets=_facets(answer),
            collections=_collections(answer),
            page=page,
            bars=_year_bars(answer, years),
            interview_date=formatting.interview_date,
            duration=quantities.duration,
            pages=-(-answer.interviews // PASSAGES_PER_PAGE) if answer else 0,
            url_without=_url_without,
            query=request.args.get("q", ""),
            description_matches=answer.described if answer else [],
            sets=sets,
            active_set=active_set,
            may_retry=status == SERVICE_UNAVAILABLE,
        ),
        status,
    )


def highlight(text: str, marks: list[tuple[int, int]]) -> Markup:
    """Return the text with matches in <mark>, cut to some words around the first one."""
    first = marks[0][0] if marks else 0
    start = 0 if first < CONTEXT_CHARS else text.rfind(" ", 0, first - CONTEXT_CHARS // 2) + 1
    end = (
        len(text)
        if len(text) - start < 2 * CONTEXT_CHARS
        else text.find(" ", start + 2 * CONTEXT_CHARS)
    )
    end = len(text) if end < 0 else end
    html = Markup("… ") if start else Markup("")
    at = start
    for begin, stop in _merge_adjacent(text, marks):
        if begin < start or stop > end:
            continue
        html += escape(text[at:begin]) + Markup("<mark>%s</mark>") % text[begin:stop]
        at = stop
    return html + escape(text[at:end]) + (Markup(" …") if end < len(text) else Markup(""))


def _merge_adjacent(text: str, marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge matches that are separated by white space only."""
    joined: list[tuple[int, int]] = []
    for begin, stop in marks:
        if joined and not text[joined[-1][1] : begin].strip():
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((begin, stop))
    return joined


def _sets() -> list[str]:
    """Return the sets that the actor may search: archive, samples, or both."""
    return [
        name
        for name, samples in SETS.items()
        if search.has_interviews(current.db(), current.rights(), samples=samples)
    ]


def _search_sets(
    text: str, filters: Mapping[str, frozenset[str]], page: int, sets: list[str]
) -> tuple[str, SearchOutcome]:
    """Search the selected set; by default the archive, then the samples if nothing matched.

    One set at a time, so that no count mixes both.
    """
    chosen = request.args.get("set", "")
    candidates = [chosen] if chosen in sets else sets or ["archive"]
    for name in candidates:
        outcome = _search_set(text, filters, page, samples=SETS[name])
        answer = outcome[0]
        if answer is None or answer.total or answer.described:
            return name, outcome
    return candidates[0], outcome


def _search_set(
    text: str, filters: Mapping[str, frozenset[str]], page: int, *, samples: bool
) -> SearchOutcome:
    if not text:
        return None, None, 200
    try:
        answer = search.search(
            current.db(),
            current.toolbox().index,
            current.rights(),
            SearchQuery(
                text=text, filters=filters, page=page, per_page=PASSAGES_PER_PAGE, samples=samples
            ),
        )
    except QueryProblem as problem:
        return None, messages.for_code(f"query_{problem.code}", limit=problem.limit), 400
    except SearchIndexError as problem:
        after_answer(rebuilding.request_rebuild_once)
        return None, messages.for_code(problem.code), SERVICE_UNAVAILABLE
    return answer, None, 200


def _filters(
    chosen: Mapping[str, list[str]], years: tuple[int | None, int | None]
) -> dict[str, frozenset[str]]:
    filters = {name: frozenset(values) for name, values in chosen.items() if values}
    first, last = years
    if first is not None or last is not None:
        first, last = first or FIRST_YEAR, last or LAST_YEAR
        filters["year"] = frozenset(str(year) for year in range(first, last + 1))
    return filters


def _facets(answer: SearchResponse | None) -> dict[str, list[tuple[str, int]]]:
    """Return the values of each filter with their counts, highest count first."""
    if answer is None:
        return {}
    return {
        name: sorted(
            ((value, count) for value, count in answer.facets.get(name, {}).items() if value),
            key=lambda row: (-row[1], row[0]),
        )
        for name in FILTERS
    }


def _year_bars(
    answer: SearchResponse | None, years: tuple[int | None, int | None]
) -> list[YearBar]:
    """Return a bar for every year between the first and last year covered."""
    counts = {int(y): n for y, n in (answer.facets.get("year", {}) if answer else {}).items() if n}
    if len(counts) < 2:
        return []
    first, last = years[0] or FIRST_YEAR, years[1] or LAST_YEAR
    is_narrowed = years != (None, None)
    return [
        YearBar(
            year=year,
            count=counts.get(year, 0),
            height=counts.get(year, 0) / max(counts.values()),
            is_chosen=is_narrowed and first <= year <= last,
        )
        for year in range(max(min(counts), max(counts) - MAX_YEAR_BARS), max(counts) + 1)
    ]


def _group_views(groups: Sequence[InterviewGroup]) -> list[GroupView]:
    interviews = [group.interview for group in groups]
    playables = playback.playables_by_interview(current.db(), current.rights(), interviews)
    interviewer_spans = playback.interviewer_spans(current.db(), current.rights(), interviews)
    return [
        _group_view(group, playables[group.interview.id], interviewer_spans) for group in groups
    ]


def _group_view(
    group: InterviewGroup,
    playables: Sequence[Playable],
    interviewer_spans: Mapping[str, Sequence[SpanMs]],
) -> GroupView:
    recordings = {p.recording.id: p for p in playables}
    main = recordings.get(group.hits[0].turn.recording_id or "")
    duration_ms = (main.recording.duration_ms or 0) if main else 0
    return GroupView(
        group=group,
        duration_ms=duration_ms,
        hits=[_hit_view(hit, recordings, duration_ms, main) for hit in group.hits],
        wave=waveform.for_recording(main, interviewer_spans, bars=190, height=40),
    )


def _hit_view(
    search_hit: SearchHit,
    recordings: Mapping[str, Playable],
    duration_ms: int,
    main: Playable | None,
) -> HitView:
    played = recordings.get(search_hit.turn.recording_id or "")
    start_ms = max(0, search_hit.word_ms - LEAD_IN_MS)
    return HitView(
        search_hit=search_hit,
        text=highlight(search_hit.turn.text, search_hit.marks),
        address=links.segment_url(search_hit.interview, search_hit.turn, played, start_ms=start_ms),
        sound=url_for("media.stream", file_id=played.access_id)
        if played and played.access_id
        else "",
        start_ms=start_ms,
        at_percent=search_hit.word_ms * 100 / duration_ms
        if duration_ms and played is main
        else None,
    )


def _collections(answer: SearchResponse | None) -> dict[str, str]:
    """Return titles of the counted collections only; no title of an invisible one is shown."""
    counted = answer.facets.get("collection", {}) if answer is not None else {}
    return collections.titles_by_code(current.db(), counted)


def _url_without(name: str, value: str = "") -> str:
    """Return the URL of this search without a filter; both year limits are removed together."""
    kept = request.args.to_dict(flat=False)
    for removed in ("page", "to") if name == "from" else ("page",):
        kept.pop(removed, None)
    if value:
        kept[name] = [v for v in kept.get(name, []) if v != value]
    else:
        kept.pop(name, None)
    # The query is appended instead of given to url_for: a client may send ?endpoint=x.
    return f"{url_for('search.show')}?{urlencode(kept, doseq=True)}"
