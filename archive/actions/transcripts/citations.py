"""Citations of passages: Vietnamese footnote, Chicago, BibTeX, RIS.

A citation names who speaks in the passage, the interview by its witnesses, date, accession
number, version and time, so that the passage can be found again; every style states whether
the text was checked by a person. Pure functions: the caller checks the rights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from urllib.parse import urlsplit

from archive.actions.transcripts import text_labels
from archive.actions.transcripts.text_facts import TextFacts
from archive.time import date_phrases, dates
from transcription.timecode import format_clock

STYLES = ("vietnamese", "chicago", "bibtex", "ris")
_RIS_TYPES = {"sound": "SOUND", "video": "VIDEO", "text": "MANSCPT"}
_UNNAMED = {"vi": "người nói chưa rõ tên", "en": "unidentified speaker"}
_INTERVIEWER = {"vi": "người phỏng vấn", "en": "interviewer"}


@dataclass(frozen=True)
class CitedSpeaker:
    """A person who speaks in a cited passage; the name is empty for an unnamed speaker."""

    name: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class CitationData:
    """Input of a citation. Names are in full and in spoken order, never inverted.

    `speakers` are those of the passage in their order; empty for a whole interview, and where
    there is no text of the passage. Each style writes the date in its own language, not in that
    of the page. `archive` is the name that the office has given, empty before. `text` are the
    facts of the version, None without one; `is_unheard`: a passage with words that a person
    should hear and did not.
    """

    speakers: tuple[CitedSpeaker, ...] = ()
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
    """Người nói, "Nhan đề", phỏng vấn ngày …, ký hiệu …, thời gian, bản vN (tình trạng), kho."""
    named = [_with_role(one, "vi") for one in _lead(c)]
    who = _capital(", ".join(named)) or "Chưa rõ nhân chứng"
    parts = [who, f"“{_single_quotes(c.title)}”"]
    interview = "phỏng vấn"
    if c.interviewers:
        interview = f"{', '.join(c.interviewers)} phỏng vấn"
    if interviewed := _interviewed(c):
        interview += f" {_join_names(interviewed, 'vi')}"
    if when := _date_vi(c):
        interview += f" {when}"
    if c.place:
        interview += f" tại {c.place}"
    parts += [interview, f"ký hiệu {c.accession}"]
    if c.start_ms is not None and _names_part(c):
        parts.append(f"phần {c.part}")
    if c.start_ms is not None:
        parts.append(_times(c))
    if c.version is not None:
        parts.append(f"bản v{c.version}")
    doubts = "; ".join(_doubts(c, "vi"))
    if doubts:
        parts[-1] += f" ({doubts})"
    return _one_line(", ".join([*parts, _archive(c, "vi")]) + f". {c.address}")


def _chicago(c: CitationData) -> str:
    """The Chicago Manual of Style, 17th edition, 14.211: unpublished and recorded interviews."""
    named = tuple(_with_role(one, "en") for one in _lead(c))
    who = _capital(_join_names(named, "en")) or "Unknown witness"
    by = _interview_en(c) or "interview"
    when = f", {date_words}" if (date_words := _date_en(c)) else ""
    where = f", {c.place}" if c.place else ""
    time = f", {_time_note(c)}" if c.start_ms is not None else ""
    version = f", transcript version {c.version}" if c.version is not None else ""
    doubts = "; ".join(_doubts(c, "en"))
    state = f" ({doubts})" if doubts else ""
    address = f", {c.address}" if c.address else ""
    return _one_line(
        f"{who}, “{_single_quotes(c.title)},” {by}{when}{where}, {c.accession}{time}"
        f"{version}{state}, {_archive(c, 'en')}{address}."
    )


def _bibtex(c: CitationData) -> str:
    """Format for BibTeX and biber; each passage of an interview is an entry of its own."""
    span = _date_span(c)
    note = (_interview_en(c), c.place, _inexact_day(c), _time_note(c), _state_note(c))
    fields = {
        "author": " and ".join("{" + _tex(name) + "}" for name in _authors(c)),
        "title": "{" + _tex(c.title) + "}",
        "howpublished": f"Oral history interview {_tex(c.accession)}, {_tex(_archive(c, 'en'))}",
        "year": _year(span),
        "date": span.edtf if span and re.fullmatch(r"[\d~?X/-]+", span.edtf) else "",
        "number": _tex(c.accession),
        "note": _tex("; ".join(filter(None, note))),
        "url": c.address,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "@misc{" + _key(c) + ",\n" + "\n".join(lines) + "\n}\n"


def _ris(c: CitationData) -> str:
    """RIS with CRLF. Readers keep a name without a comma whole."""
    lines = [("TY", _RIS_TYPES[c.medium])]
    lines += [("AU", name) for name in _authors(c)]
    lines += [("A2", name) for name in c.interviewers]
    lines += [("TI", c.title), ("M3", "Oral history interview")]
    lines += [("PB", _archive(c, "en")), ("AN", c.accession)]
    if year := _year(_date_span(c)):
        lines += [("PY", year), ("DA", _ris_day(c))]
    if c.place:
        lines.append(("CY", c.place))
    inexact = "" if year else _inexact_day(c)
    of_others = _interview_en(c) if _interviewed(c) else ""
    note = "; ".join(filter(None, (of_others, inexact, _time_note(c), _state_note(c))))
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
    return (f"part {c.part}, " if _names_part(c) else "") + _times(c)


def _names_part(c: CitationData) -> bool:
    """Return whether the times are ambiguous without their part."""
    return c.parts > 1 or c.part > 1


def _state_note(c: CitationData) -> str:
    version = f"transcript version {c.version}" if c.version is not None else ""
    return ", ".join(filter(None, (version, *_doubts(c, "en"))))


def _doubts(c: CitationData, language: str) -> list[str]:
    """Return notes on the reliability of the text."""
    if c.text is None:
        return text_labels.sample_doubt(c.is_sample, language)
    return text_labels.doubts(c.text, language, is_of_unheard_passage=c.is_unheard)


def _lead(c: CitationData) -> tuple[CitedSpeaker, ...]:
    """Return whom a citation names first: who speaks, or the witnesses of a whole interview."""
    return c.speakers or tuple(CitedSpeaker(name, "witness") for name in c.witnesses)


def _authors(c: CitationData) -> list[str]:
    return [one.name or _UNNAMED["en"].capitalize() for one in _lead(c)]


def _interviewed(c: CitationData) -> tuple[str, ...]:
    """Return the witnesses, unless the citation names them all as those who speak."""
    named = {one.name for one in _lead(c) if one.role != "interviewer"}
    return () if named.issuperset(c.witnesses) else c.witnesses


def _with_role(speaker: CitedSpeaker, language: str) -> str:
    """Return the name; that of an interviewer is not taken for a witness."""
    name = speaker.name or _UNNAMED[language]
    return f"{name} ({_INTERVIEWER[language]})" if speaker.role == "interviewer" else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _interview_en(c: CitationData) -> str:
    """`interview with A by B`, without those who are not known or named before."""
    interviewed = _interviewed(c)
    whom = f" with {_join_names(interviewed, 'en')}" if interviewed else ""
    by = f" by {_join_names(c.interviewers, 'en')}" if c.interviewers else ""
    return f"interview{whom}{by}" if whom or by else ""


def _join_names(names: tuple[str, ...], language: str) -> str:
    """`A`, `A and B`, `A, B, and C`; in Vietnamese `A, B và C`."""
    if language == "vi":
        return " và ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _archive(c: CitationData, language: str) -> str:
    """Return the archive by its name, or by its address where the office has given none."""
    if c.archive:
        return c.archive
    address = urlsplit(c.address)
    if not address.netloc:
        return {"vi": "kho chưa đặt tên", "en": "archive without a name"}[language]
    at = {"vi": "kho lưu trữ tại", "en": "archive at"}[language]
    return f"{at} {address.scheme}://{address.netloc}"


def _date_span(c: CitationData) -> dates.DateRange | None:
    """Return the date; one that was never read by a machine is read from its words."""
    for edtf in (c.held_edtf, date_phrases.to_edtf(c.held_as_told)):
        try:
            return dates.parse(edtf)
        except dates.NotADate:
            continue
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
        return f"ngày {dates.day_in_words(day, 'vi')}"
    if days := _first_and_last_day(c):
        first, last = (dates.day_in_words(day, "vi") for day in days)
        return f"từ ngày {first} đến ngày {last}"
    span = _date_span(c)
    if span is None:
        return f"(ghi là “{c.held_as_told}”)" if c.held_as_told else ""
    words = dates.in_words(span.edtf, "vi")
    return f"năm {words}" if re.fullmatch(r"\d{4}(–\d{4})?", words) else words


def _date_en(c: CitationData) -> str:
    """Format a date for Chicago; words that are no date are quoted as they are recorded."""
    if day := _day(c):
        return _american(day)
    if days := _first_and_last_day(c):
        return " – ".join(_american(day) for day in days)
    span = _date_span(c)
    if span is None:
        return f"dated “{c.held_as_told}”" if c.held_as_told else ""
    return dates.in_words(span.edtf, "en")


def _american(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _first_and_last_day(c: CitationData) -> tuple[date, date] | None:
    """Return the two exact days of an interview that was held over several."""
    span = _date_span(c)
    ends = span.edtf.split("/") if span else []
    if span is None or len(ends) != 2 or not all(dates.is_exact_day(end) for end in ends):
        return None
    return (span.earliest_on, span.latest_on) if span.earliest_on and span.latest_on else None


def _inexact_day(c: CitationData) -> str:
    """Return a note for an inexact date, for styles whose fields take only exact ones."""
    if _day(c) or not (when := _date_en(c)):
        return ""
    return when if _date_span(c) is None else f"recorded {when}"


def _ris_day(c: CitationData) -> str:
    """Return `2019/05/12`, or `2019///` and the words of an inexact date."""
    if day := _day(c):
        return day.strftime("%Y/%m/%d")
    return f"{_year(_date_span(c))}///{_date_en(c).replace('/', '-')}"


def _key(c: CitationData) -> str:
    folded = unicodedata.normalize("NFD", c.accession.replace("đ", "d").replace("Đ", "D"))
    key = re.sub(r"[^A-Za-z0-9-]", "", folded) or "interview"
    if c.start_ms is None:
        return key
    return f"{key}-{f'p{c.part}-' if _names_part(c) else ''}{c.start_ms // 1000}s"


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
