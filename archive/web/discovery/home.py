"""Home page, redirect to the language of the visitor, health check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext

from archive.actions.discovery import home
from archive.actions.discovery.home import Quote
from archive.actions.holdings import playback
from archive.messages import quantities
from archive.web.core import current, formatting, language, links
from archive.web.holdings import waveform
from archive.web.office import worker_state
from transcription.timecode import format_clock

bp = Blueprint("home", __name__)

WAVE_HEIGHT = 36
InterviewerSpans = Mapping[str, Sequence[playback.SpanMs]]


@dataclass(frozen=True, kw_only=True)
class QuoteView:
    """A quoted passage with the URLs of its segment and sound; both start at its first word."""

    quote: Quote
    address: str
    sound: str
    wave: waveform.Wave | None
    at_percent: float | None


@bp.get("/")
def redirect_to_language() -> ResponseReturnValue:
    """Redirect to the home page in the visitor's language."""
    return redirect(url_for("home.show", lang_code=language.code()), 302)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Return 200 while the server and its workers run, 503 otherwise."""
    facts = worker_state.health_facts()
    return jsonify(facts), 200 if facts["ok"] else 503


@bp.get(language.LANGUAGE_PREFIX + "/")
def show() -> ResponseReturnValue:
    """Render the home page."""
    today = current.settings().today()
    db, rights = current.db(), current.rights()
    page = home.load_page(db, current.toolbox().index, rights, day=today)
    interviews = [
        *(quote.interview for quote in page.quotes),
        *(card.interview for card in page.latest),
    ]
    interviewer_spans = playback.interviewer_spans(db, rights, interviews)
    return render_template(
        "discovery/home/show.html",
        page=page,
        clock=format_clock,
        interview_date=formatting.interview_date,
        total_length=_total_length,
        quotes=[_quote(quote, interviewer_spans) for quote in page.quotes],
        latest=[
            (
                card,
                waveform.for_recording(
                    card.playable, interviewer_spans, bars=110, height=WAVE_HEIGHT
                ),
            )
            for card in page.latest
        ],
        duration=quantities.duration,
        day=formatting.day,
    )


def _quote(quote: Quote, interviewer_spans: InterviewerSpans) -> QuoteView:
    playable, turn = quote.playable, quote.turn
    duration_ms = (playable.recording.duration_ms or 0) if playable else 0
    return QuoteView(
        quote=quote,
        address=links.segment_url(quote.interview, turn, playable, start_ms=turn.start_ms),
        sound=url_for("media.stream", file_id=playable.access_id)
        if playable and playable.access_id
        else "",
        wave=waveform.for_recording(playable, interviewer_spans, bars=74, height=WAVE_HEIGHT),
        at_percent=turn.start_ms * 100 / duration_ms if duration_ms else None,
    )


def _total_length(duration_ms: int) -> str:
    """Format the total length of recordings in one unit: "312 giờ", "1,4 giờ", "54 phút"."""
    minutes = max(1, round(duration_ms / 60_000)) if duration_ms else 0
    if minutes < 60:
        return str(ngettext("%(length)s minute", "%(length)s minutes", minutes, length=minutes))
    hours = minutes / 60
    length = format_decimal(hours, format="#,##0" if hours >= 10 else "#,##0.#")
    number = 1 if length == "1" else 2
    return str(ngettext("%(length)s hour", "%(length)s hours", number, length=length))
