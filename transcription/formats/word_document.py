"""Word documents (.docx), to be printed, read on paper and signed: A4, Times New Roman 13.

One paragraph a turn, with its time and its speaker in bold; long turns begin a new
paragraph after a minute, so that a time is never far. Interviewers are set in italics and
indented: told apart without colour, on a copy of a copy too. Written only.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from transcription.document import Segment, Transcript
from transcription.formats.base import Format, head_lines, printable, version_line
from transcription.timecode import clock
from transcription.tokens import tidy

FONT = "Times New Roman"
BODY, SMALL, HEADING = Pt(13), Pt(10), Pt(16)
LONGEST_PARAGRAPH_MS = 60_000
LONGEST_PROPERTY = 255  # characters; the standard's limit, python-docx raises above it

_LANGUAGES = {"vi": "vi-VN", "en": "en-GB"}  # Word's spelling checker wants a country too


@dataclass(frozen=True, slots=True)
class Turn:
    """Segments of one speaker that stand in one paragraph."""

    segments: tuple[Segment, ...]
    is_continued: bool

    @property
    def first(self) -> Segment:
        """The segment that gives the paragraph its time and its speaker."""
        return self.segments[0]


def turns(segments: Sequence[Segment]) -> Iterator[Turn]:
    """Segments with text, gathered while the speaker stays and the minute lasts."""
    gathered: list[Segment] = []
    is_continued = False
    for segment in (segment for segment in segments if segment.text.strip()):
        if gathered:
            same = _voice(segment) == _voice(gathered[0]) and bool(segment.speaker)
            if same and segment.end_ms - gathered[0].start_ms <= LONGEST_PARAGRAPH_MS:
                gathered.append(segment)
                continue
            yield Turn(tuple(gathered), is_continued)
            is_continued = same
        gathered = [segment]
    if gathered:
        yield Turn(tuple(gathered), is_continued)


def write(transcript: Transcript) -> bytes:
    """The document; its first page and every footer say what kind of text this is."""
    document = docx.Document()
    _set_page(document, transcript)
    for number, line in enumerate(head_lines(transcript)):
        is_title = number == 0 and bool(transcript.title.strip())
        paragraph = document.add_paragraph(style="Title" if is_title else "Normal")
        run = paragraph.add_run(line)
        run.bold = is_title or line == tidy(printable(version_line(transcript)))
    recording = transcript.segments[0].recording if transcript.segments else 1
    for turn in turns(transcript.segments):
        if turn.first.recording != recording:
            recording = turn.first.recording
            part = document.add_paragraph(f"– {recording} –")
            part.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_turn(document, turn)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _add_turn(document: Any, turn: Turn) -> None:
    paragraph = document.add_paragraph()
    if turn.first.role == "interviewer":
        paragraph.paragraph_format.left_indent = Mm(10)
    time = paragraph.add_run(f"[{clock(turn.first.start_ms)}] ")
    time.font.size = SMALL
    if turn.first.speaker and not turn.is_continued:
        paragraph.add_run(f"{tidy(printable(turn.first.speaker))}: ").bold = True
    said = paragraph.add_run(" ".join(tidy(printable(s.text)) for s in turn.segments))
    said.italic = turn.first.role == "interviewer" or None


def _set_page(document: Any, transcript: Transcript) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(20)
    section.top_margin = section.bottom_margin = Mm(20)
    for name, size in (("Normal", BODY), ("Title", HEADING), ("Footer", SMALL)):
        _set_font(document.styles[name], size, tidy(printable(transcript.language)))
    _set_plain_title(document.styles["Title"])
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    document.styles["Normal"].paragraph_format.line_spacing = 1.3
    properties = document.core_properties
    title = tidy(printable(transcript.title or transcript.accession))
    properties.title = title[:LONGEST_PROPERTY]
    properties.author = properties.comments = ""
    properties.language = tidy(printable(transcript.language))[:LONGEST_PROPERTY]
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)
    footer = section.footer.paragraphs[0]
    parts = (transcript.accession, version_line(transcript), transcript.source_line)
    footer.add_run(" · ".join(tidy(printable(part)) for part in parts if part.strip()) + " · ")
    _add_field(footer.add_run(), "PAGE")
    footer.add_run("/")
    _add_field(footer.add_run(), "NUMPAGES")


def _set_font(style: Any, size: Any, language: str) -> None:
    style.font.name, style.font.size = FONT, size
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for attribute in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(attribute), FONT)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
        fonts.attrib.pop(qn(theme), None)
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), _LANGUAGES.get(language, language))
    properties.append(spoken)


def _set_plain_title(style: Any) -> None:
    """Black on white, without the rule and the spaced letters of the library's own template."""
    style.font.color.rgb = RGBColor(0, 0, 0)
    for part, name in ((style.element.rPr, "w:spacing"), (style.element.pPr, "w:pBdr")):
        for found in part.findall(qn(name)):
            part.remove(found)


def _add_field(run: Any, instruction: str) -> None:
    """A field that Word fills in: python-docx has none of its own."""
    for kind, text in (("begin", None), (None, instruction), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _voice(segment: Segment) -> tuple[str | None, str | None, int]:
    return segment.speaker, segment.role, segment.recording


FORMAT = Format(
    name="docx",
    suffixes=(".docx",),
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    read=None,
    write=write,
)
