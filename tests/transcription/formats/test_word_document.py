from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import docx
import pytest

from transcription.document import Transcript, TranscriptSegment
from transcription.formats.word_document import group_paragraphs, write

LAN = TranscriptSegment(
    id="2", start_ms=4_000, end_ms=30_000, text="Hồi đó đói.", speaker="Bà Lan", role="witness"
)
SEGMENTS = (
    TranscriptSegment(
        id="1", start_ms=0, end_ms=4_000, text="Thưa bà?", speaker="Ông Hòa", role="interviewer"
    ),
    LAN,
    replace(LAN, id="3", start_ms=30_000, end_ms=59_000, text="Đói lắm."),
    replace(LAN, id="4", start_ms=59_000, end_ms=80_000, text="Xếp hàng."),
    TranscriptSegment(id="5", start_ms=80_000, end_ms=81_000, text=""),
    TranscriptSegment(id="6", start_ms=0, end_ms=2_000, text="Hết.", recording=2),
)
TRANSCRIPT = Transcript(
    accession="LK-1",
    language="vi",
    version=2,
    state="machine",
    segments=SEGMENTS,
    title="Những năm xếp hàng",
    label="chưa hiệu đính",
    source_line="Nguồn: kho",
    people=(("Lan", "nhân chứng"),),
)


@pytest.fixture(scope="module")
def document() -> Any:
    return docx.Document(io.BytesIO(write(TRANSCRIPT)))


def test_docx_first_page_has_label_and_version(document: Any) -> None:
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert lines == [
        "Những năm xếp hàng",
        "Lan (nhân chứng)",
        "LK-1",
        "chưa hiệu đính · v2",
        "Nguồn: kho",
        "[00:00:00] Ông Hòa: Thưa bà?",
        "[00:00:04] Bà Lan: Hồi đó đói. Đói lắm.",
        "[00:00:59] Xếp hàng.",
        "2",
        "[00:00:00] Hết.",
    ]


def test_docx_footer_has_label_and_version(document: Any) -> None:
    footer = document.sections[0].footer.paragraphs[0]
    assert footer.text == "LK-1 · chưa hiệu đính · v2 · Nguồn: kho · /"
    assert "PAGE" in footer._p.xml
    assert "NUMPAGES" in footer._p.xml


def test_docx_speakers_are_bold_and_interviewers_italic(document: Any) -> None:
    question, answered = document.paragraphs[5:7]
    assert [run.bold for run in answered.runs] == [None, True, None]
    assert question.runs[-1].italic
    assert not answered.runs[-1].italic
    assert question.paragraph_format.left_indent.mm == pytest.approx(10, abs=0.1)
    assert "w:color" not in question._p.xml + answered._p.xml


def test_docx_font_is_times_new_roman_13(document: Any) -> None:
    normal = document.styles["Normal"]
    assert (normal.font.name, normal.font.size.pt) == ("Times New Roman", 13)
    assert 'w:eastAsia="Times New Roman"' in normal.element.xml
    assert '<w:lang w:val="vi-VN"/>' in normal.element.xml
    assert document.sections[0].page_width.mm == pytest.approx(210, abs=0.1)


def test_group_paragraphs_splits_after_a_minute() -> None:
    found = [
        ([s.id for s in turn.segments], turn.is_continued) for turn in group_paragraphs(SEGMENTS)
    ]
    assert found == [(["1"], False), (["2", "3"], False), (["4"], True), (["6"], False)]


def test_docx_recordings_have_headings_that_stay_with_their_text() -> None:
    headings = ((1, "Phần 1 – thời lượng 00:30:00"), (2, "Phần 2 – thời lượng 00:42:10"))
    named = replace(TRANSCRIPT, part_headings=headings)
    paragraphs = docx.Document(io.BytesIO(write(named))).paragraphs
    texts = [paragraph.text for paragraph in paragraphs]
    assert texts.index(headings[0][1]) == texts.index("[00:00:00] Ông Hòa: Thưa bà?") - 1
    assert texts.index(headings[1][1]) == texts.index("[00:00:00] Hết.") - 1
    heading = paragraphs[texts.index(headings[1][1])]
    assert heading.paragraph_format.keep_with_next
    assert heading.runs[0].bold
