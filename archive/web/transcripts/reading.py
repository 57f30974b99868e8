"""Page of an interview: sound, text, contents, and the citation of the selected span.

Works without a script: the URL names the span (`?t=2499-2522`, seconds), the server marks its turn
and renders its citation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from archive import access
from archive.actions.transcripts import (
    citations,
    exports,
    labels,
    reading,
    rendition,
    text_facts,
    text_labels,
)
from archive.actions.transcripts.part_headings import part_headings
from archive.actions.transcripts.reading import ReadingPage
from archive.actions.transcripts.rendition import Turn
from archive.actions.transcripts.text_facts import TextFacts
from archive.models import Interview, TranscriptVersion
from archive.models.base import utc_now
from archive.models.vocabulary import VersionState
from archive.web.core import current, formatting, language, loaders
from archive.web.holdings import waveform
from transcription.timecode import format_clock, parse_media_fragment

bp = Blueprint("reading", __name__)
_DATE_OR_CODE = re.compile(r"(?!.*://)(.*\d.*[-–].*|.*[-–].*\d.*)")


@dataclass(frozen=True, kw_only=True)
class CitedSpan:
    """The time span named by the URL, in ms of a part; scripts name it to the millisecond."""

    start_ms: int
    end_ms: int | None
    part: int


def render_page(interview: Interview) -> str:
    """Render the page of an interview."""
    db, rights = current.db(), current.rights()
    number = request.args.get("version", type=int)
    content = reading.load_page(db, rights, interview, number=number)
    span = _span_from_request()
    if span is not None and span.part > 1 and not _is_known(interview, span):
        span = None  # as for a part that there is not
    scope = _scope_of_citation(interview, content.version, span)
    may_quote = access.may(rights, "quote", scope)
    facts = text_facts.facts_of(db, rights, content.versions)
    return render_template(
        "transcripts/reading/show.html",
        facts=facts,
        reading=content,
        interview=interview,
        span=span,
        waves=_waves(content),
        selected=_segment_of_span(content, span),
        citations=_citations(interview, content.version, span) if may_quote else {},
        label=text_label(facts[content.version.id]) if content.version else "",
        formats=exports.writable_formats(),
        clock=format_clock,
        interview_date=formatting.interview_date(interview),
        parts={recording.id: recording.part for recording in interview.recordings},
        part_headings=part_headings(rights, interview, language.code()),
        today=formatting.day(utc_now()),
    )


@bp.app_template_filter("text_label")
def text_label(facts: TextFacts) -> str:
    """Return the whole label of a text; pages mark samples by themselves."""
    return text_labels.full_label(facts, language.code(), with_sample=False)


@bp.app_template_filter("text_badge")
def text_badge(facts: TextFacts, *, with_counts: bool = True) -> str:
    """Return the short label of a text."""
    return text_labels.short_label(facts, language.code(), with_counts=with_counts)


@bp.app_template_global("unheard_mark")
def unheard_words() -> str:
    """Return what stands beside a turn that a person should hear and did not."""
    return text_labels.unheard_mark(language.code())


@bp.app_template_filter("in_state")
def in_state(facts: TextFacts, state: VersionState) -> TextFacts:
    """Return the facts as they will be in another state, for a badge that a script shows."""
    return replace(facts, state=state)


@bp.app_template_filter()
def no_break_codes(citation: str) -> Markup:
    """Keep dates, codes and times on one line, as `transcripts/reading/citation.js` does."""
    words = (
        formatting.no_break(w) if _DATE_OR_CODE.fullmatch(w) else escape(w)
        for w in citation.split(" ")
    )
    return Markup(" ").join(words)


@bp.get("/interviews/<accession>/cite")
def cite(accession: str) -> ResponseReturnValue:
    """Return the citations of a span in every style, for the box that follows the selection."""
    interview = loaders.interview(accession, "quote")
    span = _span_from_request()
    if span is not None and span.part > 1 and not _is_known(interview, span):
        raise access.NotVisible
    return jsonify(_citations(interview, _version(interview), span))


@bp.get("/interviews/<accession>/words")
def words(accession: str) -> ResponseReturnValue:
    """Return the label, and by segment who vouches for it and start and end of every word."""
    interview = loaders.interview(accession, "know")
    version = _version(interview)
    if version is None:
        return jsonify({})
    db, rights = current.db(), current.rights()
    turns = rendition.for_reader(db, rights, interview, version).turns
    facts = text_facts.facts_of_one(db, rights, version)
    return jsonify(
        label=text_labels.full_label(facts, language.code()),
        segments={
            turn.id: {
                "vouched_by": turn.vouched_by,
                "imported_by": turn.imported_by,
                "unheard": turn.is_unheard,
                "times": [time for word in turn.packed_words for time in (word[0], word[1])],
            }
            for turn in turns
        },
    )


def facts_by_interview(version_ids: Mapping[str, str]) -> dict[str, TextFacts]:
    """Return the facts of texts that the reader may read, by interview, for the catalogue."""
    facts = text_facts.facts_by_id(current.db(), current.rights(), version_ids.values())
    return {interview: facts[version_id] for interview, version_id in version_ids.items()}


def _span_from_request() -> CitedSpan | None:
    fragment = parse_media_fragment(request.args.get("t", ""))
    if fragment is None:
        return None
    start_ms, end_ms = fragment
    part = max(1, request.args.get("part", 1, type=int))
    return CitedSpan(start_ms=start_ms, end_ms=end_ms, part=part)


def _segment_of_span(content: ReadingPage, span: CitedSpan | None) -> Turn | None:
    """Return the turn that a span covers most, or the next one after it.

    A link counts in whole seconds, so it may begin within the last word of the segment before.
    """
    if span is None:
        return None
    turns = [row.turn for row in content.turns if row.turn.part == span.part]
    start, end = span.start_ms, span.end_ms
    if end is None:
        return next((t for t in turns if t.end_ms > start), None)
    covered = [(min(t.end_ms, end) - max(t.start_ms, start), t) for t in turns]
    longest, turn = max(covered, key=lambda pair: pair[0], default=(0, None))
    return turn if longest > 0 else next((t for t in turns if t.start_ms >= start), None)


def _version(interview: Interview) -> TranscriptVersion | None:
    number = request.args.get("version", type=int)
    return reading.readable_version(current.db(), current.rights(), interview, number=number)


def _is_known(interview: Interview, span: CitedSpan) -> bool:
    known = access.known_recordings(current.rights(), interview)
    return span.part in {recording.part for recording in known}


def _scope_of_citation(
    interview: Interview, version: TranscriptVersion | None, span: CitedSpan | None
) -> access.Scope:
    start_ms, end_ms = (span.start_ms, span.end_ms) if span else (None, None)
    part = span.part if span else 1
    return labels.citation_scope(current.rights(), interview, version, start_ms, end_ms, part)


def _citations(
    interview: Interview, version: TranscriptVersion | None, span: CitedSpan | None
) -> dict[str, str]:
    arguments: dict[str, str | int] = {}
    if span is not None:
        end = f"-{-(-span.end_ms // 1000)}" if span.end_ms is not None else ""
        arguments["t"] = f"{span.start_ms // 1000}{end}"
        if span.part > 1:
            arguments["part"] = span.part
    if version is not None and not version.is_current:
        arguments["version"] = version.number
    address = url_for(
        "interviews.show",
        accession=interview.accession,
        _external=True,
        **arguments,  # type: ignore[arg-type]
    )
    cited = labels.citation_data(
        current.db(),
        current.rights(),
        interview,
        version,
        address=address,
        start_ms=span.start_ms if span else None,
        end_ms=span.end_ms if span else None,
        part=span.part if span else 1,
    )
    return {style: citations.cite(cited, style) for style in citations.STYLES} | {
        "address": address
    }


def _waves(content: ReadingPage) -> dict[str, waveform.Wave | None]:
    """Draw the waves from the displayed version, which may not be the current one."""
    interviewer_spans: dict[str, list[tuple[int, int]]] = {}
    for turn in (row.turn for row in content.turns):
        if turn.speaker.role == "interviewer":
            span = (turn.start_ms, turn.end_ms)
            interviewer_spans.setdefault(turn.recording_id or "", []).append(span)
    return {
        p.recording.id: waveform.for_recording(p, interviewer_spans, bars=260, height=64)
        for p in content.playables
    }
