"""Join what two people wrote over the same text: a three-way merge of tokens (diff3).

Changes that touch different tokens are both kept, silently: one person's comma and
another's tone mark do not meet. Changes of the same token, and insertions at the place
that the other one changed, are a conflict, and then nothing is chosen. The JavaScript
twin is `archive/web/static/js/editor/merging.js`; the vectors are in
`tests/fixtures/edits/merging.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcription.alignment import GAP, pair
from transcription.tokens import tokenise


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One place where both changed the same words. `at` counts the tokens of the base before it."""

    at: int
    base: str
    theirs: str
    yours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`text` holds both people's changes, or is None while `hunks` ask a person to choose."""

    text: str | None
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """The base's tokens from `start` to `end` became `tokens`."""

    start: int
    end: int
    tokens: tuple[str, ...]


def three_way(base: str, theirs: str, yours: str) -> Merge:
    """Join two texts that grew out of `base`; white space is evened out as everywhere.

    >>> three_way("trời mưa to", "Trời mưa to", "trời mưa to,").text
    'Trời mưa to,'
    """
    old = tokenise(base)
    merged: list[str] = []
    hunks: list[Hunk] = []
    done = 0
    for left, right in _meetings(
        differences(old, tokenise(theirs)), differences(old, tokenise(yours))
    ):
        start = min(change.start for change in (*left, *right))
        end = max(change.end for change in (*left, *right))
        merged += old[done:start]
        wanted = [_applied(old, side, start, end) for side in (left, right)]
        if left and right and wanted[0] != wanted[1]:
            before = " ".join(old[start:end])
            hunks.append(
                Hunk(at=start, base=before, theirs=_text(wanted[0]), yours=_text(wanted[1]))
            )
        merged += wanted[0] if left else wanted[1]
        done = end
    merged += old[done:]
    return Merge(text=None if hunks else _text(merged), hunks=tuple(hunks))


def differences(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """What has to change for `old` to become `new`, in order; none of them touch."""
    changes = []
    partners = [*pair(old, new, cost=_exact), len(old)]
    start = begin = 0
    for at, partner in enumerate(partners):
        if partner is not None:
            if partner > start or at > begin:
                changes.append(Change(start, partner, tuple(new[begin:at])))
            start, begin = partner + 1, at + 1
    return changes


def _exact(old: str, new: str) -> int:
    """Replacing costs more than two gaps, so that only equal tokens are ever paired."""
    return 0 if old == new else 3 * GAP


def _meetings(theirs: list[Change], yours: list[Change]) -> list[tuple[list[Change], list[Change]]]:
    """Changes of both sides in reading order; those that touch stand in one group."""
    groups: list[tuple[list[Change], list[Change]]] = []
    tagged = sorted(
        [(change, 0) for change in theirs] + [(change, 1) for change in yours],
        key=lambda item: (item[0].start, item[0].end, item[1]),
    )
    reach: Change | None = None
    for change, side in tagged:
        if reach is None or not _touch(reach, change):
            groups.append(([], []))
            reach = change
        groups[-1][side].append(change)
        reach = Change(reach.start, max(reach.end, change.end), ())
    return groups


def _touch(first: Change, second: Change) -> bool:
    """Two replacements side by side do not; an insertion beside a replacement does."""
    if second.start != first.end:
        return second.start < first.end
    return first.start == first.end or second.start == second.end


def _applied(old: Sequence[str], changes: Sequence[Change], start: int, end: int) -> list[str]:
    result: list[str] = []
    for change in changes:
        result += [*old[start : change.start], *change.tokens]
        start = change.end
    return [*result, *old[start:end]]


def _text(tokens: Sequence[str]) -> str:
    return " ".join(tokens)
