"""Words at edit distance one: generated and compared."""

from hypothesis import given, settings
from hypothesis import strategies as st

from search.edit_distance import is_one_edit_apart, words_one_edit_away

words = st.text(alphabet="abc", min_size=1, max_size=5)


@settings(max_examples=100)
@given(words, words)
def test_words_one_edit_away_agree_with_is_one_edit_apart(word: str, other: str) -> None:
    assert (other in set(words_one_edit_away(word))) == is_one_edit_apart(word, other)


def test_words_one_edit_away_are_unique() -> None:
    found = list(words_one_edit_away("aab"))
    assert len(found) == len(set(found))
    assert "aab" not in found
