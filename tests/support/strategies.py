"""Invented transcripts for property tests: sound segments of Vietnamese syllables."""

from __future__ import annotations

from hypothesis import strategies as st

from transcription.document import Transcript, TranscriptSegment, Word

SYLLABLES = [
    "tôi",
    "nhớ",
    "hồi",
    "đó",
    "đói",
    "Thủ",
    "Đức,",
    "gạo",
    "phường",
    "ba",
    "1978",
    "ừ",
    "chợ.",
    "thủy",
    "hòa",
    "–",
    "R&D",
    "a<3",
    "x>y",
    "“xếp",
    "hàng”",
    "A",
]
SPEAKERS = [None, "Bà Trần Thị Lan", "PV", "Ông Hòa"]
ROLES = {None: None, "Bà Trần Thị Lan": "witness", "PV": "interviewer", "Ông Hòa": None}

texts = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=12).map(" ".join)


@st.composite
def segments(
    draw: st.DrawFn, *, name: str = "s1", start_ms: int | None = None
) -> TranscriptSegment:
    """One sound segment; its words may touch, overlap silence and have no length."""
    begin = draw(st.integers(0, 50_000)) if start_ms is None else start_ms
    tokens = draw(texts).split()
    at = begin + draw(st.integers(0, 300))
    words = []
    for token in tokens:
        length = draw(st.integers(0, 700))
        confidence = draw(st.sampled_from([None, 0.25, 0.5, 1.0]))
        source = draw(st.sampled_from(["asr", "edit", "interp", "import"]))
        words.append(
            Word(start_ms=at, end_ms=at + length, text=token, confidence=confidence, source=source)
        )
        at += length + draw(st.sampled_from([0, 0, 30, 400]))
    speaker = draw(st.sampled_from(SPEAKERS))
    return TranscriptSegment(
        id=name,
        start_ms=begin,
        end_ms=at + draw(st.integers(1, 500)),
        text=" ".join(tokens),
        words=tuple(words) if draw(st.booleans()) else (),
        speaker=speaker,
        role=ROLES[speaker],
        flags=tuple(draw(st.sets(st.sampled_from(["unclear", "loop"])))),
        vouched_by=draw(st.sampled_from(["", "machine", "edited", "heard", "imported"])),
        is_unheard=draw(st.booleans()),
    )


@st.composite
def documents(draw: st.DrawFn, *, most: int = 5) -> tuple[TranscriptSegment, ...]:
    """Segments that follow each other."""
    made: list[TranscriptSegment] = []
    at = draw(st.integers(0, 4_000))
    for number in range(draw(st.integers(1, most))):
        segment = draw(segments(name=f"s{number + 1}", start_ms=at))
        made.append(segment)
        at = segment.end_ms + draw(st.sampled_from([0, 0, 250, 5_000]))
    return tuple(made)


def transcripts() -> st.SearchStrategy[Transcript]:
    """Whole transcripts with what every export must print."""
    return st.builds(
        Transcript,
        accession=st.just("LK-2026-014"),
        language=st.just("vi"),
        version=st.sampled_from([None, 1, 12]),
        state=st.sampled_from(["machine", "approved"]),
        segments=documents(),
        title=st.just("Những năm xếp hàng mua gạo"),
        label=st.just("Bản gỡ băng tự động – chưa hiệu đính"),
        unheard_label=st.just("chưa nghe đối chiếu"),
        source_line=st.just("Lời kể của bà Trần Thị Lan, hồ sơ LK-2026-014"),
        people=st.just((("Trần Thị Lan", "nhân chứng"), ("Lê Văn Hòa", "người phỏng vấn"))),
    )
