"""The mutants of all targets, and a sample of them that a seed fixes."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.operators import mutated_source, mutations
from tools.mutants.targets import TARGETS, modules_of


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one mutation. `digest` is the SHA-256 of the module without it.

    `key` names the mutation without its line, so that it stays the same when lines above
    it are added.
    """

    key: str
    module: str
    line: int
    operator: str
    before: str
    after: str
    digest: str
    source: str

    @property
    def change(self) -> str:
        """The change with its file and line."""
        return f"{self.module}:{self.line} {self.operator}: {self.before} → {self.after}"


def mutants_of(module: str, root: Path) -> list[Mutant]:
    """Return every mutant of one module."""
    text = (root / module).read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    tree = ast.parse(text)
    found: list[Mutant] = []
    repeated: Counter[str] = Counter()
    for mutation in mutations(tree):
        change = f"{mutation.before} → {mutation.after}"
        key = f"{module} {mutation.function} {mutation.operator}: {change}"
        repeated[key] += 1
        key = f"{key} #{repeated[key]}"
        source = mutated_source(tree, mutation)
        found.append(
            Mutant(
                key,
                module,
                mutation.line,
                mutation.operator,
                mutation.before,
                mutation.after,
                digest,
                source,
            )
        )
    return found


def all_mutants(root: Path) -> list[Mutant]:
    """Return every mutant of every target."""
    modules = [module for target in TARGETS for module in modules_of(target, root)]
    return [mutant for module in modules for mutant in mutants_of(module, root)]


def sample(mutants: Iterable[Mutant], *, count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants in random order; a larger count only appends to a smaller one."""

    def rank(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.key}".encode()).hexdigest()

    return sorted(mutants, key=rank)[:count]
