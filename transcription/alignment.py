"""Keep the times of words when a person changes the text.

Old and new tokens are paired by weighted edit distance. A paired token keeps its time; a
run of tokens without a partner shares the time between its neighbours. The costs fit
Vietnamese: adding marks to a syllable costs little, another syllable much. The same
algorithm exists in `archive/web/static/js/editing/alignment.js`; both are tested with
`tests/fixtures/edits/alignment.json`, so the arithmetic uses integers only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transcription.document import Word, clamp_words, equal_parts
from transcription.tokens import fold, letters, tokenise

Cost = Callable[[str, str], int]

# In twentieths: 0, 0.25, 0.9, 1.2 and 0.7. Two gaps cost more than any change, so that a
# word typed over another inherits its time.
SAME, SAME_LETTERS, SAME_INITIAL, OTHER, GAP = 0, 5, 18, 24, 14
MOST_CELLS = 360_000
"""Limit of the table of pair_tokens. Above it, which would take seconds, nothing between
the unchanged ends is paired."""

SHORTEST_WORD_MS = 60
"""Words with less time than this take half the time of their neighbours."""


@dataclass(slots=True)
class _TimedToken:
    text: str
    start_ms: int = 0
    end_ms: int = 0
    old: Word | None = None


def retime(words: Sequence[Word], text: str, *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Return the words of the new text, in order and inside the segment.

    A word with the same letters keeps time, confidence and source, whatever its capitals
    and punctuation. A replaced word keeps its time and gets source `edit`; a new word
    gets source `interp`. Both have confidence 1.
    """
    tokens = tokenise(text)
    partners = pair_tokens([word.text for word in words], tokens, cost=change_cost)
    timed = [
        _TimedToken(token)
        if partner is None
        else _TimedToken(token, words[partner].start_ms, words[partner].end_ms, words[partner])
        for token, partner in zip(tokens, partners, strict=True)
    ]
    _time_new_tokens(timed, start_ms=start_ms, end_ms=max(start_ms, end_ms))
    return clamp_words(map(_word, timed), start_ms=start_ms, end_ms=end_ms)


def pair_tokens(old: Sequence[str], new: Sequence[str], *, cost: Cost) -> list[int | None]:
    """Return for each new token the index of its old one, ascending, or None.

    `cost` is 0 for tokens that count as unchanged. Of equally cheap pairings, Python and
    JavaScript choose the one that pairs the latest tokens.
    """
    shortest = min(len(old), len(new))
    head = 0
    while head < shortest and cost(old[head], new[head]) == 0:
        head += 1
    tail = 0
    while tail < shortest - head and cost(old[-1 - tail], new[-1 - tail]) == 0:
        tail += 1
    middle = _pair_middle(old[head : len(old) - tail], new[head : len(new) - tail], cost)
    return [
        *range(head),
        *(None if partner is None else head + partner for partner in middle),
        *range(len(old) - tail, len(old)),
    ]


def change_cost(old: str, new: str) -> int:
    """Return the difference of two tokens in twentieths of a word."""
    if old == new:
        return SAME
    old, new = letters(old), letters(new)
    if old == new:
        return SAME
    old, new = fold(old), fold(new)
    if old == new:
        return SAME_LETTERS
    return SAME_INITIAL if old[:1] == new[:1] else OTHER


def _pair_middle(old: Sequence[str], new: Sequence[str], cost: Cost) -> list[int | None]:
    partners: list[int | None] = [None] * len(new)
    if not old or not new or len(old) * len(new) > MOST_CELLS:
        return partners
    known: dict[tuple[str, str], int] = {}
    table = [[GAP * j for j in range(len(new) + 1)]]
    for i, before in enumerate(old, start=1):
        above, left = table[-1], GAP * i
        row = [left]
        for j, after in enumerate(new):
            change = known.get((before, after))
            if change is None:
                change = known[before, after] = cost(before, after)
            left = min(above[j] + change, above[j + 1] + GAP, left + GAP)
            row.append(left)
        table.append(row)
    i, j = len(old), len(new)
    while i and j:
        if table[i][j] == table[i - 1][j - 1] + known[old[i - 1], new[j - 1]]:
            i, j = i - 1, j - 1
            partners[j] = i
        elif table[i][j] == table[i - 1][j] + GAP:
            i -= 1
        else:
            j -= 1
    return partners


def _time_new_tokens(timed: list[_TimedToken], *, start_ms: int, end_ms: int) -> None:
    at = 0
    while at < len(timed):
        upto = at
        while upto < len(timed) and timed[upto].old is None:
            upto += 1
        if upto > at:
            begin, after = _reassign_replaced(timed, at, upto, start_ms=start_ms, end_ms=end_ms)
            _time_run(timed, begin, after, start_ms=start_ms, end_ms=end_ms)
            upto = max(upto, after)
        at = upto + 1


def _reassign_replaced(
    timed: list[_TimedToken], at: int, upto: int, *, start_ms: int, end_ms: int
) -> tuple[int, int]:
    """Move the time of a replaced word to the other end of the run if more time is there.

    When two words replace one, their letters do not show which of them has its time; the
    silence around it does. Returns the run that is left without times.
    """
    left = timed[at - 1].end_ms if at else start_ms
    right = timed[upto].start_ms if upto < len(timed) else end_ms
    if at and _is_replaced(timed[at - 1]):
        edge = timed[at - 2].end_ms if at > 1 else start_ms
        if timed[at - 1].start_ms - edge > right - left:
            _move_partner(timed, at - 1, upto - 1)
            return at - 1, upto - 1
    if upto < len(timed) and _is_replaced(timed[upto]):
        following = timed[upto + 1] if upto + 1 < len(timed) else None
        edge = following.start_ms if following else end_ms
        if (not following or following.old) and edge - timed[upto].end_ms > right - left:
            _move_partner(timed, upto, at)
            return at + 1, upto + 1
    return at, upto


def _is_replaced(timed: _TimedToken) -> bool:
    return timed.old is not None and change_cost(timed.old.text, timed.text) > SAME_LETTERS


def _move_partner(timed: list[_TimedToken], source: int, target: int) -> None:
    moved = timed[source]
    timed[target] = _TimedToken(timed[target].text, moved.start_ms, moved.end_ms, moved.old)
    timed[source] = _TimedToken(moved.text)


def _time_run(timed: list[_TimedToken], at: int, upto: int, *, start_ms: int, end_ms: int) -> None:
    """Distribute the time between the neighbours over the tokens from `at` to `upto`."""
    before = timed[at - 1] if at else None
    after = timed[upto] if upto < len(timed) else None
    left = before.end_ms if before else start_ms
    right = after.start_ms if after else end_ms
    if right - left < SHORTEST_WORD_MS * (upto - at):
        if before:
            before.end_ms -= max(0, before.end_ms - before.start_ms) // 2
            left = before.end_ms
        if after:
            after.start_ms += max(0, after.end_ms - after.start_ms) // 2
            right = after.start_ms
    spans = equal_parts(upto - at, start_ms=left, end_ms=right)
    for word, (start, end) in zip(timed[at:upto], spans, strict=True):
        word.start_ms, word.end_ms = start, end


def _word(timed: _TimedToken) -> Word:
    old = timed.old
    confidence: float | None = 1.0
    source = "interp"
    if old is not None:
        same = change_cost(old.text, timed.text) == SAME
        confidence, source = (old.confidence, old.source) if same else (1.0, "edit")
    return Word(
        start_ms=timed.start_ms,
        end_ms=timed.end_ms,
        text=timed.text,
        confidence=confidence,
        source=source,
    )
