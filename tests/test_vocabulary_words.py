"""Vocabulary: strings compared with, or stored in, a column whose type is a Literal.

A condition such as `Job.state == "…"` is an expression of SQLAlchemy and a constructor takes any
keyword, so mypy accepts a misspelt value in both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import get_args

from archive.models import Base, vocabulary
from tests.test_architecture import PYTHON_FILES, ROOT, is_released_migration, syntax_tree

MEMBERSHIP = {"in_", "not_in", "is_", "is_not", "is_distinct_from", "is_not_distinct_from"}
KEYWORDS_ARE_COLUMNS = {"values", "filter_by"}


def vocabulary_columns() -> dict[str, dict[str, frozenset[str]]]:
    """Return the columns of each model that have a vocabulary, with its values."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for mapper in Base.registry.mappers:
        for column, annotation in mapper.class_.__annotations__.items():
            named = re.fullmatch(r"Mapped\[(\w+)\]", annotation)
            values = get_args(getattr(vocabulary, named[1], None)) if named else ()
            if values:
                found.setdefault(mapper.class_.__name__, {})[column] = frozenset(values)
    return found


COLUMNS = vocabulary_columns()


def model_of_query(node: ast.expr, models: dict[str, str]) -> str:
    """Return the first model that a chain of calls such as `update(Job).where(…)` begins with."""
    found = ""
    while isinstance(node, ast.Call):
        match node.args:
            case [ast.Name(id=name), *_] if name in models:
                found = models[name]
        if not isinstance(node.func, ast.Attribute):
            break
        node = node.func.value
    return found


def aliases(tree: ast.AST) -> dict[str, str]:
    """Return the model of each name: its own, and those given by `x = aliased(Model)`."""
    found = {model: model for model in COLUMNS}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="aliased"), args=[ast.Name(id=model), *_]),
            ) if model in COLUMNS:
                found[name] = model
    return found


def values_of(node: ast.expr, models: dict[str, str]) -> frozenset[str]:
    """Return the vocabulary of `Model.column`; empty for every other expression."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=column) if name in models:
            return COLUMNS[models[name]].get(column, frozenset())
    return frozenset()


def strings(node: ast.expr) -> Iterator[ast.Constant]:
    """Yield the strings an expression may be: itself, the items of a list, both branches."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            for item in items:
                yield from strings(item)
        case ast.IfExp(body=one, orelse=other):
            yield from strings(one)
            yield from strings(other)


def uses(tree: ast.AST) -> Iterator[tuple[frozenset[str], ast.expr]]:
    """Yield each expression compared with or stored in a column, with the values it may have."""
    models = aliases(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=[right]):
                yield values_of(left, models), right
                yield values_of(right, models), left
            case ast.Call(func=ast.Attribute(value=column, attr=method), args=args) if (
                method in MEMBERSHIP
            ):
                yield from ((values_of(column, models), argument) for argument in args)
            case ast.AnnAssign(
                annotation=ast.Subscript(slice=ast.Name(id=name)), value=ast.Call(keywords=keywords)
            ):
                values = frozenset(get_args(getattr(vocabulary, name, None)))
                yield from ((values, k.value) for k in keywords if k.arg == "default")
            case ast.Call(func=ast.Name(id=name), keywords=keywords) if name in models:
                columns = COLUMNS[models[name]]
                yield from ((columns.get(k.arg or "", frozenset()), k.value) for k in keywords)
            case ast.Call(func=ast.Attribute(value=query, attr=method), keywords=keywords) if (
                method in KEYWORDS_ARE_COLUMNS
            ):
                columns = COLUMNS.get(model_of_query(query, models), {})
                yield from ((columns.get(k.arg or "", frozenset()), k.value) for k in keywords)


def unknown_values(tree: ast.AST) -> list[tuple[int, str]]:
    """Return line and value of each string outside the vocabulary of its column."""
    return [
        (string.lineno, str(string.value))
        for values, expression in uses(tree)
        if values
        for string in strings(expression)
        if string.value not in values
    ]


def test_columns_have_only_values_of_their_vocabulary() -> None:
    checked = [path for path in PYTHON_FILES if not is_released_migration(path)]
    found = {
        str(p.relative_to(ROOT)): bad for p in checked if (bad := unknown_values(syntax_tree(p)))
    }
    assert found == {}


def test_every_vocabulary_of_the_models_is_read() -> None:
    stored = {values for columns in COLUMNS.values() for values in columns.values()}
    assert stored == {frozenset(get_args(one)) for one in vocabulary.ALL}


def test_unknown_values_finds_each_kind_of_misspelling() -> None:
    bad = """
original = aliased(MediaFile)
MediaFile.role == "orginal"
select(Job).where(Job.state != "runing", "qeued" == Job.state)
Job.state.in_(("queued", "runing"))
original.role.not_in(["acess"])
TranscriptVersion(state="aproved" if done else "editing", note="any")
update(Job).where(Job.id == "").values(state="faild", kind="any")
db.query(Upload).filter_by(state="recieving", filename="any")
Job.state == "running"
class Own:
    state: Mapped[JobState] = mapped_column(default="qeued")
"""
    assert sorted(unknown_values(ast.parse(bad))) == [
        (3, "orginal"),
        (4, "qeued"),
        (4, "runing"),
        (5, "runing"),
        (6, "acess"),
        (7, "aproved"),
        (8, "faild"),
        (9, "recieving"),
        (12, "qeued"),
    ]
