"""A plan covers the whole recording, respects the limit, and cuts in silence."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.chunks import LEAST_SKIPPED_MS, Chunk, SpeechSpan, plan_chunks


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[SpeechSpan], int]:
    """Generate spans as from voice activity: in order, disjoint, with pauses inside."""
    spans: list[SpeechSpan] = []
    at = draw(st.integers(0, 5_000))
    for _ in range(draw(st.integers(0, 12))):
        start, pauses = at, []
        for _ in range(draw(st.integers(0, 5))):
            at += draw(st.integers(1, 20_000))
            pause = draw(st.integers(64, 590))
            pauses.append((at, at + pause))
            at += pause
        at += draw(st.integers(1, 40_000))
        spans.append(SpeechSpan(start, at, tuple(pauses)))
        at += draw(st.sampled_from([0, 1, 500, 1_999, 2_000, 60_000]))
    return spans, at + draw(st.integers(0, 3_000))


@settings(max_examples=200)
@given(recordings(), st.integers(1_000, 30_000))
def test_plan_chunks_covers_every_millisecond_once(
    recording: tuple[list[SpeechSpan], int], longest_ms: int
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
def test_plan_chunks_never_skips_speech_nor_exceeds_the_limit(
    recording: tuple[list[SpeechSpan], int], longest_ms: int
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
def test_plan_chunks_is_deterministic(
    recording: tuple[list[SpeechSpan], int],
) -> None:
    spans, total_ms = recording
    assert plan_chunks(iter(spans), total_ms=total_ms) == plan_chunks(spans, total_ms=total_ms)


def cuts(spans: list[SpeechSpan], *, longest_ms: int) -> list[int]:
    chunks = plan_chunks(spans, total_ms=spans[-1].end_ms, longest_ms=longest_ms)
    return [c.end_ms for c in chunks if c.kind == "speech"][:-1]


def test_plan_chunks_cuts_at_the_end_of_the_longest_silence() -> None:
    spans = [
        SpeechSpan(0, 11_000),
        SpeechSpan(11_200, 15_000),
        SpeechSpan(16_500, 19_000),
        SpeechSpan(19_100, 40_000),
    ]
    assert cuts(spans, longest_ms=20_000)[0] == 16_500


def test_plan_chunks_prefers_silence_between_spans() -> None:
    # Spans are widened: the 100 ms between them were 700 ms of silence.
    spans = [SpeechSpan(0, 15_000), SpeechSpan(15_100, 30_000, ((18_000, 18_500),))]
    assert cuts(spans, longest_ms=20_000) == [15_100]


def test_plan_chunks_without_silence_cuts_in_the_longest_pause() -> None:
    spans = [SpeechSpan(0, 50_000, ((13_000, 13_100), (17_000, 17_300), (30_000, 30_070)))]
    assert cuts(spans, longest_ms=20_000) == [17_300, 30_070]


def test_plan_chunks_without_pause_cuts_into_halves() -> None:
    assert cuts([SpeechSpan(0, 20_400)], longest_ms=20_000) == [10_200]


@pytest.mark.parametrize(
    ("gap_ms", "kinds"),
    [(1_999, ["speech"]), (2_000, ["speech", "skipped", "speech"])],
)
def test_plan_chunks_skips_long_silence_only(gap_ms: int, kinds: list[str]) -> None:
    spans = [SpeechSpan(0, 3_000), SpeechSpan(3_000 + gap_ms, 6_000 + gap_ms)]
    chunks = plan_chunks(spans, total_ms=6_000 + gap_ms)
    assert [c.kind for c in chunks] == kinds


def test_plan_chunks_of_silence_is_one_skipped_chunk() -> None:
    assert plan_chunks([], total_ms=9_000) == (Chunk(0, 0, 9_000, "skipped"),)
    assert plan_chunks([], total_ms=0) == ()
