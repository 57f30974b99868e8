from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.actions.citations import STYLES, Cited, cite

MAN = Cited(
    witnesses=("Huỳnh Thị Mận",),
    interviewers=("Trần Quốc Anh",),
    title="Từ tổ may gia công đến xưởng may xuất khẩu",
    held="12-05-2019",
    held_on=date(2019, 5, 12),
    place="Phú Nhuận",
    accession="LK-2019-014",
    archive="Kho Lời Kể",
    state="approved",
    version=4,
    address="http://archive.test/vi/interviews/LK-2019-014?t=2499-2522",
    start_ms=2_499_120,
    end_ms=2_522_000,
)


def test_the_vietnamese_footnote_reads_as_an_office_writes_it() -> None:
    assert cite(MAN, "vietnamese") == (
        "Huỳnh Thị Mận, “Từ tổ may gia công đến xưởng may xuất khẩu”, "
        "Trần Quốc Anh phỏng vấn ngày 12-05-2019 tại Phú Nhuận, ký hiệu LK-2019-014, "
        "00:41:39–00:42:02, bản v4, Kho Lời Kể. "
        "http://archive.test/vi/interviews/LK-2019-014?t=2499-2522"
    )


def test_chicago_names_who_asked_when_and_the_very_second() -> None:
    assert cite(MAN, "chicago") == (
        "Huỳnh Thị Mận, “Từ tổ may gia công đến xưởng may xuất khẩu,” interview by "
        "Trần Quốc Anh, May 12, 2019, Phú Nhuận, LK-2019-014, 00:41:39–00:42:02, "
        "transcript version 4, Kho Lời Kể, "
        "http://archive.test/vi/interviews/LK-2019-014?t=2499-2522."
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("state", ["machine", "editing", "corrected"])
def test_text_that_nobody_approved_says_so_in_every_style(style: str, state: str) -> None:
    approved = cite(MAN, style)
    assert cite(replace(MAN, state=state), style) != approved
    told = cite(replace(MAN, state="machine"), style)
    assert "chưa hiệu đính" in told or "not yet corrected" in told


def test_what_to_know_before_relying_on_a_text_stands_in_brackets_behind_its_version() -> None:
    told = cite(replace(MAN, state="corrected", is_sample=True), "vietnamese")
    assert (
        "bản v4 (bản đã hiệu đính, chưa duyệt; mẫu minh họa, nhân vật và lời kể hư cấu), "
        "Kho Lời Kể. "
    ) in told


def test_ris_has_its_two_letter_tags_and_ends() -> None:
    lines = cite(MAN, "ris").split("\r\n")
    assert lines[0] == "TY  - SOUND"
    assert "AU  - Huỳnh Thị Mận" in lines
    assert "DA  - 2019/05/12" in lines
    assert lines[-2:] == ["ER  - ", ""]


def test_an_uncertain_day_is_printed_as_it_is_known() -> None:
    uncertain = replace(MAN, held="khoảng 1998", held_on=None)
    assert "phỏng vấn khoảng 1998" in cite(uncertain, "vietnamese")
    assert "year =" not in cite(uncertain, "bibtex")


@given(st.text(max_size=60), st.sampled_from(STYLES))
def test_no_title_breaks_a_style(title: str, style: str) -> None:
    told = cite(replace(MAN, title=title), style)
    if style == "ris":
        assert told.count("\r\n") == told.count("\n") == len(told.split("\r\n")) - 1
        assert all(line[2:6] == "  - " for line in told.split("\r\n")[:-1])
    if style == "bibtex":
        plain = told.replace("\\{", "").replace("\\}", "")
        assert plain.count("{") == plain.count("}")
