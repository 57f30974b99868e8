"""The translation check: its faults, and that the archive has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import translations_check
from tools.placeholders_check import missing_arguments
from tools.translation_style import english_problems, style_problems

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


class SampleArchiveFolder:
    """A small `archive/` folder: code, a template, a script and the catalogues beside them."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive

    def write(self, name: str, text: str) -> SampleArchiveFolder:
        path = self.archive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text if name.endswith(".po") else text, encoding="utf-8")
        return self

    def faults(self) -> list[str]:
        catalogue, faults = translations_check.entries(self.archive / "web" / "translations" / "vi")
        return faults + translations_check.problems(
            translations_check.source_sentences(self.archive), catalogue
        )


@pytest.fixture
def folder(tmp_path: Path) -> SampleArchiveFolder:
    return SampleArchiveFolder(tmp_path)


def po(*pairs: tuple[str, str]) -> str:
    return "\n".join(
        f'msgid "{english}"\nmsgstr "{translation}"\n' for english, translation in pairs
    )


def test_check_of_the_archive_finds_no_fault(capfd: pytest.CaptureFixture[str]) -> None:
    code = translations_check.main()
    assert code == 0, capfd.readouterr().err


def test_source_sentences_come_from_code_templates_and_scripts(folder: SampleArchiveFolder) -> None:
    folder.write("web/a.py", 'x = 1\n_("One.")\nngettext("%(num)s b", "%(num)s bs", n)\n')
    folder.write("web/templates/n/a.html", '<p>{{ _("Two.") }}</p>\n{{ pgettext("c", "Three") }}')
    folder.write("web/static/js/n/a.js", 't("Four");\nnt("%(num)s d", "%(num)s ds", 3);\n')
    found = {
        (u.location, u.context, u.ids, u.in_script)
        for u in translations_check.source_sentences(folder.archive)
    }
    assert found == {
        ("web/a.py:2", "", ("One.",), False),
        ("web/a.py:3", "", ("%(num)s b", "%(num)s bs"), False),
        ("web/templates/n/a.html:1", "", ("Two.",), False),
        ("web/templates/n/a.html:2", "c", ("Three",), False),
        ("web/static/js/n/a.js:1", "", ("Four",), True),
        ("web/static/js/n/a.js:2", "", ("%(num)s d", "%(num)s ds"), True),
    }


def test_source_sentences_of_an_invalid_template_raises(folder: SampleArchiveFolder) -> None:
    folder.write("web/templates/a.html", "{% if %}{{ _('One') }}")
    with pytest.raises(Exception, match="Expected an expression"):
        translations_check.source_sentences(folder.archive)


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        ("", "web/a.py:1: not translated: 'One %(x)s.'"),
        (po(("One %(x)s.", "")), "vi/a.po:5: empty"),
        ("#, fuzzy\n" + po(("One %(x)s.", "Một %(x)s.")), "vi/a.po:5: fuzzy"),
        (po(("One %(x)s.", "Một %(y)s.")), "vi/a.po:5: other placeholders"),
        (po(("One %(x)s.", "Một.")), "vi/a.po:5: other placeholders"),
        (po(("One %(x)s.", "Một %(x)s %.")), "vi/a.po:5: a lone %"),
        (
            po(("One %(x)s.", "Một %(x)s."), ("Gone", "Rồi")),
            "vi/a.po:8: unused: 'Gone'",
        ),
        (po(("One %(x)s.", "Một %(x)s."), ("One %(x)s.", "Mốt %(x)s.")), "differs from"),
        (po(("One %(x)s.", "Một %(x)s."), ("One %(x)s.", "Một %(x)s.")), "is already in vi/a.po:5"),
        ('msgid "One %(x)s."\nmsgstr[0] "M"\nbroken\n', "vi/a.po:5: cannot be read"),
        (po(("One %(x)s.", "Hoà %(x)s.")), "stands on the second vowel"),
        (
            'msgid "Look"\nmsgid_plural "%(num)s pieces of work"\nmsgstr[0] "%(num)s việc"\n',
            "vi/a.po:5: it says “pieces of work”",
        ),
    ],
)
def test_fault_is_reported_with_its_line(
    folder: SampleArchiveFolder, catalogue: str, fault: str
) -> None:
    folder.write("web/a.py", '_("One %(x)s.", x=1)').write("web/translations/vi/a.po", catalogue)
    assert any(fault in found for found in folder.faults()), folder.faults()


def test_complete_catalogue_has_no_faults(folder: SampleArchiveFolder) -> None:
    folder.write("web/a.py", '_("One %(x)s.", x=1)\nngettext("a file", "%(num)s files", n)')
    folder.write(
        "web/translations/vi/a.po",
        po(("One %(x)s.", "Một %(x)s."))
        + '\nmsgid "a file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "%(num)s tệp"\n',
    )
    assert folder.faults() == []


def test_sentence_of_a_script_belongs_in_a_js_catalogue(folder: SampleArchiveFolder) -> None:
    folder.write("web/static/js/a.js", 't("One");').write(
        "web/translations/vi/a.po", po(("One", "Một"))
    )
    [fault] = folder.faults()
    assert "web/static/js/a.js:1: used by a script" in fault
    folder.write("web/translations/vi/a.js.po", po(("One", "Một"), ("Two", "Hai")))
    [fault] = folder.faults()
    assert "a.js.po:8: unused: 'Two'" in fault


