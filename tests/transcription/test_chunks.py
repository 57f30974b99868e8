"""A plan loses no time, keeps to the longest chunk, and cuts where it is silent."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.chunks import LEAST_SKIPPED_MS, Chunk, Span, plan_chunks


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Spans as voice activity gives them: in order, apart or touching, with pauses inside."""
    spans: list[Span] = []
    at = draw(st.integers(0, 5_000))
    for _ in range(draw(st.integers(0, 12))):
        start, pauses = at, []
        for _ in range(draw(st.integers(0, 5))):
            at += draw(st.integers(1, 20_000))
            pause = draw(st.integers(64, 590))
            pauses.append((at, at + pause))
            at += pause
        at += draw(st.integers(1, 40_000))
        spans.append(Span(start, at, tuple(pauses)))
        at += draw(st.sampled_from([0, 1, 500, 1_999, 2_000, 60_000]))
    return spans, at + draw(st.integers(0, 3_000))


@settings(max_examples=200)
@given(recordings(), st.integers(1_000, 30_000))
def test_every_millisecond_is_in_exactly_one_chunk(
    recording: tuple[list[Span], int], longest_ms: int
) -> None:
    spans, total_ms = recording
    chunks = plan_chunks(spans, total_ms=total_ms, longest_ms=longest_ms)
    assert [c.index for c in chunks] == list(range(len(chunks)))
    edges = [0, *(c.end_ms for c in chunks)]
    assert [c.start_ms for c in chunks] == edges[:-1]
    assert edges[-1] == total_ms
    assert all(c.end_ms > c.start_ms for c in chunks)


@settings(max_examples=200)
@given(recordings(), st.integers(1_000, 30_000))
def test_speech_is_never_skipped_and_never_too_long(
    recording: tuple[list[Span], int], longest_ms: int
) -> None:
    spans, total_ms = recording
    chunks = plan_chunks(spans, total_ms=total_ms, longest_ms=longest_ms)
    for chunk in chunks:
        if chunk.kind == "speech":
            assert chunk.end_ms - chunk.start_ms <= longest_ms
        else:
            assert chunk.end_ms - chunk.start_ms >= LEAST_SKIPPED_MS or not spans
            inside = [s for s in spans if s.start_ms < chunk.end_ms and s.end_ms > chunk.start_ms]
            assert inside == []
    kinds = [c.kind for c in chunks]
    assert ("skipped", "skipped") not in itertools.pairwise(kinds)


@settings(max_examples=50)
@given(recordings())
def test_a_plan_is_the_same_twice_and_from_any_iterable(
    recording: tuple[list[Span], int],
) -> None:
    spans, total_ms = recording
    assert plan_chunks(iter(spans), total_ms=total_ms) == plan_chunks(spans, total_ms=total_ms)


def cuts(spans: list[Span], *, longest_ms: int) -> list[int]:
    chunks = plan_chunks(spans, total_ms=spans[-1].end_ms, longest_ms=longest_ms)
    return [c.end_ms for c in chunks if c.kind == "speech"][:-1]


def test_a_cut_falls_into_the_longest_silence_at_hand_and_at_its_end() -> None:
    spans = [Span(0, 11_000), Span(11_200, 15_000), Span(16_500, 19_000), Span(19_100, 40_000)]
    assert cuts(spans, longest_ms=20_000)[0] == 16_500


def test_silence_between_spans_outranks_a_pause_inside_one() -> None:
    # Spans are widened: the 100 ms between them were 700 ms of silence.
    spans = [Span(0, 15_000), Span(15_100, 30_000, ((18_000, 18_500),))]
    assert cuts(spans, longest_ms=20_000) == [15_100]


def test_speech_without_silence_is_cut_in_its_longest_pause() -> None:
    spans = [Span(0, 50_000, ((13_000, 13_100), (17_000, 17_300), (30_000, 30_070)))]
    assert cuts(spans, longest_ms=20_000) == [17_300, 30_070]


def test_speech_without_any_pause_is_halved_rather_than_left_with_a_crumb() -> None:
    assert cuts([Span(0, 20_400)], longest_ms=20_000) == [10_200]


@pytest.mark.parametrize(
    ("gap_ms", "kinds"),
    [(1_999, ["speech"]), (2_000, ["speech", "skipped", "speech"])],
)
def test_only_a_silence_worth_checking_is_skipped(gap_ms: int, kinds: list[str]) -> None:
    spans = [Span(0, 3_000), Span(3_000 + gap_ms, 6_000 + gap_ms)]
    chunks = plan_chunks(spans, total_ms=6_000 + gap_ms)
    assert [c.kind for c in chunks] == kinds


def test_silence_is_one_skipped_chunk_and_nothing_is_no_chunk() -> None:
    assert plan_chunks([], total_ms=9_000) == (Chunk(0, 0, 9_000, "skipped"),)
    assert plan_chunks([], total_ms=0) == ()
