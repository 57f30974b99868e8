"""Mend a query that found nothing, with words that this reader's passages hold."""

from collections.abc import Callable, Iterator, Mapping

from search.nearness import neighbours
from search.query import Query, QueryProblem, Wanted, parse
from search.syllables import spelled

MOST = 3

Spellings = Callable[[str], Mapping[str, int]]
"""Exact keys of a folded word with how many visible passages hold each; zeros left out."""


def suggest(
    query: Query, spellings: Spellings, is_found: Callable[[Query], bool]
) -> tuple[str, ...]:
    """The query with every unknown word replaced by a neighbour, if that finds something."""
    missing = [
        wanted
        for clause in query.clauses
        for wanted in clause.wanted
        if wanted.shape == "word" and not spellings(wanted.folded)
    ]
    choices = [_replacements(wanted, spellings) for wanted in missing]
    if not choices or not all(choices):
        return ()
    found = (text for text in _texts(query.text, missing, choices) if _asks(text, is_found))
    return tuple(dict.fromkeys(found))


def _replacements(wanted: Wanted, spellings: Spellings) -> list[str]:
    counted = []
    for folded in neighbours(wanted.folded):
        forms = spellings(folded)
        if forms:
            best = min(forms, key=lambda form: (-forms[form], form))
            word = spelled(best) if wanted.has_marks else folded
            counted.append((-sum(forms.values()), folded, word))
    return [word for _, _, word in sorted(counted)[:MOST]]


def _texts(text: str, missing: list[Wanted], choices: list[list[str]]) -> Iterator[str]:
    for number in range(max(map(len, choices))):
        mended = text
        for wanted, words in reversed(list(zip(missing, choices, strict=True))):
            word = words[min(number, len(words) - 1)]
            mended = mended[: wanted.start] + word + mended[wanted.end :]
        yield mended


def _asks(text: str, is_found: Callable[[Query], bool]) -> bool:
    try:
        return is_found(parse(text))
    except QueryProblem:
        return False
