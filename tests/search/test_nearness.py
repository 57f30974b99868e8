"""One letter away, by looking up and by measuring."""

from hypothesis import given, settings
from hypothesis import strategies as st

from search.nearness import is_near, neighbours

words = st.text(alphabet="abc", min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(words, words)
def test_neighbours_are_exactly_the_words_that_are_near(word: str, other: str) -> None:
    assert (other in set(neighbours(word))) == is_near(word, other)


def test_each_neighbour_comes_once() -> None:
    found = list(neighbours("aab"))
    assert len(found) == len(set(found))
    assert "aab" not in found
