from __future__ import annotations

from pathlib import Path

import pytest

from transcription.document import Segment, Transcript
from transcription.formats import srt

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "transcripts"


def times(text: str) -> list[tuple[int, int, str]]:
    return [(s.start_ms, s.end_ms, s.text) for s in srt.read(text.encode()).segments]


@pytest.mark.parametrize(
    "line",
    ["00:00:01,000 --> 00:00:02,500", "0:0:1.000 --> 0:0:2.5", "00:01,000-->00:02,500",
     "00:00:01,000 -> 00:00:02,500", "  00:00:01,000  -->  00:00:02,500  X1:1 X2:2"],
)  # fmt: skip
def test_times_as_people_write_them(line: str) -> None:
    assert times(f"1\n{line}\nmột\n") == [(1_000, 2_500, "một")]


def test_a_time_before_the_beginning_costs_no_words() -> None:
    text = "1\n-00:00:01,000 --> 00:00:02,000\nmột\n\n2\n00:00:03,000 --> 00:00:04,000\nhai\n"
    assert times(text) == [(0, 0, "một"), (3_000, 4_000, "hai")]
    assert [p.code for p in srt.read(text.encode()).problems] == ["odd_time", "bad_time"]


def test_blank_lines_and_numbers_may_be_missing() -> None:
    text = "00:01,000 --> 00:02,000\na\n00:02,000 --> 00:03,000\nb\n3\n00:03,000 --> 00:04,000\nc"
    assert [said for _, _, said in times(text)] == ["a", "b", "c"]


def test_a_year_on_a_line_of_its_own_is_text() -> None:
    text = "1\n00:01,000 --> 00:02,000\n1975\n\n2\n00:02,000 --> 00:03,000\n1976\n"
    assert [said for _, _, said in times(text)] == ["1975", "1976"]


def test_known_markup_goes_and_other_brackets_stay() -> None:
    text = '1\n00:01,000 --> 00:02,000\n{\\an8}<i>a</i> <font color="red">b</font> <c> {d}\n'
    assert times(text)[0][2] == "a b <c> {d}"


def test_marks_of_unicode_and_old_windows_files_are_understood() -> None:
    for name, said in [
        ("good-utf16.srt", "Có dấu: ẩm thực Huế"),
        ("good-utf32.srt", "đủ bốn byte"),
    ]:
        assert srt.read((FIXTURES / name).read_bytes()).segments[0].text == said
    reading = srt.read((FIXTURES / "odd-legacy_encoding.srt").read_bytes())
    assert reading.segments[0].text == "Hồi đó cả xóm đói lắm"
    assert "\u00ad" in reading.segments[1].text


def test_label_and_source_are_the_credits_after_the_last_words() -> None:
    segment = Segment(id="1", start_ms=0, end_ms=2_000, text="Dạ.", speaker="Bà Lan")
    transcript = Transcript(
        accession="LK-1", language="vi", version=2, state="machine", segments=(segment,),
        label="chưa hiệu đính", source_line="Nguồn: kho",
    )  # fmt: skip
    data = srt.write(transcript)
    assert data.decode() == (
        "1\r\n00:00:00,000 --> 00:00:02,000\r\nBà Lan: Dạ.\r\n\r\n"
        "2\r\n00:00:02,000 --> 00:00:07,000\r\n"
        "*** LK-1 ***\r\n*** chưa hiệu đính · v2 ***\r\n*** Nguồn: kho ***\r\n\r\n"
    )
    reading = srt.read(data)
    assert len(reading.segments) == 1
    assert reading.notes == ("LK-1", "chưa hiệu đính · v2", "Nguồn: kho")


def test_asterisks_that_somebody_spoke_are_no_credits() -> None:
    assert times("1\n00:01,000 --> 00:02,000\n*** nhạc ***\ntiếp\n")[0][2] == "*** nhạc *** tiếp"
