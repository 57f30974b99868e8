"""Reading what was typed: clauses, phrases, limits, and no surprise from any keyboard."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.query import LONGEST_TEXT, MOST_TOKENS, QueryProblem, parse
from search.results import SearchRequest


def shape(text: str) -> list[list[str]]:
    return [[w.unit or w.exact for w in clause.wanted] for clause in parse(text).clauses]


def test_words_are_clauses_and_quotes_make_phrases() -> None:
    assert shape('chợ "Bến Thành" đông') == [["chơ~5"], ["bên~1", "thanh~2"], ["đông"]]
    assert shape("“phá rào” «xé rào»") == [["pha~1", "rao~2"], ["xe~1", "rao~2"]]


def test_a_quote_that_is_never_closed_quotes_nothing() -> None:
    assert shape('"phá rào') == [["pha~1"], ["rao~2"]]
    assert shape('a "" b') == [["a"], ["b"]]


def test_dates_and_abbreviations_are_one_wanted_thing() -> None:
    assert shape("ngày 30 tháng 4 năm 1975 ở TP.HCM") == [
        ["ngay~2"], ["@1975-04-30"], ["ơ~3"], ["#tphcm"],
    ]  # fmt: skip
    assert shape("30/4") == [["@--04-30"]]


def test_wanted_knows_its_place_in_what_was_typed() -> None:
    text = 'đi "chợ Lớn" 30-4-1975'
    found = [text[w.start : w.end] for clause in parse(text).clauses for w in clause.wanted]
    assert found == ["đi", "chợ", "Lớn", "30-4-1975"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  …!?  ", "empty"),
        ('""', "empty"),
        ("a" * (LONGEST_TEXT + 1), "too_long"),
        ("một " * (MOST_TOKENS + 1), "too_many_words"),
        ("n*", "prefix_too_short"),
    ],
)
def test_what_cannot_be_asked_says_why(text: str, code: str) -> None:
    with pytest.raises(QueryProblem) as caught:
        parse(text)
    assert caught.value.code == code
    assert code in str(caught.value)


def test_thirty_two_words_may_be_asked() -> None:
    assert len(parse("một " * MOST_TOKENS).clauses) == MOST_TOKENS


@pytest.mark.parametrize(("page", "per_page"), [(0, 10), (101, 10), (1, 0), (1, 101)])
def test_a_page_out_of_range_is_a_problem_of_the_query(page: int, per_page: int) -> None:
    with pytest.raises(QueryProblem, match="page_out_of_range"):
        SearchRequest(query=parse("má"), access=frozenset(), page=page, per_page=per_page)


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
def test_the_rule_of_compatible_marks(
    typed: str, term: str, found: tuple[float, bool] | None
) -> None:
    match = parse(typed).clauses[0].wanted[0].match(term)
    assert (match and (match.boost, match.is_compatible)) == found


def test_in_quotes_other_marks_never_answer() -> None:
    clause = parse('"má"').clauses[0]
    assert clause.match(clause.wanted[0], "ma~3") is None
    assert clause.match(clause.wanted[0], "ma") is not None


any_text = st.text(alphabet=st.characters(), max_size=80)


@settings(max_examples=100, deadline=None)
@given(any_text | st.text(alphabet='"“”*~ -@#+$>=\x00aáđ0/', max_size=60))
def test_hostile_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(QueryProblem):
        assert parse(text).clauses
