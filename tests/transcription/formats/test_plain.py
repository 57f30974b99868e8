from __future__ import annotations

import pytest

from transcription.document import Transcript, TranscriptSegment
from transcription.formats import plain


def read_segments(text: str) -> list[tuple[str | None, str | None, str]]:
    return [(s.speaker, s.role, s.text) for s in plain.read(text.encode()).segments]


@pytest.mark.parametrize(
    ("question_label", "answer_label"),
    [
        ("Hỏi", "Đáp"),
        ("PV", "NC"),
        ("PVV", "NĐPV"),
        ("Q", "A"),
        ("H", "T"),
        ("HỎI", "ĐÁP"),
        ("Người phỏng vấn", "Nhân chứng"),
        ("PV 2", "NC1"),
    ],
)
def test_plain_read_sets_roles_from_labels(question_label: str, answer_label: str) -> None:
    assert read_segments(f"{question_label}: Năm nào?\n\n{answer_label} : Năm 1978.\n") == [
        (question_label, "interviewer", "Năm nào?"),
        (answer_label, "witness", "Năm 1978."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ổng nói: đi thôi",
        "Ví dụ: gạo",
        "tỷ lệ 1:5",
        "lúc 15:30 chiều",
        "Rồi: thôi",
        "http://x.vn",
        "Ông Hòa nói: được",
        "Những người có tên trong danh sách gồm có bảy: A",
    ],
)
def test_plain_read_ignores_colons_in_speech(text: str) -> None:
    assert read_segments(text) == [(None, None, text)]


def test_plain_read_accepts_one_word_names_only_if_repeated() -> None:
    assert [
        who for who, _, _ in read_segments("Bà Lan: a\nTrần Thị Lan: b\nLan: c\nHòa: d\nLan: e")
    ] == [
        "Bà Lan",
        "Trần Thị Lan",
        "Lan",
        "Lan",
    ]


def test_plain_read_joins_continuation_lines() -> None:
    assert read_segments("PV: a\nb\n\nc\n\nNC: d") == [
        ("PV", "interviewer", "a b"),
        ("PV", "interviewer", "c"),
        ("NC", "witness", "d"),
    ]


def test_plain_read_without_labels_keeps_lines_and_paragraphs() -> None:
    assert [text for _, _, text in read_segments("a\nb\nc")] == ["a", "b", "c"]
    assert [text for _, _, text in read_segments("a\nb\n\nc")] == ["a b", "c"]


def test_plain_read_distributes_missing_times() -> None:
    reading = plain.read(b"[00:01] a b\n\nc d e f\n\n[00:07] g\n")
    assert [(s.start_ms, s.end_ms) for s in reading.segments] == [
        (1_000, 3_000),
        (3_000, 7_000),
        (7_000, 7_300),
    ]
    assert [p.code for p in reading.problems] == ["times_guessed"]


@pytest.mark.parametrize(
    "prefix", ["[00:12:05]", "(12:05)", "[12'05\"]", "00:12:05", "[12:05,4]:", "  [ 00:12:05 ]"]
)
def test_plain_read_accepts_old_forms_of_times(prefix: str) -> None:
    segment = plain.read(f"{prefix} – Dạ.".encode()).segments[0]
    assert (segment.start_ms // 1_000, segment.text) == (725, "– Dạ.")


def test_plain_read_of_span_sets_the_end() -> None:
    segment = plain.read("[00:01:00 – 00:01:30] a".encode()).segments[0]
    assert (segment.start_ms, segment.end_ms) == (60_000, 90_000)


def test_plain_write_has_header_and_a_line_per_segment() -> None:
    segments = (
        TranscriptSegment(id="1", start_ms=1_999, end_ms=3_000, text="Dạ.", speaker="Bà Lan"),
        TranscriptSegment(id="2", start_ms=0, end_ms=3_000, text="Hết.", recording=2),
    )
    transcript = Transcript(
        accession="LK-1",
        language="vi",
        version=2,
        state="machine",
        segments=segments,
        title="Gạo",
        label="chưa hiệu đính",
        source_line="Nguồn: kho",
        people=(("Lan", "nhân chứng"),),
    )
    data = plain.write(transcript)
    assert data.decode("utf-8-sig") == (
        "Gạo\nLan (nhân chứng)\nLK-1\nchưa hiệu đính · v2\nNguồn: kho\n" + "=" * 40 + "\n"
        "[00:00:01] Bà Lan: Dạ.\n== 2 ==\n[00:00:00] Hết.\n"
    )
    assert plain.read(data).notes[3] == "chưa hiệu đính · v2"


@pytest.mark.parametrize(
    "headings",
    [
        ((1, "Phần 1 – thời lượng 00:00:09"), (2, "Phần 2 – thời lượng 01:02:03")),
        ((1, "Part 1"), (2, "Part 2 – length 00:00:05")),
        ((2, "Part 2"),),
    ],
)
def test_recordings_have_headings_that_are_read_again(
    headings: tuple[tuple[int, str], ...],
) -> None:
    segments = tuple(
        TranscriptSegment(id=str(n), start_ms=0, end_ms=3_000, text="Dạ.", recording=n)
        for n in (1, 2)
    )
    transcript = Transcript(
        accession="LK-1",
        language="vi",
        version=1,
        state="machine",
        segments=segments,
        part_headings=headings,
    )
    data = plain.write(transcript)
    lines = data.decode("utf-8-sig").splitlines()
    named = dict(headings)
    assert lines[-4:] == [
        f"== {named.get(1, 1)} ==",
        "[00:00:00] Dạ.",
        f"== {named[2]} ==",
        "[00:00:00] Dạ.",
    ]
    found = plain.read(data)
    assert [(one.recording, one.text) for one in found.segments] == [(1, "Dạ."), (2, "Dạ.")]
