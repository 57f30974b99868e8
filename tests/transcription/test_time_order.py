"""Order of segments in time: which rules are broken, and times that keep them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transcription.time_order import (
    FittedTimes,
    OrderFault,
    TimedSpan,
    fit_between,
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


def test_fit_between_keeps_times_that_fit_and_cuts_others() -> None:
    above, below = [span("a", 0, 4)], [span("c", 8, 12)]
    for placed, fitted in (
        (span("b", 5, 7), FittedTimes(5, 7, 0)),
        (span("b", 2, 10), FittedTimes(4, 8, 0)),
        (span("b", 20, 30), FittedTimes(8, 8, 0)),
        (span("b", 2, 30, "B"), FittedTimes(2, 30, 0)),
        (span("b", 9, 30, "B"), FittedTimes(8, 30, 0)),
    ):
        assert fit_between(above, placed, below, longest_ms=None) == fitted
    assert fit_between(above, span("b", 5, 9, "B"), below, longest_ms=7) == FittedTimes(5, 7, 0)


def test_fit_between_goes_behind_those_who_spoke_meanwhile() -> None:
    above, below = [span("a", 0, 10)], [span("b", 2, 3, "B"), span("d", 12, 14)]
    assert fit_between(above, span("c", 1, 4), below, longest_ms=None) == FittedTimes(10, 10, 1)


def test_passed_by_counts_earlier_segments() -> None:
    below = [span("a", 2, 3), span("b", 4, 5), span("c", 9, 11)]
    assert [passed_by(start, below) for start in (1, 4, 5, 99)] == [0, 1, 2, 3]


@st.composite
def _sound_spans(draw: st.DrawFn) -> list[TimedSpan]:
    spans: list[TimedSpan] = []
    for number in range(draw(st.integers(0, 6))):
        speaker = draw(st.sampled_from("AB"))
        own_end = max((s.end_ms for s in spans if s.speaker == speaker), default=0)
        start = max(own_end, spans[-1].start_ms if spans else 0) + draw(st.integers(0, 4))
        spans.append(span(f"s{number}", start, start + draw(st.integers(0, 6)), speaker))
    return spans


@given(
    spans=_sound_spans(),
    at=st.integers(0, 6),
    start=st.integers(0, 30),
    length=st.integers(0, 20),
    speaker=st.sampled_from("ABC"),
)
def test_fit_between_adds_no_fault_and_changes_nothing_that_fits(
    spans: list[TimedSpan], at: int, start: int, length: int, speaker: str
) -> None:
    at = min(at, len(spans))
    above, below = spans[:at], spans[at:]
    old = span("new", start, start + length, speaker)
    fitted = fit_between(above, old, below, longest_ms=None)
    placed = span("new", fitted.start_ms, fitted.end_ms, speaker)
    after = [*above, *below[: fitted.passed], placed, *below[fitted.passed :]]
    assert order_faults(spans) == order_faults(after) == frozenset()
    if not order_faults([*above, old, *below]):
        assert (fitted.start_ms, fitted.end_ms, fitted.passed) == (start, start + length, 0)
