from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.actions.transcripts.citations import STYLES, CitationData, CitedSpeaker, cite
from archive.actions.transcripts.text_facts import TextFacts
from archive.models.vocabulary import VersionState

HEARD = TextFacts(state="approved", segments=24, heard=24)
MAN = CitationData(
    witnesses=("Huỳnh Thị Mận",),
    interviewers=("Trần Quốc Anh",),
    title="Từ tổ may gia công đến xưởng may xuất khẩu",
    held_edtf="2019-05-12",
    place="Phú Nhuận",
    accession="LK-2019-014",
    archive="Kho Lời Kể",
    text=HEARD,
    version=4,
    address="http://archive.test/vi/interviews/LK-2019-014?t=2499-2522",
    start_ms=2_499_120,
    end_ms=2_522_000,
)


def test_cite_vietnamese_footnote() -> None:
    assert cite(MAN, "vietnamese") == (
        "Huỳnh Thị Mận, “Từ tổ may gia công đến xưởng may xuất khẩu”, "
        "Trần Quốc Anh phỏng vấn ngày 12-05-2019 tại Phú Nhuận, ký hiệu LK-2019-014, "
        "00:41:39–00:42:02, bản v4, Kho Lời Kể. "
        "http://archive.test/vi/interviews/LK-2019-014?t=2499-2522"
    )


