"""Limits and borders of the evaluation that the comparison of backends does not reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from search.backends.base import IndexedInterview
from search.backends.on_disk import OnDisk
from search.backends.terms import MOST_PREFIX_TERMS
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest

PUBLIC = frozenset({"public"})
WORDS = [f"ng{number:03d}" for number in range(MOST_PREFIX_TERMS + 1)]
*EARLIER_WORDS, LAST_WORD, EXCESS_WORD = WORDS

Search = Callable[[str], dict[str, float]]


@pytest.fixture
def index_texts(tmp_path: Path) -> Callable[..., Search]:
    """Index passages, by name, and return a search that gives the score of each one found."""

    def index(**texts: str) -> Search:
        backend = OnDisk(tmp_path)
        documents = [
            PassageDocument(pid=name, interview="A", version=1, text=text, access=PUBLIC)
            for name, text in texts.items()
        ]
        backend.put_many([IndexedInterview("A", 1, documents)])

        def search(text: str) -> dict[str, float]:
            found = backend.find(SearchRequest(query=parse_query(text), access=PUBLIC))
            return {hit.pid: hit.score for hit in found.hits}

        return search

    return index


def test_prefix_matches_as_many_words_as_the_limit_and_no_more(
    index_texts: Callable[..., Search],
) -> None:
    search = index_texts(earlier=" ".join(EARLIER_WORDS), last=LAST_WORD, excess=EXCESS_WORD)
    assert set(search("ng*")) == {"earlier", "last"}


def test_words_beyond_the_prefix_limit_earn_nothing_for_a_neighbour(
    index_texts: Callable[..., Search],
) -> None:
    first = WORDS[0]
    search = index_texts(
        earlier=f"{' '.join(EARLIER_WORDS)} xa chợ",
        last_beside=f"{first} xa {LAST_WORD} chợ",
        last_apart=f"{first} {LAST_WORD} xa chợ",
        excess_beside=f"{first} xa {EXCESS_WORD} chợ",
        excess_apart=f"{first} {EXCESS_WORD} xa chợ",
    )
    scores = search("ng* chợ")
    assert scores["last_beside"] > scores["last_apart"]
    assert scores["excess_beside"] == scores["excess_apart"]


def test_phrase_is_not_found_where_a_neighbour_has_other_marks(
    index_texts: Callable[..., Search],
) -> None:
    search = index_texts(
        phrase="ra chợ Bến Thành mua vải",
        other_marks="đứng bên thành cầu nhìn xuống bến",
    )
    assert set(search('"bến thành"')) == {"phrase"}
    assert set(search("bến thành")) == {"phrase", "other_marks"}
