"""Correct a query without hits, with words of passages visible to the reader."""

from collections.abc import Callable, Iterator, Mapping

from search.edit_distance import words_one_edit_away
from search.query import Query, QueryProblem, QueryTerm, parse_query
from search.syllables import spelled

MOST = 3

Spellings = Callable[[str], Mapping[str, int]]
"""Exact keys of a folded word with the number of visible passages of each, without zeros."""


def suggest(
    query: Query, spellings: Spellings, is_found: Callable[[Query], bool]
) -> tuple[str, ...]:
    """Return the query with unknown words replaced by similar ones, if it then has hits."""
    missing = [
        query_term
        for clause in query.clauses
        for query_term in clause.query_terms
        if query_term.shape == "word" and not spellings(query_term.folded)
    ]
    choices = [_replacements(query_term, spellings) for query_term in missing]
    if not choices or not all(choices):
        return ()
    found = (
        text for text in _texts(query.text, missing, choices) if _finds_something(text, is_found)
    )
    return tuple(dict.fromkeys(found))


def _replacements(query_term: QueryTerm, spellings: Spellings) -> list[str]:
    counted = []
    for folded in words_one_edit_away(query_term.folded):
        forms = spellings(folded)
        if forms:
            best = min(forms, key=lambda form: (-forms[form], form))
            word = spelled(best) if query_term.has_marks else folded
            counted.append((-sum(forms.values()), folded, word))
    return [word for _, _, word in sorted(counted)[:MOST]]


def _texts(text: str, missing: list[QueryTerm], choices: list[list[str]]) -> Iterator[str]:
    for number in range(max(map(len, choices))):
        corrected = text
        for query_term, words in reversed(list(zip(missing, choices, strict=True))):
            word = words[min(number, len(words) - 1)]
            corrected = corrected[: query_term.start] + word + corrected[query_term.end :]
        yield corrected


def _finds_something(text: str, is_found: Callable[[Query], bool]) -> bool:
    try:
        return is_found(parse_query(text))
    except QueryProblem:
        return False
