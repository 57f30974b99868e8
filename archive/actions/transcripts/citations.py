"""Citations of passages: Vietnamese footnote, Chicago, BibTeX, RIS.

A citation names witness, date, accession number, version and time, so that the passage
can be found again; every style states whether the text was checked by a person.
Pure functions: the caller checks the rights.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import cycle

from archive.actions.transcripts import text_labels
from archive.actions.transcripts.text_facts import TextFacts
from archive.time import dates
from transcription.timecode import format_clock

STYLES = ("vietnamese", "chicago", "bibtex", "ris")
_RIS_TYPES = {"sound": "SOUND", "video": "VIDEO", "text": "MANSCPT"}


@dataclass(frozen=True, kw_only=True)
class CitationData:
    """Input of a citation. Names are in full and in spoken order, never inverted.

    Each style writes the date in its own language, not in that of the page. `text` are the facts
    of the version, None without one; `is_unheard`: a passage with words that a person should hear
    and did not.
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
    text: TextFacts | None
    version: int | None
    address: str
    part: int = 1
    parts: int = 1
    start_ms: int | None = None
    end_ms: int | None = None
    is_sample: bool = False
    is_unheard: bool = False


def cite(data: CitationData, style: str) -> str:
    """Format a citation in one of `STYLES`; raises KeyError for another."""
    return _WRITERS[style](data)


def _vietnamese(c: CitationData) -> str:
    """Họ tên, "Nhan đề", phỏng vấn ngày …, ký hiệu …, mốc thời gian, bản vN (tình trạng), kho."""
    parts = [", ".join(c.witnesses) or "Chưa rõ nhân chứng", f"“{_single_quotes(c.title)}”"]
    interview = "phỏng vấn"
    if c.interviewers:
        interview = f"{', '.join(c.interviewers)} phỏng vấn"
    if when := _date_vi(c):
        interview += f" {when}"
    if c.place:
        interview += f" tại {c.place}"
    parts += [interview, f"ký hiệu {c.accession}"]
    if c.parts > 1 and c.start_ms is not None:
        parts.append(f"phần {c.part}")
    if c.start_ms is not None:
        parts.append(_times(c))
    if c.version is not None:
        parts.append(f"bản v{c.version}")
    doubts = "; ".join(_doubts(c, "vi"))
    if doubts:
        parts[-1] += f" ({doubts})"
    return _one_line(", ".join([*parts, c.archive]) + f". {c.address}")


def _chicago(c: CitationData) -> str:
    """The Chicago Manual of Style, 17th edition, 14.211: unpublished and recorded interviews."""
    who = _join_names_en(c.witnesses) or "Unknown witness"
    by = _interviewers_en(c) or "interview"
    when = f", {date_words}" if (date_words := _date_en(c)) else ""
    where = f", {c.place}" if c.place else ""
    time = f", {_time_note(c)}" if c.start_ms is not None else ""
    version = f", transcript version {c.version}" if c.version is not None else ""
    doubts = "; ".join(_doubts(c, "en"))
    state = f" ({doubts})" if doubts else ""
    return _one_line(
        f"{who}, “{_single_quotes(c.title)},” {by}{when}{where}, {c.accession}{time}"
        f"{version}{state}, {c.archive}, {c.address}."
    )


def _bibtex(c: CitationData) -> str:
    """Format for BibTeX and biber; each passage of an interview is an entry of its own."""
    span = _date_span(c)
    note = (_interviewers_en(c), c.place, _inexact_day(c), _time_note(c), _state_note(c))
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


def _ris(c: CitationData) -> str:
    """RIS with CRLF. Readers keep a name without a comma whole."""
    lines = [("TY", _RIS_TYPES[c.medium])]
    lines += [("AU", name) for name in c.witnesses]
    lines += [("A2", name) for name in c.interviewers]
    lines += [("TI", c.title), ("M3", "Oral history interview")]
    lines += [("PB", c.archive), ("AN", c.accession)]
    if year := _year(_date_span(c)):
        lines += [("PY", year), ("DA", _ris_day(c))]
    if c.place:
        lines.append(("CY", c.place))
    inexact = "" if year else _inexact_day(c)
    note = "; ".join(filter(None, (inexact, _time_note(c), _state_note(c))))
    lines += [("N1", note)] if note else []
    lines += [("UR", c.address), ("ER", "")]
    return "".join(f"{tag}  - {_one_line(value)}\r\n" for tag, value in lines)


