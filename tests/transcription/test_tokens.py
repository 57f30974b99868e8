from __future__ import annotations

import doctest
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from transcription import merging, timecode, tokens
from transcription.tokens import fold, letters, normalise, tokenise


@given(st.text())
def test_tokenise_joined_is_normalise(text: str) -> None:
    joined = " ".join(tokenise(text))
    assert joined == normalise(text) == normalise(joined)
    assert unicodedata.is_normalized("NFC", joined)


def test_tokenise_keeps_the_soft_hyphen() -> None:
    assert tokenise("ng\u00adêi \u00ad") == ["ng\u00adêi", "\u00ad"]


def test_tokenise_of_nfd_equals_nfc() -> None:
    assert tokenise(unicodedata.normalize("NFD", "Thủy Đường")) == ["Thủy", "Đường"]


@given(st.text(alphabet="ăâđêôơưĂÂĐÊÔƠƯáàảãạấầẩẫậ,.", max_size=8))
def test_fold_removes_marks(token: str) -> None:
    assert set(fold(token)) <= set("adeou,.")
    assert fold(fold(token)) == fold(token)


def test_letters_keeps_punctuation_only_tokens() -> None:
    assert letters("“Hòa,") == "hòa"
    assert letters("–") != letters("?")


def test_doctests_pass() -> None:
    for module in (tokens, timecode, merging):
        assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
        assert doctest.testmod(module).attempted > 0
