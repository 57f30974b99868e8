"""Find the characters of a text that match a query, by the same analysis as the index."""

from collections.abc import Iterator

from search.analysis import Token, analyse_text
from search.query import Clause, PhraseStep, Query, QueryTerm


def highlight_ranges(text: str, query: Query, *, language: str = "") -> list[tuple[int, int]]:
    """Return ranges ``(from, to)`` of the original text, ascending and disjoint.

    A phrase is one range, only where all its words are adjacent; a date or abbreviation
    is one range from its first to its last syllable.

    >>> from search.query import parse_query
    >>> highlight_ranges("Chợ Bến Thành, bến xe", parse_query('"ben thanh" xe'))
    [(4, 13), (19, 21)]
    """
    analysed = analyse_text(text, language=language)
    found = sorted(span for clause in query.clauses for span in _clause_ranges(analysed, clause))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _clause_ranges(analysed: list[Token], clause: Clause) -> Iterator[tuple[int, int]]:
    if len(clause.query_terms) == 1:
        query_term = clause.query_terms[0]
        for token in analysed:
            if any(clause.match(query_term, term) for term in index_terms(token)):
                yield token.start, _match_end(analysed, query_term, token)
        return
    for first in analysed:
        last = _phrase_end(analysed, clause, first)
        if last is not None:
            yield first.start, last


def _phrase_end(analysed: list[Token], clause: Clause, first: Token) -> int | None:
    """Return the end of the phrase that begins at this token; None if it does not match."""
    at = first.position
    end = first.end
    for query_term in clause.query_terms:
        if at >= len(analysed):
            return None
        token = analysed[at]
        if not any(clause.match(query_term, term) for term in index_terms(token)):
            return None
        end = _match_end(analysed, query_term, token)
        while at < len(analysed) and analysed[at].start < end:
            at += 1
    return end


def _match_end(analysed: list[Token], query_term: QueryTerm, token: Token) -> int:
    """Return the end of the token, or of the unit that begins with it."""
    if not query_term.unit or query_term.unit not in token.stacked:
        return token.end
    tail = PhraseStep(query_term, "tail")
    for later in analysed[token.position :]:
        if any(term != query_term.exact and tail.match(term) for term in later.stacked):
            return later.end
    return token.end


def index_terms(token: Token) -> tuple[str, ...]:
    """Return all keys that are indexed at the position of a token."""
    return (token.exact, *token.stacked)
