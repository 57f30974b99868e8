from __future__ import annotations

from pathlib import Path

import pytest

from transcription.document import Transcript, TranscriptSegment
from transcription.formats import srt

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "transcripts"


def read_cues(text: str) -> list[tuple[int, int, str]]:
    return [(s.start_ms, s.end_ms, s.text) for s in srt.read(text.encode()).segments]


@pytest.mark.parametrize(
    "line",
    [
        "00:00:01,000 --> 00:00:02,500",
        "0:0:1.000 --> 0:0:2.5",
        "00:01,000-->00:02,500",
        "00:00:01,000 -> 00:00:02,500",
        "  00:00:01,000  -->  00:00:02,500  X1:1 X2:2",
    ],
)
def test_srt_read_accepts_variants_of_times(line: str) -> None:
    assert read_cues(f"1\n{line}\nmột\n") == [(1_000, 2_500, "một")]


def test_srt_read_with_negative_time_keeps_the_words() -> None:
    text = "1\n-00:00:01,000 --> 00:00:02,000\nmột\n\n2\n00:00:03,000 --> 00:00:04,000\nhai\n"
    assert read_cues(text) == [(0, 0, "một"), (3_000, 4_000, "hai")]
    assert [p.code for p in srt.read(text.encode()).problems] == ["odd_time", "bad_time"]


def test_srt_read_without_blank_lines_and_numbers() -> None:
    text = "00:01,000 --> 00:02,000\na\n00:02,000 --> 00:03,000\nb\n3\n00:03,000 --> 00:04,000\nc"
    assert [text for _, _, text in read_cues(text)] == ["a", "b", "c"]


def test_srt_read_keeps_a_year_on_its_own_line() -> None:
    text = "1\n00:01,000 --> 00:02,000\n1975\n\n2\n00:02,000 --> 00:03,000\n1976\n"
    assert [text for _, _, text in read_cues(text)] == ["1975", "1976"]


def test_srt_read_removes_known_markup_only() -> None:
    text = '1\n00:01,000 --> 00:02,000\n{\\an8}<i>a</i> <font color="red">b</font> <c> {d}\n'
    assert read_cues(text)[0][2] == "a b <c> {d}"


def test_srt_read_decodes_unicode_and_windows_1258() -> None:
    for name, text in [
        ("good-utf16.srt", "Có dấu: ẩm thực Huế"),
        ("good-utf32.srt", "đủ bốn byte"),
    ]:
        assert srt.read((FIXTURES / name).read_bytes()).segments[0].text == text
    reading = srt.read((FIXTURES / "odd-legacy_encoding.srt").read_bytes())
    assert reading.segments[0].text == "Hồi đó cả xóm đói lắm"
    assert "\u00ad" in reading.segments[1].text


def test_srt_write_adds_credits_as_last_cue() -> None:
    segment = TranscriptSegment(id="1", start_ms=0, end_ms=2_000, text="Dạ.", speaker="Bà Lan")
    transcript = Transcript(
        accession="LK-1",
        language="vi",
        version=2,
        state="machine",
        segments=(segment,),
        label="chưa hiệu đính",
        source_line="Nguồn: kho",
    )
    data = srt.write(transcript)
    assert data.decode() == (
        "1\r\n00:00:00,000 --> 00:00:02,000\r\nBà Lan: Dạ.\r\n\r\n"
        "2\r\n00:00:02,000 --> 00:00:07,000\r\n"
        "*** LK-1 ***\r\n*** chưa hiệu đính · v2 ***\r\n*** Nguồn: kho ***\r\n\r\n"
    )
    reading = srt.read(data)
    assert len(reading.segments) == 1
    assert reading.notes == ("LK-1", "chưa hiệu đính · v2", "Nguồn: kho")


def test_srt_read_keeps_asterisks_in_speech() -> None:
    assert (
        read_cues("1\n00:01,000 --> 00:02,000\n*** nhạc ***\ntiếp\n")[0][2] == "*** nhạc *** tiếp"
    )
