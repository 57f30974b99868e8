"""Parsing a query: clauses, phrases, limits, hostile input."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.query import LONGEST_QUERY, MOST_TOKENS, QueryProblem, parse_query
from search.results import SearchRequest


def shape(text: str) -> list[list[str]]:
    return [[w.unit or w.exact for w in clause.query_terms] for clause in parse_query(text).clauses]


def test_parse_makes_a_clause_per_word_or_quoted_phrase() -> None:
    assert shape('chợ "Bến Thành" đông') == [["chơ~5"], ["bên~1", "thanh~2"], ["đông"]]
    assert shape("“phá rào” «xé rào»") == [["pha~1", "rao~2"], ["xe~1", "rao~2"]]


def test_parse_ignores_an_unclosed_quote() -> None:
    assert shape('"phá rào') == [["pha~1"], ["rao~2"]]
    assert shape('a "" b') == [["a"], ["b"]]


def test_parse_makes_one_term_of_a_date_or_abbreviation() -> None:
    assert shape("ngày 30 tháng 4 năm 1975 ở TP.HCM") == [
        ["ngay~2"],
        ["@1975-04-30"],
        ["ơ~3"],
        ["#tphcm"],
    ]
    assert shape("30/4") == [["@--04-30"]]


def test_query_term_has_offsets_in_the_query() -> None:
    text = 'đi "chợ Lớn" 30-4-1975'
    found = [
        text[w.start : w.end] for clause in parse_query(text).clauses for w in clause.query_terms
    ]
    assert found == ["đi", "chợ", "Lớn", "30-4-1975"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  …!?  ", "empty"),
        ('""', "empty"),
        ("a" * (LONGEST_QUERY + 1), "too_long"),
        ("một " * (MOST_TOKENS + 1), "too_many_words"),
        ("n*", "prefix_too_short"),
    ],
)
def test_parse_of_invalid_query_raises_its_code(text: str, code: str) -> None:
    with pytest.raises(QueryProblem) as caught:
        parse_query(text)
    assert caught.value.code == code
    assert code in str(caught.value)


def test_parse_accepts_thirty_two_words() -> None:
    assert len(parse_query("một " * MOST_TOKENS).clauses) == MOST_TOKENS


@pytest.mark.parametrize(("page", "per_page"), [(0, 10), (101, 10), (1, 0), (1, 101)])
def test_search_request_with_invalid_page_raises_query_problem(page: int, per_page: int) -> None:
    with pytest.raises(QueryProblem, match="page_out_of_range"):
        SearchRequest(query=parse_query("má"), access=frozenset(), page=page, per_page=per_page)


@pytest.mark.parametrize(
    ("typed", "term", "found"),
    [
        ("má", "ma~1", (4.0, True)),
        ("má", "ma", (2.0, True)),
        ("má", "ma~3", (1.0, False)),
        ("ma", "ma~3", (4.0, True)),
        ("ma", "ma", (4.0, True)),
        ("ma", "mâ", (4.0, True)),
        ("ma", "na", None),
        ("ma", "+ma", None),
    ],
)
def test_query_term_match_follows_compatible_marks(
    typed: str, term: str, found: tuple[float, bool] | None
) -> None:
    match = parse_query(typed).clauses[0].query_terms[0].match(term)
    assert (match and (match.boost, match.is_compatible)) == found


def test_quoted_clause_never_matches_other_marks() -> None:
    clause = parse_query('"má"').clauses[0]
    assert clause.match(clause.query_terms[0], "ma~3") is None
    assert clause.match(clause.query_terms[0], "ma") is not None


any_text = st.text(alphabet=st.characters(), max_size=80)


@settings(max_examples=100)
@given(any_text | st.text(alphabet='"“”*~ -@#+$>=\x00aáđ0/', max_size=60))
def test_parse_of_any_text_returns_or_raises_query_problem(text: str) -> None:
    with contextlib.suppress(QueryProblem):
        assert parse_query(text).clauses
