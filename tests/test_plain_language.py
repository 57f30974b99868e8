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
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from tests.support.javascript_source import defined_types, tokens_in
from tests.test_architecture import MODULES, PYTHON_FILES, ROOT, module_name, tracked

METAPHORS = {
    *("house", "houses", "room", "rooms", "door", "doors", "desk", "desks", "twin", "twins"),
    *("heart", "pen", "ears", "stranger", "strangers", "stumble", "stumbles", "stumbled"),
}
PERSONS = {"whoever", "nobody", "somebody", "anew", "wish", "wishes", "wanted", "wants", "knows"}
SPEECH = {"told", "tell", "tells", "teller", "said", "says", "asks", "asked"}
BANNED = METAPHORS | PERSONS | SPEECH
# "nobody" is also an account in editor-api.md, and a document may speak of people.
BANNED_IN_DOCUMENTS = METAPHORS | PERSONS - {"somebody", "nobody", "knows"}
PHRASES = ("as if", "that is no ")
# Dates and places in the words of the witness; years that an interview tells about.
MEANT_NAMES = re.compile(r"\w+_as_told|told_(from|to)_year|as_told")
# Module or folder → words that are meant there.
MEANT: dict[str, set[str]] = {
    "tools.sample_drawings": {"houses"},  # on stilts
    "archive.web.static.js.catalogue.interviews.form": {"told"},  # a date in words of the witness
}
# The same verb in several modules, and what it does in all of them.
SHARED_VERBS: dict[str, str] = {
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
    "restore": "an earlier state of a segment, or a backup",
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


def words_of_name(name: str) -> set[str]:
    """Return the words of a name in lower case: `isPublicURL` and `PUBLIC_NAME` have several."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def meant_in(path: Path) -> set[str]:
    """Return the words that are meant in a file."""
    name = module_name(path)
    return {word for place, words in MEANT.items() if name.startswith(place) for word in words}


def banned_in(
    names: Iterable[tuple[int, str]], texts: Iterable[tuple[int, str]], meant: set[str]
) -> list[str]:
    """Return `line: word in name or text` for each banned word."""
    found = []
    for line, name in names:
        if not MEANT_NAMES.fullmatch(name):
            words = words_of_name(name) & BANNED - meant
            found += [f"{line}: {word} in {name}" for word in sorted(words)]
    for line, text in texts:
        words = set(re.findall(r"[a-z_]+", text.lower())) & BANNED
        words |= {phrase for phrase in PHRASES if phrase in text.lower()}
        found += [f"{line}: {word} in {text[:60]!r}" for word in sorted(words - meant)]
    return found


def banned_words(path: Path) -> list[str]:
    """Return the banned words of a Python file."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    return banned_in(names_in(tree), texts_in(source, tree), meant_in(path))


def banned_words_of_script(source: str, meant: set[str]) -> list[str]:
    """Return the banned words of names, comments and strings without a space: codes and keys."""
    tokens = list(tokens_in(source))
    names = [
        (line, text)
        for line, kind, text in tokens
        if kind == "name" or (kind == "string" and not re.search(r"\s", text))
    ]
    comments = [(line, text) for line, kind, text in tokens if kind == "comment"]
    return banned_in(names, comments, meant)


def test_no_script_uses_a_banned_word() -> None:
    checked = tracked("*.js")
    assert checked
    assert [
        f"{path.relative_to(ROOT)}:{found}"
        for path in checked
        for found in banned_words_of_script(path.read_text(encoding="utf-8"), meant_in(path))
    ] == []


def test_no_document_uses_a_metaphor() -> None:
    # Decisions and CHANGELOG.md are dated: they keep the words of their day.
    checked = [
        path
        for path in tracked("*.md")
        if path.name != "CHANGELOG.md" and "decisions" not in path.parts
    ]
    assert checked
    assert [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in checked
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for word in words_of_name(text) & BANNED_IN_DOCUMENTS
    ] == []


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


def public_definitions(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> dict[str, list[str]]:
    """Return the modules of the product that define each public name at their top level."""
    found = defaultdict(list)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, kind) and not node.name.startswith("_"):  # type: ignore[attr-defined]
                found[node.name].append(name)  # type: ignore[attr-defined]
    return found


def types_in(tree: ast.Module) -> Iterator[str]:
    """Yield the public classes and type aliases of a module, without type variables."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if re.match(r"[A-Z]\w*[a-z]", name):
                    yield name


def defined_several_times(types_by_file: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return each name that is defined more than once, with the files that define it."""
    found = defaultdict(list)
    for file, types in types_by_file.items():
        for name in types:
            if not name.startswith("_"):
                found[name].append(file)
    return {name: files for name, files in found.items() if len(files) > 1}


def test_public_class_or_type_alias_is_defined_once() -> None:
    files = [path for path in PYTHON_FILES if "tests" not in path.relative_to(ROOT).parts]
    types = {module_name(p): types_in(ast.parse(p.read_text(encoding="utf-8"))) for p in files}
    assert defined_several_times(types) == {}


def test_class_or_typedef_of_a_script_is_defined_once() -> None:
    files = tracked("archive/web/static/js/*.js")
    types = {module_name(p): list(defined_types(p.read_text(encoding="utf-8"))) for p in files}
    assert {"EditorPlayer", "OutboxRow", "EntryState"} <= set(chain(*types.values()))
    assert defined_several_times(types) == {}


def test_public_function_name_in_several_modules_is_a_shared_verb() -> None:
    released = {"upgrade", "downgrade"}  # of revisions, named by Alembic
    several = {
        n: where for n, where in public_definitions(ast.FunctionDef).items() if len(where) > 1
    }
    assert several.keys() - released == SHARED_VERBS.keys()


# The same constant in several modules, and what it is in all of them.
SHARED_CONSTANTS: dict[str, str] = {
    "COMMANDS": "the `flask` commands of a module",
    "FIELDS": "the fields of a form",
    "FIELD_OF_CODE": "the field of a form beside which a refusal is shown, by its code",
    "FORMAT": "the format of a module, for the registry",
    "LONGEST_CHUNK_MS": "of sound that an engine gets at once",
    "LONGEST_PAUSE_S": "before something that fails again and again is tried again",
    "MESSAGES": "the messages of a topic by their codes",
    "MOST_LINES": "height of a picture that is derived from a film",
    "QUALITY": "of a picture that is derived",
    "SAMPLES_PER_MS": "of sound that a model gets",
}


def test_public_constant_has_one_meaning() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for name in constants_of(node):
                found[name].add(module)
    several = {name for name, where in found.items() if len(where) > 1}
    assert several == SHARED_CONSTANTS.keys()


def constants_of(node: ast.stmt) -> list[str]:
    """Return the public names in capitals that a statement assigns; a type variable is none."""
    if isinstance(node, ast.AnnAssign):
        targets: list[ast.expr] = [node.target]
    else:
        targets = node.targets if isinstance(node, ast.Assign) else []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if name.isupper() and len(name) > 1 and name[0] != "_"]


