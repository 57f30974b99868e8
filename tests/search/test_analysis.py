"""Tokens with offsets of the text as given, and the stacked keys beside them."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import tokens


def words(text: str) -> list[str]:
    return [text[token.start : token.end] for token in tokens(text)]


def stacked(text: str, *, language: str = "") -> set[str]:
    found = {term for token in tokens(text, language=language) for term in token.stacked}
    return {term for term in found if not term.endswith("$")}


def test_hyphens_and_punctuation_split_and_marks_do_not() -> None:
    assert words("Sài-gòn, cà-phê; Ngô-đình-Diệm!") == [
        "Sài", "gòn", "cà", "phê", "Ngô", "đình", "Diệm",
    ]  # fmt: skip


def test_offsets_are_those_of_decomposed_text() -> None:
    text = unicodedata.normalize("NFD", "ở Cần Giờ, ngành dệt")
    assert words(text) == [
        unicodedata.normalize("NFD", w) for w in ["ở", "Cần", "Giờ", "ngành", "dệt"]
    ]


def test_soft_hyphens_stay_inside_and_zero_width_spaces_part() -> None:
    text = "giải\u00adphóng giải\u200bphóng a\u00a0b"
    assert words(text) == ["giải\u00adphóng", "giải", "phóng", "a", "b"]


def test_nothing_is_dropped_as_a_stop_word() -> None:
    text = "không có gì quý hơn độc lập tự do và y ở may an in to be"
    assert words(text) == text.split()


def test_positions_count_every_syllable() -> None:
    assert [token.position for token in tokens("một hai 30/4 ba")] == [0, 1, 2, 3, 4]


DAY = {"@1975-04-30", "@1975-04", "@1975", "@--04-30"}


@pytest.mark.parametrize(
    "text",
    [
        "30-4-1975", "30/4/1975", "30.4.1975", "30 - 04 - 1975", "30/4/75", "30\u20134\u20131975",
        "30 tháng 4 năm 1975", "ngày 30 tháng tư năm 75", "30 tháng 4, 1975", "30 tháng 4/75",
        "ba mươi tháng tư năm bảy lăm", "ba mươi tháng bốn năm bảy mươi lăm",
        "ba mươi tháng tư năm một ngàn chín trăm bảy mươi lăm",
        "ba mươi tháng tư năm một nghìn chín trăm bảy lăm", "ba mươi tháng tư năm một chín bảy lăm",
        "ba muoi thang tu nam bay lam", "BA MƯƠI THÁNG TƯ NĂM BẢY LĂM",
    ],
)  # fmt: skip
def test_one_day_in_every_way_it_is_said(text: str) -> None:
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
def test_dates_and_what_is_no_date(text: str, expected: set[str]) -> None:
    assert stacked(text) == expected


def test_english_dates_only_in_english_text() -> None:
    assert stacked("On April 30, 1975 we left", language="en") >= DAY
    assert stacked("30 April 1975", language="en") >= DAY
    assert "@1975-05" in stacked("May 1975", language="en")
    assert stacked("may 30 cái áo") == set()


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["TP.HCM", "TPHCM", "Tp. HCM", "TP. Hồ Chí Minh", "thành phố Hồ Chí Minh",
          "thanh pho ho chi minh", "HCMC"], "#tphcm"),
        (["UBND", "ủy ban nhân dân", "uỷ ban nhân dân", "uy ban nhan dan"], "#ubnd"),
        (["HTX", "hợp tác xã"], "#htx"),
        (["TNXP", "thanh niên xung phong"], "#tnxp"),
        (["Q.1", "Q1", "q. 1", "quận 1", "quan 1"], "#quan1"),
    ],
)  # fmt: skip
def test_abbreviations_meet_what_they_stand_for(texts: list[str], unit: str) -> None:
    for text in texts:
        assert stacked(text) == {unit}, text


def test_the_end_of_a_unit_is_marked_on_its_last_syllable() -> None:
    found = tokens("ở thành phố Hồ Chí Minh rồi")
    assert found[1].stacked == ("#tphcm",)
    assert found[5].stacked == ("#tphcm$",)


def test_other_marks_are_no_abbreviation() -> None:
    assert stacked("hợp tác xả") == set()
    assert stacked("quân 1") == set()


@pytest.mark.parametrize(
    ("text", "stem"),
    [("factories", "+factory"), ("mother's", "+mother"), ("boxes", "+box"), ("house", "+house")],
)
def test_english_stems_are_stacked_beside_the_word(text: str, stem: str) -> None:
    assert stacked(text, language="en") == {stem}
    assert stacked(text, language="vi") == set()


def test_the_possessive_belongs_to_its_word() -> None:
    assert [token.exact for token in tokens("my mother's house, K'Brể")] == [
        "mi", "mother", "house", "k", "brê~3",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "vi", "en"]))
def test_any_text_gives_ascending_tokens_inside_it(text: str, language: str) -> None:
    found = tokens(text, language=language)
    end = 0
    for position, token in enumerate(found):
        assert end <= token.start < token.end <= len(text)
        assert token.position == position
        assert token.exact[0].isalnum()
        end = token.end