def test_cite_chicago_names_interviewer_date_and_time() -> None:
    assert cite(MAN, "chicago") == (
        "Huỳnh Thị Mận, “Từ tổ may gia công đến xưởng may xuất khẩu,” interview by "
        "Trần Quốc Anh, May 12, 2019, Phú Nhuận, LK-2019-014, 00:41:39–00:42:02, "
        "transcript version 4, Kho Lời Kể, "
        "http://archive.test/vi/interviews/LK-2019-014?t=2499-2522."
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("state", ["machine", "editing", "corrected"])
def test_cite_unapproved_text_is_marked_in_every_style(style: str, state: VersionState) -> None:
    approved = cite(MAN, style)
    assert cite(replace(MAN, text=replace(HEARD, state=state)), style) != approved
    citation = cite(replace(MAN, text=replace(HEARD, state="machine")), style)
    assert "chưa hiệu đính" in citation or "not yet corrected" in citation


def test_cite_vietnamese_puts_doubts_in_brackets_after_version() -> None:
    citation = cite(
        replace(MAN, text=replace(HEARD, state="corrected", is_sample=True)), "vietnamese"
    )
    assert (
        "bản v4 (bản đã hiệu đính, chưa duyệt; mẫu minh họa, nhân vật và lời kể hư cấu), "
        "Kho Lời Kể. "
    ) in citation


def test_cite_ris_tags_and_end() -> None:
    lines = cite(MAN, "ris").split("\r\n")
    assert lines[0] == "TY  - SOUND"
    assert "AU  - Huỳnh Thị Mận" in lines
    assert "DA  - 2019/05/12" in lines
    assert lines[-2:] == ["ER  - ", ""]


@pytest.mark.parametrize(
    ("words", "edtf", "vietnamese", "chicago"),
    [
        ("", "2018", "phỏng vấn năm 2018 tại", "Anh, 2018, Phú"),
        ("", "2018-08", "phỏng vấn tháng 8-2018 tại", "Anh, August 2018, Phú"),
        ("", "1998~", "phỏng vấn khoảng 1998 tại", "Anh, about 1998, Phú"),
        ("khoảng giữa năm 2017", "2017-06~", "khoảng tháng 6-2017 tại", "Anh, about June 2017,"),
        ("chiều 18-7-2016", "2016-07-18", "phỏng vấn ngày 18-07-2016 tại", "Anh, July 18, 2016,"),
        (
            "mùa mưa 1979",
            "1979-22",
            "phỏng vấn khoảng tháng 5-1979 – tháng 11-1979 tại",
            "Anh, about May 1979 – November 1979, Phú",
        ),
        (
            "spring of 2018",
            "2018-02/2018-04",
            "tháng 2-2018 – tháng 4-2018",
            "Anh, February 2018 –",
        ),
        ("about 1998", "", "phỏng vấn khoảng 1998 tại", "Anh, about 1998, Phú"),
        ("hồi đó", "", "phỏng vấn (ghi là “hồi đó”) tại", "Anh, dated “hồi đó”, Phú"),
        (
            "hai buổi",
            "2019-05-12/2019-05-13",
            "phỏng vấn từ ngày 12-05-2019 đến ngày 13-05-2019 tại",
            "Anh, May 12, 2019 – May 13, 2019, Phú",
        ),
        ("", "", "phỏng vấn tại", "Anh, Phú"),
    ],
)
def test_cite_formats_date_in_language_of_style(
    words: str, edtf: str, vietnamese: str, chicago: str
) -> None:
    held = replace(MAN, held_as_told=words, held_edtf=edtf)
    assert vietnamese in cite(held, "vietnamese")
    assert chicago in cite(held, "chicago")


def test_cite_inexact_date_keeps_year() -> None:
    month = replace(MAN, held_as_told="giữa năm 2017", held_edtf="2017-06~")
    assert "  year = {2017}," in cite(month, "bibtex")
    assert "  date = {2017-06~}," in cite(month, "bibtex")
    assert "recorded about June 2017" in cite(month, "bibtex")
    assert "PY  - 2017\r\nDA  - 2017///about June 2017\r\n" in cite(month, "ris")
    years = replace(MAN, held_as_told="khoảng 1998", held_edtf="1998~")
    assert "year =" not in cite(years, "bibtex")
    assert "PY  -" not in cite(years, "ris")
    assert "N1  - recorded about 1998; 00:41:39" in cite(years, "ris")
    undated = replace(MAN, held_as_told="hồi đó", held_edtf="")
    assert "dated “hồi đó”" in cite(undated, "bibtex")
    assert "N1  - dated “hồi đó”; 00:41:39" in cite(undated, "ris")


@pytest.mark.parametrize(
    ("medium", "kind"), [("sound", "SOUND"), ("video", "VIDEO"), ("text", "MANSCPT")]
)
def test_cite_ris_type_follows_medium(medium: str, kind: str) -> None:
    assert cite(replace(MAN, medium=medium), "ris").startswith(f"TY  - {kind}\r\n")


def test_cite_joins_several_names_in_english() -> None:
    three = replace(MAN, witnesses=("An", "Bình", "Cúc"), interviewers=("Dũng", "Em"))
    assert cite(three, "chicago").startswith("An, Bình, and Cúc, “")
    assert "interview by Dũng and Em, " in cite(three, "chicago")
    assert "author = {{An} and {Bình} and {Cúc}}" in cite(three, "bibtex")
    assert cite(three, "ris").count("\r\nAU  - ") == 3


def test_cite_quotation_in_title_gets_single_marks() -> None:
    title = replace(MAN, title='Chuyện "phá rào" và “xé rào”')
    assert "“Chuyện ‘phá rào’ và ‘xé rào’”, " in cite(title, "vietnamese")
    assert "“Chuyện ‘phá rào’ và ‘xé rào’,” " in cite(title, "chicago")


def test_cite_bibtex_escapes_tex_characters() -> None:
    citation = cite(replace(MAN, title=r"100 % {nửa \ A&B_#1 $5 ~ ^"), "bibtex")
    assert (
        r"title = {{100 \% \textbraceleft{}nửa \textbackslash{} A\&B\_\#1 \$5 "
        r"\textasciitilde{} \textasciicircum{}}}"
    ) in citation
    assert "author = {{Lê \\& Con}}" in cite(replace(MAN, witnesses=("Lê & Con",)), "bibtex")


def test_cite_bibtex_key_differs_per_passage() -> None:
    assert cite(MAN, "bibtex").startswith("@misc{LK-2019-014-2499s,")
    assert cite(replace(MAN, part=2, parts=3), "bibtex").startswith("@misc{LK-2019-014-p2-2499s,")
    assert cite(replace(MAN, start_ms=None), "bibtex").startswith("@misc{LK-2019-014,")


@given(st.text(max_size=60), st.sampled_from(STYLES))
def test_cite_any_title_is_well_formed(title: str, style: str) -> None:
    citation = cite(replace(MAN, title=title, witnesses=(title,), place=title), style)
    if style == "ris":
        assert citation.count("\r\n") == citation.count("\n") == len(citation.split("\r\n")) - 1
        assert all(line[2:6] == "  - " for line in citation.split("\r\n")[:-1])
    elif style == "bibtex":
        depth = 0
        for sign in citation.rstrip():
            assert depth >= 0
            depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth == 0, "BibTeX counts every brace, even behind a backslash"
    else:
        assert "\n" not in citation


ANH = CitedSpeaker("Trần Quốc Anh", "interviewer")
WITNESS = CitedSpeaker("Huỳnh Thị Mận", "witness")


def test_cite_passage_of_the_interviewer_names_them_and_the_interview_by_its_witness() -> None:
    question = replace(MAN, speakers=(ANH,))
    assert cite(question, "vietnamese").startswith(
        "Trần Quốc Anh (người phỏng vấn), “Từ tổ may gia công đến xưởng may xuất khẩu”, "
        "Trần Quốc Anh phỏng vấn Huỳnh Thị Mận ngày 12-05-2019 tại Phú Nhuận, "
    )
    assert cite(question, "chicago").startswith(
        "Trần Quốc Anh (interviewer), “Từ tổ may gia công đến xưởng may xuất khẩu,” "
        "interview with Huỳnh Thị Mận by Trần Quốc Anh, May 12, 2019, "
    )
    assert "author = {{Trần Quốc Anh}}," in cite(question, "bibtex")
    assert "note = {interview with Huỳnh Thị Mận by Trần Quốc Anh; " in cite(question, "bibtex")
    ris = cite(question, "ris").split("\r\n")
    assert [line for line in ris if line.startswith("AU")] == ["AU  - Trần Quốc Anh"]
    assert any(
        line.startswith("N1  - interview with Huỳnh Thị Mận by Trần Quốc Anh; ") for line in ris
    )


def test_cite_passage_of_the_only_witness_reads_like_the_interview() -> None:
    for style in STYLES:
        assert cite(replace(MAN, speakers=(WITNESS,)), style) == cite(MAN, style)


def test_cite_passage_of_two_names_both_in_their_order() -> None:
    both = replace(MAN, speakers=(ANH, WITNESS))
    assert cite(both, "vietnamese").startswith("Trần Quốc Anh (người phỏng vấn), Huỳnh Thị Mận, “")
    assert "”, Trần Quốc Anh phỏng vấn ngày 12-05-2019" in cite(both, "vietnamese")
    assert cite(both, "chicago").startswith("Trần Quốc Anh (interviewer) and Huỳnh Thị Mận, “")
    assert "author = {{Trần Quốc Anh} and {Huỳnh Thị Mận}}" in cite(both, "bibtex")
    assert "AU  - Trần Quốc Anh\r\nAU  - Huỳnh Thị Mận\r\n" in cite(both, "ris")


def test_cite_one_of_several_witnesses_identifies_the_interview_by_all() -> None:
    group = replace(MAN, witnesses=("An", "Bình", "Cúc"), speakers=(CitedSpeaker("Bình"),))
    assert cite(group, "vietnamese").startswith("Bình, “")
    assert "Trần Quốc Anh phỏng vấn An, Bình và Cúc ngày" in cite(group, "vietnamese")
    assert "interview with An, Bình, and Cúc by Trần Quốc Anh" in cite(group, "chicago")
    alone = replace(group, interviewers=())
    assert "”, phỏng vấn An, Bình và Cúc ngày" in cite(alone, "vietnamese")
    assert ",” interview with An, Bình, and Cúc, May 12" in cite(alone, "chicago")


def test_cite_unnamed_speaker_is_not_taken_for_the_witness() -> None:
    unnamed = replace(MAN, speakers=(CitedSpeaker(""),))
    assert cite(unnamed, "vietnamese").startswith("Người nói chưa rõ tên, “")
    assert "phỏng vấn Huỳnh Thị Mận ngày" in cite(unnamed, "vietnamese")
    assert cite(unnamed, "chicago").startswith("Unidentified speaker, “")
    assert "author = {{Unidentified speaker}}" in cite(unnamed, "bibtex")
    assert "AU  - Unidentified speaker\r\n" in cite(unnamed, "ris")
    two = replace(MAN, speakers=(WITNESS, CitedSpeaker("")))
    assert cite(two, "chicago").startswith("Huỳnh Thị Mận and unidentified speaker, “")


def test_cite_archive_without_a_name_is_named_by_its_address() -> None:
    unnamed = replace(MAN, archive="")
    assert ", bản v4, kho lưu trữ tại http://archive.test. http" in cite(unnamed, "vietnamese")
    assert ", archive at http://archive.test, http" in cite(unnamed, "chicago")
    assert "LK-2019-014, archive at http://archive.test}," in cite(unnamed, "bibtex")
    assert "PB  - archive at http://archive.test\r\n" in cite(unnamed, "ris")
    nowhere = replace(unnamed, address="")
    assert cite(nowhere, "vietnamese").endswith("bản v4, kho chưa đặt tên.")
    assert cite(nowhere, "chicago").endswith("version 4, archive without a name.")
