"""How a passage is cited: Vietnamese footnote, Chicago, BibTeX, RIS.

A citation names the witness, the day, the accession number, the version and the
time, so that it leads back to the very words; text that no person has checked says
so in every style. Pure: the caller has checked the rights.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import cycle

from archive import dates
from transcription.timecode import clock

STYLES = ("vietnamese", "chicago", "bibtex", "ris")
_RIS_TYPES = {"sound": "SOUND", "video": "VIDEO", "text": "MANSCPT"}
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
    """What a citation is made of. Names in full as spoken, never turned round.

    Every style says the day in its own language, whatever that of the page is.
    """

    witnesses: tuple[str, ...]
    interviewers: tuple[str, ...] = ()
    title: str
    held_as_told: str = ""
    held_edtf: str = ""
    medium: str = "sound"
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
    parts = [", ".join(c.witnesses) or "Chưa rõ nhân chứng", f"“{_inside_quotes(c.title)}”"]
    told = "phỏng vấn"
    if c.interviewers:
        told = f"{', '.join(c.interviewers)} phỏng vấn"
    if when := _held_vi(c):
        told += f" {when}"
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
    return _one_line(", ".join([*parts, c.archive]) + f". {c.address}")


def _chicago(c: Cited) -> str:
    """The Chicago Manual of Style, 17th edition, 14.211: unpublished and recorded interviews."""
    who = _in_english(c.witnesses) or "Unknown witness"
    by = _who_asked(c) or "interview"
    when = f", {held}" if (held := _held_en(c)) else ""
    where = f", {c.place}" if c.place else ""
    time = f", {_time_note(c)}" if c.start_ms is not None else ""
    version = f", transcript version {c.version}" if c.version is not None else ""
    doubts = "; ".join(_doubts_en(c))
    state = f" ({doubts})" if doubts else ""
    return _one_line(
        f"{who}, “{_inside_quotes(c.title)},” {by}{when}{where}, {c.accession}{time}"
        f"{version}{state}, {c.archive}, {c.address}."
    )


def _bibtex(c: Cited) -> str:
    """An entry that BibTeX and biber both read; two passages of one interview are two entries."""
    span = _span(c)
    note = (_who_asked(c), c.place, _loose_day(c), _time_note(c), _state_note(c))
    fields = {
        "author": " and ".join("{" + _tex(name) + "}" for name in c.witnesses),
        "title": "{" + _tex(c.title) + "}",
        "howpublished": f"Oral history interview {_tex(c.accession)}, {_tex(c.archive)}",
        "year": _year(span),
        "date": c.held_edtf if span and re.fullmatch(r"[\d~?X/-]+", c.held_edtf) else "",
        "number": _tex(c.accession),
        "note": _tex("; ".join(filter(None, note))),
        "url": c.address,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "@misc{" + _key(c) + ",\n" + "\n".join(lines) + "\n}\n"


def _ris(c: Cited) -> str:
    """RIS with CRLF. A name without a comma is kept whole by those who read it."""
    lines = [("TY", _RIS_TYPES[c.medium])]
    lines += [("AU", name) for name in c.witnesses]
    lines += [("A2", name) for name in c.interviewers]
    lines += [("TI", c.title), ("M3", "Oral history interview")]
    lines += [("PB", c.archive), ("AN", c.accession)]
    if year := _year(_span(c)):
        lines += [("PY", year), ("DA", _ris_day(c))]
    if c.place:
        lines.append(("CY", c.place))
    loose = "" if year else _loose_day(c)
    note = "; ".join(filter(None, (loose, _time_note(c), _state_note(c))))
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
    return f"interview by {_in_english(c.interviewers)}" if c.interviewers else ""


def _in_english(names: tuple[str, ...]) -> str:
    """`A`, `A and B`, `A, B, and C`."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _span(c: Cited) -> dates.Span | None:
    try:
        return dates.parse(c.held_edtf)
    except dates.NotADate:
        return None


def _day(c: Cited) -> date | None:
    """The day, when one only can be meant."""
    span = _span(c)
    return span.earliest_on if span and span.earliest_on == span.latest_on else None


def _year(span: dates.Span | None) -> str:
    """The one year that a date can mean; empty when there are several."""
    if span is None or span.earliest_on is None or span.latest_on is None:
        return ""
    years = {span.earliest_on.year, span.latest_on.year}
    return f"{years.pop():04d}" if len(years) == 1 else ""


def _held_vi(c: Cited) -> str:
    if day := _day(c):
        return f"ngày {day:%d-%m-}{day.year}"
    words = c.held_as_told or dates.in_words(c.held_edtf, "vi")
    return f"năm {words}" if words.isdecimal() else words


def _held_en(c: Cited) -> str:
    """Chicago's way for a day or a month; in English words where they are known, else as told."""
    if day := _day(c):
        return f"{day:%B} {day.day}, {day.year}"
    found = re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2]))?([?~]?)", c.held_edtf)
    if _span(c) is None or found is None:
        return c.held_as_told or dates.in_words(c.held_edtf, "en")
    year, month, mark = found.groups()
    words = f"{calendar.month_name[int(month)]} {year}" if month else year
    return {"": words, "~": f"about {words}", "?": f"perhaps {words}"}[mark]


def _loose_day(c: Cited) -> str:
    """A day that is not known exactly, for styles whose fields take only exact ones."""
    if _day(c) or not (c.held_as_told or c.held_edtf):
        return ""
    return f"recorded {c.held_as_told or _held_en(c)}"


def _ris_day(c: Cited) -> str:
    """`2019/05/12`; what is known besides the year stands behind the third stroke."""
    if day := _day(c):
        return day.strftime("%Y/%m/%d")
    told = c.held_as_told or _held_en(c)
    return f"{_year(_span(c))}///{told.replace('/', '-')}"


def _key(c: Cited) -> str:
    folded = unicodedata.normalize("NFD", c.accession.replace("đ", "d").replace("Đ", "D"))
    key = re.sub(r"[^A-Za-z0-9-]", "", folded) or "interview"
    if c.start_ms is None:
        return key
    return f"{key}-{f'p{c.part}-' if c.parts > 1 else ''}{c.start_ms // 1000}s"


_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"}
    # BibTeX counts braces even behind a backslash, so an odd one would end the file's reading.
    | {"{": r"\textbraceleft{}", "}": r"\textbraceright{}", "\\": r"\textbackslash{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def _tex(text: str) -> str:
    return _one_line(text).translate(_TEX)


def _inside_quotes(title: str) -> str:
    """A quotation within the quoted title has single marks."""
    marks = cycle("‘’")
    return re.sub('[“”"]', lambda found: {"“": "‘", "”": "’"}.get(found[0]) or next(marks), title)


def _one_line(text: str) -> str:
    return " ".join(text.split())
