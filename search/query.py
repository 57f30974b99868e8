"""Parse a query into clauses that a passage must contain, in any order.

Words are ANDed. ``"…"`` is a phrase. ``nguy*`` matches prefixes (at least two letters,
marks ignored), ``phong~`` also words at edit distance one. All other characters are
separators: hostile input finds nothing, or raises QueryProblem.
"""

import itertools
import re
from dataclasses import dataclass, field
from typing import Literal

from search import plurals, scoring, units
from search.analysis import TAIL_SIGN, find_syllables
from search.edit_distance import is_one_edit_apart
from search.spans import SyllableSpan, Unit
from search.syllables import folded_key

LONGEST_QUERY = 1000
MOST_TOKENS = 32
SHORTEST_PREFIX = 2
_QUOTES = re.compile(r'["“”„«»]')
_STACKED_SIGNS = ("@", "#", "+")

Shape = Literal["word", "unit", "prefix", "fuzzy"]
TermEnd = Literal["head", "tail"]


class QueryProblem(ValueError):
    """Raised for an invalid query.

    Codes: empty, too_long, too_many_words, prefix_too_short, page_out_of_range.
    """

    def __init__(self, code: str, *, found: int = 0, limit: int = 0) -> None:
        super().__init__(f"query refused: {code} (found {found}, limit {limit})")
        self.code = code
        self.found = found
        self.limit = limit


@dataclass(frozen=True, slots=True)
class TermMatch:
    """How well a term of the index matches; hits with incompatible marks come last."""

    boost: float
    is_compatible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTerm:
    """One word of the query, or one date or abbreviation in any spelling (``unit``).

    ``start`` and ``end`` are its offsets in the text of the query. ``exact`` is empty for
    a unit of several syllables: such a date or abbreviation is indexed under one key of its own,
    at the same position as its first syllable.
    """

    exact: str
    folded: str
    start: int
    end: int
    shape: Shape = "word"
    unit: str = ""
    stem: str = ""

    @property
    def has_marks(self) -> bool:
        """Return whether the word was typed with diacritical marks."""
        return self.exact != self.folded

    def match(self, term: str) -> TermMatch | None:
        """Match one term of the index by the rule of compatible marks.

        A word typed with marks matches the same marks best, then none, then others; a word
        typed without marks matches all forms equally. Phrases match neither ``stem`` nor
        other marks.
        """
        if self.unit and term == self.unit:
            return TermMatch(scoring.EXACT)
        if term == self.stem and term:
            return TermMatch(scoring.STEM)
        if not self.exact or term.startswith(_STACKED_SIGNS):
            return None
        folded = folded_key(term)
        if self.shape == "prefix":
            return TermMatch(scoring.EXACT) if folded.startswith(self.folded) else None
        if self.shape == "fuzzy" and is_one_edit_apart(folded, self.folded) and folded.isascii():
            return TermMatch(scoring.ONE_EDIT, is_compatible=False)
        if folded != self.folded:
            return None
        if term == self.exact or not self.has_marks:
            return TermMatch(scoring.EXACT)
        if term == folded:
            return TermMatch(scoring.UNMARKED)
        return TermMatch(scoring.OTHER_MARKS, is_compatible=False)


@dataclass(frozen=True, slots=True)
class PhraseStep:
    """One position of a run: the first (head) or last (tail) syllable of a query term."""

    query_term: QueryTerm
    side: TermEnd = "head"

    def match(self, term: str) -> TermMatch | None:
        """As ``QueryTerm.match``; the tail of a unit is its stacked key with TAIL_SIGN."""
        if self.side == "tail" and self.query_term.unit:
            if term.endswith(TAIL_SIGN):
                return self.query_term.match(term[:-1])
            return None if term == self.query_term.unit else self.query_term.match(term)
        return self.query_term.match(term)


@dataclass(frozen=True, slots=True)
class Clause:
    """A word, or a quoted phrase of several, that a passage must contain."""

    query_terms: tuple[QueryTerm, ...]
    is_quoted: bool = False

    def match(self, query_term: QueryTerm, term: str) -> TermMatch | None:
        """Match a term; in a quoted phrase, other marks than the typed ones do not match."""
        found = query_term.match(term)
        return None if found and self.is_quoted and not found.is_compatible else found

    def runs(self) -> tuple[tuple[PhraseStep, ...], ...]:
        """Return runs of adjacent syllables; a unit, whose length varies, separates two runs."""
        chains: list[tuple[PhraseStep, ...]] = []
        chain: list[PhraseStep] = []
        for query_term in self.query_terms:
            chain.append(PhraseStep(query_term))
            if query_term.unit:
                chains.append(tuple(chain))
                chain = [PhraseStep(query_term, "tail")]
        if len(chain) > 1 or not self.query_terms[-1].unit:
            chains.append(tuple(chain))
        return tuple(chains)