def test_banned_words_finds_names_docstrings_and_comments(tmp_path: Path) -> None:
    file = Path(__file__).parent / "support" / "cast.py"
    assert not banned_words(file)
    bad = 'def told() -> None:\n    """Nobody knows."""\n    x = 1  # as if\n'
    tree = ast.parse(bad)
    assert [name for _line, name in names_in(tree)] == ["told", "x"]
    assert [text for _line, text in texts_in(bad, tree)] == ["", "Nobody knows.", "# as if"]


def test_banned_words_finds_words_of_constants() -> None:
    tree = ast.parse("NOBODY = 1\nHTMLDoor = LAST_WISH = 2\n")
    assert banned_in(names_in(tree), [], set()) == [
        "1: nobody in NOBODY",
        "2: door in HTMLDoor",
        "2: wish in LAST_WISH",
    ]


def test_banned_words_of_script_finds_names_codes_and_comments() -> None:
    bad = """
/** Asked of every segment. */
const askedRows = `loike-desk:${name}`;
return t("The witness told it") || "nobody"; // as if
const parts = text.split(/told|"door/u).map((x) => 1 / x / x); // anew
"""
    found = [line.split(" in ")[0] for line in banned_words_of_script(bad, set())]
    assert sorted(found) == [
        "2: asked",
        "3: asked",
        "3: desk",
        "4: as if",
        "4: nobody",
        "5: anew",
    ]


def test_types_are_found_in_python_and_javascript() -> None:
    tree = ast.parse("class A: ...\nBc = int\nBc: T = int\nT = TypeVar('Tt')\nXY = 1\ndef f(): ...")
    assert list(types_in(tree)) == ["A", "Bc", "Bc"]
    script = """
/** @typedef {import("./a.js").Other} Other */
/** @typedef {{a: {b: number}}} Row text */
/**
 * @typedef {"one"
 *   | "two"} State
 * @typedef {object} Facts
 */
export class Editor { kind = "class Not"; }
"""
    assert list(defined_types(script)) == ["Row", "State", "Facts", "Editor"]
    names = {"a": ["Row", "_Own"], "b": ["Row", "_Own"]}
    assert defined_several_times(names) == {"Row": ["a", "b"]}
