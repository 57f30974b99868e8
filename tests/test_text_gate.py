"""Words of transcripts and names of people are read in the gate alone."""

from __future__ import annotations

import ast
import re

from tests.test_architecture import MODULES, ROOT

ROWS = {"Segment", "SegmentRevision"}
# Modules that use the rows of segments and read an attribute `text` or `words`.
READ_TEXT = {
    "archive.actions.transcripts.redaction",  # the gate
    "archive.actions.transcripts.rendition",
    "archive.actions.transcripts.words",
    "archive.actions.transcripts.comparison",  # of what `redaction` left
    "archive.actions.transcripts.history",
    "archive.actions.transcripts.imports",  # writes
    "archive.actions.transcripts.versions",  # copies
    "archive.demo.transcripts",  # corrects the text of the sample archive
}
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
    """Return whether a module imports the models, or takes `version.segments`."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith("archive.models"):
                if ROWS & {alias.name for alias in node.names}:
                    return True
            case ast.Attribute(attr="segments", value=ast.Name(id="version")):
                return True
    return False


def test_text_of_segments_is_read_only_in_the_gate_and_the_editor() -> None:
    readers = {
        name
        for name, tree in trees().items()
        if uses_rows_of_segments(tree) and {"text", "words"} & loaded_attributes(tree)
    }
    assert {name for name in readers if not name.startswith(EDITORS)} == READ_TEXT


def test_full_names_are_read_only_in_the_gate_and_the_records_of_people() -> None:
    readers = {name for name, tree in trees().items() if "full_name" in loaded_attributes(tree)}
    assert readers == READ_NAMES


def test_templates_take_names_from_the_gate() -> None:
    folder = ROOT / "archive" / "web" / "templates"
    readers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if re.search(r"\.(full_name|given_name)\b", path.read_text(encoding="utf-8"))
    }
    assert readers == {"catalogue/people/catalogue.html", "catalogue/people/form.html"}