@dataclass(frozen=True, slots=True)
class Query:
    """A valid query; ``text`` is the text as typed."""

    text: str
    clauses: tuple[Clause, ...] = field(repr=False)

    def adjacent_terms(self) -> tuple[tuple[PhraseStep, PhraseStep], ...]:
        """Return the adjacent ends of consecutive clauses; a passage with both ranks higher."""
        return tuple(
            (PhraseStep(before.query_terms[-1], "tail"), PhraseStep(after.query_terms[0]))
            for before, after in zip(self.clauses, self.clauses[1:], strict=False)
        )


def parse_query(text: str) -> Query:
    """Parse the text of a query; raises only QueryProblem.

    >>> [len(clause.query_terms) for clause in parse_query('ở "chợ Bến Thành" 30/4').clauses]
    [1, 3, 1]
    """
    if len(text) > LONGEST_QUERY:
        raise QueryProblem("too_long", found=len(text), limit=LONGEST_QUERY)
    clauses: list[Clause] = []
    count = 0
    for start, end, is_quoted in _split_quotes(text):
        spans = find_syllables(text[start:end])
        count += len(spans)
        if count > MOST_TOKENS:
            raise QueryProblem("too_many_words", found=count, limit=MOST_TOKENS)
        query_terms = _query_terms(text, start, end, spans, is_quoted=is_quoted)
        if is_quoted and query_terms:
            clauses.append(Clause(tuple(query_terms), is_quoted=True))
        else:
            clauses.extend(Clause((one,)) for one in query_terms)
    if not clauses:
        raise QueryProblem("empty")
    return Query(text, tuple(clauses))


def _split_quotes(text: str) -> list[tuple[int, int, bool]]:
    """Return (start, end, is quoted) of each part; an unclosed quote is ignored."""
    marks = [match.start() for match in _QUOTES.finditer(text)]
    edges = [-1, *(marks if len(marks) % 2 == 0 else marks[:-1]), len(text)]
    return [
        (before + 1, after, index % 2 == 1)
        for index, (before, after) in enumerate(itertools.pairwise(edges))
    ]


def _query_terms(
    text: str, start: int, end: int, spans: list[SyllableSpan], *, is_quoted: bool
) -> list[QueryTerm]:
    found = []
    begins: dict[int, Unit] = {}
    for unit in units.find_units(text[start:end], spans):
        begins.setdefault(unit.first, unit)
    at = 0
    while at < len(spans):
        unit_here = begins.get(at)
        if unit_here:
            found.append(_unit_term(unit_here, spans, start))
            at = unit_here.last + 1
        else:
            found.append(_word_term(text, spans[at], start, is_quoted=is_quoted))
            at += 1
    return found


def _unit_term(unit: Unit, spans: list[SyllableSpan], offset: int) -> QueryTerm:
    first, last = spans[unit.first], spans[unit.last]
    is_one = unit.first == unit.last
    return QueryTerm(
        exact=first.exact if is_one else "",
        folded=first.folded if is_one else "",
        start=offset + first.start,
        end=offset + last.end,
        shape="unit",
        unit=unit.terms[0],
    )


def _word_term(text: str, span: SyllableSpan, offset: int, *, is_quoted: bool) -> QueryTerm:
    end = offset + span.end
    sign = "" if is_quoted else text[end : end + 1]
    shape: Shape = "prefix" if sign == "*" else "fuzzy" if sign == "~" else "word"
    if shape == "prefix" and len(span.folded) < SHORTEST_PREFIX:
        raise QueryProblem("prefix_too_short", found=len(span.folded), limit=SHORTEST_PREFIX)
    return QueryTerm(
        exact=span.exact,
        folded=span.folded,
        start=offset + span.start,
        end=end,
        shape=shape,
        stem="" if is_quoted or shape != "word" else plurals.stem_key(span.exact),
    )
