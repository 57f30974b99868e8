"""The search page: a query, filters with counts, and hits that can be heard where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import SERVICE_UNAVAILABLE
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from archive.actions import collections, discovery, playback
from archive.actions.discovery import FILTERS, Answer, Found, FoundInterview, Wish
from archive.actions.interviews import FIRST_YEAR, LAST_YEAR
from archive.actions.playback import Playable, Span
from archive.web import addresses, current, forms, measures, messages, waves
from archive.web.messages import Message
from search.backends.base import SearchFault
from search.query import LONGEST_TEXT, QueryProblem

bp = Blueprint("search", __name__)

PER_PAGE = 10
LISTED = ("collection", "language", "role", "state")
CONTEXT = 220
LEAD_IN_MS = 600
SETS = {"archive": False, "samples": True}
LONGEST_SPAN = 80  # years that one small drawing can tell apart

Outcome = tuple[Answer | None, Message | None, int]


@dataclass(frozen=True, kw_only=True)
class ShownHit:
    """A hit as the page needs it; `sound` is empty while there is no access copy."""

    found: Found
    text: Markup
    address: str
    sound: str
    start_ms: int
    at_percent: float | None


@dataclass(frozen=True, kw_only=True)
class YearBar:
    """One bar of the years that accounts are about: `tall` is a share of the tallest."""

    year: int
    count: int
    tall: float
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class ShownGroup:
    """An interview with its hits and its wave."""

    group: FoundInterview
    hits: list[ShownHit]
    wave: waves.Wave | None
    duration_ms: int


@bp.get("/search")
def show() -> ResponseReturnValue:
    """Results grouped by interview; every filter is a link, so nothing needs a script."""
    # One more than can be asked: what is longer is refused with a sentence, never cut in silence.
    text = request.args.get("q", "").strip()[: LONGEST_TEXT + 1]
    if request.args.get("phrase") and text and '"' not in text:
        text = f'"{text}"'
    chosen = {name: request.args.getlist(name) for name in LISTED}
    years = (forms.year_asked("from"), forms.year_asked("to"))
    page = max(1, min(100, request.args.get("page", 1, type=int)))
    sets = _sets()
    shown, (answer, problem, status) = _ask_sets(text, _filters(chosen, years), page, sets)
    return (
        render_template(
            "search/show.html", answer=answer, problem=problem, chosen=chosen, years=years,
            groups=_shown(answer.groups) if answer else [],
            facets=_facets(answer), collections=_collections(answer), page=page,
            bars=_year_bars(answer, years), held=measures.held, length=measures.duration,
            pages=-(-answer.interviews // PER_PAGE) if answer else 0, without=_without,
            query=request.args.get("q", ""), described=answer.described if answer else [],
            sets=sets, shown_set=shown, may_retry=status == SERVICE_UNAVAILABLE,
        ),
        status,
    )  # fmt: skip


def marked(text: str, marks: list[tuple[int, int]]) -> Markup:
    """The text with its found words in <mark>, cut to some words around the first of them."""
    first = marks[0][0] if marks else 0
    start = 0 if first < CONTEXT else text.rfind(" ", 0, first - CONTEXT // 2) + 1
    end = len(text) if len(text) - start < 2 * CONTEXT else text.find(" ", start + 2 * CONTEXT)
    end = len(text) if end < 0 else end
    told = Markup("… ") if start else Markup("")
    at = start
    for begin, stop in _joined(text, marks):
        if begin < start or stop > end:
            continue
        told += escape(text[at:begin]) + Markup("<mark>%s</mark>") % text[begin:stop]
        at = stop
    return told + escape(text[at:end]) + (Markup(" …") if end < len(text) else Markup(""))


def _joined(text: str, marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours with nothing but a space between them are one mark to the eye."""
    joined: list[tuple[int, int]] = []
    for begin, stop in marks:
        if joined and not text[joined[-1][1] : begin].strip():
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((begin, stop))
    return joined


def _sets() -> list[str]:
    """The sets that there are for this reader: the archive, the samples, or both."""
    return [
        name
        for name, samples in SETS.items()
        if discovery.holds(current.db(), current.actor(), samples=samples)
    ]


def _ask_sets(
    text: str, filters: Mapping[str, frozenset[str]], page: int, sets: list[str]
) -> tuple[str, Outcome]:
    """Ask the set that was chosen; else the archive, and the samples when it knows nothing.

    One of them at a time, so that no number holds both.
    """
    chosen = request.args.get("set", "")
    asked = [chosen] if chosen in sets else sets or ["archive"]
    for name in asked:
        outcome = _ask(text, filters, page, samples=SETS[name])
        answer = outcome[0]
        if answer is None or answer.total or answer.described:
            return name, outcome
    return asked[0], outcome


