"""Three-way merge of two edits of the same text, by tokens (diff3).

Changes of different tokens are both applied. Changes of the same token, and an insertion
beside a change of the other person, are a conflict, and no text is returned. The same
algorithm exists in `archive/web/static/js/editing/merging.js`; both are tested with
`tests/fixtures/edits/merging.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcription.alignment import GAP, pair_tokens
from transcription.tokens import tokenise


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """A conflict: both changed the same words. `at` is the token index in the base text."""

    at: int
    base: str
    theirs: str
    yours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """The merged text, or None and the conflicts (`hunks`)."""

    text: str | None
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenChange:
    """Replacement of the old tokens from `start` to `end` by `tokens`."""

    start: int
    end: int
    tokens: tuple[str, ...]


def three_way(base: str, theirs: str, yours: str) -> MergeResult:
    """Merge two texts edited from `base`; white space is normalised.

    >>> three_way("trời mưa to", "Trời mưa to", "trời mưa to,").text
    'Trời mưa to,'
    """
    old = tokenise(base)
    merged: list[str] = []
    hunks: list[Hunk] = []
    done = 0
    for left, right in _group_overlapping(
        differences(old, tokenise(theirs)), differences(old, tokenise(yours))
    ):
        start = min(change.start for change in (*left, *right))
        end = max(change.end for change in (*left, *right))
        merged += old[done:start]
        results = [_apply(old, side, start, end) for side in (left, right)]
        if left and right and results[0] != results[1]:
            before = " ".join(old[start:end])
            hunks.append(
                Hunk(at=start, base=before, theirs=_text(results[0]), yours=_text(results[1]))
            )
        merged += results[0] if left else results[1]
        done = end
    merged += old[done:]
    return MergeResult(text=None if hunks else _text(merged), hunks=tuple(hunks))


def differences(old: Sequence[str], new: Sequence[str]) -> list[TokenChange]:
    """Return the changes from `old` to `new`, in order and not adjacent."""
    changes = []
    partners = [*pair_tokens(old, new, cost=_equal_tokens_only), len(old)]
    start = begin = 0
    for at, partner in enumerate(partners):
        if partner is not None:
            if partner > start or at > begin:
                changes.append(TokenChange(start, partner, tuple(new[begin:at])))
            start, begin = partner + 1, at + 1
    return changes


def _equal_tokens_only(old: str, new: str) -> int:
    """Cost function that pairs equal tokens only: a replacement costs more than two gaps."""
    return 0 if old == new else 3 * GAP


def _group_overlapping(
    theirs: list[TokenChange], yours: list[TokenChange]
) -> list[tuple[list[TokenChange], list[TokenChange]]]:
    """Group the changes of both sides in order; overlapping ones are in the same group."""
    groups: list[tuple[list[TokenChange], list[TokenChange]]] = []
    tagged = sorted(
        [(change, 0) for change in theirs] + [(change, 1) for change in yours],
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )
    reach: TokenChange | None = None
    for change, side in tagged:
        if reach is None or not _overlaps(reach, change):
            groups.append(([], []))
            reach = change
        groups[-1][side].append(change)
        reach = TokenChange(reach.start, max(reach.end, change.end), ())
    return groups


def _overlaps(first: TokenChange, second: TokenChange) -> bool:
    """Return whether two changes overlap; adjacent ones only if one of them is an insertion."""
    if second.start != first.end:
        return second.start < first.end
    return first.start == first.end or second.start == second.end


def _apply(old: Sequence[str], changes: Sequence[TokenChange], start: int, end: int) -> list[str]:
    result: list[str] = []
    for change in changes:
        result += [*old[start : change.start], *change.tokens]
        start = change.end
    return [*result, *old[start:end]]


def _text(tokens: Sequence[str]) -> str:
    return " ".join(tokens)
