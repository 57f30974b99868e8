"""CSS classes: every class of a style sheet is used, every class of a template is defined, and all
have plain names in one scheme: block, block__element, block--modifier."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

WEB = Path(__file__).parents[4] / "archive" / "web"
TESTS = Path(__file__).parents[3]

# Removed before selectors are read: what holds dots or braces that name no class.
CSS_NO_SELECTOR = re.compile(r'/\*.*?\*/|"[^"]*"|url\([^)]*\)', re.DOTALL)
CSS_SELECTOR = re.compile(r"([^{};]*)\{")
CSS_CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
WORD = re.compile(r"-?[a-zA-Z_][\w-]*")
# Words of one or two letters mean nothing to the next reader, except these.
SHORT_WORDS = {"no", "ok"}
BEM_CLASS = re.compile(r"[a-z]+(-[a-z]+)*(__[a-z]+(-[a-z]+)*)?(--[a-z]+(-[a-z]+)*)?")
STRING = re.compile(r""""([^"]*)"|'([^']*)'""")

JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
JINJA = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
JINJA_SENTENCE = re.compile(r"""_\(\s*(?:"[^"]*"|'[^']*')""")
JINJA_COMPARED = re.compile(r"""[=!]=\s*(?:"[^"]*"|'[^']*')""")
CLASS_ATTRIBUTE = re.compile(r'\bclass="([^"]*)"')
CLASS_BLOCK = re.compile(r"\{% block \w*class %\}(.*?)\{% endblock %\}", re.DOTALL)

# A comment comes first, so that an apostrophe in it does not open a string.
SCRIPT_STRING = re.compile(
    r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""",
    re.DOTALL,
)


def texts(folder: Path, suffix: str) -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob(f"*{suffix}"))]
    assert found, f"no {suffix} file in {folder}"
    return found


def words(pieces: Iterable[str]) -> set[str]:
    return {word for piece in pieces for word in WORD.findall(piece)}


def strings(expression: str) -> list[str]:
    return ["".join(pair) for pair in STRING.findall(expression)]


def defined_classes() -> set[str]:
    """Return the classes in the selectors of all style sheets."""
    found: set[str] = set()
    for text in texts(WEB / "static" / "css", ".css"):
        for selector in CSS_SELECTOR.findall(CSS_NO_SELECTOR.sub("", text)):
            found |= set(CSS_CLASS.findall(selector))
    return found


def template_words(text: str) -> set[str]:
    """Return words that may be a class: class attributes, and strings of Jinja expressions."""
    text = JINJA_COMMENT.sub("", text)
    pieces = [JINJA.sub(" ", value) for value in CLASS_ATTRIBUTE.findall(text)]
    pieces += CLASS_BLOCK.findall(text)
    for pair in JINJA.findall(text):
        pieces += strings(JINJA_SENTENCE.sub("", "".join(pair)))
    return words(pieces)


def template_classes(text: str) -> set[str]:
    """Return the classes that class attributes name, without those that a variable holds."""
    found: set[str] = set()
    for value in CLASS_ATTRIBUTE.findall(JINJA_COMMENT.sub("", text)):
        for pair in JINJA.findall(value):
            found |= words(strings(JINJA_COMPARED.sub("", "".join(pair))))
        found |= words([JINJA.sub(" ", value)])
    return found


def script_words(text: str) -> set[str]:
    return words(SCRIPT_STRING.findall(text))


def python_words(text: str) -> set[str]:
    """Return the words of all string literals except docstrings."""
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return words(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    )


def is_plain(name: str) -> bool:
    """Return whether a class is a BEM name of words that can be read."""
    parts = set(re.split("[-_]+", name))
    return bool(BEM_CLASS.fullmatch(name)) and all(len(part) > 2 for part in parts - SHORT_WORDS)


def used_words() -> set[str]:
    used: set[str] = set()
    for text in texts(WEB / "templates", ".html"):
        used |= template_words(text)
    for text in texts(WEB / "static" / "js", ".js"):
        used |= script_words(text)
    for text in texts(WEB, ".py"):
        used |= python_words(text)
    return used


def test_every_class_of_a_style_sheet_is_used() -> None:
    assert sorted(defined_classes() - used_words()) == []


def test_every_class_of_a_template_is_defined() -> None:
    found: set[str] = set()
    for text in texts(WEB / "templates", ".html"):
        found |= template_classes(text)
    selected = [script_words(text) for text in texts(WEB / "static" / "js", ".js")]
    selected += [script_words(text) for text in texts(TESTS / "javascript", ".js")]
    selected += [python_words(text) for text in texts(TESTS / "browser", ".py")]
    assert sorted(found - defined_classes() - set[str]().union(*selected)) == []


def test_every_class_has_a_plain_name() -> None:
    found = defined_classes()
    for text in texts(WEB / "templates", ".html"):
        found |= template_classes(text)
    assert sorted(name for name in found if not is_plain(name)) == []


@pytest.mark.parametrize("name", ["q", "tm", "s0", "i-s", "ed-ctl", "turnBody", "a__time", "x--on"])
def test_cryptic_class_names_are_refused(name: str) -> None:
    assert not is_plain(name)


def test_readers_find_classes_where_they_are_named() -> None:
    template = "<p class=\"a{{ ' b' if x == 'not' }}\">{{ icon('n', 'c') }}{{ _('no d') }}</p>"
    assert template_words(template) >= {"a", "b", "c"}
    assert "d" not in template_words(template)
    assert template_classes(template) == {"a", "b"}
    assert script_words("// don't\nbox.className = `save ${kind}`; x('y-z');") >= {"save", "y-z"}
    assert python_words('"""No e."""\nX = \'<i class="f">\'\n') == {"i", "class", "f"}
