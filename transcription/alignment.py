"""Keep the times of words while a person changes the text.

Old and new tokens are paired by weighted edit distance. A paired token keeps its time; a
run of tokens without a partner shares the time between its neighbours. The costs know
Vietnamese: giving a syllable its marks is a small change, another syllable a large one.
The JavaScript twin is `archive/web/static/js/editor/alignment.js`; both are held to
`tests/fixtures/edits/alignment.json`, so the arithmetic is on whole numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transcription.document import Word, in_order, shares
from transcription.tokens import bare, spoken, tokenise

Cost = Callable[[str, str], int]

# In twentieths: 0, 0.25, 0.9, 1.2 and 0.7. Two gaps cost more than any change, so that a
# word typed over another inherits its time.
SAME, SAME_LETTERS, SAME_INITIAL, OTHER, GAP = 0, 5, 18, 24, 14
MOST_CELLS = 360_000
"""Where both sides of a change are this large, pairing would take longer than a person
waits: nothing between the unchanged ends is paired then."""

SHORTEST_WORD_MS = 60
"""A run that would leave its words less than this borrows from its neighbours."""


@dataclass(slots=True)
class _Timed:
    text: str
    start_ms: int = 0
    end_ms: int = 0
    old: Word | None = None


def retime(words: Sequence[Word], text: str, *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words of the new text, in order and inside the segment whatever the old times were.

    A word that sounds the same keeps time, confidence and source, however its capitals
    and punctuation changed. Another word in its place keeps the time and becomes `edit`;
    one that is new becomes `interp`. Words of a person have confidence 1.
    """
    tokens = tokenise(text)
    partners = pair([word.text for word in words], tokens, cost=change_cost)
    timed = [
        _Timed(token) if partner is None
        else _Timed(token, words[partner].start_ms, words[partner].end_ms, words[partner])
        for token, partner in zip(tokens, partners, strict=True)
    ]  # fmt: skip
    _share_runs(timed, start_ms=start_ms, end_ms=max(start_ms, end_ms))
    return in_order(map(_word, timed), start_ms=start_ms, end_ms=end_ms)


def pair(old: Sequence[str], new: Sequence[str], *, cost: Cost) -> list[int | None]:
    """For each new token the index of its old one, ascending; None where there is none.

    `cost` is 0 for tokens that count as unchanged. Of equally cheap pairings the one is
    taken that pairs the latest tokens, in both languages.
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
    """How unlike two tokens are, in twentieths of a word."""
    if old == new:
        return SAME
    old, new = spoken(old), spoken(new)
    if old == new:
        return SAME
    old, new = bare(old), bare(new)
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


def _share_runs(timed: list[_Timed], *, start_ms: int, end_ms: int) -> None:
    at = 0
    while at < len(timed):
        upto = at
        while upto < len(timed) and timed[upto].old is None:
            upto += 1
        if upto > at:
            begin, after = _settle(timed, at, upto, start_ms=start_ms, end_ms=end_ms)
            _share_run(timed, begin, after, start_ms=start_ms, end_ms=end_ms)
            upto = max(upto, after)
        at = upto + 1


def _settle(
    timed: list[_Timed], at: int, upto: int, *, start_ms: int, end_ms: int
) -> tuple[int, int]:
    """Let a replaced word beside the run change sides with it where more time lies there.

    Two new words for one that was misheard: the letters cannot say which of them it was,
    the silence around it can.
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


def _is_replaced(timed: _Timed) -> bool:
    return timed.old is not None and change_cost(timed.old.text, timed.text) > SAME_LETTERS


def _move_partner(timed: list[_Timed], giver: int, taker: int) -> None:
    given = timed[giver]
    timed[taker] = _Timed(timed[taker].text, given.start_ms, given.end_ms, given.old)
    timed[giver] = _Timed(given.text)


def _share_run(timed: list[_Timed], at: int, upto: int, *, start_ms: int, end_ms: int) -> None:
    """Give the run from `at` to `upto` the time between its neighbours, or half of theirs."""
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
    pieces = shares(upto - at, start_ms=left, end_ms=right)
    for word, (start, end) in zip(timed[at:upto], pieces, strict=True):
        word.start_ms, word.end_ms = start, end


def _word(timed: _Timed) -> Word:
    old = timed.old
    confidence: float | None = 1.0
    source = "interp"
    if old is not None:
        same = change_cost(old.text, timed.text) == SAME
        confidence, source = (old.confidence, old.source) if same else (1.0, "edit")
    return Word(
        start_ms=timed.start_ms, end_ms=timed.end_ms, text=timed.text,
        confidence=confidence, source=source,
    )  # fmt: skip