_WRITERS: dict[str, Callable[[CitationData], str]] = {
    "vietnamese": _vietnamese,
    "chicago": _chicago,
    "bibtex": _bibtex,
    "ris": _ris,
}


def _times(c: CitationData) -> str:
    assert c.start_ms is not None
    if c.end_ms is None:
        return format_clock(c.start_ms)
    return f"{format_clock(c.start_ms)}–{format_clock(c.end_ms)}"


def _time_note(c: CitationData) -> str:
    if c.start_ms is None:
        return ""
    return (f"part {c.part}, " if c.parts > 1 else "") + _times(c)


def _state_note(c: CitationData) -> str:
    version = f"transcript version {c.version}" if c.version is not None else ""
    return ", ".join(filter(None, (version, *_doubts(c, "en"))))


def _doubts(c: CitationData, language: str) -> list[str]:
    """Return notes on the reliability of the text."""
    if c.text is None:
        return text_labels.sample_doubt(c.is_sample, language)
    return text_labels.doubts(c.text, language, is_of_unheard_passage=c.is_unheard)


def _interviewers_en(c: CitationData) -> str:
    return f"interview by {_join_names_en(c.interviewers)}" if c.interviewers else ""


def _join_names_en(names: tuple[str, ...]) -> str:
    """`A`, `A and B`, `A, B, and C`."""
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _date_span(c: CitationData) -> dates.DateRange | None:
    try:
        return dates.parse(c.held_edtf)
    except dates.NotADate:
        return None


def _day(c: CitationData) -> date | None:
    """Return the day if the date is exact."""
    span = _date_span(c)
    return span.earliest_on if span and span.earliest_on == span.latest_on else None


def _year(span: dates.DateRange | None) -> str:
    """Return the year of a date; empty if it spans several."""
    if span is None or span.earliest_on is None or span.latest_on is None:
        return ""
    years = {span.earliest_on.year, span.latest_on.year}
    return f"{years.pop():04d}" if len(years) == 1 else ""


def _date_vi(c: CitationData) -> str:
    if day := _day(c):
        return f"ngày {day:%d-%m-}{day.year}"
    words = c.held_as_told or dates.in_words(c.held_edtf, "vi")
    return f"năm {words}" if words.isdecimal() else words


def _date_en(c: CitationData) -> str:
    """Format a date for Chicago; dates without an English form stay as written."""
    if day := _day(c):
        return f"{day:%B} {day.day}, {day.year}"
    found = re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2]))?([?~]?)", c.held_edtf)
    if _date_span(c) is None or found is None:
        return c.held_as_told or dates.in_words(c.held_edtf, "en")
    year, month, mark = found.groups()
    words = f"{calendar.month_name[int(month)]} {year}" if month else year
    return {"": words, "~": f"about {words}", "?": f"perhaps {words}"}[mark]


def _inexact_day(c: CitationData) -> str:
    """Return a note for an inexact date, for styles whose fields take only exact ones."""
    if _day(c) or not (c.held_as_told or c.held_edtf):
        return ""
    return f"recorded {c.held_as_told or _date_en(c)}"


def _ris_day(c: CitationData) -> str:
    """Return `2019/05/12`, or `2019///` and the words of an inexact date."""
    if day := _day(c):
        return day.strftime("%Y/%m/%d")
    words = c.held_as_told or _date_en(c)
    return f"{_year(_date_span(c))}///{words.replace('/', '-')}"


def _key(c: CitationData) -> str:
    folded = unicodedata.normalize("NFD", c.accession.replace("đ", "d").replace("Đ", "D"))
    key = re.sub(r"[^A-Za-z0-9-]", "", folded) or "interview"
    if c.start_ms is None:
        return key
    return f"{key}-{f'p{c.part}-' if c.parts > 1 else ''}{c.start_ms // 1000}s"


_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"}
    # BibTeX counts braces even behind a backslash: an unbalanced one breaks the file.
    | {"{": r"\textbraceleft{}", "}": r"\textbraceright{}", "\\": r"\textbackslash{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def _tex(text: str) -> str:
    return _one_line(text).translate(_TEX)


def _single_quotes(title: str) -> str:
    """Replace double quotation marks within the title by single ones."""
    marks = cycle("‘’")
    return re.sub('[“”"]', lambda found: {"“": "‘", "”": "’"}.get(found[0]) or next(marks), title)


def _one_line(text: str) -> str:
    return " ".join(text.split())
