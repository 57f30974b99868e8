"""The page of an interview: sound, text, contents, and the citation of the chosen passage.

Works without a script: the address names the passage (`?t=2499-2522`, seconds), the
server marks its turn and writes its citation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from archive.actions import citations, exporting, reading, wording
from archive.actions.reading import Reading
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.base import utc_now
from archive.web import current, language, loaders, measures, waves
from transcription.timecode import clock, parse_media_fragment

bp = Blueprint("reading", __name__)
_CODE = re.compile(r"(?!.*://)(.*\d.*[-–].*|.*[-–].*\d.*)")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What the reader has chosen, in ms of a part."""

    start_ms: int
    end_ms: int | None
    part: int


def page(interview: Interview) -> str:
    """The whole page, for whoever asks."""
    db, actor = current.db(), current.actor()
    number = request.args.get("version", type=int)
    found = reading.gather(db, actor, interview, number=number)
    passage = _passage()
    return render_template(
        "reading/show.html", reading=found, interview=interview, passage=passage,
        waves=_waves(found),
        chosen=_chosen(found, passage), cites=_cites(interview, found.version, passage),
        label=wording.label(found.version, language.chosen()) if found.version else "",
        formats=exporting.writable(), clock=clock, held=measures.held(interview),
        parts={p.recording.id: p.recording.part for p in found.playables},
        today=measures.day(utc_now()),
    )  # fmt: skip


@bp.app_template_filter("codes_whole")
def codes_whole(citation: str) -> Markup:
    """Dates, codes and times stay on one line; `js/reading/citation.js` does the same."""
    words = (measures.unbroken(w) if _CODE.fullmatch(w) else escape(w) for w in citation.split(" "))
    return Markup(" ").join(words)


@bp.get("/interviews/<accession>/cite")
def cite(accession: str) -> ResponseReturnValue:
    """The citation of a passage in every style, for the box that follows the selection."""
    interview = loaders.interview(accession, "view")
    return jsonify(_cites(interview, _version(interview), _passage()))


@bp.get("/interviews/<accession>/words")
def words(accession: str) -> ResponseReturnValue:
    """Start and end of every word, by segment, for drawing the current one."""
    interview = loaders.interview(accession, "view")
    version = _version(interview)
    segments = version.segments if version is not None else []
    return jsonify({s.id: [time for w in s.words for time in (w[0], w[1])] for s in segments})


def _passage() -> Passage | None:
    fragment = parse_media_fragment(request.args.get("t", ""))
    if fragment is None:
        return None
    start_ms, end_ms = fragment
    part = max(1, request.args.get("part", 1, type=int))
    return Passage(start_ms=start_ms, end_ms=end_ms, part=part)


def _chosen(found: Reading, passage: Passage | None) -> Segment | None:
    """The segment that a passage means: the one it covers most, or the next one after it.

    A link counts in whole seconds, so it may begin within the last word of the one before.
    """
    if passage is None:
        return None
    segments = [turn.segment for turn in found.turns if turn.part == passage.part]
    start, end = passage.start_ms, passage.end_ms
    if end is None:
        return next((s for s in segments if s.end_ms > start), None)
    covered = [(min(s.end_ms, end) - max(s.start_ms, start), s) for s in segments]
    most, segment = max(covered, key=lambda one: one[0], default=(0, None))
    return segment if most > 0 else next((s for s in segments if s.start_ms >= start), None)


def _version(interview: Interview) -> TranscriptVersion | None:
    number = request.args.get("version", type=int)
    return reading.version(current.db(), current.actor(), interview, number=number)


def _cites(
    interview: Interview, version: TranscriptVersion | None, passage: Passage | None
) -> dict[str, str]:
    span: dict[str, str | int] = {}
    if passage is not None:
        end = f"-{passage.end_ms // 1000}" if passage.end_ms is not None else ""
        span["t"] = f"{passage.start_ms // 1000}{end}"
        if passage.part > 1:
            span["part"] = passage.part
    if version is not None and not version.is_current:
        span["version"] = version.number
    address = url_for(
        "interviews.show", accession=interview.accession, _external=True, **span  # type: ignore[arg-type]
    )  # fmt: skip
    cited = wording.cited(
        current.db(), interview, version, address=address,
        start_ms=passage.start_ms if passage else None,
        end_ms=passage.end_ms if passage else None,
        part=passage.part if passage else 1,
    )  # fmt: skip
    return {style: citations.cite(cited, style) for style in citations.STYLES} | {
        "address": address
    }


def _waves(found: Reading) -> dict[str, waves.Wave | None]:
    """Drawn from the version that is read, which may be another than the one shown."""
    asked: dict[str, list[tuple[int, int]]] = {}
    for turn in found.turns:
        if turn.speaker.role == "interviewer":
            span = (turn.segment.start_ms, turn.segment.end_ms)
            asked.setdefault(turn.segment.recording_id or "", []).append(span)
    return {p.recording.id: waves.of(p, asked, bars=260, height=64) for p in found.playables}
