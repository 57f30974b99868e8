"""Words of transcripts and names of people are read in the gate alone."""

from __future__ import annotations

import ast
import re

from tests.test_architecture import MODULES, ROOT

ROWS = {"Segment", "SegmentRevision"}
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


def trees() -> dict[str, ast.Module]:
    """Return the syntax trees of the archive, without revisions of the database."""
    return {
        name: ast.parse(path.read_text(encoding="utf-8"))
        for name, path in MODULES.items()
        if name.startswith("archive.")
        and not name.startswith(("archive.migrations", "archive.models"))
    }


def loaded_attributes(tree: ast.AST) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


def uses_rows_of_segments(tree: ast.AST) -> bool:
    """Return whether a module can have rows of segments: by the models, a version or a loader."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith("archive.models"):
                if ROWS & {alias.name for alias in node.names}:
                    return True
            case ast.Attribute(attr=attr) if attr in ROWS | {"segments"}:
                return True
            case ast.Attribute(attr="segment", value=ast.Name(id="loaders")):
                return True
    return False


def test_text_of_segments_is_read_only_in_the_gate_and_the_editor() -> None:
    readers = {
        name
        for name, tree in trees().items()
        if uses_rows_of_segments(tree) and {"text", "words"} & loaded_attributes(tree)
    }
    assert {name for name in readers if not name.startswith(EDITORS)} == READ_TEXT


def test_names_are_read_only_in_the_gate_and_the_records_of_people() -> None:
    readers = {name for name, tree in trees().items() if NAMES & loaded_attributes(tree)}
    assert readers == READ_NAMES


def test_no_table_is_named_beside_the_models() -> None:
    """`select(column("text")).select_from(table("segment"))` would pass the rules above."""
    beside = {
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "sqlalchemy"
        and {"column", "literal_column", "table", "text"} & {alias.name for alias in node.names}
    }
    assert beside == {"archive.actions.catalogue.places"}  # a lock


def attributes_in_templates(names: set[str]) -> set[str]:
    """Return `object.name` for each of these names that a template reads, also by a filter."""
    found: set[str] = set()
    joined = "|".join(sorted(names))
    for path in (ROOT / "archive" / "web" / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        found.update(re.findall(rf"[\w.]+\.(?:{joined})\b", source))
        found.update(re.findall(rf"attribute=['\"](?:{joined})\b", source))
    return found


def test_templates_take_names_from_the_gate() -> None:
    assert attributes_in_templates(NAMES) == {"person.full_name"}  # the heading of its form


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
        "reading.words",  # an address
        "seen.segments",  # ids
    }
