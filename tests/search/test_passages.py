"""Splitting an interview: lengths, speakers, overlap, and mapping to segments."""

from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import find_syllables
from search.passages import (
    LONGEST_PASSAGE_MS,
    MOST_SYLLABLES,
    PassageDocument,
    SourceSegment,
    build_passages,
)


def spoken(
    position: int,
    text: str,
    start_ms: int,
    end_ms: int,
    *,
    speaker: str = "A",
    access: frozenset[str] = frozenset(),
) -> SourceSegment:
    return SourceSegment(
        segment_id=f"s{position}",
        position=position,
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        speaker=speaker,
        role="witness" if speaker == "A" else "interviewer",
        access=access,
    )


def test_build_passages_joins_short_segments_of_one_speaker() -> None:
    made = build_passages(
        [spoken(n, f"câu số {n} đây", n * 8_000, n * 8_000 + 8_000) for n in range(6)]
    )
    assert [(p.start_ms, p.end_ms) for p in made] == [(0, 24_000), (24_000, 48_000)]
    assert made[0].segment_ids == ("s0", "s1", "s2")


def test_build_passages_splits_at_a_change_of_speaker() -> None:
    made = build_passages(
        [
            spoken(0, "Rồi sao nữa hả chú", 0, 3_000, speaker="B"),
            spoken(1, "Rồi tôi đi phá rào", 3_000, 9_000),
        ]
    )
    assert [p.text for p in made] == ["Rồi sao nữa hả chú", "Rồi tôi đi phá rào"]
    assert [p.role for p in made] == ["interviewer", "witness"]


def test_build_passages_never_mixes_access_groups() -> None:
    made = build_passages(
        [
            spoken(0, "phần này ai cũng đọc", 0, 5_000, access=frozenset({"public"})),
            spoken(1, "phần này đóng lại", 5_000, 9_000, access=frozenset({"staff"})),
        ]
    )
    assert [p.text for p in made] == ["phần này ai cũng đọc", "phần này đóng lại"]


def test_build_passages_adds_overlap_of_eight_syllables() -> None:
    first = " ".join(["một"] * 85)
    second = " ".join(f"h{n}" for n in range(40))
    made = build_passages([spoken(0, first, 0, 20_000), spoken(1, second, 20_000, 30_000)])
    assert made[0].text == f"{first} h0 h1 h2 h3 h4 h5 h6 h7"
    assert made[0].overlap_from == len(first)
    assert made[0].end_ms == 20_000
    assert made[1].text == second


def test_build_passages_overlap_spans_several_short_segments() -> None:
    long = " ".join(["a"] * 90)
    made = build_passages(
        [
            spoken(0, long, 0, 9_000),
            spoken(1, "một hai", 9_000, 10_000),
            spoken(2, "ba bốn", 10_000, 11_000),
        ]
    )
    assert made[0].text == f"{long} một hai ba bốn"


def test_build_passages_splits_a_long_segment_with_estimated_times() -> None:
    text = " ".join(f"w{n}" for n in range(200))
    made = build_passages([spoken(0, text, 0, 100_000)])
    assert all(p.end_ms - p.start_ms <= LONGEST_PASSAGE_MS for p in made)
    assert made[0].start_ms == 0
    assert made[-1].end_ms == 100_000
    assert {p.segment_ids for p in made} == {("s0",)}
    char = made[2].text.index("w110")
    assert made[2].locate(char) == ("s0", text.index("w110"))
    assert abs(made[2].at_ms(char) - 55_000) < 500


def test_locate_returns_the_segment_of_a_character() -> None:
    made = build_passages(
        [spoken(0, "Chợ Bến Thành", 0, 4_000), spoken(1, "đông lắm", 4_000, 6_000)]
    )[0]
    assert made.locate(made.text.index("Thành")) == ("s0", 8)
    assert made.locate(made.text.index("lắm")) == ("s1", 5)
    assert made.locate(10_000) == ("s1", len("đông lắm"))
    assert made.at_ms(made.text.index("đông")) == 4_000


def test_build_passages_skips_segments_without_words() -> None:
    assert build_passages([]) == []
    assert build_passages([spoken(0, " … ", 0, 1_000)]) == []


def test_field_values_returns_one_or_several_values() -> None:
    document = PassageDocument(
        pid="p",
        interview="i",
        version=1,
        text="",
        access=frozenset(),
        fields={"language": "vi", "year": {"1976", "1975"}},
    )
    assert document.field_values("language") == ("vi",)
    assert document.field_values("year") == ("1975", "1976")
    assert document.field_values("none") == ()


segments = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["má", "ơi,", "30/4", "Sài-gòn", "–"]), max_size=120),
        st.integers(0, 90_000),
        st.sampled_from("AB"),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(segments)
def test_build_passages_contains_every_syllable_once(
    drawn: list[tuple[list[str], int, str]],
) -> None:
    made, at = [], 0
    for number, (words, length, speaker) in enumerate(drawn):
        made.append(spoken(number, " ".join(words), at, at + length, speaker=speaker))
        at += length
    by_id = {one.segment_id: one.text for one in made}
    passages = build_passages(made)
    own = [
        (passage.locate(span.start), span)
        for passage in passages
        for span in find_syllables(passage.text)
        if span.start < passage.overlap_from
    ]
    assert len(own) == sum(len(find_syllables(text)) for text in by_id.values())
    for (segment, char), span in own:
        assert by_id[segment][char : char + span.end - span.start].lower()[:1] == span.exact[0] or (
            span.folded[0] in "sgmo03"
        )
    for passage in passages:
        count = sum(s.start < passage.overlap_from for s in find_syllables(passage.text))
        assert count <= MOST_SYLLABLES
        if passage.end_ms - passage.start_ms > LONGEST_PASSAGE_MS:
            assert count == 1, "only a single syllable may last longer"
        for piece in passage.slices:
            source = by_id[piece.segment_id]
            assert (
                passage.text[piece.start : piece.end]
                == source[piece.segment_start : piece.segment_start + piece.end - piece.start]
            )