def _ask(text: str, filters: Mapping[str, frozenset[str]], page: int, *, samples: bool) -> Outcome:
    if not text:
        return None, None, 200
    try:
        answer = discovery.search(
            current.db(), current.toolbox().index, current.actor(),
            Wish(text=text, filters=filters, page=page, per_page=PER_PAGE, samples=samples),
        )  # fmt: skip
    except QueryProblem as fault:
        return None, messages.for_code(f"query_{fault.code}", limit=fault.limit), 400
    except SearchFault as fault:
        return None, messages.for_code(fault.code), SERVICE_UNAVAILABLE
    return answer, None, 200


def _filters(
    chosen: Mapping[str, list[str]], years: tuple[int | None, int | None]
) -> dict[str, frozenset[str]]:
    found = {name: frozenset(values) for name, values in chosen.items() if values}
    first, last = years
    if first is not None or last is not None:
        first, last = first or FIRST_YEAR, last or LAST_YEAR
        found["year"] = frozenset(str(year) for year in range(first, last + 1))
    return found


def _facets(answer: Answer | None) -> dict[str, list[tuple[str, int]]]:
    """The values of each filter with their counts, the most frequent first."""
    if answer is None:
        return {}
    return {
        name: sorted(
            ((value, count) for value, count in answer.facets.get(name, {}).items() if value),
            key=lambda row: (-row[1], row[0]),
        )
        for name in FILTERS
    }


def _year_bars(answer: Answer | None, years: tuple[int | None, int | None]) -> list[YearBar]:
    """A bar for every year from the first to the last that is told about."""
    counts = {int(y): n for y, n in (answer.facets.get("year", {}) if answer else {}).items() if n}
    if len(counts) < 2:
        return []
    first, last = years[0] or FIRST_YEAR, years[1] or LAST_YEAR
    is_narrowed = years != (None, None)
    return [
        YearBar(
            year=year, count=counts.get(year, 0), tall=counts.get(year, 0) / max(counts.values()),
            is_chosen=is_narrowed and first <= year <= last,
        )
        for year in range(max(min(counts), max(counts) - LONGEST_SPAN), max(counts) + 1)
    ]  # fmt: skip


def _shown(groups: Sequence[FoundInterview]) -> list[ShownGroup]:
    found = [group.interview for group in groups]
    playables = playback.playables(current.db(), found)
    asked = playback.asked(current.db(), current.actor(), found)
    return [_group(group, playables[group.interview.id], asked) for group in groups]


def _group(
    group: FoundInterview, playables: Sequence[Playable], asked: Mapping[str, Sequence[Span]]
) -> ShownGroup:
    recordings = {p.recording.id: p for p in playables}
    main = recordings.get(group.hits[0].segment.recording_id or "")
    duration_ms = (main.recording.duration_ms or 0) if main else 0
    return ShownGroup(
        group=group, duration_ms=duration_ms,
        hits=[_hit(found, recordings, duration_ms, main) for found in group.hits],
        wave=waves.of(main, asked, bars=190, height=40),
    )  # fmt: skip


def _hit(
    found: Found,
    recordings: Mapping[str, Playable],
    duration_ms: int,
    main: Playable | None,
) -> ShownHit:
    played = recordings.get(found.segment.recording_id or "")
    start_ms = max(0, found.word_ms - LEAD_IN_MS)
    return ShownHit(
        found=found,
        text=marked(found.text, found.marks),
        address=addresses.passage(found.interview, found.segment, played, start_ms=start_ms),
        sound=url_for("media.stream", file_id=played.access_id)
        if played and played.access_id
        else "",
        start_ms=start_ms,
        at_percent=found.word_ms * 100 / duration_ms if duration_ms and played is main else None,
    )  # fmt: skip


def _collections(answer: Answer | None) -> dict[str, str]:
    """Titles of those that are counted, and of no other: what is closed has no name here."""
    counted = answer.facets.get("collection", {}) if answer is not None else {}
    return collections.titles(current.db(), counted)


def _without(name: str, value: str = "") -> str:
    """This search with one filter taken away; both ends of the years go together."""
    kept = request.args.to_dict(flat=False)
    for gone in ("page", "to") if name == "from" else ("page",):
        kept.pop(gone, None)
    if value:
        kept[name] = [v for v in kept.get(name, []) if v != value]
    else:
        kept.pop(name, None)
    # Behind the address, not into its making: a reader may write ?endpoint=x.
    return f"{url_for('search.show')}?{urlencode(kept, doseq=True)}"
