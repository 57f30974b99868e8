"""Every backend finds, counts and suggests for a reader what the reader may have, and no more."""

from dataclasses import replace

import pytest

from search.backends.base import Backend, IndexedInterview
from search.backends.terms import MOST_PREFIX_TERMS
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest
from tests.support.search_passages import (
    PUBLIC,
    QUERIES,
    STAFF,
    answers,
    fill,
    numbered_interview,
    search_as,
)


def test_find_is_independent_of_hidden_passages(empty_index: Backend) -> None:
    shown = [numbered_interview(number, 1) for number in range(8)]
    only_public = [
        replace(one, documents=[d for d in one.documents if "public" in d.access]) for one in shown
    ]
    empty_index.put_many(only_public)
    questions = [*QUERIES, "giau phong", "dẹt"]
    before = [search_as(empty_index, text) for text in questions]
    suggested = [
        empty_index.suggest(SearchRequest(query=parse_query(t), access=PUBLIC)) for t in questions
    ]
    empty_index.put_many(shown)
    assert [search_as(empty_index, text) for text in questions] == before
    assert [
        empty_index.suggest(SearchRequest(query=parse_query(t), access=PUBLIC)) for t in questions
    ] == suggested
    assert empty_index.health().passages > sum(len(one.documents) for one in only_public)


@pytest.mark.parametrize("text", ["ng*", "ng* chợ", "chợ ng*"])
def test_more_hidden_words_than_a_prefix_may_have_change_nothing(
    empty_index: Backend, text: str
) -> None:
    """The first words of a prefix are looked at, in their order: hidden ones must not count."""
    letters = "abcdefghijklmnop"
    hidden_words = " ".join(f"ng{one}{other}" for one in letters for other in letters)
    assert len(hidden_words.split()) > MOST_PREFIX_TERMS

    def passage(name: str, access: str, words: str) -> IndexedInterview:
        document = PassageDocument(
            pid=name, interview=name, version=1, text=words, access=frozenset({access})
        )
        return IndexedInterview(name, 1, [document])

    shown = passage("HCM-001", "public", "chợ ngzz chợ")
    empty_index.put_many([shown, passage("HCM-002", "public", "chợ xa ngzz xa chợ")])
    before = search_as(empty_index, text)
    assert before.total == 2
    empty_index.put_many([passage("HCM-003", "staff", f"chợ {hidden_words} chợ")])
    assert search_as(empty_index, text) == before


def test_closed_recordings_are_as_if_they_were_not_indexed(empty_index: Backend) -> None:
    indexed = [numbered_interview(number, 1) for number in range(12)]
    closed = frozenset({"HCM-001/part 1", "HCM-004/part 2", "HCM-006/part 1", "never/there"})
    without = [
        replace(one, documents=[d for d in one.documents if d.fields["recording"] not in closed])
        for one in indexed
    ]
    empty_index.put_many(indexed)
    given = answers(empty_index, STAFF, closed_recordings=closed)
    assert given != answers(empty_index, STAFF)
    empty_index.put_many(without)
    assert given == answers(empty_index, STAFF)


def test_opened_interviews_are_as_if_they_were_of_the_readers_group(empty_index: Backend) -> None:
    indexed = [numbered_interview(number, 1) for number in range(12)]
    opened = frozenset({"HCM-002", "HCM-005", "never-there"})
    regrouped = [
        replace(one, documents=[replace(d, access=d.access | PUBLIC) for d in one.documents])
        if one.interview in opened
        else one
        for one in indexed
    ]
    empty_index.put_many(indexed)
    given = answers(empty_index, PUBLIC, opened=opened)
    assert given != answers(empty_index, PUBLIC)
    closed_again = answers(empty_index, PUBLIC, opened=opened, closed=frozenset({"HCM-002"}))
    assert closed_again == answers(
        empty_index, PUBLIC, opened=opened - {"HCM-002"}, closed=frozenset({"HCM-002"})
    )
    empty_index.put_many(regrouped)
    assert given == answers(empty_index, PUBLIC)


def test_filters_restrict_suggestions(empty_index: Backend) -> None:
    """A word of a text that a filter leaves out must not change what is suggested."""

    def passage(name: str, state: str, words: str) -> IndexedInterview:
        document = PassageDocument(
            pid=name, interview=name, version=1, text=words, access=PUBLIC, fields={"state": state}
        )
        return IndexedInterview(name, 1, [document])

    approved = {"state": frozenset({"approved"})}
    request = SearchRequest(query=parse_query("giau phong"), access=PUBLIC, filters=approved)
    empty_index.put_many([passage("HCM-001", "approved", "ngày giải phóng")])
    suggested = empty_index.suggest(request)
    assert suggested
    empty_index.put_many([passage("HCM-002", "machine", "giàu có")])
    assert empty_index.suggest(request) == suggested


def test_find_excludes_closed_interviews(empty_index: Backend) -> None:
    fill(empty_index)
    closed = frozenset({"HCM-001", "HCM-004", "HCM-006", "never-there"})
    questions = [*QUERIES, "giau phong", "dẹt"]
    results = [search_as(empty_index, text, STAFF, closed=closed) for text in questions]
    suggested = [
        empty_index.suggest(SearchRequest(query=parse_query(t), access=STAFF, closed=closed))
        for t in questions
    ]
    assert results != [search_as(empty_index, text, STAFF) for text in questions]
    empty_index.drop(*closed)
    assert results == [search_as(empty_index, text, STAFF) for text in questions]
    assert suggested == [
        empty_index.suggest(SearchRequest(query=parse_query(t), access=STAFF)) for t in questions
    ]
