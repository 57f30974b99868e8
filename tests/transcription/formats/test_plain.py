from __future__ import annotations

import pytest

from transcription.document import Segment, Transcript
from transcription.formats import plain


def said(text: str) -> list[tuple[str | None, str | None, str]]:
    return [(s.speaker, s.role, s.text) for s in plain.read(text.encode()).segments]


@pytest.mark.parametrize(
    ("asks", "answers"),
    [("Hỏi", "Đáp"), ("PV", "NC"), ("PVV", "NĐPV"), ("Q", "A"), ("H", "T"), ("HỎI", "ĐÁP"),
     ("Người phỏng vấn", "Nhân chứng"), ("PV 2", "NC1")],
)  # fmt: skip
def test_labels_of_old_transcripts_name_the_roles(asks: str, answers: str) -> None:
    assert said(f"{asks}: Năm nào?\n\n{answers} : Năm 1978.\n") == [
        (asks, "interviewer", "Năm nào?"), (answers, "witness", "Năm 1978."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Ổng nói: đi thôi", "Ví dụ: gạo", "tỷ lệ 1:5", "lúc 15:30 chiều", "Rồi: thôi", "http://x.vn",
     "Ông Hòa nói: được", "Những người có tên trong danh sách gồm có bảy: A"],
)  # fmt: skip
def test_colons_inside_speech_are_not_labels(text: str) -> None:
    assert said(text) == [(None, None, text)]


def test_names_are_labels_and_one_word_only_if_it_returns() -> None:
    assert [who for who, _, _ in said("Bà Lan: a\nTrần Thị Lan: b\nLan: c\nHòa: d\nLan: e")] == [
        "Bà Lan", "Trần Thị Lan", "Lan", "Lan",
    ]  # fmt: skip


def test_lines_without_a_label_go_on_and_paragraphs_keep_the_speaker() -> None:
    assert said("PV: a\nb\n\nc\n\nNC: d") == [
        ("PV", "interviewer", "a b"), ("PV", "interviewer", "c"), ("NC", "witness", "d"),
    ]  # fmt: skip


def test_bare_lines_stay_lines_and_paragraphs_stay_paragraphs() -> None:
    assert [text for _, _, text in said("a\nb\nc")] == ["a", "b", "c"]
    assert [text for _, _, text in said("a\nb\n\nc")] == ["a b", "c"]


def test_times_between_known_ones_are_shared_by_length() -> None:
    reading = plain.read(b"[00:01] a b\n\nc d e f\n\n[00:07] g\n")
    assert [(s.start_ms, s.end_ms) for s in reading.segments] == [
        (1_000, 3_000), (3_000, 7_000), (7_000, 7_300),
    ]  # fmt: skip
    assert [p.code for p in reading.problems] == ["times_guessed"]


@pytest.mark.parametrize(
    "prefix", ["[00:12:05]", "(12:05)", "[12'05\"]", "00:12:05", "[12:05,4]:", "  [ 00:12:05 ]"]
)
def test_times_as_old_transcripts_have_them(prefix: str) -> None:
    segment = plain.read(f"{prefix} – Dạ.".encode()).segments[0]
    assert (segment.start_ms // 1_000, segment.text) == (725, "– Dạ.")


def test_a_span_gives_the_end_too() -> None:
    segment = plain.read("[00:01:00 – 00:01:30] a".encode()).segments[0]
    assert (segment.start_ms, segment.end_ms) == (60_000, 90_000)


def test_what_is_written_has_its_head_and_a_line_a_segment() -> None:
    segments = (
        Segment(id="1", start_ms=1_999, end_ms=3_000, text="Dạ.", speaker="Bà Lan"),
        Segment(id="2", start_ms=0, end_ms=3_000, text="Hết.", recording=2),
    )
    transcript = Transcript(
        accession="LK-1", language="vi", version=2, state="machine", segments=segments, title="Gạo",
        label="chưa hiệu đính", source_line="Nguồn: kho", people=(("Lan", "nhân chứng"),),
    )  # fmt: skip
    data = plain.write(transcript)
    assert data.decode("utf-8-sig") == (
        "Gạo\nLan (nhân chứng)\nLK-1\nchưa hiệu đính · v2\nNguồn: kho\n" + "=" * 40 + "\n"
        "[00:00:01] Bà Lan: Dạ.\n== 2 ==\n[00:00:00] Hết.\n"
    )
    assert plain.read(data).notes[3] == "chưa hiệu đính · v2"
