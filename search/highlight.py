"""Which characters of a text a query found, by the same analysis as the index."""

from collections.abc import Iterator

from search.analysis import Token, tokens
from search.query import Clause, Query, Step, Wanted


def marks(text: str, query: Query, *, language: str = "") -> list[tuple[int, int]]:
    """Ranges ``(from, to)`` of the text as given, ascending, without overlap.

    A phrase is one range and is marked only where it stands as typed; a date or
    abbreviation is marked from its first to its last syllable.

    >>> from search.query import parse
    >>> marks("Chợ Bến Thành, bến xe", parse('"ben thanh" xe'))
    [(4, 13), (19, 21)]
    """
    analysed = tokens(text, language=language)
    found = sorted(span for clause in query.clauses for span in _spans(analysed, clause))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _spans(analysed: list[Token], clause: Clause) -> Iterator[tuple[int, int]]:
    if len(clause.wanted) == 1:
        wanted = clause.wanted[0]
        for token in analysed:
            if any(clause.match(wanted, term) for term in terms_of(token)):
                yield token.start, _end(analysed, wanted, token)
        return
    for first in analysed:
        last = _follow(analysed, clause, first)
        if last is not None:
            yield first.start, last


def _follow(analysed: list[Token], clause: Clause, first: Token) -> int | None:
    """Where the phrase that begins at this token ends, if it stands here."""
    at = first.position
    end = first.end
    for wanted in clause.wanted:
        if at >= len(analysed):
            return None
        token = analysed[at]
        if not any(clause.match(wanted, term) for term in terms_of(token)):
            return None
        end = _end(analysed, wanted, token)
        while at < len(analysed) and analysed[at].start < end:
            at += 1
    return end


def _end(analysed: list[Token], wanted: Wanted, token: Token) -> int:
    """End of the token, or of the unit that begins with it."""
    if not wanted.unit or wanted.unit not in token.stacked:
        return token.end
    tail = Step(wanted, "tail")
    for later in analysed[token.position :]:
        if any(term != wanted.exact and tail.match(term) for term in later.stacked):
            return later.end
    return token.end


def terms_of(token: Token) -> tuple[str, ...]:
    """Every key that is indexed at the position of a token."""
    return (token.exact, *token.stacked)
