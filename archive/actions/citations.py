"""How a passage is cited: Vietnamese footnote, Chicago, BibTeX, RIS.

A citation names the witness, the day, the accession number, the version and the
time, so that it leads back to the very words; text that no person has checked says
so in every style. Pure: the caller has checked the rights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from transcription.timecode import clock

STYLES = ("vietnamese", "chicago", "bibtex", "ris")
_STATES_VI = {
    "machine": "bản gỡ băng tự động, chưa hiệu đính",
    "editing": "bản đang hiệu đính",
    "corrected": "bản đã hiệu đính, chưa duyệt",
    "approved": "",
}
_SAMPLE_VI = "mẫu minh họa, nhân vật và lời kể hư cấu"
_SAMPLE_EN = "sample, the people and their words are invented"
_STATES_EN = {
    "machine": "machine draft, not yet corrected",
    "editing": "being corrected",
    "corrected": "corrected, not yet approved",
    "approved": "",
}


@dataclass(frozen=True, kw_only=True)
class Cited:
    """What a citation is made of. Names in full as spoken; `held` as the archive prints it."""

    witnesses: tuple[str, ...]
    interviewers: tuple[str, ...] = ()
    title: str
    held: str = ""
    held_on: date | None = None
    place: str = ""
    accession: str
    archive: str
    state: str
    version: int | None
    address: str
    part: int = 1
    parts: int = 1
    start_ms: int | None = None
    end_ms: int | None = None
    is_sample: bool = False


def cite(cited: Cited, style: str) -> str:
    """One style of `STYLES`; raises KeyError for another."""
    return _WRITERS[style](cited)


def _vietnamese(c: Cited) -> str:
    """Họ tên, "Nhan đề", phỏng vấn ngày …, ký hiệu …, mốc thời gian, bản vN (tình trạng), kho."""
    parts = [", ".join(c.witnesses) or "Chưa rõ nhân chứng", f"“{c.title}”"]
    told = "phỏng vấn"
    if c.interviewers:
        told = f"{', '.join(c.interviewers)} phỏng vấn"
    if c.held:
        told += f" {_day_vi(c)}"
    if c.place:
        told += f" tại {c.place}"
    parts += [told, f"ký hiệu {c.accession}"]
    if c.parts > 1 and c.start_ms is not None:
        parts.append(f"phần {c.part}")
    if c.start_ms is not None:
        parts.append(_times(c))
    if c.version is not None:
        parts.append(f"bản v{c.version}")
    doubts = "; ".join(
        filter(None, (_STATES_VI.get(c.state, ""), _SAMPLE_VI if c.is_sample else ""))
    )
    if doubts:
        parts[-1] += f" ({doubts})"
    return ", ".join([*parts, c.archive]) + f". {c.address}"


def _chicago(c: Cited) -> str:
    """The Chicago Manual of Style, 17th edition, 14.211: unpublished and recorded interviews."""
    who = " and ".join(c.witnesses) or "Unknown witness"
    by = f"interview by {' and '.join(c.interviewers)}" if c.interviewers else "interview"
    when = f", {_day_en(c)}" if c.held else ""
    where = f", {c.place}" if c.place else ""
    time = ""
    if c.start_ms is not None:
        time = f", {f'part {c.part}, ' if c.parts > 1 else ''}{_times(c)}"
    version = f", transcript version {c.version}" if c.version is not None else ""
    doubts = "; ".join(_doubts_en(c))
    state = f" ({doubts})" if doubts else ""
    return (
        f"{who}, “{c.title},” {by}{when}{where}, {c.accession}{time}{version}{state}, "
        f"{c.archive}, {c.address}."
    )


def _bibtex(c: Cited) -> str:
    fields = {
        "author": " and ".join("{" + _tex(name) + "}" for name in c.witnesses),
        "title": "{" + _tex(c.title) + "}",
        "howpublished": f"Oral history interview, {_tex(c.archive)}",
        "year": str(c.held_on.year) if c.held_on else "",
        "date": c.held_on.isoformat() if c.held_on else "",
        "number": _tex(c.accession),
        "note": "; ".join(filter(None, (_tex(_who_asked(c)), _time_note(c), _state_note(c)))),
        "url": c.address,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "@misc{" + _key(c) + ",\n" + "\n".join(lines) + "\n}\n"


def _ris(c: Cited) -> str:
    """RIS with CRLF; SOUND is the type for a sound recording."""
    lines = [("TY", "SOUND")]
    lines += [("AU", name) for name in c.witnesses]
    lines += [("A2", name) for name in c.interviewers]
    lines += [("TI", c.title), ("PB", c.archive), ("AN", c.accession)]
    if c.held_on:
        lines += [("PY", str(c.held_on.year)), ("DA", c.held_on.strftime("%Y/%m/%d"))]
    if c.place:
        lines.append(("CY", c.place))
    note = "; ".join(filter(None, (_time_note(c), _state_note(c))))
    lines += [("N1", note)] if note else []
    lines += [("UR", c.address), ("ER", "")]
    return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines)


_WRITERS: dict[str, Callable[[Cited], str]] = {
    "vietnamese": _vietnamese,
    "chicago": _chicago,
    "bibtex": _bibtex,
    "ris": _ris,
}


def _times(c: Cited) -> str:
    assert c.start_ms is not None
    if c.end_ms is None:
        return clock(c.start_ms)
    return f"{clock(c.start_ms)}–{clock(c.end_ms)}"


def _time_note(c: Cited) -> str:
    if c.start_ms is None:
        return ""
    return (f"part {c.part}, " if c.parts > 1 else "") + _times(c)


def _state_note(c: Cited) -> str:
    version = f"transcript version {c.version}" if c.version is not None else ""
    return ", ".join(filter(None, (version, *_doubts_en(c))))


def _doubts_en(c: Cited) -> list[str]:
    """What a reader must know before relying on it."""
    return [*filter(None, (_STATES_EN.get(c.state, ""), _SAMPLE_EN if c.is_sample else ""))]


def _who_asked(c: Cited) -> str:
    return f"interview by {' and '.join(c.interviewers)}" if c.interviewers else ""


def _day_vi(c: Cited) -> str:
    if c.held_on is None:
        return c.held
    return f"ngày {c.held_on.day:02d}-{c.held_on.month:02d}-{c.held_on.year}"


def _day_en(c: Cited) -> str:
    if c.held_on is None:
        return c.held
    return f"{c.held_on:%B} {c.held_on.day}, {c.held_on.year}"


def _key(c: Cited) -> str:
    folded = unicodedata.normalize("NFD", c.accession.replace("đ", "d").replace("Đ", "D"))
    return re.sub(r"[^A-Za-z0-9-]", "", folded) or "interview"


def _tex(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", _one_line(text).replace("\\", "/"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
