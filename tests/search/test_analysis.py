"""Tokens have offsets in the original text, and stacked keys."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import analyse_text


def words(text: str) -> list[str]:
    return [text[token.start : token.end] for token in analyse_text(text)]


def stacked(text: str, *, language: str = "") -> set[str]:
    found = {term for token in analyse_text(text, language=language) for term in token.stacked}
    return {term for term in found if not term.endswith("$")}


def test_analyse_text_splits_at_hyphens_and_punctuation() -> None:
    assert words("Sài-gòn, cà-phê; Ngô-đình-Diệm!") == [
        "Sài",
        "gòn",
        "cà",
        "phê",
        "Ngô",
        "đình",
        "Diệm",
    ]


def test_analyse_text_of_nfd_keeps_offsets() -> None:
    text = unicodedata.normalize("NFD", "ở Cần Giờ, ngành dệt")
    assert words(text) == [
        unicodedata.normalize("NFD", w) for w in ["ở", "Cần", "Giờ", "ngành", "dệt"]
    ]


def test_analyse_text_keeps_soft_hyphens_and_splits_at_zero_width_spaces() -> None:
    text = "giải\u00adphóng giải\u200bphóng a\u00a0b"
    assert words(text) == ["giải\u00adphóng", "giải", "phóng", "a", "b"]


def test_analyse_text_has_no_stop_words() -> None:
    text = "không có gì quý hơn độc lập tự do và y ở may an in to be"
    assert words(text) == text.split()


def test_analyse_text_positions_count_every_syllable() -> None:
    assert [token.position for token in analyse_text("một hai 30/4 ba")] == [0, 1, 2, 3, 4]


DAY = {"@1975-04-30", "@1975-04", "@1975", "@--04-30"}


@pytest.mark.parametrize(
    "text",
    [
        "30-4-1975",
        "30/4/1975",
        "30.4.1975",
        "30 - 04 - 1975",
        "30/4/75",
        "30\u20134\u20131975",
        "30 tháng 4 năm 1975",
        "ngày 30 tháng tư năm 75",
        "30 tháng 4, 1975",
        "30 tháng 4/75",
        "ba mươi tháng tư năm bảy lăm",
        "ba mươi tháng bốn năm bảy mươi lăm",
        "ba mươi tháng tư năm một ngàn chín trăm bảy mươi lăm",
        "ba mươi tháng tư năm một nghìn chín trăm bảy lăm",
        "ba mươi tháng tư năm một chín bảy lăm",
        "ba muoi thang tu nam bay lam",
        "BA MƯƠI THÁNG TƯ NĂM BẢY LĂM",
    ],
)
def test_dates_in_all_spellings_have_the_same_tokens(text: str) -> None:
    assert stacked(text) == DAY
    assert stacked(unicodedata.normalize("NFD", text)) == DAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mùng 2/9", {"@--09-02"}),
        ("hăm mốt tháng chạp", set()),
        ("hai mốt tháng mười hai", {"@--12-21"}),
        ("tháng 5 năm 1975", {"@1975-05", "@1975"}),
        ("tháng 5/75", {"@1975-05", "@1975"}),
        ("05/1975", {"@1975-05", "@1975"}),
        ("tháng mười năm bảy tám", {"@1978-10", "@1978"}),
        ("tháng mười một năm bảy tám", {"@1978-11", "@1978"}),
        ("năm 1986", {"@1986"}),
        ("năm 75", {"@1975"}),
        ("năm 3", set()),
        ("năm bảy lăm", {"@1975"}),
        ("năm hai ngàn", {"@2000"}),
        ("năm hai ngàn lẻ năm", {"@2005"}),
        ("năm hai không không năm", {"@2005"}),
        ("năm hai ngàn không trăm mười hai", {"@2012"}),
        ("năm hai không mười hai", {"@2012"}),
        ("năm 05", {"@2005"}),
        ("1975-1976", {"@1975", "@1976"}),
        ("3-2-30", {"@1930-02-03", "@1930-02", "@1930", "@--02-03"}),
        ("31/2/1975", {"@1975-02", "@1975"}),
        ("13/13", set()),
        ("0à/0, 3a/4/1975", {"@1975-04", "@1975"}),
        ("3.5 kí", set()),
        ("năm sáu người", set()),
        ("ba mươi năm", set()),
        ("chú Năm, anh Nam bay hai ba lần", set()),
        ("năm mươi lăm tuổi", set()),
        ("9999999999/4/1975", {"@1975-04", "@1975"}),
    ],
)
def test_dates_are_distinguished_from_numbers(text: str, expected: set[str]) -> None:
    assert stacked(text) == expected


def test_english_dates_are_found_in_english_text_only() -> None:
    assert stacked("On April 30, 1975 we left", language="en") >= DAY
    assert stacked("30 April 1975", language="en") >= DAY
    assert "@1975-05" in stacked("May 1975", language="en")
    assert stacked("may 30 cái áo") == set()


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (
            [
                "TP.HCM",
                "TPHCM",
                "Tp. HCM",
                "TP. Hồ Chí Minh",
                "thành phố Hồ Chí Minh",
                "thanh pho ho chi minh",
                "HCMC",
            ],
            "#tphcm",
        ),
        (["UBND", "ủy ban nhân dân", "uỷ ban nhân dân", "uy ban nhan dan"], "#ubnd"),
        (["HTX", "hợp tác xã"], "#htx"),
        (["TNXP", "thanh niên xung phong"], "#tnxp"),
        (["Q.1", "Q1", "q. 1", "quận 1", "quan 1"], "#quan1"),
    ],
)
def test_abbreviations_have_the_token_of_their_long_form(texts: list[str], unit: str) -> None:
    for text in texts:
        assert stacked(text) == {unit}, text


def test_last_syllable_of_a_unit_has_the_tail_token() -> None:
    found = analyse_text("ở thành phố Hồ Chí Minh rồi")
    assert found[1].stacked == ("#tphcm",)
    assert found[5].stacked == ("#tphcm$",)


def test_words_with_other_marks_are_no_abbreviation() -> None:
    assert stacked("hợp tác xả") == set()
    assert stacked("quân 1") == set()


@pytest.mark.parametrize(
    ("text", "stem"),
    [("factories", "+factory"), ("mother's", "+mother"), ("boxes", "+box"), ("house", "+house")],
)
def test_english_stems_are_stacked_tokens(text: str, stem: str) -> None:
    assert stacked(text, language="en") == {stem}
    assert stacked(text, language="vi") == set()


def test_possessive_is_part_of_its_word() -> None:
    assert [token.exact for token in analyse_text("my mother's house, K'Brể")] == [
        "mi",
        "mother",
        "house",
        "k",
        "brê~3",
    ]


@settings(max_examples=60)
@given(st.text(max_size=200), st.sampled_from(["", "vi", "en"]))
def test_analyse_text_of_any_text_returns_ascending_tokens(text: str, language: str) -> None:
    found = analyse_text(text, language=language)
    end = 0
    for position, token in enumerate(found):
        assert end <= token.start < token.end <= len(text)
        assert token.position == position
        assert token.exact[0].isalnum()
        end = token.end
