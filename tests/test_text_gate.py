"""Words of transcripts and names of people are read in the gate alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment, nodes

from tests.test_architecture import MODULES, ROOT

ROWS = {"Segment", "SegmentRevision", "StoredSegment"}
# Modules that use the rows of segments and read an attribute `text` or `words`.
READ_TEXT = {
    "archive.actions.transcripts.redaction",  # the gate
    "archive.actions.transcripts.redactor",
    "archive.actions.transcripts.rendition",
    "archive.actions.transcripts.words",
    "archive.actions.transcripts.comparison",  # of what `redaction` left
    "archive.actions.transcripts.history",
    "archive.actions.transcripts.imports",  # writes
    "archive.actions.transcripts.versions",  # copies
    "archive.actions.transcripts.text_facts",  # counts those with words
    "archive.actions.transcripts.four_eyes",  # compares two states, gives none
    "archive.demo.transcripts",  # corrects the text of the sample archive
    "archive.cli.transcripts",  # of a file to import
    "archive.web.speech.runs",  # likewise
    "archive.jobs.transcribe_child",  # of an engine
}
# What a name of a person is made of.
NAMES = {"full_name", "given_name", "family_name", "middle_name", "honorific"}
EDITORS = ("archive.actions.editing", "archive.web.editing")
READ_NAMES = {
    "archive.actions.catalogue.names",  # the gate
    "archive.actions.catalogue.people",  # records of people, and the forms that edit them
    "archive.web.catalogue.people",
    "archive.web.catalogue.interview_form",
    "archive.demo.loading",  # the invented people of the sample archive
    "archive.demo.removing",
}


# What else can hold a name, and the modules outside the editor that read it.
READ_FURTHER_NAMES = {
    "other_names": {
        "archive.actions.catalogue.names",  # the gate
        "archive.actions.catalogue.people",
        "archive.actions.discovery.indexing",  # of a place
        "archive.demo.loading",
        "archive.web.catalogue.people",
    },
    "speaker_label": {
        "archive.actions.catalogue.names",  # the gate
        "archive.actions.transcripts.speakers",
        "archive.actions.transcripts.rendition",  # hand it to `speakers`
        "archive.actions.transcripts.comparison",
        "archive.actions.transcripts.history",
        "archive.actions.transcripts.four_eyes",  # whether it changed
        "archive.actions.transcripts.text_facts",  # whether there is one
        "archive.actions.transcripts.imports",  # writes
        "archive.actions.transcripts.versions",  # copies
        "archive.actions.transcripts.words",
    },
    "sort_key": {
        "archive.actions.catalogue.names",  # the gate
        "archive.actions.catalogue.people",
    },
}


def trees() -> dict[str, ast.Module]:
    """Return the syntax trees of the archive, without revisions of the database."""
    return {
        name: ast.parse(path.read_text(encoding="utf-8"))
        for name, path in MODULES.items()
        if name.startswith("archive.")
        and not name.startswith(("archive.migrations", "archive.models"))
    }


def loaded_attributes(tree: ast.AST) -> set[str]:
    """Return the names of attributes that a module reads, also by `getattr` with a constant."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Load()):
                found.add(attr)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(attr)), *_]):
                found.add(attr)
    return found


def givers_of_rows(modules: dict[str, ast.Module]) -> set[str]:
    """Return the full names of functions that are annotated to return such rows."""
    rows = re.compile(rf"\b(?:{'|'.join(sorted(ROWS))})\b")
    return {
        f"{name}.{node.name}"
        for name, tree in modules.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.returns
        and rows.search(ast.unparse(node.returns))
    }


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Return the full name of what a module imports, by the name that it has there."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def uses_rows_of_segments(tree: ast.AST, givers: set[str]) -> bool:
    """Return whether a module can have rows of segments: by a model, a version or a function."""
    imported = imported_names(tree)
    if givers & {*imported.values()} or any(
        full.startswith("archive.") and full.rpartition(".")[2] in ROWS
        for full in imported.values()
    ):
        return True
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attr) if attr in ROWS | {"segments"}:
                return True
            case ast.Attribute(attr=attr, value=ast.Name(id=of)):
                if f"{imported.get(of, of)}.{attr}" in givers:
                    return True
    return False


def outside_the_editor(names: set[str]) -> set[str]:
    return {name for name in names if not name.startswith(EDITORS)}


def test_text_of_segments_is_read_only_in_the_gate_and_the_editor() -> None:
    modules = trees()
    givers = givers_of_rows(modules)
    readers = {
        name
        for name, tree in modules.items()
        if {"text", "words"} & loaded_attributes(tree) and uses_rows_of_segments(tree, givers)
    }
    assert outside_the_editor(readers) == READ_TEXT


