from __future__ import annotations

import doctest
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from transcription import merging, timecode, tokens
from transcription.tokens import bare, spoken, tidy, tokenise


@given(st.text())
def test_tokens_join_to_a_tidy_text(text: str) -> None:
    joined = " ".join(tokenise(text))
    assert joined == tidy(text) == tidy(joined)
    assert unicodedata.is_normalized("NFC", joined)


def test_the_soft_hyphen_is_a_letter_and_stays() -> None:
    assert tokenise("ng\u00adêi \u00ad") == ["ng\u00adêi", "\u00ad"]


def test_composed_and_decomposed_are_one() -> None:
    assert tokenise(unicodedata.normalize("NFD", "Thủy Đường")) == ["Thủy", "Đường"]


@given(st.text(alphabet="ăâđêôơưĂÂĐÊÔƠƯáàảãạấầẩẫậ,.", max_size=8))
def test_a_bare_token_has_no_marks(token: str) -> None:
    assert set(bare(token)) <= set("adeou,.")
    assert bare(bare(token)) == bare(token)


def test_punctuation_is_not_heard_unless_it_is_all_there_is() -> None:
    assert spoken("“Hòa,") == "hòa"
    assert spoken("–") != spoken("?")


def test_examples_in_the_docs_run() -> None:
    for module in (tokens, timecode, merging):
        assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
        assert doctest.testmod(module).attempted > 0
