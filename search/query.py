"""What was typed, read once: clauses that a passage must hold, in any order.

Words are ANDed. ``"…"`` is a phrase. ``nguy*`` asks for beginnings (two letters at
least, marks ignored), ``phong~`` also for words one letter away. Everything else that
a keyboard can send is read as a separator: hostile input finds nothing, or raises
QueryProblem.
"""

import itertools
import re
from dataclasses import dataclass, field
from typing import Literal

from search import plurals, scoring
from search.analysis import TAIL_SIGN, syllables, units
from search.nearness import is_near
from search.spans import SyllableSpan, Unit
from search.syllables import folded_key

LONGEST_TEXT = 1000
MOST_TOKENS = 32
SHORTEST_PREFIX = 2
_QUOTES = re.compile(r'["“”„«»]')
_OWN_SIGNS = ("@", "#", "+")

Shape = Literal["word", "unit", "prefix", "fuzzy"]
Side = Literal["head", "tail"]


class QueryProblem(ValueError):
    """The query cannot be asked; ``code`` is one of empty, too_long, too_many_words,
    prefix_too_short, page_out_of_range."""

    def __init__(self, code: str, *, found: int = 0, limit: int = 0) -> None:
        super().__init__(f"query refused: {code} (found {found}, limit {limit})")
        self.code = code
        self.found = found
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Match:
    """How well a term answers; incompatible marks are shown last."""

    boost: float
    is_compatible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One word of the query, or one date or abbreviation in any spelling (``unit``).

    ``start`` and ``end`` are its characters in the query as typed. ``exact`` is empty
    for a unit of several syllables, which only its stacked key can answer.
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
        """Typed with marks, so that other marks are not what was meant."""
        return self.exact != self.folded

    def match(self, term: str) -> Match | None:
        """The compatible-marks rule, for one term of the index.

        Typed with marks: the same marks, then none, then others. Typed without:
        every form alike. ``stem`` and other marks are absent in phrases.
        """
        if self.unit and term == self.unit:
            return Match(scoring.EXACT)
        if term == self.stem and term:
            return Match(scoring.STEM)
        if not self.exact or term.startswith(_OWN_SIGNS):
            return None
        folded = folded_key(term)
        if self.shape == "prefix":
            return Match(scoring.EXACT) if folded.startswith(self.folded) else None
        if self.shape == "fuzzy" and is_near(folded, self.folded) and folded.isascii():
            return Match(scoring.NEAR_WORD, is_compatible=False)
        if folded != self.folded:
            return None
        if term == self.exact or not self.has_marks:
            return Match(scoring.EXACT)
        if term == folded:
            return Match(scoring.UNMARKED)
        return Match(scoring.OTHER_MARKS, is_compatible=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a run: the first (head) or last (tail) syllable of what is wanted."""

    wanted: Wanted
    side: Side = "head"

    def match(self, term: str) -> Match | None:
        """As ``Wanted.match``; the tail of a unit is its stacked key with TAIL_SIGN."""
        if self.side == "tail" and self.wanted.unit:
            if term.endswith(TAIL_SIGN):
                return self.wanted.match(term[:-1])
            return None if term == self.wanted.unit else self.wanted.match(term)
        return self.wanted.match(term)


@dataclass(frozen=True, slots=True)
class Clause:
    """A word, or a quoted phrase of several, that a passage must hold."""

    wanted: tuple[Wanted, ...]
    is_quoted: bool = False

    def match(self, wanted: Wanted, term: str) -> Match | None:
        """Marks that differ from the typed ones never answer a quoted phrase."""
        found = wanted.match(term)
        return None if found and self.is_quoted and not found.is_compatible else found

    def runs(self) -> tuple[tuple[Step, ...], ...]:
        """Chains of adjacent syllables; a unit ends one and begins the next, its length unknown."""
        chains: list[tuple[Step, ...]] = []
        chain: list[Step] = []
        for wanted in self.wanted:
            chain.append(Step(wanted))
            if wanted.unit:
                chains.append(tuple(chain))
                chain = [Step(wanted, "tail")]
        if len(chain) > 1 or not self.wanted[-1].unit:
            chains.append(tuple(chain))
        return tuple(chains)


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be asked; ``text`` is what was typed."""

    text: str
    clauses: tuple[Clause, ...] = field(repr=False)

    def neighbours(self) -> tuple[tuple[Step, Step], ...]:
        """Ends of clauses that follow each other: ranked higher where they stand together."""
        return tuple(
            (Step(before.wanted[-1], "tail"), Step(after.wanted[0]))
            for before, after in zip(self.clauses, self.clauses[1:], strict=False)
        )


def parse(text: str) -> Query:
    """Read what was typed; raises QueryProblem, and nothing else.

    >>> [len(clause.wanted) for clause in parse('ở "chợ Bến Thành" 30/4').clauses]
    [1, 3, 1]
    """
    if len(text) > LONGEST_TEXT:
        raise QueryProblem("too_long", found=len(text), limit=LONGEST_TEXT)
    clauses: list[Clause] = []
    count = 0
    for start, end, is_quoted in _stretches(text):
        spans = syllables(text[start:end])
        count += len(spans)
        if count > MOST_TOKENS:
            raise QueryProblem("too_many_words", found=count, limit=MOST_TOKENS)
        wanted = _wanted(text, start, end, spans, is_quoted=is_quoted)
        if is_quoted and wanted:
            clauses.append(Clause(tuple(wanted), is_quoted=True))
        else:
            clauses.extend(Clause((one,)) for one in wanted)
    if not clauses:
        raise QueryProblem("empty")
    return Query(text, tuple(clauses))


def _stretches(text: str) -> list[tuple[int, int, bool]]:
    """Start, end and whether quoted; a quote that is never closed quotes nothing."""
    marks = [match.start() for match in _QUOTES.finditer(text)]
    edges = [-1, *(marks if len(marks) % 2 == 0 else marks[:-1]), len(text)]
    return [
        (before + 1, after, index % 2 == 1)
        for index, (before, after) in enumerate(itertools.pairwise(edges))
    ]


def _wanted(
    text: str, start: int, end: int, spans: list[SyllableSpan], *, is_quoted: bool
) -> list[Wanted]:
    found = []
    begins: dict[int, Unit] = {}
    for unit in units(text[start:end], spans):
        begins.setdefault(unit.first, unit)
    at = 0
    while at < len(spans):
        unit_here = begins.get(at)
        if unit_here:
            found.append(_unit(unit_here, spans, start))
            at = unit_here.last + 1
        else:
            found.append(_word(text, spans[at], start, is_quoted=is_quoted))
            at += 1
    return found


def _unit(unit: Unit, spans: list[SyllableSpan], offset: int) -> Wanted:
    first, last = spans[unit.first], spans[unit.last]
    is_one = unit.first == unit.last
    return Wanted(
        exact=first.exact if is_one else "",
        folded=first.folded if is_one else "",
        start=offset + first.start,
        end=offset + last.end,
        shape="unit",
        unit=unit.terms[0],
    )


def _word(text: str, span: SyllableSpan, offset: int, *, is_quoted: bool) -> Wanted:
    end = offset + span.end
    sign = "" if is_quoted else text[end : end + 1]
    shape: Shape = "prefix" if sign == "*" else "fuzzy" if sign == "~" else "word"
    if shape == "prefix" and len(span.folded) < SHORTEST_PREFIX:
        raise QueryProblem("prefix_too_short", found=len(span.folded), limit=SHORTEST_PREFIX)
    return Wanted(
        exact=span.exact,
        folded=span.folded,
        start=offset + span.start,
        end=end,
        shape=shape,
        stem="" if is_quoted or shape != "word" else plurals.stem(span.exact),
    )
