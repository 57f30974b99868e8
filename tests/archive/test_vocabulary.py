"""Every string that a query or a new row gives to a column with a closed vocabulary is in it.

mypy checks attributes of rows; it cannot check SQL expressions and constructors.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Mapper

from archive.models import Base, vocabulary

ARCHIVE = Path(__file__).parents[2] / "archive"
SOURCES = [path for path in sorted(ARCHIVE.rglob("*.py")) if "migrations" not in path.parts]


def vocabularies() -> dict[tuple[str, str], frozenset[str]]:
    """The values of each column that has a vocabulary, by names of model and column."""
    found = {}
    for mapper in Base.registry.mappers:
        model: Mapper[typing.Any] = mapper
        hints = typing.get_type_hints(model.class_)
        for column in (attribute.key for attribute in model.column_attrs):
            (hint,) = typing.get_args(hints[column]) or (None,)
            if hint in vocabulary.ALL:
                found[(model.class_.__name__, column)] = frozenset(typing.get_args(hint))
    return found


VALUES = vocabularies()


def strings(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def uses(tree: ast.AST) -> Iterator[tuple[str, str, str, int]]:
    """Model, column, string and line of each comparison and each argument of a constructor."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            column, given = node.left, [s for c in node.comparators for s in strings(c)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            column, given = node.func.value, [s for a in node.args for s in strings(a)]
        else:
            column, given = None, []
        if isinstance(column, ast.Attribute) and isinstance(column.value, ast.Name):
            for text in given:
                yield column.value.id, column.attr, text, column.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for keyword in node.keywords:
                for text in strings(keyword.value):
                    yield node.func.id, keyword.arg or "", text, node.lineno


def unknown_values(source: str) -> list[str]:
    return [
        f"line {line}: {model}.{column} is never {text!r}"
        for model, column, text, line in uses(ast.parse(source))
        if (model, column) in VALUES and text not in VALUES[(model, column)]
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ARCHIVE)))
def test_string_literals_of_a_vocabulary_are_its_values(path: Path) -> None:
    assert unknown_values(path.read_text("utf-8")) == []


def test_wrong_reports_unknown_value() -> None:
    assert len(VALUES) > 15
    assert unknown_values("select(Upload).where(Upload.state == 'recieving')")
    assert unknown_values("Job.state.in_(('queued', 'runing'))")
    assert unknown_values("MediaFile(role='orignal')")
    assert not unknown_values("MediaFile(role='original'); Job.state.in_(('queued', 'running'))")
