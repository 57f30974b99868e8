"""Spellings of the same word have the same key."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.syllables import LONGEST_KEY, exact_key, folded_key, spelled


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hòa", "hoà"),
        ("thủy", "thuỷ"),
        ("khỏe", "khoẻ"),
        ("quý", "quí"),
        ("qúy", "quý"),
        ("kỹ", "kĩ"),
        ("Mỹ", "mĩ"),
        ("y", "i"),
        ("lý", "lí"),
        ("của", "cuả"),
        ("Đường", "Ðường"),
        ("đường", "ðường"),
        ("phó\u00adng", "phóng"),
        ("giải", unicodedata.normalize("NFD", "giải")),
        ("TƯ", "tư"),
        ("Vy", "vi"),
        ("tỷ", "tỉ"),
        ("a\u200cb", "ab"),
    ],
)
def test_exact_key_of_two_spellings_is_equal(one: str, other: str) -> None:
    assert exact_key(one) == exact_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thúy", "thúi"),
        ("tay", "tai"),
        ("má", "mả"),
        ("giải", "giãi"),
        ("hòa", "hoa"),
        ("mấy", "máy"),
        ("đương", "đường"),
        ("duong", "đuong"),
        ("yêu", "iêu"),
        ("ngày", "ngài"),
        ("bả", "ba2"),
        ("b5", "bạ"),
    ],
)
def test_exact_key_of_different_words_differs(one: str, other: str) -> None:
    assert exact_key(one) != exact_key(other)


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("đường", "duong"),
        ("Đặng", "dang"),
        ("kỹ", "ki"),
        ("ky", "ki"),
        ("René", "rene"),
        ("30", "30"),
    ],
)
def test_folded_key_has_no_marks(word: str, folded: str) -> None:
    assert folded_key(exact_key(word)) == folded


@pytest.mark.parametrize(
    "word",
    [
        "hòa",
        "thủy",
        "hoàn",
        "thuyền",
        "quế",
        "già",
        "giếng",
        "người",
        "được",
        "mía",
        "của",
        "khỏe",
        "ngoài",
        "khuỷu",
        "quả",
        "gì",
        "tiếng",
        "hoa",
        "xưởng",
        "bến",
        "ở",
    ],
)
def test_spelled_restores_the_word(word: str) -> None:
    assert spelled(exact_key(word)) == word


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_exact_key_of_any_text_is_stable_and_bounded(word: str) -> None:
    key = exact_key(word)
    assert len(key) <= LONGEST_KEY + 2
    assert exact_key(unicodedata.normalize("NFD", word)) == exact_key(
        unicodedata.normalize("NFC", word)
    )
    assert folded_key(key) == folded_key(folded_key(key))
