"""Plain language: words that names, docstrings and comments do not use, and one name per thing.

The rule is in CONTRIBUTING.md. A word that is meant (a witness tells, a segment was heard) is
listed here with where it is meant.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.test_architecture import MODULES, module_name, tracked

METAPHORS = {
    *("house", "houses", "room", "rooms", "door", "doors", "desk", "desks", "twin", "twins"),
    *("heart", "pen", "ears", "stranger", "strangers", "stumble", "stumbles", "stumbled"),
}
PERSONS = {"whoever", "nobody", "somebody", "anew", "wish", "wishes", "wanted", "wants", "knows"}
SPEECH = {"told", "tell", "tells", "teller", "said", "says", "asks", "asked"}
BANNED = METAPHORS | PERSONS | SPEECH
PHRASES = ("as if", "that is no ")
# Dates and places in the words of the witness; years that an interview tells about.
MEANT_NAMES = re.compile(r"\w+_as_told|told_(from|to)_year|as_told")
# Module or folder → words that are meant there.
MEANT: dict[str, set[str]] = {
    "tools.sample_drawings": {"houses"},  # on stilts
}
# The same verb in several modules, and what it does in all of them.
SHARED_VERBS: dict[str, str] = {
    "accepts": "whether a recipe derives something from a file",
    "add": "create a record",
    "apply_operations": "a list of operations of the editor",
    "approve": "a version",
    "attach_duplicate": "an upload whose bytes are there already",
    "by_optional_code": "the record with a code, or None",
    "cancel": "a job",
    "catalogue": "the page that lists everything of a kind",
    "cite": "a passage in a style",
    "create": "a record, or what a form describes",
    "derive": "a derivative of an original",
    "discard": "an upload",
    "edit": "the page with the form of a record",
    "export": "a version in a format",
    "from_request": "a form with the values of the request",
    "handle": "the work of a job",
    "import_transcript": "a text from a file",
    "leave": "the editor, so that colleagues see it",
    "load_page": "the content of a page with the rights of its reader",
    "make": "a derivative in its file",
    "merge": "what two made of one thing",
    "move_boundary": "between two segments",
    "new": "the page with an empty form",
    "probe": "a media file",
    "read": "a document from bytes",
    "register": "hooks of the application",
    "remove": "a record",
    "restore": "an earlier state of a segment",
    "retry": "a job",
    "revisions": "the states of a segment",
    "save": "what a form or the editor holds",
    "search": "the index",
    "shift": "segments along the time",
    "show": "a page",
    "sign_out": "end the session",
    "site": "the name of the archive and its settings",
    "split": "a segment",
    "submit": "a version for approval",
    "sweep": "delete what is out of date",
    "toolbox": "the tools of this process",
    "update": "a record",
    "validate": "the faults of a description or document",
    "withdraw": "a version from approval",
    "words": "the times of words as JSON",
    "write": "a document to bytes",
}


def names_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything that a module defines or assigns."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def texts_in(source: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of every docstring and comment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def banned_words(path: Path) -> list[str]:
    """Return `line: word in name or text` for each banned word of a file."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    meant = {
        word
        for place, words in MEANT.items()
        if module_name(path).startswith(place)
        for word in words
    }
    found = []
    for line, name in names_in(tree):
        if not MEANT_NAMES.fullmatch(name):
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}
            found += [f"{line}: {word} in {name}" for word in words & BANNED - meant]
    for line, text in texts_in(source, tree):
        words = set(re.findall(r"[a-z_]+", text.lower()))
        phrases = {phrase for phrase in PHRASES if phrase in text.lower()}
        found += [f"{line}: {word} in {text[:60]!r}" for word in (words & BANNED | phrases) - meant]
    return found


def test_no_file_uses_a_banned_word() -> None:
    checked = [
        p for p in tracked("*.py") if p != Path(__file__) and "before_release" not in p.parts
    ]
    assert [f"{module_name(p)}:{found}" for p in checked for found in banned_words(p)] == []


def names_in_template(source: str) -> Iterator[str]:
    """Yield macros with their parameters, variables, and comments of a template."""
    yield from re.findall(r"{#(.*?)#}", source, re.DOTALL)
    for tag in re.findall(r"{%-?\s*(?:macro|set|for|with)\s(.*?)%}", source, re.DOTALL):
        without_texts = re.sub(r"\"[^\"]*\"|'[^']*'", "", tag)
        yield re.split(r"\sin\s|=\s", without_texts)[0]


def test_no_template_uses_a_banned_word() -> None:
    checked = tracked("*.html")
    assert checked
    assert [
        f"{path.name}: {word} in {name[:60]!r}"
        for path in checked
        for name in (path.stem, *names_in_template(path.read_text(encoding="utf-8")))
        for word in set(re.findall(r"[a-z]+", name.lower())) & BANNED
    ] == []


def comments_of_a_script(source: str) -> Iterator[str]:
    """Yield the comments of a script, without what they quote (types, texts of the page)."""
    for comment in re.findall(r"/\*.*?\*/|(?:^|\s)//[^\n]*", source, re.DOTALL):
        yield re.sub(r"\"[^\"\n]*\"|`[^`\n]*`", "", comment)


def test_no_comment_of_a_script_uses_a_banned_word() -> None:
    checked = tracked("*.js")
    assert checked
    assert [
        f"{path.name}: {word} in {comment[:60]!r}"
        for path in checked
        for comment in comments_of_a_script(path.read_text(encoding="utf-8"))
        for word in set(re.findall(r"[a-z]+", comment.lower())) & BANNED
    ] == []


def test_comments_of_a_script_are_found_and_quotes_left_out() -> None:
    source = '/** Knows it. */\nf("http://x"); // \'a\' is "told"\n/* one\n * two */'
    assert list(comments_of_a_script(source)) == [
        "/** Knows it. */",
        " // 'a' is ",
        "/* one\n * two */",
    ]


def test_no_document_uses_a_metaphor() -> None:
    # Decisions and CHANGELOG.md are dated: they keep the words of their day.
    checked = [
        path
        for path in tracked("*.md")
        if path.name != "CHANGELOG.md" and "decisions" not in path.parts
    ]
    assert checked
    assert [
        f"{path}:{line}: {word}"
        for path in checked
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for word in set(re.findall(r"[a-z]+", text.lower())) & METAPHORS
    ] == []


def public_definitions(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> dict[str, list[str]]:
    """Return the modules of the product that define each public name at their top level."""
    found = defaultdict(list)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, kind) and not node.name.startswith("_"):  # type: ignore[attr-defined]
                found[node.name].append(name)  # type: ignore[attr-defined]
    return found


def test_public_class_name_is_defined_once() -> None:
    several = {n: where for n, where in public_definitions(ast.ClassDef).items() if len(where) > 1}
    assert not several


def test_public_function_name_in_several_modules_is_a_shared_verb() -> None:
    released = {"upgrade", "downgrade"}  # of revisions, named by Alembic
    several = {
        n: where for n, where in public_definitions(ast.FunctionDef).items() if len(where) > 1
    }
    assert several.keys() - released == SHARED_VERBS.keys()


def test_banned_words_finds_names_docstrings_and_comments(tmp_path: Path) -> None:
    file = Path(__file__).parent / "support" / "cast.py"
    assert not banned_words(file)
    bad = 'def told() -> None:\n    """Nobody knows."""\n    x = 1  # as if\n'
    tree = ast.parse(bad)
    assert [name for _line, name in names_in(tree)] == ["told", "x"]
    assert [text for _line, text in texts_in(bad, tree)] == ["", "Nobody knows.", "# as if"]