def test_two_catalogues_with_one_sentence_must_agree(folder: SampleArchiveFolder) -> None:
    folder.write("web/a.py", '_("One")').write("web/translations/vi/a.po", po(("One", "Một")))
    assert folder.write("web/translations/vi/b.po", po(("One", "Một"))).faults() == []
    [fault] = folder.write("web/translations/vi/b.po", po(("One", "Mốt"))).faults()
    assert "vi/b.po:5: 'One' differs from vi/a.po:5" in fault


def test_missing_arguments_reports_calls_without_the_named_arguments(
    folder: SampleArchiveFolder,
) -> None:
    folder.write("web/a.py", '_("%(a)s", a=1)\n_("%(a)s", b=1)\n_("%(a)s", **f)\n_("%(a)s")\n')
    folder.write(
        "web/templates/a.html",
        '{{ ngettext("one", "%(num)s", n) }}\n{{ ngettext("%(x)s", "%(num)s %(x)s", n) }}\n'
        '{{ _("100 %") }}\n{{ _("%(a)s", a=1) }}\n{{ _("%(a)s", **f) }}\n',
    )
    assert [fault.split(": ")[0] for fault in missing_arguments(folder.archive)] == [
        "web/a.py:2",
        "web/a.py:4",
        "web/templates/a.html:2",
        "web/templates/a.html:2",
        "web/templates/a.html:3",
    ]


@pytest.mark.parametrize(
    ("english", "vietnamese", "word"),
    [
        ("Peace", "Hoà bình", "second vowel"),
        ("Lock", "khoá", "second vowel"),
        ("Thủy", "Thuỷ", "second vowel"),
        ("Healthy", "khoẻ", "second vowel"),
        ("Done", "Xong!", "cries out"),
        ("Your files", "Tệp của bạn", "của bạn"),
        ("Choose", "Bạn hãy chọn", "Bạn"),
        ("Machine draft", "Bản do AI làm", "AI"),
        ("Done.", "Xong", "ends in"),
        ("Done", "Xong.", "ends in"),
        ("Name", "Te\u0302n", "NFC"),
        ("Restore", "Lấy lại", "khôi phục"),
        ("Cancel upload", "Bỏ tệp này", "hủy"),
        ("Approve", "Duyệt", "phê duyệt"),
        ("People", "Nhân vật", "nhân chứng"),
        ("Restored.", "Đã đưa trở lại.", "khôi phục"),
        ("Delete this entry", "Bỏ mục này", "xóa"),
        ("An error.", "Có trục trặc.", "lỗi"),
        ("Current text", "Bản đang dùng", "hiện hành"),
        ("Current text", "Bản hiện nay", "hiện hành"),
        ("See the catalogue", "Lần giở danh mục", "xem"),
        ("3 words", "3 chữ", "từ"),
        ("Settings", "Đơn vị", "cấu hình"),
        ("Send for approval", "Trình duyệt", "browser"),
        ("Not now", "Bỏ qua", "skip"),
    ],
)
def test_style_problems_of_a_bad_translation_are_reported(
    english: str, vietnamese: str, word: str
) -> None:
    assert any(word in complaint for complaint in style_problems(english, vietnamese))


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("Peace", "Hòa bình"),
        ("Old Quy Nhon", "Quý, quỹ, quỳ, loạn, hoạt, khuỷu, toán, thuở, huỳnh"),
        ("“Done.”", "“Xong.”"),
        ("A friend", "bạn bè"),
        ("Ready?", "Xong chưa?"),
        ("HAI", "HAI"),
        ("Restore", "Khôi phục"),
        ("Saved.", "Đã lưu."),
        ("Recommended", "Nên nghe"),
        ("Approve", "Phê duyệt"),
        ("Approved", "Đã duyệt"),
        ("the people and their words are invented", "nhân vật và lời kể hư cấu"),
        ("Four digits, large letters", "Cỡ chữ, bốn chữ số, chữ cái, chữ không dấu"),
        ("Whose archive is this?", "Kho này của đơn vị nào?"),
        ("This browser", "Trình duyệt này"),
        ("A line was skipped", "Bỏ qua một dòng"),
    ],
)
def test_style_problems_of_a_good_translation_are_empty(english: str, vietnamese: str) -> None:
    assert style_problems(english, vietnamese) == []


@pytest.mark.parametrize(
    ("english", "better"),
    [
        ("Work in progress", "Processing"),
        ("3 pieces of work under way", "job"),
        ("It waits for what is missing.", "Needs"),
        ("Take it out", "Remove"),
        ("Give this file up", "Cancel"),
        ("Bring it in", "Import"),
        ("Hand in for approval", "Submit"),
        ("Describe", "Edit description"),
        ("Describe the interview", "Edit description"),
        ("Years told about", "as recorded"),
        ("Whoever opens this site may hear it", "anyone"),
        ("Put it back", "Restore"),
        ("Look", "View"),
        ("A colleague was faster here", "changed this first"),
    ],
)
def test_english_problems_name_the_better_word(english: str, better: str) -> None:
    assert any(better in problem for problem in english_problems(english))


@pytest.mark.parametrize(
    "english",
    [
        "Describe it and upload the recording",
        "Places told about",
        "Born, as told",
        "Look for a name",
        "What was told, a name, a place…",
        "Workers in the office",
    ],
)
def test_english_problems_of_a_good_sentence_are_empty(english: str) -> None:
    assert english_problems(english) == []
