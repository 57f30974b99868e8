"""The mutation tool: its operators, its sample, and its runs in a copy of a small tree."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tools.mutants.operators import mutated_source, mutations
from tools.mutants.results import Result, ResultsFile, report
from tools.mutants.running import BaselineFailed, Copy, files_of
from tools.mutants.sampling import Mutant, all_mutants, mutants_of, sample
from tools.mutants.targets import TARGETS, Target, modules_of

ROOT = Path(__file__).parent.parent.parent
MODULE = "def larger(a, b):\n    while a < 0:\n        a += 1\n    return a > b\n"
TEST = """from larger import larger

def test_larger() -> None:
    assert larger(2, 1)
    assert not larger(1, 2)
    assert not larger(-1, 2)
"""
TARGET = Target(("larger.py",), ("test_larger.py",))


def changes(source: str) -> list[tuple[str, str, str]]:
    return [
        (mutation.operator, mutation.before, mutation.after)
        for mutation in mutations(ast.parse(source))
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", [("comparison", "a < b", "a <= b"), ("comparison", "a < b", "a >= b")]),
        ("a is not b", [("comparison", "a is not b", "a is b")]),
        ("f(a, b)", [("arguments", "f(a, b)", "f(b, a)")]),
        ("f(a, a)", []),
        ("min(a, b)", []),
        ("or_(a, b)", []),
        ("sa.and_(a, b)", []),
        ("select(a).where(b, c)", []),
        ("np.where(a, b)", [("arguments", "np.where(a, b)", "np.where(b, a)")]),
        ("a and b", [("and/or", "a and b", "a or b")]),
        ("not a", [("negation", "not a", "a")]),
        ("a if b else c", [("negation", "b", "not b")]),
        ("[a for a in b if a]", [("negation", "a", "not a")]),
        ("1", [("constant", "1", "2"), ("constant", "1", "0")]),
        ("0", [("constant", "0", "1"), ("constant", "0", "-1")]),
        ("True", [("constant", "True", "False")]),
        ("'a'", []),
        ("f'{a:1} {1}'", []),
        ("assert a < 1", []),
        ("A = int | str", []),
        ("def f(a: int | str = b) -> Literal[1]: 'a'", []),
        ("@f(1)\ndef g(): pass", []),
        ("def f():\n  return a", [("return None", "return a", "return None")]),
        ("def f():\n  return None", []),
        ("def f():\n  a()", [("statement", "a()", "pass")]),
        ("def f():\n  a = b", []),
        ("def f():\n  a.c = b", [("statement", "a.c = b", "pass")]),
        ("def f():\n  yield a", []),
        ("def f():\n  a & b", [("and/or", "a & b", "a | b"), ("statement", "a & b", "pass")]),
    ],
)
def test_mutations_of_a_source_are_these(source: str, expected: list[tuple[str, str, str]]) -> None:
    assert sorted(changes(source)) == sorted(expected)


def test_mutated_source_changes_one_node_and_leaves_the_tree() -> None:
    tree = ast.parse(MODULE)
    sources = [mutated_source(tree, mutation) for mutation in mutations(tree)]
    assert ast.unparse(tree) == ast.unparse(ast.parse(MODULE))
    assert len(set(sources)) == len(sources)
    assert MODULE not in sources


def test_every_target_has_modules_and_tests() -> None:
    for target in TARGETS:
        assert modules_of(target, ROOT)
        assert not [test for test in target.tests if not (ROOT / test).is_file()]


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    """Every mutant of this repository; thousands of sources, made once."""
    return all_mutants(ROOT)


def test_every_mutant_of_the_targets_compiles_and_has_its_own_key(mutants: list[Mutant]) -> None:
    for mutant in mutants:
        compile(mutant.source, mutant.module, "exec")
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 300


def test_larger_sample_begins_with_the_smaller_one(mutants: list[Mutant]) -> None:
    small = sample(mutants, count=10, seed=1)
    assert sample(mutants, count=20, seed=1)[:10] == small
    assert sample(mutants, count=10, seed=2) != small


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository of one module and its test."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "larger.py").write_text(MODULE, encoding="utf-8")
    (root / "test_larger.py").write_text(TEST, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def mutant_of(tree: Path, before: str, after: str) -> Mutant:
    [found] = [m for m in mutants_of("larger.py", tree) if (m.before, m.after) == (before, after)]
    return found


def test_copy_reports_killed_survived_and_timeout_and_leaves_the_tree(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Copy(tree, files_of(tree), tmp_path / "copy")
    monkeypatch.setattr("tools.mutants.running.MIN_LIMIT_S", 240.0)
    outcomes = [
        copy.test(mutant_of(tree, "a > b", after), TARGET).outcome for after in ("a <= b", "a >= b")
    ]
    endless = Copy(tree, files_of(tree), tmp_path / "endless")
    monkeypatch.setattr("tools.mutants.running.MIN_LIMIT_S", 1.0)
    monkeypatch.setattr("tools.mutants.running.LIMIT_FACTOR", 1.0)
    outcomes.append(endless.test(mutant_of(tree, "a += 1", "pass"), TARGET).outcome)
    assert outcomes == ["killed", "survived", "timeout"]
    assert (tree / "larger.py").read_text(encoding="utf-8") == MODULE
    assert (copy.folder / "larger.py").read_text(encoding="utf-8") == MODULE


def test_copy_with_tests_that_fail_without_a_mutation_raises_baseline_failed(
    tree: Path, tmp_path: Path
) -> None:
    (tree / "test_larger.py").write_text(TEST + "    assert larger(1, 1)\n", encoding="utf-8")
    copy = Copy(tree, files_of(tree), tmp_path / "copy")
    with pytest.raises(BaselineFailed):
        copy.test(mutant_of(tree, "a > b", "a >= b"), TARGET)


def test_results_file_continues_after_half_a_line_and_forgets_a_changed_module(
    tree: Path, tmp_path: Path
) -> None:
    path = tmp_path / "var" / "results.jsonl"
    killed, survived = (mutant_of(tree, "a > b", after) for after in ("a <= b", "a >= b"))
    first = ResultsFile(path)
    first.add(Result(killed.key, killed.digest, "killed", 1.0, killed.change))
    first.add(Result(survived.key, survived.digest, "survived", 1.0, survived.change))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"key": "half a')
    results = ResultsFile(path)
    assert report([killed, survived], results) == (
        "Survivors:\n  larger.py:4 comparison: a > b → a >= b\n"
        "1 of 2 mutants detected (50.0 %), 0 of them by the time limit; 0 not tested yet"
    )
    (tree / "larger.py").write_text(f"# A comment.\n{MODULE}", encoding="utf-8")
    assert results.find(mutant_of(tree, "a > b", "a <= b")) is None
