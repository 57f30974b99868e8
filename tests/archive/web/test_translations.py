"""Every sentence is there in Vietnamese, and the check that says so finds what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.web import translations_check
from archive.web.placeholders_check import unfilled
from archive.web.vietnamese import complaints

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


class Rooms:
    """A small `web/` folder: code, a template, a script and the catalogues beside them."""

    def __init__(self, web: Path) -> None:
        self.web = web

    def write(self, name: str, text: str) -> Rooms:
        path = self.web / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + text if name.endswith(".po") else text, encoding="utf-8")
        return self

    def faults(self) -> list[str]:
        told, faults = translations_check.entries(self.web / "translations" / "vi")
        return faults + translations_check.problems(translations_check.uses(self.web), told)


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path)


def po(*pairs: tuple[str, str]) -> str:
    return "\n".join(f'msgid "{english}"\nmsgstr "{told}"\n' for english, told in pairs)


def test_nothing_of_ours_is_missing(capfd: pytest.CaptureFixture[str]) -> None:
    code = translations_check.main()
    assert code == 0, capfd.readouterr().err


def test_code_templates_and_scripts_are_all_read(rooms: Rooms) -> None:
    rooms.write("a.py", 'x = 1\n_("One.")\nngettext("%(num)s b", "%(num)s bs", n)\n')
    rooms.write("templates/n/a.html", '<p>{{ _("Two.") }}</p>\n{{ pgettext("c", "Three") }}')
    rooms.write("static/js/n/a.js", 't("Four");\nnt("%(num)s d", "%(num)s ds", 3);\n')
    said = {(u.place, u.context, u.ids, u.in_script) for u in translations_check.uses(rooms.web)}
    assert said == {
        ("a.py:2", "", ("One.",), False),
        ("a.py:3", "", ("%(num)s b", "%(num)s bs"), False),
        ("templates/n/a.html:1", "", ("Two.",), False),
        ("templates/n/a.html:2", "c", ("Three",), False),
        ("static/js/n/a.js:1", "", ("Four",), True),
        ("static/js/n/a.js:2", "", ("%(num)s d", "%(num)s ds"), True),
    }


def test_a_template_that_cannot_be_read_is_not_taken_for_an_empty_one(rooms: Rooms) -> None:
    rooms.write("templates/a.html", "{% if %}{{ _('One') }}")
    with pytest.raises(Exception, match="Expected an expression"):
        translations_check.uses(rooms.web)


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        ("", "a.py:1: not translated: 'One %(x)s.'"),
        (po(("One %(x)s.", "")), "vi/a.po:5: empty"),
        ("#, fuzzy\n" + po(("One %(x)s.", "Một %(x)s.")), "vi/a.po:5: fuzzy"),
        (po(("One %(x)s.", "Một %(y)s.")), "vi/a.po:5: other placeholders"),
        (po(("One %(x)s.", "Một.")), "vi/a.po:5: other placeholders"),
        (po(("One %(x)s.", "Một %(x)s %.")), "vi/a.po:5: a lone %"),
        (
            po(("One %(x)s.", "Một %(x)s."), ("Gone", "Rồi")),
            "vi/a.po:8: nobody says 'Gone'",
        ),
        (po(("One %(x)s.", "Một %(x)s."), ("One %(x)s.", "Mốt %(x)s.")), "is told otherwise"),
        (po(("One %(x)s.", "Một %(x)s."), ("One %(x)s.", "Một %(x)s.")), "stands in vi/a.po:5"),
        ('msgid "One %(x)s."\nmsgstr[0] "M"\nbroken\n', "vi/a.po:5: cannot be read"),
        (po(("One %(x)s.", "Hoà %(x)s.")), "stands on the second vowel"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(rooms: Rooms, catalogue: str, fault: str) -> None:
    rooms.write("a.py", '_("One %(x)s.", x=1)').write("translations/vi/a.po", catalogue)
    assert any(fault in found for found in rooms.faults()), rooms.faults()


def test_a_whole_room_has_no_faults(rooms: Rooms) -> None:
    rooms.write("a.py", '_("One %(x)s.", x=1)\nngettext("a file", "%(num)s files", n)')
    rooms.write(
        "translations/vi/a.po",
        po(("One %(x)s.", "Một %(x)s."))
        + '\nmsgid "a file"\nmsgid_plural "%(num)s files"\nmsgstr[0] "%(num)s tệp"\n',
    )
    assert rooms.faults() == []


def test_what_a_script_says_is_handed_to_the_browser(rooms: Rooms) -> None:
    rooms.write("static/js/a.js", 't("One");').write("translations/vi/a.po", po(("One", "Một")))
    [fault] = rooms.faults()
    assert "static/js/a.js:1: said by a script" in fault
    rooms.write("translations/vi/a.js.po", po(("One", "Một"), ("Two", "Hai")))
    [fault] = rooms.faults()
    assert "a.js.po:8: nobody says 'Two'" in fault


def test_two_rooms_may_share_a_sentence_but_not_differ(rooms: Rooms) -> None:
    rooms.write("a.py", '_("One")').write("translations/vi/a.po", po(("One", "Một")))
    assert rooms.write("translations/vi/b.po", po(("One", "Một"))).faults() == []
    [fault] = rooms.write("translations/vi/b.po", po(("One", "Mốt"))).faults()
    assert "vi/b.po:5: 'One' is told otherwise in vi/a.po:5" in fault


def test_a_sentence_is_given_the_facts_that_it_names(rooms: Rooms) -> None:
    rooms.write("a.py", '_("%(a)s", a=1)\n_("%(a)s", b=1)\n_("%(a)s", **f)\n_("%(a)s")\n')
    rooms.write(
        "templates/a.html",
        '{{ ngettext("one", "%(num)s", n) }}\n{{ ngettext("%(x)s", "%(num)s %(x)s", n) }}\n'
        '{{ _("100 %") }}\n{{ _("%(a)s", a=1) }}\n{{ _("%(a)s", **f) }}\n',
    )
    assert [fault.split(": ")[0] for fault in unfilled(rooms.web)] == [
        "a.py:2", "a.py:4", "templates/a.html:2", "templates/a.html:2", "templates/a.html:3",
    ]  # fmt: skip


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
    ],
)
def test_a_proof_reader_marks(english: str, vietnamese: str, word: str) -> None:
    assert any(word in complaint for complaint in complaints(english, vietnamese))


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("Peace", "Hòa bình"),
        ("Old Quy Nhon", "Quý, quỹ, quỳ, loạn, hoạt, khuỷu, toán, thuở, huỳnh"),
        ("“Done.”", "“Xong.”"),
        ("A friend", "bạn bè"),
        ("Ready?", "Xong chưa?"),
        ("HAI", "HAI"),
    ],
)
def test_good_vietnamese_is_left_alone(english: str, vietnamese: str) -> None:
    assert complaints(english, vietnamese) == []
