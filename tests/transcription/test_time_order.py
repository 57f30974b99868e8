"""Order of segments in time: which rules are broken, and times that keep them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from transcription.time_order import (
    LEAST_SHOWN_MS,
    OrderFault,
    TimedSpan,
    fit_in_order,
    order_faults,
    passed_by,
)


def span(name: str, start: int, end: int, speaker: str = "A", recording: str = "1") -> TimedSpan:
    return TimedSpan(id=name, recording=recording, start_ms=start, end_ms=end, speaker=speaker)


def test_order_faults_names_rule_and_segments() -> None:
    assert order_faults([span("a", 0, 5), span("b", 5, 9), span("c", 7, 8, "B")]) == frozenset()
    assert order_faults([span("a", 3, 5), span("b", 0, 2, "B")]) == {
        OrderFault("out_of_order", "a", "b")
    }
    assert order_faults([span("a", 0, 9), span("b", 2, 3, "B"), span("c", 4, 12)]) == {
        OrderFault("times_overlap", "a", "c")
    }
    assert order_faults([span("a", 5, 9), span("b", 0, 9, recording="2")]) == frozenset()


def fit(*spans: TimedSpan, longest_ms: int | None = None) -> list[tuple[str, int, int]] | None:
    """Fit the segments whose names are capital letters."""
    restored = {one.id for one in spans if one.id.isupper()}
    fitted = fit_in_order(spans, restored, longest_ms=longest_ms)
    return None if fitted is None else [(one.id, one.start_ms, one.end_ms) for one in fitted]


def test_fit_in_order_keeps_times_that_fit_and_cuts_others() -> None:
    above, below = span("a", 0, 400), span("c", 800, 1_200)
    for placed, times in (
        (span("B", 500, 700), (500, 700)),
        (span("B", 200, 1_000), (400, 800)),
        (span("B", 350, 460), (400, 510)),  # 60 ms of it are left: it is moved whole
        (span("B", 850, 1_100), (550, 800)),
        (span("B", 200, 3_000, "B"), (200, 3_000)),
    ):
        assert fit(above, placed, below) == [
            ("a", 0, 400),
            ("B", *times),
            ("c", 800, 1_200),
        ]
    assert fit(above, span("B", 500, 900, "B"), below, longest_ms=700) == [
        ("a", 0, 400),
        ("B", 500, 700),
        ("c", 800, 1_200),
    ]


def test_fit_in_order_goes_past_those_who_spoke_meanwhile() -> None:
    others = span("a", 0, 1_000), span("b", 200, 300, "B"), span("d", 1_200, 1_400)
    assert fit(others[0], span("C", 100, 400), *others[1:]) == [
        ("a", 0, 1_000),
        ("b", 200, 300),
        ("C", 1_000, 1_200),
        ("d", 1_200, 1_400),
    ]
    assert fit(span("a", 900, 950, "B"), span("C", 0, 300), span("d", 900, 999)) == [
        ("C", 0, 300),
        ("a", 900, 950),
        ("d", 900, 999),
    ]


def test_fit_in_order_finds_the_own_time_of_a_segment_behind_others_of_its_speaker() -> None:
    assert fit(span("a", 0, 400), span("B", 2_000, 3_000), span("c", 800, 1_200)) == [
        ("a", 0, 400),
        ("c", 800, 1_200),
        ("B", 2_000, 3_000),
    ]


def test_fit_in_order_without_time_left_returns_none() -> None:
    assert fit(span("a", 0, 400), span("B", 100, 200), span("c", 499, 800)) is None
    assert fit(span("a", 0, 400), span("B", 500, 900), longest_ms=450) is None


def test_fit_in_order_divides_the_time_between_those_that_were_joined() -> None:
    assert fit(span("A", 0, 10_000), span("B", 10_000, 20_000), span("c", 8_000, 9_000)) == [
        ("A", 0, 4_000),
        ("B", 4_000, 8_000),
        ("c", 8_000, 9_000),
    ]


def test_passed_by_counts_earlier_segments() -> None:
    below = [span("a", 2, 3), span("b", 4, 5), span("c", 9, 11)]
    assert [passed_by(start, below) for start in (1, 4, 5, 99)] == [0, 1, 2, 3]


@st.composite
def _sound_spans(draw: st.DrawFn) -> list[TimedSpan]:
    spans: list[TimedSpan] = []
    for number in range(draw(st.integers(0, 6))):
        speaker = draw(st.sampled_from("AB"))
        own_end = max((s.end_ms for s in spans if s.speaker == speaker), default=0)
        start = max(own_end, spans[-1].start_ms if spans else 0) + draw(st.integers(0, 400))
        spans.append(span(f"s{number}", start, start + draw(st.integers(0, 600)), speaker))
    return spans


def _is_without_time(spans: list[TimedSpan], restored: set[str], longest_ms: int | None) -> bool:
    """Return whether a speaker has less free time somewhere than the restored segments need."""
    for speaker in {one.speaker for one in spans if one.id in restored}:
        free_from, needed = 0, 0
        for one in [s for s in spans if s.speaker == speaker] + [None]:
            if one is not None and one.id in restored:
                needed += min(LEAST_SHOWN_MS, one.end_ms - one.start_ms) or LEAST_SHOWN_MS
                continue
            until = one.start_ms if one is not None else longest_ms
            if longest_ms is not None and until is not None:
                until = min(until, longest_ms)
            if needed and until is not None and until - free_from < needed:
                return True
            free_from, needed = (one.end_ms if one is not None else 0), 0
    return False


@given(data=st.data(), spans=_sound_spans())
def test_fit_in_order_adds_no_fault_and_shows_every_segment(
    data: st.DataObject, spans: list[TimedSpan]
) -> None:
    """Some are taken out of a sound transcript and come back at any times, maybe of others."""
    chosen = data.draw(st.sets(st.sampled_from(spans), min_size=1)) if spans else set()
    moved = {
        one: replace(
            one,
            start_ms=(start := data.draw(st.integers(0, 3_000))),
            end_ms=start + data.draw(st.integers(0, 2_000)),
            speaker=data.draw(st.sampled_from("ABC")),
        )
        for one in spans
        if one in chosen
    }
    as_they_were = [moved.get(one, one) for one in spans]
    longest_ms = data.draw(st.none() | st.integers(2_500, 4_000))
    restored = {one.id for one in chosen}
    fitted = fit_in_order(as_they_were, restored, longest_ms=longest_ms)
    if fitted is None:
        assert _is_without_time(as_they_were, restored, longest_ms)
        return
    assert order_faults(fitted) == frozenset()
    assert [one for one in fitted if one.id not in restored] == [
        one for one in spans if one.id not in restored
    ]
    earlier = {one.id: one for one in as_they_were}
    for one in fitted:
        if one.id in restored:
            own_length = earlier[one.id].end_ms - earlier[one.id].start_ms
            assert one.end_ms - one.start_ms >= min(LEAST_SHOWN_MS, own_length or LEAST_SHOWN_MS)
            assert longest_ms is None or one.end_ms <= longest_ms
    has_faults = order_faults(as_they_were) or any(s.start_ms == s.end_ms for s in as_they_were)
    if not has_faults and longest_ms is None:
        assert fitted == as_they_were