def test_names_are_read_only_in_the_gate_and_the_records_of_people() -> None:
    read = {name: loaded_attributes(tree) for name, tree in trees().items()}
    assert {name for name, attributes in read.items() if NAMES & attributes} == READ_NAMES
    for attribute, allowed in READ_FURTHER_NAMES.items():
        readers = {name for name, attributes in read.items() if attribute in attributes}
        assert outside_the_editor(readers) == allowed, attribute


def test_no_table_is_named_beside_the_models() -> None:
    """`select(column("text")).select_from(table("segment"))` would pass the rules above.

    So would `Segment.__table__`.
    """
    beside = {
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "sqlalchemy"
        and {"column", "literal_column", "table", "text"} & {alias.name for alias in node.names}
    }
    assert beside == {"archive.actions.catalogue.places"}  # a lock
    assert not [name for name, tree in trees().items() if "__table__" in loaded_attributes(tree)]


def dotted(node: nodes.Node) -> str:
    """Return `object.attribute` as written in a template; `…` stands for another expression."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{dotted(node.node)}.{node.attr}"
    return "…"


def attributes_of(template: nodes.Template) -> Iterator[tuple[str, str]]:
    """Yield object and attribute of every access in a template: dots, brackets and filters."""
    for node in template.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter)):
        match node:
            case nodes.Getattr():
                yield dotted(node.node), node.attr
            case nodes.Getitem(arg=nodes.Const(value=str(name))):
                yield dotted(node.node), name
            case nodes.Filter():
                given = [*node.args, *(pair.value for pair in node.kwargs)]
                of = dotted(node.node) if node.node else "…"
                for value in given:
                    if isinstance(value, nodes.Const) and isinstance(value.value, str):
                        is_path = node.name == "attr" or node.kwargs
                        yield from ((of, one) for one in value.value.split(".") if is_path)


def attributes_in_templates(names: set[str]) -> set[str]:
    """Return `object.name` for each of these names that a template reads."""
    parser = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    return {
        f"{of}.{name}"
        for path in (ROOT / "archive" / "web" / "templates").rglob("*")
        if path.is_file()
        for of, name in attributes_of(parser.parse(path.read_text(encoding="utf-8")))
        if name in names
    }


def test_templates_take_names_from_the_gate() -> None:
    assert attributes_in_templates(NAMES | READ_FURTHER_NAMES.keys()) == {
        "person.full_name",  # the heading of its form
        "person.other_names",  # of two records that may be one person
    }


def test_templates_take_words_from_the_gate() -> None:
    assert attributes_in_templates({"text", "words", "segments"}) == {
        "turn.text",  # of a rendition
        "hit.text",
        "piece.text",
        "segment.text",  # of the editor
        "texts.text",
        "filters.text",  # of a query
        "remark.text",  # of the program
        "parsed_date.words",
        "page.words",  # to search for
        "seen.segments",  # ids
    }


WAYS_TO_WORDS = {
    "model": "from archive.models.transcript import Segment as S\ndef f(s: S): return s.text",
    "stored rows": "from archive.actions.transcripts.words import stored_segments as rows\n"
    "def f(db, v): return [row.text for row in rows(db, v)]",
    "type": "from archive.actions.transcripts.words import StoredSegment\n"
    "def f(row: StoredSegment): return row.words",
    "loader": "from archive.web.core import loaders\n"
    "def f(i): return loaders.segment_in_draft(i, 'know')[1].text",
    "imported loader": "from archive.web.core.loaders import segment\n"
    "def f(i): return segment(i, 'know')[2].text",
    "verb of the editor": "from archive.actions.editing import segments as verbs\n"
    "def f(db, v): return [s.words for s in verbs.changed_since(db, v, 0)]",
    "getattr": "from archive.models import Segment\ndef f(s): return getattr(s, 'text')",
}


@pytest.mark.parametrize("way", WAYS_TO_WORDS)
def test_way_to_words_is_seen(way: str) -> None:
    tree = ast.parse(WAYS_TO_WORDS[way])
    assert uses_rows_of_segments(tree, givers_of_rows(trees()))
    assert {"text", "words"} & loaded_attributes(tree)


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.full_name }}",
        "{{ people[0].full_name }}",
        "{{ (people|first).full_name }}",
        "{{ person['full_name'] }}",
        "{{ person|attr('full_name') }}",
        "{{ people|map(attribute='person.full_name')|join }}",
        "{% for one in people|sort(attribute='full_name') %}{% endfor %}",
    ],
)
def test_name_in_template_is_seen(source: str) -> None:
    template = Environment(autoescape=True).parse(source)
    assert "full_name" in {name for _of, name in attributes_of(template)}
