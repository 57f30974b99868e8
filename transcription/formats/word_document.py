"""Word documents (.docx) for printing and signing: A4, Times New Roman 13. Written only.

One paragraph per turn, with its time, and its speaker in bold; a turn longer than a minute
begins a new paragraph. Interviewers are in italics and indented, which can be
distinguished on a photocopy too. A mark stands before the words of each unheard segment.
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

from transcription.document import Transcript, TranscriptSegment
from transcription.formats.base import (
    Format,
    first_recording,
    header_lines,
    marked_text,
    part_heading,
    replace_unprintable,
    version_line,
)
from transcription.timecode import format_clock
from transcription.tokens import normalise

FONT = "Times New Roman"
BODY, SMALL, HEADING = Pt(13), Pt(10), Pt(16)
LONGEST_PARAGRAPH_MS = 60_000
LONGEST_PROPERTY = 255  # characters; the standard's limit, python-docx raises above it

_LANGUAGES = {"vi": "vi-VN", "en": "en-GB"}  # Word's spelling checker needs a country too


@dataclass(frozen=True, slots=True)
class SpeakerParagraph:
    """Consecutive segments of one speaker, printed as one paragraph."""

    segments: tuple[TranscriptSegment, ...]
    is_continued: bool

    @property
    def first(self) -> TranscriptSegment:
        """Return the first segment, which has the time and speaker of the paragraph."""
        return self.segments[0]


def group_paragraphs(segments: Sequence[TranscriptSegment]) -> Iterator[SpeakerParagraph]:
    """Group segments with text by speaker, up to LONGEST_PARAGRAPH_MS."""
    current: list[TranscriptSegment] = []
    is_continued = False
    for segment in (segment for segment in segments if segment.text.strip()):
        if current:
            same = _speaker_key(segment) == _speaker_key(current[0]) and bool(segment.speaker)
            if same and segment.end_ms - current[0].start_ms <= LONGEST_PARAGRAPH_MS:
                current.append(segment)
                continue
            yield SpeakerParagraph(tuple(current), is_continued)
            is_continued = same
        current = [segment]
    if current:
        yield SpeakerParagraph(tuple(current), is_continued)


def write(transcript: Transcript) -> bytes:
    """Return the document; its first page and every footer have label and version."""
    document = docx.Document()
    _set_page(document, transcript)
    for number, line in enumerate(header_lines(transcript)):
        is_title = number == 0 and bool(transcript.title.strip())
        paragraph = document.add_paragraph(style="Title" if is_title else "Normal")
        run = paragraph.add_run(line)
        run.bold = is_title or line == normalise(replace_unprintable(version_line(transcript)))
    recording = first_recording(transcript)
    for group in group_paragraphs(transcript.segments):
        if group.first.recording != recording:
            recording = group.first.recording
            _add_part_heading(document, part_heading(transcript, recording))
        _add_group(document, group)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _add_part_heading(document: Any, heading: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_before = Pt(12)
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(heading).bold = True


def _add_group(document: Any, group: SpeakerParagraph) -> None:
    paragraph = document.add_paragraph()
    if group.first.role == "interviewer":
        paragraph.paragraph_format.left_indent = Mm(10)
    time = paragraph.add_run(f"[{format_clock(group.first.start_ms)}] ")
    time.font.size = SMALL
    if group.first.speaker and not group.is_continued:
        paragraph.add_run(f"{normalise(replace_unprintable(group.first.speaker))}: ").bold = True
    run = paragraph.add_run(" ".join(marked_text(segment) for segment in group.segments))
    run.italic = group.first.role == "interviewer" or None


def _set_page(document: Any, transcript: Transcript) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(20)
    section.top_margin = section.bottom_margin = Mm(20)
    for name, size in (("Normal", BODY), ("Title", HEADING), ("Footer", SMALL)):
        _set_font(document.styles[name], size, normalise(replace_unprintable(transcript.language)))
    _set_plain_title(document.styles["Title"])
    document.styles["Normal"].paragraph_format.space_after = Pt(6)
    document.styles["Normal"].paragraph_format.line_spacing = 1.3
    properties = document.core_properties
    title = normalise(replace_unprintable(transcript.title or transcript.accession))
    properties.title = title[:LONGEST_PROPERTY]
    properties.author = properties.comments = ""
    properties.language = normalise(replace_unprintable(transcript.language))[:LONGEST_PROPERTY]
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)
    footer = section.footer.paragraphs[0]
    parts = (transcript.accession, version_line(transcript), transcript.source_line)
    footer.add_run(
        " · ".join(normalise(replace_unprintable(part)) for part in parts if part.strip()) + " · "
    )
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
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), _LANGUAGES.get(language, language))
    properties.append(lang)


def _set_plain_title(style: Any) -> None:
    """Remove colour, rule and letter spacing of the library's own title style."""
    style.font.color.rgb = RGBColor(0, 0, 0)
    for part, name in ((style.element.rPr, "w:spacing"), (style.element.pPr, "w:pBdr")):
        for found in part.findall(qn(name)):
            part.remove(found)


def _add_field(run: Any, instruction: str) -> None:
    """Add a field that Word fills in, such as a page number; python-docx has no function."""
    for kind, text in (("begin", None), (None, instruction), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _speaker_key(segment: TranscriptSegment) -> tuple[str | None, str | None, int]:
    return segment.speaker, segment.role, segment.recording


FORMAT = Format(
    name="docx",
    suffixes=(".docx",),
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    read=None,
    write=write,
)
