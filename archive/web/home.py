"""The front of the house: the door without a language, the home page, and whether we are well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext

from archive.actions import front_page, playback
from archive.actions.front_page import Quote
from archive.web import addresses, current, language, measures, waves
from transcription.timecode import clock

bp = Blueprint("home", __name__)

WAVE_HEIGHT = 36
Asked = Mapping[str, Sequence[playback.Span]]


@dataclass(frozen=True, kw_only=True)
class ShownQuote:
    """A passage with the address of its place and of its sound; both lead to its first word."""

    quote: Quote
    address: str
    sound: str
    wave: waves.Wave | None
    at_percent: float | None


@bp.get("/")
def front_door() -> ResponseReturnValue:
    """Send the visitor to the home page in their language."""
    return redirect(url_for("home.show", lang_code=language.chosen()), 302)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Says that the server answers."""
    return jsonify(ok=True)


@bp.get(language.PREFIX + "/")
def show() -> ResponseReturnValue:
    """The home page."""
    today = current.settings().today()
    db, actor = current.db(), current.actor()
    page = front_page.gather(db, current.toolbox().index, actor, day=today)
    shown = [*(quote.interview for quote in page.quotes), *(card.interview for card in page.latest)]
    asked = playback.asked(db, actor, shown)
    return render_template(
        "home/show.html", page=page, clock=clock, held=measures.held, recorded=_recorded,
        quotes=[_quote(quote, asked) for quote in page.quotes],
        latest=[
            (card, waves.of(card.playable, asked, bars=110, height=WAVE_HEIGHT))
            for card in page.latest
        ],
        duration=measures.duration, day=measures.day,
    )  # fmt: skip


def _quote(quote: Quote, asked: Asked) -> ShownQuote:
    playable, segment = quote.playable, quote.segment
    duration_ms = (playable.recording.duration_ms or 0) if playable else 0
    return ShownQuote(
        quote=quote,
        address=addresses.passage(quote.interview, segment, playable, start_ms=segment.start_ms),
        sound=url_for("media.stream", file_id=playable.access_id)
        if playable and playable.access_id
        else "",
        wave=waves.of(playable, asked, bars=74, height=WAVE_HEIGHT),
        at_percent=segment.start_ms * 100 / duration_ms if duration_ms else None,
    )


def _recorded(duration_ms: int) -> str:
    """How much there is to hear, in one unit: "312 giờ", "1,4 giờ", "54 phút"."""
    minutes = max(1, round(duration_ms / 60_000)) if duration_ms else 0
    if minutes < 60:
        return str(ngettext("%(length)s minute", "%(length)s minutes", minutes, length=minutes))
    hours = minutes / 60
    length = format_decimal(hours, format="#,##0" if hours >= 10 else "#,##0.#")
    number = 1 if length == "1" else 2
    return str(ngettext("%(length)s hour", "%(length)s hours", number, length=length))
