"""Highlights are ranges of the original text and agree with the index."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.highlight import highlight_ranges
from search.query import parse_query


def marked(text: str, query: str, *, language: str = "") -> list[str]:
    return [text[a:b] for a, b in highlight_ranges(text, parse_query(query), language=language)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Sau ngày giải phóng", "giai phong", ["giải", "phóng"]),
        ("Sau ngày giải phóng", '"giai phong"', ["giải phóng"]),
        ("giải rồi mới phóng", '"giai phong"', []),
        ("má nói mả ma mà", "má", ["má", "mả", "ma", "mà"]),
        ("má nói mả ma mà", '"má"', ["má", "ma"]),
        ("ngày ba mươi tháng tư năm bảy lăm đó", "30/4/1975", ["ba mươi tháng tư năm bảy lăm"]),
        ("ở thành phố Hồ Chí Minh năm ấy", '"TP.HCM năm"', ["thành phố Hồ Chí Minh năm"]),
        ("ở TP.HCM năm ấy", '"thành phố Hồ Chí Minh năm"', ["TP.HCM năm"]),
        ("Sài-gòn", '"sai gon"', ["Sài-gòn"]),
        ("người ngày nguội", "ngu*", ["người", "nguội"]),
        ("phong phòng phông", "phogn~", []),
        ("phong phan phòn", "phon~", ["phong", "phan", "phòn"]),
        ("má má má", '"má má"', ["má má má"]),
        ("năm 1975 và 1976", "1975", ["năm 1975"]),
        ("tháng 4 năm 1975", "1975", ["tháng 4 năm 1975"]),
    ],
)
def test_highlight_ranges(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


def test_highlight_ranges_include_english_plurals() -> None:
    assert marked("two factories", "factory", language="en") == ["factories"]
    assert marked("two factories", "factory") == []


def test_highlight_ranges_in_nfd_text_are_exact() -> None:
    text = unicodedata.normalize("NFD", "hồi ở Cần Giờ đó")
    assert marked(text, "can gio") == [unicodedata.normalize("NFD", w) for w in ("Cần", "Giờ")]


@settings(max_examples=60)
@given(
    st.text(alphabet="máàả đư30/45 ,.-", max_size=60),
    st.sampled_from(["má", '"má mà"', "30/4", "ma*", "4", '"30/4 má"']),
)
def test_highlight_ranges_are_ascending_and_disjoint(text: str, query: str) -> None:
    end = 0
    for start, stop in highlight_ranges(text, parse_query(query)):
        assert end <= start < stop <= len(text)
        end = stop
